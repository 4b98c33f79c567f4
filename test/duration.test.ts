import fc from 'fast-check';
import { expect, it } from 'vitest';
import { durationMs, formatDuration } from '../src/duration.ts';

it.each([
  [1500, 1500],
  ['1500', 1500],
  ['90s', 90_000],
  ['1m30s', 90_000],
  ['1h2m3.5s', 3_723_500],
  ['250ms', 250],
  ['5us', 0.005],
  ['5µs', 0.005],
  ['0s', 0],
  ['2d', 172_800_000],
  ['.5s', 500],
])('%s is %s ms', (text, ms) => expect(durationMs(text)).toBeCloseTo(ms, 9));

it.each(['', 's', '5 s', '-1s', '1x', '1m1', 'NaN', 'Infinity', '1e3s', -5, Number.NaN])('refuses %s, naming the field', (text) => {
  expect(() => durationMs(text, 'surge.drain')).toThrow(expect.objectContaining({ code: 'option-invalid', where: 'surge.drain' }));
});

it('prints as k6 does, and reads back what it printed', () => {
  expect([0, 30_000, 120_000, 3_600_000, 90_500, 250].map(formatDuration)).toEqual(['0ms', '30s', '2m0s', '1h0m0s', '1m30.5s', '250ms']);
  expect(formatDuration(59_999.9999)).toBe('1m0s');
  fc.assert(
    fc.property(fc.nat(1e9), (ms) => {
      expect(durationMs(formatDuration(ms))).toBeCloseTo(ms, 3);
    }),
  );
});

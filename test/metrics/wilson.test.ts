import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ruleOfThree, share, wilson } from '../../src/metrics/wilson.ts';

describe('Wilson interval', () => {
  it('gives the values of the literature', () => {
    // R. G. Newcombe, Statistics in Medicine 17 (1998) 857–872, table I, method 3.
    for (const [part, whole, low, high] of [
      [81, 263, 0.2553, 0.3662],
      [15, 148, 0.0624, 0.1605],
      [0, 20, 0, 0.1611],
      [1, 29, 0.0061, 0.1718],
    ] as const) {
      const interval = wilson(part, whole);
      expect(interval.low).toBeCloseTo(low, 4);
      expect(interval.high).toBeCloseTo(high, 4);
    }
  });

  it('always holds the share and stays in 0…1', () => {
    fc.assert(
      fc.property(fc.nat(100_000), fc.nat(100_000), (a, b) => {
        const whole = Math.max(a, b, 1);
        const { value, low, high } = share(Math.min(a, b), whole);
        expect(low).toBeGreaterThanOrEqual(0);
        expect(high).toBeLessThanOrEqual(1);
        expect(low!).toBeLessThanOrEqual(value! + 1e-12);
        expect(high!).toBeGreaterThanOrEqual(value! - 1e-12);
      }),
    );
  });

  it('is narrower with more calls', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), fc.double({ min: 0, max: 1, noNaN: true }), (whole, p) => {
        const part = Math.round(p * whole);
        const small = wilson(part, whole);
        const large = wilson(part * 10, whole * 10);
        expect(large.high - large.low).toBeLessThan(small.high - small.low);
      }),
    );
  });

  it('is null of nothing', () => expect(share(0, 0)).toEqual({ part: 0, whole: 0, value: null, low: null, high: null }));

  it('knows the rule of three', () => {
    expect(ruleOfThree(3000)).toBeCloseTo(0.001, 12);
    expect(ruleOfThree(0)).toBe(1);
  });
});

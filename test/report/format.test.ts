import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { count, duration, elapsed, inUnit, isTimeZone, percent, plain, wallClock, zoneOffset } from '../../src/report/format.ts';

const spaced = (text: string) => text.replaceAll('\u00a0', ' ');

describe('durations', () => {
  it.each([
    [0, '0 ms'],
    [0.42, '0.42 ms'],
    [9.994, '9.99 ms'],
    [9.996, '10.0 ms'],
    [99.96, '100 ms'],
    [999.4, '999 ms'],
    [999.6, '1.00 s'],
    [1240, '1.24 s'],
    [12_345, '12.3 s'],
    [59_960, '1 min 00 s'],
    [185_000, '3 min 05 s'],
    [3_599_700, '1 h 00 min'],
    [7_500_000, '2 h 05 min'],
    [-1500, '−1.50 s'],
  ])('%d ms is %s', (ms, text) => expect(spaced(duration(ms))).toBe(text));

  it('loses its zeros where a promise is worded', () => {
    expect(spaced(plain(duration(900_000)))).toBe('15 min');
    expect(spaced(plain(duration(5000)))).toBe('5 s');
    expect(spaced(plain(duration(150_000)))).toBe('2 min 30 s');
    expect(spaced(plain(percent(0.8)))).toBe('80 %');
    expect(spaced(plain(percent(0.9999)))).toBe('99.99 %');
    expect(plain('100')).toBe('100');
  });
});

describe('shares', () => {
  it.each([
    [0, '0 %'],
    [1, '100 %'],
    [0.8113, '81.1 %'],
    [0.8, '80.0 %'],
    [0.995, '99.50 %'],
    [0.9995, '99.950 %'],
    [0.99995, '99.9950 %'],
    [0.0012, '0.12 %'],
  ])('%d is %s', (share, text) => expect(spaced(percent(share))).toBe(text));

  it('never reads 0 % or 100 % unless it is exactly that', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-7, max: 1 - 1e-7, noNaN: true }), (share) => {
        const read = Number.parseFloat(percent(share));
        expect(read).toBeGreaterThan(0);
        expect(read).toBeLessThan(100);
      }),
    );
  });
});

it('groups thousands and never prints minus zero', () => {
  expect(count(1_234_567.891)).toBe('1,234,567.89');
  expect(count(-0)).toBe('0');
  expect(inUnit(20.04, 'calls/s')).toBe('20/s');
  expect(inUnit(4.4, 'mos')).toBe('4.40');
});

it('counts time since the load began', () => {
  expect([0, 5000, 750_000, 3_750_000, -4000].map(elapsed)).toEqual(['0:00', '0:05', '12:30', '1:02:30', '−0:04']);
});

it('tells the time in the zone of the contract', () => {
  const midnight = Date.UTC(2026, 10, 10, 16, 0, 5);
  expect(wallClock(midnight, 'Asia/Shanghai')).toBe('2026-11-11 00:00:05');
  expect(zoneOffset(midnight, 'Asia/Shanghai')).toBe('UTC+08:00');
  expect(wallClock(Number.NaN, 'UTC')).toBe('–');
  expect([isTimeZone('Asia/Shanghai'), isTimeZone('Nowhere/Land'), isTimeZone(8)]).toEqual([true, false, false]);
});

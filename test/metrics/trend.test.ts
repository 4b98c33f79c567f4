import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EXACT_LIMIT, Trend } from '../../src/metrics/trend.ts';

const trendOf = (values: Iterable<number>) => {
  const trend = new Trend();
  for (const value of values) trend.add(value);
  return trend;
};

describe('trend', () => {
  it('interpolates linearly at p(n−1), as k6 does', () => {
    const trend = trendOf([10, 20, 30, 40]);
    expect(trend.percentile(50)).toBe(25);
    expect(trend.percentile(90)).toBeCloseTo(37, 10);
    expect(trend.percentile(95)).toBeCloseTo(38.5, 10);
    expect(trend.percentile(0)).toBe(10);
    expect(trend.percentile(100)).toBe(40);
    expect(trend.figures()).toMatchObject({ n: 4, mean: 25, min: 10, max: 40, p50: 25 });
    expect(trend.deviation).toBeCloseTo(Math.sqrt(500 / 3), 10);
  });

  it('says null, not zero, without values', () => {
    expect(new Trend().figures()).toEqual({ n: 0, mean: null, min: null, p50: null, p90: null, p95: null, p99: null, max: null });
    expect(new Trend().shareAtMost(1)).toBeNull();
  });

  it('refuses what is no number', () => {
    expect(trendOf([Number.NaN, Number.POSITIVE_INFINITY, 3]).figures()).toMatchObject({ n: 1, max: 3 });
  });

  it('is the same merged from halves as whole', () => {
    const values = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { maxLength: 60 });
    fc.assert(
      fc.property(values, values, fc.double({ min: 0, max: 100, noNaN: true }), (a, b, p) => {
        const halves = trendOf(a);
        halves.merge(trendOf(b));
        const whole = trendOf([...a, ...b]);
        expect(halves.n).toBe(whole.n);
        expect(halves.percentile(p)).toBe(whole.percentile(p));
        expect(halves.max).toBe(whole.max);
      }),
    );
  });

  it('stays within 0.1 % beyond the values it keeps, negative ones too, and merged', () => {
    const n = 2 * EXACT_LIMIT;
    const value = (i: number) => ((i * 7919) % n) / 10 - n / 40;
    const even = new Trend();
    const odd = new Trend();
    const whole = new Trend();
    for (let i = 0; i < n; i++) {
      (i % 2 ? odd : even).add(value(i));
      whole.add(value(i));
    }
    even.merge(odd);
    expect(even.exact).toBe(false);
    expect(whole.exact).toBe(false);
    for (const p of [1, 10, 24, 40, 50, 90, 95, 99, 99.9]) {
      const exact = (p / 100) * (n - 1) * 0.1 - n / 40;
      expect(Math.abs(whole.percentile(p)! - exact)).toBeLessThan(0.0011 * Math.abs(exact) + 0.2);
      expect(Math.abs(even.percentile(p)! - exact)).toBeLessThan(0.0011 * Math.abs(exact) + 0.2);
    }
    expect(whole.min).toBe(-n / 40);
    expect(whole.shareAtMost(0)).toBeCloseTo(0.25, 3);
  });

  it('keeps small fractions apart in the histogram', () => {
    const trend = new Trend();
    for (let i = 0; i <= EXACT_LIMIT; i++) trend.add(4.0 + (i % 10) / 100);
    expect(trend.percentile(50)).toBeCloseTo(4.04, 2);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stepArea, stepPath } from '../../src/report/charts/plot.ts';
import { durationAxis, roundStep, timeTicks, valueAxis } from '../../src/report/charts/scale.ts';
import { widened } from '../../src/report/charts/series.ts';

describe('axes', () => {
  it('reach the largest value in a few round steps', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1e9, noNaN: true }), fc.boolean(), (largest, asTime) => {
        const axis = asTime ? durationAxis(largest) : valueAxis(largest);
        expect(axis.max).toBeGreaterThanOrEqual(largest * (1 - 1e-6));
        expect(axis.ticks[0]).toBe(0);
        expect(axis.ticks.at(-1)! / axis.max).toBeCloseTo(1, 6);
        expect(axis.ticks.length).toBeGreaterThanOrEqual(2);
        expect(axis.ticks.length).toBeLessThanOrEqual(7);
      }),
    );
  });

  it('keep to whole numbers for calls, and to round times for durations', () => {
    expect(valueAxis(3, true)).toEqual({ max: 3, ticks: [0, 1, 2, 3] });
    expect(valueAxis(0, true)).toEqual({ max: 1, ticks: [0, 1] });
    expect(valueAxis(Number.NaN).max).toBe(1);
    expect(durationAxis(40_000).ticks).toEqual([0, 10_000, 20_000, 30_000, 40_000]);
    expect(durationAxis(70_000).ticks).toEqual([0, 15_000, 30_000, 45_000, 60_000, 75_000]);
  });

  it('mark round times since the start of the load, few enough to read', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1000, max: 100 * 86_400_000 }), fc.integer({ min: -100_000, max: 100_000 }), (span, zero) => {
        const ticks = timeTicks(0, span, zero);
        expect(ticks.length).toBeLessThanOrEqual(10);
        for (const tick of ticks) expect((tick - zero) % 1000).toBeCloseTo(0);
      }),
    );
    expect(timeTicks(5, 5, 0)).toEqual([]);
    expect(roundStep(190_000, 90)).toBe(5000);
  });
});

describe('series', () => {
  const series = { startMs: 0, stepMs: 1000, values: [1, null, 3, 4, null, null, 7] };

  it('draw each value over its whole step and break at what was not measured', () => {
    expect(stepPath(series, 0, 7000, 10)).toBe('M0 900H142.9M285.7 700H428.6V600H571.4M857.1 300H1000');
    expect(stepArea({ ...series, values: [2, null] }, 0, 2000, 4)).toBe('M0 1000V500H500V1000H0Z');
    expect(stepArea({ ...series, values: [1, 1] }, 0, 2000, 4, [1, 2])).toBe('M0 750V500H500V250H1000V500H500V750H0Z');
  });

  it('widen without losing a call, a peak or a gap', () => {
    expect(widened(series, 2000, 'sum').values).toEqual([1, 7, null, 7]);
    expect(widened(series, 2000, 'max').values).toEqual([1, 4, null, 7]);
    expect(widened(series, 2000, 'mean').values).toEqual([1, 3.5, null, 7]);
    fc.assert(
      fc.property(
        fc.array(fc.option(fc.integer({ min: 0, max: 100 })), { maxLength: 50 }),
        fc.integer({ min: 1, max: 9 }),
        (values, factor) => {
          const total = (all: (number | null)[]) => all.reduce<number>((sum, value) => sum + (value ?? 0), 0);
          expect(total(widened({ startMs: 5, stepMs: 1000, values }, factor * 1000, 'sum').values)).toBe(total(values));
        },
      ),
    );
  });
});

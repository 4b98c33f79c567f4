import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SampleMetrics } from '../../src/metrics/sample-metrics.ts';
import { rowOf, type SampleRow } from '../../src/record/schema.ts';

const sample = (metric: string, type: string, value: number, t_ms: number, tags: unknown = null): SampleRow =>
  rowOf('samples', { metric, type, value, t_ms, tags });
const foldOf = (rows: SampleRow[]) => {
  const fold = new SampleMetrics(1000);
  for (const row of rows) fold.add(row);
  return fold;
};

describe('sampled metrics', () => {
  it('have the values that k6 prints', () => {
    const { metrics, checks } = foldOf([
      sample('early', 'counter', 1, 999),
      sample('orders', 'counter', 2, 2000),
      sample('orders', 'counter', 4, 3000),
      sample('level', 'gauge', 7, 3000),
      sample('level', 'gauge', 5, 2000),
      ...[10, 20, 30, 40].map((v) => sample('price', 'trend', v, 2000)),
      sample('checks', 'rate', 1, 2000, { check: 'agent came' }),
      sample('checks', 'rate', 0, 2000, { check: 'agent came' }),
      sample('checks', 'rate', 1, 2000, { check: 'heard music' }),
      sample('orders', 'trend', 9, 3000),
      sample('nonsense', 'histogram', 9, 3000),
    ]).figures(4000);
    expect(metrics).toEqual({
      orders: { type: 'counter', n: 2, values: { count: 6, rate: 2 } },
      level: { type: 'gauge', n: 2, values: { value: 7 } },
      price: {
        type: 'trend',
        n: 4,
        values: { avg: 25, min: 10, med: 25, max: 40, 'p(90)': 37, 'p(95)': 38.5, 'p(99)': expect.closeTo(39.7, 9) },
      },
      checks: { type: 'rate', n: 3, values: { rate: 2 / 3, passes: 2, fails: 1 } },
    });
    expect(checks).toEqual([
      { name: 'agent came', passes: 1, fails: 1 },
      { name: 'heard music', passes: 1, fails: 0 },
    ]);
  });

  it('are limited in names', () => {
    expect(Object.keys(foldOf(Array.from({ length: 5000 }, (_, i) => sample(`m${i}`, 'counter', 1, 2000))).figures().metrics).length).toBe(
      1000,
    );
  });

  it('are the same merged from halves as whole', () => {
    const any = fc.record({
      name: fc.constantFrom(['a', 'counter'], ['b', 'trend'], ['checks', 'rate']),
      value: fc.nat(5),
      t: fc.integer({ min: 1000, max: 9000 }),
      check: fc.constantFrom('x', 'y'),
    });
    fc.assert(
      fc.property(fc.array(any, { maxLength: 40 }), fc.nat(40), (all, cut) => {
        const rows = all.map(({ name, value, t, check }) => sample(name[0]!, name[1]!, value, t, { check }));
        const halves = foldOf(rows.slice(0, cut));
        halves.merge(foldOf(rows.slice(cut)));
        expect(halves.figures(10_000)).toEqual(foldOf(rows).figures(10_000));
      }),
    );
  });
});

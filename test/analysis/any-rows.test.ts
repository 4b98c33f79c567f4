import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAnalysis } from '../../src/analysis/analyse.ts';
import { type Column, EVENT_ACTIONS, EVENT_KINDS, OUTCOMES, rowOf, TABLES, type TableName } from '../../src/record/schema.ts';
import { meta, T0 } from './synthetic.ts';

const WORDS = fc.constantFrom(
  '',
  'x',
  'open',
  'close',
  'caller',
  'checks',
  'rate',
  'counter',
  'dropped_iterations',
  'both-legs',
  'none',
  'answered',
  'vendor',
  ...OUTCOMES,
);
const ACTIONS = fc.constantFrom(...Object.values(EVENT_ACTIONS).flat());

function cell(name: string, type: Column['type']): fc.Arbitrary<unknown> {
  const value = {
    ms: fc.oneof(
      { weight: 20, arbitrary: fc.integer({ min: 0, max: 120_000 }).map((at) => T0 + at) },
      { weight: 1, arbitrary: fc.constantFrom(-1, 0, 8e15) },
    ),
    number: fc.oneof(fc.integer({ min: -2, max: 700 }), fc.constantFrom(0, 0.5, Number.POSITIVE_INFINITY)),
    bool: fc.boolean(),
    json: fc.oneof(fc.constant({ scenario: 'a' }), fc.jsonValue()),
    text:
      name === 'outcome'
        ? fc.constantFrom(...OUTCOMES)
        : name === 'kind'
          ? fc.constantFrom(...EVENT_KINDS)
          : name === 'action'
            ? ACTIONS
            : WORDS,
  }[type];
  return fc.option(value as fc.Arbitrary<unknown>, { freq: 4 });
}

const row = fc
  .constantFrom(...(Object.keys(TABLES) as TableName[]))
  .chain((table) =>
    fc
      .record(Object.fromEntries(Object.entries(TABLES[table].columns).map(([name, { type }]) => [name, cell(name, type)])))
      .map((cells) => ({ table, row: rowOf(table, cells as never) })),
  );

const vendor = {
  claims: {
    concurrentCalls: { atLeast: 10, counting: 'answered' },
    callsPerSecond: { atLeast: 1 },
    serviceLevel: { atLeast: 0.8, within: '20s' },
    failover: { within: '10s' },
    callsSurvive: { atLeast: 0.9 },
    scaleUp: { within: '60s' },
    availability: { monthly: 0.999 },
    setupDelay: { percentile: 95, atMost: '1s' },
    mos: { atLeast: 4 },
  },
};
const options = {
  thresholds: { checks: ['rate>0.5'], call_blocked: ['rate<0.5'], 'setup_delay{scenario:a}': ['p(95)<10'], calls: ['count>1'] },
};
const surge = { scaling: [{ name: 'x', target: 3, holdMs: 1000 }] };

describe('analysis of any rows', () => {
  it('never throws, never says NaN, and counts every call', () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 60 }), (rows) => {
        const fold = createAnalysis(meta({ vendor, options, surge }));
        for (const { table, row } of rows) fold.add(table, row as never);
        const analysis = fold.figures();
        walk(analysis, 'analysis');
        expect(analysis.outcomes.attempts).toBe(rows.filter(({ table }) => table === 'calls').length);
        expect(analysis.verdicts.length).toBe(Object.keys(vendor.claims).length);
        for (const { value, low, high } of [...analysis.queue.serviceLevel, analysis.sessions.ser, analysis.sessions.ner])
          if (value !== null) expect(value >= 0 && value <= 1 && low! <= value + 1e-9 && high! >= value - 1e-9).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('gives the same figures twice', () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 40 }), (rows) => {
        const fold = createAnalysis(meta({ vendor, options, surge }));
        for (const { table, row } of rows) fold.add(table, row as never);
        expect(fold.figures()).toEqual(fold.figures());
      }),
      { numRuns: 50 },
    );
  });
});

/** Rows themselves may hold anything; figures must be numbers. */
function walk(value: unknown, path: string): void {
  if (typeof value === 'number' && Number.isNaN(value)) throw new Error(`${path} is NaN`);
  if (typeof value === 'object' && value !== null && !path.endsWith('.events') && !path.endsWith('.meta'))
    for (const [key, inner] of Object.entries(value)) walk(inner, `${path}.${key}`);
}

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { QueueFold, serviceLevels } from '../../src/analysis/queueing.ts';
import { stepsOver } from '../../src/analysis/steps.ts';
import { kaplanMeier } from '../../src/analysis/survival.ts';
import type { CallRow } from '../../src/record/schema.ts';
import { answered, Record, range, refused, T0 } from './synthetic.ts';

const options = { thresholdMs: 20_000, shortMs: 5000, correlated: true };
const percent = (value: number | null) => (100 * value!).toFixed(2);

const served = (at: number, waitMs: number, cells: Partial<CallRow> = {}) =>
  answered(at, waitMs / 1000 + 30, {
    wants_agent: true,
    queue_ms: T0 + at + 50,
    agent_ms: T0 + at + 50 + waitMs,
    correlation: 'both-legs',
    ...cells,
  });
const gaveUp = (at: number, waitMs: number, cells: Partial<CallRow> = {}) =>
  answered(at, 0, {
    wants_agent: true,
    queue_ms: T0 + at + 50,
    bye_sent_ms: T0 + at + 50 + waitMs,
    end_ms: T0 + at + 60 + waitMs,
    outcome: 'abandoned',
    correlation: 'none',
    ...cells,
  });
const foldOf = (rows: CallRow[], with_ = options) => {
  const fold = new QueueFold(with_);
  for (const row of rows) fold.add(row);
  return fold;
};

describe('service level', () => {
  const vector = ['81.13', '83.02', '86.00', '82.69', '82.08'];

  it('gives the five figures of docs/metrics.md', () => {
    const levels = serviceLevels({ answered: 1000, abandoned: 60, answeredInTime: 860, abandonedInTime: 20, abandonedShort: 10 });
    expect(levels.map(({ value }) => percent(value))).toEqual(vector);
  });

  it('gives the same from calls', () => {
    const rows = [
      ...range(860).map((i) => served(i * 10, 20_000)),
      ...range(140).map((i) => served(i * 10, 20_001)),
      ...range(10).map((i) => gaveUp(i, 5000)),
      ...range(10).map((i) => gaveUp(i, 20_000)),
      ...range(40).map((i) => gaveUp(i, 20_001)),
    ];
    const figures = foldOf(rows).figures();
    expect(figures.serviceLevel.map(({ value }) => percent(value))).toEqual(vector);
    expect(figures).toMatchObject({ answered: 1000, abandoned: 60, abandonedShort: 10, measured: true });
    expect(figures.abandonment).toMatchObject({ part: 60, whole: 1060 });
    expect(figures.asaMs).toBeCloseTo((860 * 20_000 + 140 * 20_001) / 1000, 6);
  });
});

describe('queue figures', () => {
  it('put calls blocked before the queue into the connect rate alone', () => {
    const rows = [
      served(0, 1000),
      gaveUp(0, 9000),
      refused(0, 503, { wants_agent: true }),
      refused(0, 302, { wants_agent: true, outcome: 'diverted' }),
    ];
    const figures = foldOf(rows).figures();
    expect(figures).toMatchObject({ blocked: 1, diverted: 1, longestWaitMs: 9000 });
    expect(figures.connectRate).toMatchObject({ part: 1, whole: 4 });
    expect(figures.abandonment).toMatchObject({ part: 1, whole: 2 });
    expect(figures.serviceLevel[0]).toMatchObject({ part: 1, whole: 2 });
  });

  it('leave out who was told after the menu that all lines are busy', () => {
    const told = answered(0, 40, { wants_agent: true, queue_ms: T0 + 600, outcome: 'blocked' });
    const figures = foldOf([served(0, 1000), gaveUp(0, 9000), told]).figures();
    expect(figures).toMatchObject({ blocked: 1, answered: 1, abandoned: 1, longestWaitMs: 9000 });
    const record = new Record().add('calls', served(0, 1000), told);
    expect(record.analyse().concurrency.peaks.queued.value).toBe(1);
  });

  it('are not measured, never guessed, where nothing can see an agent', () => {
    const blind = { ...options, correlated: false };
    const figures = foldOf(
      [gaveUp(0, 1000), answered(0, 10, { wants_agent: true, queue_ms: T0 + 50, correlation: 'none' })],
      blind,
    ).figures();
    expect(figures.measured).toBe(false);
    expect([
      figures.asaMs,
      figures.longestWaitMs,
      figures.serviceLevel[0].value,
      figures.connectRate.value,
      figures.waitAbandoned.p50,
    ]).toEqual([null, null, null, null, null]);
    expect(foldOf([served(0, 100)], blind).figures().measured, 'one call that was seen is enough').toBe(true);
  });

  it('take our own cuts as censored waits only', () => {
    const figures = foldOf([served(0, 1000), gaveUp(0, 3000, { outcome: 'cut' }), served(0, 5000)]).figures();
    expect(figures.connectRate.whole).toBe(2);
    expect(figures.abandoned).toBe(0);
    expect(figures.survival).toEqual([
      { ms: 0, share: 1 },
      { ms: 1000, share: expect.closeTo(2 / 3, 12) },
      { ms: 5000, share: 0 },
    ]);
  });

  it('show the queue second by second', () => {
    const { length, longest } = foldOf([served(0, 3000), served(1000, 4000)]).figures(stepsOver(T0, T0 + 8000));
    expect(length.values).toEqual([1, 2, 2, 2, 1, 1, 0, 0, 0]);
    expect(longest.values).toEqual([950, 1950, 2950, 3000, 3950, 4000, 0, 0, 0]);
  });

  it('are the same merged from halves as whole', () => {
    const call = fc.record({ at: fc.nat(60_000), wait: fc.integer({ min: 1, max: 60_000 }), kind: fc.nat(3) });
    fc.assert(
      fc.property(fc.array(call, { maxLength: 40 }), fc.nat(40), (calls, cut) => {
        const rows = calls.map(({ at, wait, kind }) =>
          kind === 0 ? gaveUp(at, wait) : kind === 1 ? refused(at, 503, { wants_agent: true }) : served(at, wait),
        );
        const steps = stepsOver(T0, T0 + 180_000);
        const halves = foldOf(rows.slice(0, cut));
        halves.merge(foldOf(rows.slice(cut)));
        const a = halves.figures(steps);
        const b = foldOf(rows).figures(steps);
        expect(a.asaMs ?? 0).toBeCloseTo(b.asaMs ?? 0, 6);
        const mean = { mean: 0 };
        expect({ ...a, asaMs: 0, waitAnswered: { ...a.waitAnswered, ...mean }, waitAbandoned: { ...a.waitAbandoned, ...mean } }).toEqual({
          ...b,
          asaMs: 0,
          waitAnswered: { ...b.waitAnswered, ...mean },
          waitAbandoned: { ...b.waitAbandoned, ...mean },
        });
      }),
      { numRuns: 50 },
    );
  });
});

describe('Kaplan–Meier', () => {
  it('gives the textbook estimate', () => {
    // Kaplan and Meier 1958, section 2: eight observations, deaths at 0.8, 3.1, 5.4, 9.2, losses at 1.0, 2.7, 7.0, 12.1.
    const waits = [0.8, 1.0, 2.7, 3.1, 5.4, 7.0, 9.2, 12.1];
    const events = [1, 0, 0, 1, 1, 0, 1, 0];
    const points = kaplanMeier(waits, events);
    expect(points.map(({ ms, share }) => [ms, Number(share.toFixed(3))])).toEqual([
      [0, 1],
      [0.8, 0.875],
      [3.1, 0.7],
      [5.4, 0.525],
      [9.2, 0.263],
    ]);
  });

  it('is the plain share where nobody gives up', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 50 }), (waits) => {
        for (const { ms, share } of kaplanMeier(
          waits,
          waits.map(() => 1),
        ))
          expect(share).toBeCloseTo(waits.filter((wait) => wait > ms).length / waits.length, 9);
      }),
    );
  });

  it('never rises and is never longer than asked', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(1e6), fc.nat(1)), { maxLength: 200 }), (all) => {
        const points = kaplanMeier(
          all.map(([wait]) => wait),
          all.map(([, event]) => event),
          20,
        );
        expect(points.length).toBeLessThanOrEqual(20);
        for (let i = 1; i < points.length; i++) expect(points[i]!.share).toBeLessThanOrEqual(points[i - 1]!.share);
      }),
    );
  });
});

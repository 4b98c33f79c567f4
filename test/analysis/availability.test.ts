/** Forty days of probes made by arithmetic, with outages, restarts and closed hours: every interval is accounted for, once. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AvailabilityFigures, AvailabilityFold } from '../../src/analysis/availability.ts';
import { intervalsNeeded } from '../../src/analysis/availability-verdict.ts';
import type { ProbeRow } from '../../src/record/schema.ts';

const S = 1000;
const MIN = 60 * S;
const H = 60 * MIN;
const DAY = 24 * H;
/** Midnight in Shanghai. */
const START = Date.UTC(2026, 9, 31, 16);

const row = (cells: Partial<ProbeRow>): ProbeRow => ({
  t_ms: null,
  time: null,
  kind: 'options',
  trunk: 'main',
  result: 'up',
  status: null,
  answer_ms: null,
  why: null,
  ...cells,
});

interface Span {
  from: number;
  to: number;
}
const within = (spans: readonly Span[], at: number) => spans.some(({ from, to }) => at >= from && at < to);

interface World {
  everyMs: number;
  lengthMs: number;
  outages?: Span[];
  /** The prober was not running. */
  gaps?: Span[];
  closed?: Span[];
}

/** Of each OPTIONS that was up: an outage ends with the first answer. */
const ANSWER_MS = 12;

/** What the prober would have written: offsets are ms after START. */
function rowsOf({ everyMs, lengthMs, outages = [], gaps = [], closed = [] }: World): ProbeRow[] {
  const rows: ProbeRow[] = [];
  for (let at = 0; at < lengthMs; at += everyMs) {
    if (within(gaps, at)) continue;
    if (within(closed, at)) rows.push(row({ t_ms: START + at, kind: 'closed', result: null }));
    else rows.push(row({ t_ms: START + at, result: within(outages, at) ? 'down' : 'up', answer_ms: ANSWER_MS }));
  }
  return rows;
}

function figuresOf(rows: Iterable<ProbeRow>, everyMs: number, promised: number | null = null): AvailabilityFigures {
  const fold = new AvailabilityFold({ everyMs, timeZone: 'Asia/Shanghai', promised });
  for (const one of rows) fold.add(one);
  return fold.figures();
}

const span = (max: number) =>
  fc.tuple(fc.integer({ min: 0, max }), fc.integer({ min: 1, max: max / 8 })).map(([from, length]) => ({ from, to: from + length }));

describe('intervals', () => {
  it('are up, down, closed or not observed, each exactly one, in total and in every month, day and hour', () => {
    const everyMs = 10 * MIN;
    const lengthMs = 40 * DAY;
    const spans = fc.array(span(lengthMs), { maxLength: 6 });
    fc.assert(
      fc.property(spans, spans, spans, (outages, gaps, closed) => {
        const world = { everyMs, lengthMs, outages, gaps, closed };
        const rows = rowsOf(world);
        if (rows.length === 0) return;
        const { total, months, days, hours } = figuresOf(rows, everyMs);
        const [first, last] = [rows[0]!.t_ms!, rows.at(-1)!.t_ms!];
        expect(total.up + total.down + total.closed + total.missing).toBe((last - first) / everyMs + 1);
        expect(total.up).toBe(rows.filter(({ result }) => result === 'up').length);
        expect(total.down).toBe(rows.filter(({ result }) => result === 'down').length);
        expect(total.closed).toBe(rows.filter(({ kind }) => kind === 'closed').length);
        for (const list of [months, days, hours])
          for (const state of ['up', 'down', 'closed', 'missing', 'outages', 'downMs'] as const)
            expect(list.reduce((sum, period) => sum + period[state], 0)).toBe(total[state]);
      }),
      { numRuns: 40 },
    );
  });

  it('may come in any order: the figures are the same', () => {
    const everyMs = 30 * MIN;
    const world = { everyMs, lengthMs: 5 * DAY, outages: [{ from: DAY, to: DAY + 3 * H }], gaps: [{ from: 2 * DAY, to: 3 * DAY }] };
    const rows = rowsOf(world);
    const expected = figuresOf(rows, everyMs, 0.999);
    fc.assert(
      fc.property(fc.shuffledSubarray(rows, { minLength: rows.length }), (shuffled) => {
        expect(figuresOf(shuffled, everyMs, 0.999)).toEqual(expected);
      }),
      { numRuns: 10 },
    );
  });

  it('of a restart are not observed: neither up nor down, and in no ratio', () => {
    const everyMs = MIN;
    const gaps = [
      { from: DAY, to: DAY + 2 * H },
      { from: 20 * DAY, to: 21 * DAY },
    ];
    const rows = rowsOf({ everyMs, lengthMs: 40 * DAY, gaps });
    const { total, days, outages } = figuresOf([row({ t_ms: START, kind: 'start', result: null }), ...rows], everyMs);
    expect(total).toMatchObject({ up: 40 * 1440 - 120 - 1440, down: 0, missing: 120 + 1440 });
    expect(total.availability.whole).toBe(total.up);
    expect(outages).toEqual([]);
    expect(days).toHaveLength(40);
    expect(days[20]).toMatchObject({ key: '2026-11-21', up: 0, missing: 1440, availability: { value: null } });
  });

  it('begin and end in the time zone that was asked for', () => {
    const { days, months } = figuresOf(rowsOf({ everyMs: H, lengthMs: 40 * DAY }), H);
    expect(days.map(({ up }) => up)).toEqual(Array(40).fill(24));
    expect(months.map(({ key, up }) => [key, up])).toEqual([
      ['2026-11', 30 * 24],
      ['2026-12', 10 * 24],
    ]);
  });
});

describe('outages', () => {
  const everyMs = MIN;
  const of = (outages: Span[], gaps: Span[] = []) => figuresOf(rowsOf({ everyMs, lengthMs: 2 * DAY, outages, gaps }), everyMs);

  it('last from the first round that was down to the first that was up; truth lies between least and most', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: DAY }), fc.integer({ min: 1, max: 6 * H }), (from, length) => {
        const { outages } = of([{ from, to: from + length }]);
        // Shorter than the distance of two probes, it may pass between them.
        if (outages.length === 0) {
          expect(length).toBeLessThan(everyMs);
          return;
        }
        expect(outages).toHaveLength(1);
        const { leastMs, ms, mostMs } = outages[0]!;
        expect(leastMs).toBeLessThanOrEqual(length);
        expect(mostMs).toBeGreaterThanOrEqual(length);
        expect(ms).toBeGreaterThanOrEqual(leastMs);
        expect(ms).toBeLessThanOrEqual(mostMs!);
        expect(Math.abs(ms - length)).toBeLessThanOrEqual(everyMs + ANSWER_MS);
      }),
    );
  });

  it('have a mean and a longest; one cut by a gap lasted at least until it and is in no mean', () => {
    const { outages, mttrMs, mttrN, longest } = of(
      [
        { from: H, to: H + 10 * MIN },
        { from: 5 * H, to: 5 * H + 20 * MIN },
        { from: 10 * H, to: 12 * H },
      ],
      [{ from: 11 * H, to: 13 * H }],
    );
    expect(outages.map(({ ms, endMs }) => [(ms - (endMs === null ? 0 : ANSWER_MS)) / MIN, endMs !== null])).toEqual([
      [10, true],
      [20, true],
      [59, false],
    ]);
    expect({ mttrMs, mttrN }).toEqual({ mttrMs: 15 * MIN + ANSWER_MS, mttrN: 2 });
    expect(longest).toMatchObject({ leastMs: 59 * MIN, mostMs: null });
  });

  it('do not reach over a gap: what was down before and after it are two', () => {
    const { outages } = of([{ from: 10 * H, to: 14 * H }], [{ from: 11 * H, to: 13 * H }]);
    expect(outages.map(({ startMs, ms }) => [(startMs - START) / H, ms / MIN])).toEqual([
      [10, 59],
      [13, 60 + ANSWER_MS / MIN],
    ]);
    expect(outages[1]!.mostMs).toBeNull();
  });

  it('are seen by calls too: OPTIONS answered and a call refused is down; one trunk of two that answers is up', () => {
    const rows = [
      row({ t_ms: START }),
      row({ t_ms: START + MIN, trunk: 'main', result: 'down' }),
      row({ t_ms: START + MIN, trunk: 'standby' }),
      row({ t_ms: START + 2 * MIN }),
      row({ t_ms: START + 2 * MIN + 5 * S, kind: 'call', result: 'down', status: 503, why: '503' }),
      row({ t_ms: START + 3 * MIN }),
      row({ t_ms: START + 3 * MIN + 5 * S, kind: 'call' }),
      row({ t_ms: START + 4 * MIN, result: 'unknown' }),
    ];
    const { total, calls, outages, unknown } = figuresOf(rows, MIN);
    expect(total).toMatchObject({ up: 3, down: 1, missing: 1 });
    expect(calls).toMatchObject({ part: 1, whole: 2 });
    expect(outages).toMatchObject([{ startMs: START + 2 * MIN + 5 * S, ms: 55 * S, why: '503' }]);
    expect(unknown).toBe(1);
  });
});

it('takes a call for up when it was answered: one that waited out an outage does not cut it', () => {
  const rows = [
    row({ t_ms: START }),
    row({ t_ms: START + MIN, result: 'down', why: 'no answer' }),
    // Dialled into the outage; its INVITE was sent again until the vendor was back.
    row({ t_ms: START + MIN + 2 * S, kind: 'call', answer_ms: 70 * S }),
    row({ t_ms: START + 2 * MIN, result: 'down', why: 'no answer' }),
    row({ t_ms: START + 3 * MIN }),
  ];
  const { total, calls, outages } = figuresOf(rows, MIN);
  expect(total).toMatchObject({ up: 2, down: 2, missing: 0 });
  expect(calls).toMatchObject({ part: 1, whole: 1 });
  expect(outages).toMatchObject([
    { startMs: START + MIN, endMs: START + 2 * MIN + 12 * S, leastMs: MIN, mostMs: 132 * S, why: 'no answer' },
  ]);
});

it('takes OPTIONS for up when they were answered: one sent again until the vendor was back ends the outage then', () => {
  const rows = [
    row({ t_ms: START, answer_ms: 5 }),
    row({ t_ms: START + MIN, result: 'down', why: 'no answer' }),
    row({ t_ms: START + 2 * MIN, trunk: 'main', answer_ms: 3500 }),
    row({ t_ms: START + 2 * MIN, trunk: 'standby', answer_ms: 1500 }),
    row({ t_ms: START + 3 * MIN, answer_ms: 5 }),
  ];
  const { outages, total } = figuresOf(rows, MIN);
  expect(total).toMatchObject({ up: 3, down: 1, missing: 0 });
  expect(outages).toMatchObject([
    { startMs: START + MIN, endMs: START + 2 * MIN + 1500, leastMs: 0, ms: MIN + 1500, mostMs: 2 * MIN + 1500 },
  ]);
});

describe('a monthly promise', () => {
  const everyMs = MIN;
  const verdict = (promised: number, world: Partial<World> & { lengthMs: number }) =>
    figuresOf(rowsOf({ everyMs, ...world }), everyMs, promised).verdict!;

  it('never passes on less than thirty days of observed time, however good they were', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 29 * 24 }), fc.constantFrom(0.9, 0.99, 0.999), (hours, promised) => {
        const fold = new AvailabilityFold({ everyMs: H, promised });
        for (const one of rowsOf({ everyMs: H, lengthMs: hours * H })) fold.add(one);
        expect(fold.figures().verdict).toMatchObject({ state: 'not proven', why: 'less-than-a-month' });
      }),
    );
    // Forty days, of which eleven were not observed.
    expect(verdict(0.99, { lengthMs: 40 * DAY, gaps: [{ from: 0, to: 11 * DAY }] })).toMatchObject({ state: 'not proven' });
    expect(verdict(0.99, { lengthMs: 40 * DAY, closed: [{ from: 5 * DAY, to: 16 * DAY }] })).toMatchObject({ why: 'less-than-a-month' });
  });

  it('passes after a month without a failure where the sample is large enough', () => {
    expect(verdict(0.9999, { lengthMs: 30 * DAY })).toMatchObject({ state: 'pass', why: 'kept' });
    // 43 200 intervals prove 3/43 200, not one in a hundred thousand.
    expect(verdict(0.99999, { lengthMs: 30 * DAY })).toMatchObject({ state: 'not proven', why: 'sample-too-small' });
  });

  it('fails as soon as one month has surely had more downtime than it allows', () => {
    const outage = { from: 3 * H, to: 3 * H + 50 * MIN };
    expect(verdict(0.999, { lengthMs: DAY, outages: [outage] })).toMatchObject({ state: 'fail', why: 'over-the-month' });
    expect(verdict(0.998, { lengthMs: DAY, outages: [outage] })).toMatchObject({ state: 'not proven', why: 'less-than-a-month' });
    // 30 and 30 minutes in two months: neither allows more than 43 or 44, and together they are no one month's.
    const two = [
      { from: 3 * H, to: 3 * H + 30 * MIN },
      { from: 31 * DAY, to: 31 * DAY + 30 * MIN },
    ];
    expect(verdict(0.999, { lengthMs: 40 * DAY, outages: two })).toMatchObject({ state: 'not proven', why: 'sample-too-small' });
  });

  it('is not failed by what its resolution may have made of a short outage', () => {
    // Five single lost rounds: surely nothing, at most ten minutes; a month of 99.99 % allows 4.32.
    const outages = [1, 2, 3, 4, 5].map((day) => ({ from: day * DAY, to: day * DAY + S }));
    expect(verdict(0.9999, { lengthMs: 40 * DAY, outages })).toMatchObject({ state: 'not proven', why: 'within-resolution' });
  });

  it('without a probe is not measured', () => {
    expect(figuresOf([], everyMs, 0.999).verdict).toMatchObject({ state: 'not measured' });
  });
});

describe('what it takes to prove', () => {
  it('is the rule of three where nothing failed, and more where something did', () => {
    expect([0.999, 0.9999].map((target) => intervalsNeeded(target, 0))).toEqual([3000, 30_000]);
    expect(intervalsNeeded(0.999, 1)).toBe(4744);
    const { needed } = figuresOf(rowsOf({ everyMs: MIN, lengthMs: DAY }), MIN, 0.9995);
    expect(needed.map(({ target, intervals, left, leftMs }) => [target, intervals, left, leftMs / H])).toEqual([
      [0.99, 300, 0, 0],
      [0.999, 3000, 1560, 26],
      [0.9995, 6000, 4560, 76],
      [0.9999, 30_000, 28_560, 476],
      [0.99999, 300_000, 298_560, 4976],
    ]);
  });
});

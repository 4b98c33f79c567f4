/** Pieces of the fixture: ratios, distributions, the queue and the verdicts. */
import type { QueueFigures, Ratio, RunAnalysis, Series, Spread } from '../../src/analysis/model.ts';
import type { Outcome } from '../../src/record/schema.ts';

/** 95 % Wilson interval: written here again, so that the fixture does not lean on what it feeds. */
export function ratio(part: number, whole: number): Ratio {
  if (whole === 0) return { part, whole, value: null, low: null, high: null };
  const z = 1.959964;
  const p = part / whole;
  const middle = p + z ** 2 / (2 * whole);
  const half = z * Math.sqrt((p * (1 - p)) / whole + z ** 2 / (4 * whole ** 2));
  const scale = 1 + z ** 2 / whole;
  return { part, whole, value: p, low: Math.max(0, (middle - half) / scale), high: Math.min(1, (middle + half) / scale) };
}

/** Percentiles of a lognormal-looking distribution. */
export function spread(n: number, median: number, tail = 2.2): Spread {
  return {
    n,
    mean: median * 1.18,
    min: median * 0.31,
    p50: median,
    p90: median * tail,
    p95: median * tail * 1.35,
    p99: median * tail * 2.1,
    max: median * tail * 3.4,
  };
}

export const NO_SPREAD: Spread = { n: 0, mean: null, min: null, p50: null, p90: null, p95: null, p99: null, max: null };

export function queueOf(counts: Record<Outcome, number>, attempts: number, queued: Series): QueueFigures {
  const an = counts.completed;
  const ab = counts.abandoned;
  const inTime = Math.round(an * 0.81);
  const abEarly = Math.round(ab * 0.6);
  return {
    measured: true,
    methods: { 'both-legs': an, none: 4 },
    thresholdMs: 20_000,
    shortMs: 5000,
    answered: an,
    abandoned: ab,
    abandonedShort: Math.round(ab * 0.2),
    blocked: counts.blocked,
    diverted: 0,
    serviceLevel: [
      ratio(inTime, an + ab),
      ratio(inTime + abEarly, an + ab),
      ratio(inTime, an),
      ratio(inTime, an + ab - abEarly),
      ratio(inTime + Math.round(ab * 0.2), an + ab),
    ],
    asaMs: 7320,
    waitAnswered: spread(an, 4100, 3),
    waitAbandoned: spread(ab, 15_300, 1.6),
    abandonment: ratio(ab, an + ab),
    connectRate: ratio(an, attempts - counts.blocked),
    longestWaitMs: 41_650,
    survival: Array.from({ length: 60 }, (_, i) => ({ ms: 750 * (i + 1), share: Math.max(0.02, Math.exp(-i / 12)) })),
    longest: { ...queued, values: queued.values.map((value, t) => (value === null ? null : value * 760 + (t % 3) * 400)) },
    length: queued,
  };
}

export function verdictsOf(level: Ratio, talking: number): RunAnalysis['verdicts'] {
  const base = { low: null, high: null, n: 0, veto: false, counting: null };
  return [
    {
      ...base,
      claim: 'concurrentCalls',
      state: 'pass',
      promised: 95,
      measured: talking,
      n: 1,
      unit: 'calls',
      why: 'reached-with-refusals refused=55',
      counting: 'talking',
      veto: true,
    },
    {
      ...base,
      claim: 'serviceLevel',
      state: 'fail',
      promised: 0.8,
      measured: level.value,
      low: level.low,
      high: level.high,
      n: level.whole,
      unit: 'share',
      why: 'interval',
    },
    { ...base, claim: 'failover', state: 'fail', promised: 5000, measured: 8398, low: 8298, high: 8498, n: 1, unit: 'ms', why: 'outage' },
    { ...base, claim: 'setupDelay', state: 'pass', promised: 500, measured: 62.4, low: 58, high: 71, n: 1604, unit: 'ms', why: 'interval' },
    {
      ...base,
      claim: 'availability',
      state: 'not proven',
      promised: 0.9999,
      measured: null,
      n: 38,
      unit: 'share',
      why: 'less-than-a-month watchedMs=190000',
    },
    { ...base, claim: 'mos', state: 'pass', promised: 4, measured: 4.41, low: 4.4, high: 4.41, n: 1604, unit: 'mos', why: 'interval' },
    { ...base, claim: 'repair', state: 'not measured', promised: 900_000, measured: null, unit: 'ms', why: 'no-mark' },
  ];
}

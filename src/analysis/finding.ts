/**
 * The ways in which evidence decides: an interval against a promise, and what to say where it does not. `why` is a key and its figures,
 * `refused calls=12`; report/messages knows each key.
 */
import type { Trend } from '../metrics/trend.ts';
import { wilson, Z95 } from '../metrics/wilson.ts';
import type { Case, Evidence } from './case.ts';
import type { QueueFigures, Ratio, Verdict } from './model.ts';

export type Finding = Pick<Verdict, 'state' | 'measured' | 'low' | 'high' | 'n' | 'why'>;
export type Side = 'atLeast' | 'atMost';

/** Every key that `why` may begin with. */
export const WHYS = [
  'interval',
  'sample-too-small',
  'no-sample',
  'run-not-valid',
  'unhealthy-seconds',
  'no-agent-seen',
  'no-delay-measured',
  'reached',
  'reached-with-refusals',
  'above-the-cap',
  'load-too-small',
  'configured-limit',
  'refused-below',
  'refused-at-rate',
  'limited-by-channels',
  'failed-elsewhere',
  'no-fault',
  'fault-did-not-happen',
  'outage',
  'no-outage',
  'outage-not-over',
  'within-resolution',
  'no-calls-in-progress',
  'no-scaling',
  'scaling-did-not-happen',
  'target-held-before',
  'target-not-reached',
  'target-not-held',
  'no-alarm-seen',
  'alarms-missing',
  'no-mark',
  'downtime-over-month',
  'less-than-a-month',
] as const;
export type Why = (typeof WHYS)[number];

/** `key name=value …`. Figures whose name ends in Ms are durations. */
export function because(key: Why, figures: Readonly<Record<string, number>> = {}): string {
  return [key, ...Object.entries(figures).map(([name, value]) => `${name}=${value}`)].join(' ');
}

export function missing(why: Why): Finding {
  return { state: 'not measured', measured: null, low: null, high: null, n: 0, why };
}
export const NO_AGENT = missing('no-agent-seen');

/** The interval against the promise. */
export function decide(
  side: Side,
  promised: number,
  measured: number,
  low: number,
  high: number,
  n: number,
  why: Why = 'interval',
): Finding {
  const good = side === 'atLeast' ? low >= promised : high <= promised;
  const bad = side === 'atLeast' ? high < promised : low > promised;
  const state = good ? 'pass' : bad ? 'fail' : 'not proven';
  return { state, measured, low, high, n, why: state === 'not proven' ? because('sample-too-small', { n }) : why };
}

/** We were not well ourselves when it failed. */
export function unsound(c: Case, finding: Finding): Finding {
  return { ...finding, state: 'not valid', why: because('unhealthy-seconds', { seconds: c.health.unhealthySeconds }) };
}

/** The calls failed, but by the network's or the carrier's fault. */
export function elsewhere(c: Pick<Case, 'elsewhere'>, finding: Finding, state: Verdict['state'] = 'not proven'): Finding {
  return { ...finding, state, why: because('failed-elsewhere', { calls: c.elsewhere }) };
}

/** A failure that rests on unhealthy seconds, or on failures of others, alone is none of the vendor's. */
export function both(c: Case, judge: (evidence: Evidence) => Finding): Finding {
  const all = judge(c.all);
  if (all.state !== 'fail' || (c.health.unhealthySeconds === 0 && c.elsewhere === 0) || judge(c.sound).state === 'fail') return all;
  return c.elsewhere > 0 ? elsewhere(c, all) : unsound(c, all);
}

export function queueRatio(c: Case, side: Side, promised: number, of: (queue: QueueFigures) => Ratio): Finding {
  return both(c, ({ queue }) => {
    if (!queue.measured) return NO_AGENT;
    const { value, low, high, whole } = of(queue);
    return value === null ? missing('no-sample') : decide(side, promised, value, low!, high!, whole);
  });
}

/** Mean with its normal interval. */
export function meanOf(trend: Trend, side: Side, promised: number): Finding {
  const { mean, deviation, n } = trend;
  if (mean === null) return missing('no-sample');
  if (deviation === null) return { state: 'not proven', measured: mean, low: null, high: null, n, why: because('sample-too-small', { n }) };
  const half = (Z95 * deviation) / Math.sqrt(n);
  return decide(side, promised, mean, mean - half, mean + half, n);
}

/** A percentile lies, at 95 %, between those of the Wilson bounds of its own rank: no distribution assumed. */
export function percentileOf(trend: Trend, percentile: number, promised: number): Finding {
  const { n } = trend;
  const measured = trend.percentile(percentile);
  if (measured === null) return missing('no-sample');
  const rank = wilson((percentile / 100) * n, n);
  // Where the rank's upper bound is the largest value seen, nothing says how large the percentile may be.
  const open = Math.ceil(rank.high * n) >= n && percentile < 100;
  const low = trend.percentile(100 * rank.low)!;
  const high = trend.percentile(100 * rank.high)!;
  const finding = decide('atMost', promised, measured, low, high, n);
  return finding.state === 'pass' && open && n < 20
    ? { ...finding, state: 'not proven', why: because('sample-too-small', { n }) }
    : finding;
}

/**
 * What a run says of each claim of the vendor (docs/metrics.md, verdict on a claim):
 *
 *   pass         the whole 95 % interval is on the promised side
 *   fail         the whole interval is on the other side
 *   not proven   the promise lies inside the interval: the sample is too small
 *   not measured nothing was there to judge. No data is never a pass
 *   not valid    the instrument was the limit
 *
 * `why` is a key and its figures, `refused calls=12 limit=137`; report/messages turns it into words.
 */
import { durationMs } from '../duration.ts';
import type { Trend } from '../metrics/trend.ts';
import { ruleOfThree, share, wilson, Z95 } from '../metrics/wilson.ts';
import type { ClaimName, Claims } from '../vendor/profile.ts';
import type { CapacityLimit } from './limit.ts';
import type { FaultFigures, HealthFigures, QueueFigures, Ratio, RunAnalysis, ScaleFigures, Verdict, VerdictState } from './model.ts';

/** What one set of calls (all, or only those of sound seconds) says. */
export interface Evidence {
  queue: QueueFigures;
  answeredWait: Trend;
  srd: Trend;
  mos: Trend;
}

export interface Case {
  claims: Claims;
  validity: RunAnalysis['validity'];
  all: Evidence;
  /** Only calls that touch no unhealthy second. */
  sound: Evidence;
  peaks: RunAnalysis['concurrency']['peaks'];
  limit: CapacityLimit;
  faults: FaultFigures[];
  scaling: ScaleFigures[];
  health: HealthFigures;
  /** The contract's caps: above them nothing was tried. */
  maxChannels: number | null;
  maxCallsPerSecond: number | null;
  /** Fault marks `fixed` after each fault: name → ms from t0, ± ms. */
  repairs: { ms: number; plusMinusMs: number }[];
  /** Time watched, ms, and how many probe intervals it held. */
  watchedMs: number;
  probeIntervals: number;
}

type Finding = Pick<Verdict, 'state' | 'measured' | 'low' | 'high' | 'n' | 'why'>;
type Side = 'atLeast' | 'atMost';

const MONTH_MS = 30 * 86_400_000;
const ms = durationMs;

export function verdicts(c: Case): Verdict[] {
  return Object.entries(c.claims).flatMap(([name, terms]) => {
    const claim = name as ClaimName;
    const judged = terms && JUDGES[claim]?.(c, terms as never);
    if (!judged) return [];
    const { promised, unit, finding, counting = null } = judged;
    const state: VerdictState = c.validity.valid || finding.state === 'not measured' ? finding.state : 'not valid';
    const why = state === finding.state ? finding.why : `run-not-valid`;
    return [{ claim, promised, unit, counting, veto: terms.veto === true, ...finding, state, why }];
  });
}

interface Judged {
  promised: number;
  unit: Verdict['unit'];
  finding: Finding;
  counting?: Verdict['counting'];
}

const JUDGES: { [K in ClaimName]: (c: Case, terms: NonNullable<Claims[K]>) => Judged } = {
  concurrentCalls: (c, { atLeast, counting }) => ({
    promised: atLeast,
    unit: 'calls',
    counting,
    finding: concurrency(c, atLeast, counting),
  }),
  callsPerSecond: (c, { atLeast }) => ({ promised: atLeast, unit: 'calls/s', finding: callRate(c, atLeast) }),
  serviceLevel: (c, { atLeast }) => ({
    promised: atLeast,
    unit: 'share',
    finding: queueRatio(c, 'atLeast', atLeast, (q) => q.serviceLevel[0]),
  }),
  connectRate: (c, { atLeast }) => ({ promised: atLeast, unit: 'share', finding: queueRatio(c, 'atLeast', atLeast, (q) => q.connectRate) }),
  abandonment: (c, { atMost }) => ({ promised: atMost, unit: 'share', finding: queueRatio(c, 'atMost', atMost, (q) => q.abandonment) }),
  averageSpeedOfAnswer: (c, { atMost }) => ({
    promised: ms(atMost),
    unit: 'ms',
    finding: both(c, (e) => (e.queue.measured ? meanOf(e.answeredWait, 'atMost', ms(atMost)) : NO_AGENT)),
  }),
  setupDelay: (c, { percentile, atMost }) => ({
    promised: ms(atMost),
    unit: 'ms',
    finding: both(c, (e) => percentileOf(e.srd, percentile, ms(atMost))),
  }),
  failover: (c, { within }) => ({ promised: ms(within), unit: 'ms', finding: failover(c, ms(within)) }),
  callsSurvive: (c, { atLeast }) => ({ promised: atLeast, unit: 'share', finding: survival(c, atLeast) }),
  scaleUp: (c, { within }) => ({ promised: ms(within), unit: 'ms', finding: scaleUp(c, ms(within)) }),
  alarm: (c, { within }) => ({ promised: ms(within), unit: 'ms', finding: alarm(c, ms(within)) }),
  repair: (c, { within }) => ({ promised: ms(within), unit: 'ms', finding: repair(c, ms(within)) }),
  availability: (c, { monthly }) => ({ promised: monthly, unit: 'share', finding: availability(c, monthly) }),
  mos: (c, { atLeast }) => ({ promised: atLeast, unit: 'mos', finding: both(c, (e) => meanOf(e.mos, 'atLeast', atLeast)) }),
  oneWayDelay: (_, { atMost }) => ({ promised: ms(atMost), unit: 'ms', finding: missing('no-delay-measured') }),
};

function missing(why: string, measured: number | null = null): Finding {
  return { state: 'not measured', measured, low: null, high: null, n: 0, why };
}
const NO_AGENT = missing('no-agent-seen');

/** The interval against the promise. */
function decide(side: Side, promised: number, measured: number, low: number, high: number, n: number, why = 'interval'): Finding {
  const good = side === 'atLeast' ? low >= promised : high <= promised;
  const bad = side === 'atLeast' ? high < promised : low > promised;
  const state = good ? 'pass' : bad ? 'fail' : 'not proven';
  return { state, measured, low, high, n, why: state === 'not proven' ? `sample-too-small n=${n}` : why };
}

/** A failure that rests on unhealthy seconds alone is none of the vendor's. */
function both(c: Case, judge: (evidence: Evidence) => Finding): Finding {
  const all = judge(c.all);
  if (all.state !== 'fail' || c.health.unhealthySeconds === 0 || judge(c.sound).state === 'fail') return all;
  return { ...all, state: 'not valid', why: `unhealthy-seconds seconds=${c.health.unhealthySeconds}` };
}

function queueRatio(c: Case, side: Side, promised: number, of: (queue: QueueFigures) => Ratio): Finding {
  return both(c, ({ queue }) => {
    if (!queue.measured) return NO_AGENT;
    const { value, low, high, whole } = of(queue);
    return value === null ? missing('no-sample') : decide(side, promised, value, low!, high!, whole);
  });
}

/** Mean with its normal interval. */
function meanOf(trend: Trend, side: Side, promised: number): Finding {
  const { mean, deviation, n } = trend;
  if (mean === null) return missing('no-sample');
  if (deviation === null) return { state: 'not proven', measured: mean, low: null, high: null, n, why: `sample-too-small n=${n}` };
  const half = (Z95 * deviation) / Math.sqrt(n);
  return decide(side, promised, mean, mean - half, mean + half, n);
}

/** A percentile lies, at 95 %, between those of the Wilson bounds of its own rank: no distribution assumed. */
function percentileOf(trend: Trend, percentile: number, promised: number): Finding {
  const { n } = trend;
  const measured = trend.percentile(percentile);
  if (measured === null) return missing('no-sample');
  const rank = wilson((percentile / 100) * n, n);
  // Where the rank's upper bound is the largest value seen, nothing says how large the percentile may be.
  const open = Math.ceil(rank.high * n) >= n && percentile < 100;
  const low = trend.percentile(100 * rank.low)!;
  const high = trend.percentile(100 * rank.high)!;
  const finding = decide('atMost', promised, measured, low, high, n);
  return finding.state === 'pass' && open && n < 20 ? { ...finding, state: 'not proven', why: `sample-too-small n=${n}` } : finding;
}

function concurrency(c: Case, promised: number, counting: NonNullable<Verdict['counting']>): Finding {
  if ((counting === 'talking' || counting === 'queued') && !c.all.queue.measured) return NO_AGENT;
  const measured = c.peaks[counting].value;
  const finding = (state: VerdictState, why: string): Finding => ({ state, measured, low: measured, high: null, n: measured, why });
  const { refused } = c.limit;
  if (measured >= promised) return finding('pass', refused > 0 ? `reached-with-refusals refused=${refused}` : 'reached');
  if (c.maxChannels !== null && c.maxChannels < promised) return finding('not measured', `above-the-cap cap=${c.maxChannels}`);
  if (refused === 0) return finding('not measured', `load-too-small peak=${measured}`);
  if (!c.limit.unhealthy)
    return finding(
      'fail',
      c.limit.configured ? `configured-limit limit=${c.limit.level} refused=${refused}` : `refused-below refused=${refused}`,
    );
  return finding('not valid', `unhealthy-seconds seconds=${c.health.unhealthySeconds}`);
}

function callRate(c: Case, promised: number): Finding {
  const { cleanRate, offeredRate, failedAtRate, seconds } = c.limit;
  const finding = (state: VerdictState, why: string): Finding => ({
    state,
    measured: cleanRate,
    low: cleanRate,
    high: null,
    n: seconds,
    why,
  });
  if (seconds === 0) return missing('no-sample');
  if (cleanRate >= promised) return finding('pass', 'reached');
  if (c.maxCallsPerSecond !== null && c.maxCallsPerSecond < promised)
    return finding('not measured', `above-the-cap cap=${c.maxCallsPerSecond}`);
  if (offeredRate < promised && failedAtRate === null) return finding('not measured', `load-too-small peak=${offeredRate}`);
  if (failedAtRate === null) return finding('not proven', `sample-too-small n=${seconds}`);
  return c.limit.unhealthy
    ? finding('not valid', `unhealthy-seconds seconds=${c.health.unhealthySeconds}`)
    : finding('fail', `refused-at-rate rate=${failedAtRate}`);
}

/** The worst of the faults that happened, by first try. */
function failover(c: Case, promised: number): Finding {
  const happened = c.faults.filter((fault) => fault.startMs !== null);
  if (happened.length === 0) return missing(c.faults.length > 0 ? 'fault-did-not-happen' : 'no-fault');
  const unsound = happened.some(({ firstTry }) => firstTry.outages.some(({ startMs, endMs }) => !soundSpan(c, startMs, endMs)));
  const open = happened.filter(({ firstTry }) => firstTry.rtoMs === null && firstTry.outages.length > 0);
  if (open.length > 0) {
    const atLeast = Math.max(...open.map((fault) => c.validity.lastMs - fault.startMs!));
    const base = { measured: null, low: atLeast, high: null, n: happened.length };
    if (atLeast <= promised) return { ...base, state: 'not proven', why: 'outage-not-over' };
    return unsound
      ? { ...base, state: 'not valid', why: `unhealthy-seconds seconds=${c.health.unhealthySeconds}` }
      : { ...base, state: 'fail', why: 'outage-not-over' };
  }
  const measured = happened.flatMap(({ firstTry }) =>
    firstTry.rtoMs === null ? [] : [{ rto: firstTry.rtoMs, gap: firstTry.resolutionMs ?? 0 }],
  );
  if (measured.length < happened.length) return missing('no-sample');
  const worst = measured.reduce((a, b) => (b.rto > a.rto ? b : a));
  // No outage seen: one shorter than the gap between attempts may have hidden. An outage seen: it ended within the gap before its end.
  const low = worst.rto === 0 ? 0 : Math.max(0, worst.rto - worst.gap);
  const high = worst.rto === 0 ? worst.gap : worst.rto;
  const finding = decide('atMost', promised, worst.rto, low, high, happened.length, worst.rto === 0 ? 'no-outage' : 'outage');
  if (finding.state === 'not proven') return { ...finding, why: 'within-resolution' };
  return finding.state === 'fail' && unsound
    ? { ...finding, state: 'not valid', why: `unhealthy-seconds seconds=${c.health.unhealthySeconds}` }
    : finding;
}

function soundSpan(c: Case, fromMs: number, toMs: number | null): boolean {
  return !c.health.unhealthy.some((span) => span.fromMs < (toMs ?? Number.POSITIVE_INFINITY) && span.toMs > fromMs);
}

function survival(c: Case, promised: number): Finding {
  const happened = c.faults.filter((fault) => fault.startMs !== null);
  if (happened.length === 0) return missing(c.faults.length > 0 ? 'fault-did-not-happen' : 'no-fault');
  const sum = (key: keyof FaultFigures['inProgress']) => happened.reduce((total, fault) => total + fault.inProgress[key], 0);
  const survived = sum('survived');
  const { value, low, high, whole } = share(survived, survived + sum('dropped') + sum('frozen'));
  return value === null ? missing('no-calls-in-progress') : decide('atLeast', promised, value, low!, high!, whole);
}

function scaleUp(c: Case, promised: number): Finding {
  const happened = c.scaling.filter((step) => step.triggerMs !== null && step.failed === null);
  if (happened.length === 0) return missing(c.scaling.length > 0 ? 'scaling-did-not-happen' : 'no-scaling');
  const open = happened.find((step) => step.scaleUpMs === null);
  if (open) {
    const watched = c.validity.lastMs - open.triggerMs!;
    const base = { measured: null, low: null, high: null, n: happened.length };
    if (open.blockedWhile === 0) return { ...base, state: 'not measured', why: `load-too-small peak=${open.reached ?? 0}` };
    return {
      ...base,
      low: watched,
      state: watched > promised ? 'fail' : 'not proven',
      why: `target-not-reached reached=${open.reached ?? 0} target=${open.target}`,
    };
  }
  const worst = happened.reduce((a, b) => (b.scaleUpMs! > a.scaleUpMs! ? b : a));
  const gap = worst.resolutionMs ?? 0;
  const finding = decide('atMost', promised, worst.scaleUpMs!, Math.max(0, worst.scaleUpMs! - gap), worst.scaleUpMs!, happened.length);
  return finding.state === 'not proven' ? { ...finding, why: 'within-resolution' } : finding;
}

function alarm(c: Case, promised: number): Finding {
  const happened = c.faults.filter((fault) => fault.startMs !== null);
  if (happened.length === 0) return missing(c.faults.length > 0 ? 'fault-did-not-happen' : 'no-fault');
  const seen = happened.flatMap(({ detectionMs }) => (detectionMs === null ? [] : [detectionMs]));
  if (seen.length === 0) return missing('no-alarm-seen');
  const worst = Math.max(...seen);
  if (seen.length < happened.length)
    return {
      state: 'fail',
      measured: worst,
      low: null,
      high: null,
      n: happened.length,
      why: `alarms-missing seen=${seen.length} faults=${happened.length}`,
    };
  return decide('atMost', promised, worst, worst, worst, happened.length);
}

function repair(c: Case, promised: number): Finding {
  if (c.repairs.length === 0) return missing('no-mark');
  const worst = c.repairs.reduce((a, b) => (b.ms > a.ms ? b : a));
  return decide('atMost', promised, worst.ms, worst.ms - worst.plusMinusMs, worst.ms + worst.plusMinusMs, c.repairs.length);
}

/** A month's promise can fail in a day; it cannot be kept in one. */
function availability(c: Case, promised: number): Finding {
  if (c.watchedMs <= 0 || c.probeIntervals === 0) return missing('no-sample');
  const downMs = c.faults.reduce(
    (sum, { firstTry }) => sum + firstTry.outages.reduce((s, { startMs, endMs }) => s + (endMs ?? c.validity.lastMs) - startMs, 0),
    0,
  );
  const allowedMs = (1 - promised) * MONTH_MS;
  const measured = 1 - downMs / Math.max(c.watchedMs, downMs);
  const n = c.probeIntervals;
  const base = { measured, n, high: 1 - downMs / MONTH_MS };
  if (downMs > allowedMs)
    return {
      ...base,
      low: null,
      state: 'fail',
      why: `downtime-over-month downMs=${Math.round(downMs)} allowedMs=${Math.round(allowedMs)}`,
    };
  return {
    ...base,
    low: downMs === 0 ? 1 - ruleOfThree(n) : null,
    state: 'not proven',
    why: `less-than-a-month watchedMs=${Math.round(c.watchedMs)}`,
  };
}

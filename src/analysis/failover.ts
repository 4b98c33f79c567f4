/**
 * What each injected fault did to callers (docs/metrics.md, failover): outages by first try and for good, recovery, calls in progress, detection.
 * A fault's time runs from its effect to the effect of the next one, or to the end of the record.
 *
 * An attempt is affected if it failed, was sent again, or had an SRD above the pre-fault p99 + 100 ms. Where more than 5 % were refused before
 * the fault already (for capacity, or as wrong), such refusals say nothing about it and do not count as affected. What our own machine may have
 * added to an SRD in its seconds (event-loop delay, schedule lag, garbage collection) is taken off first.
 */
import { countBelow, percentileOf } from '../metrics/column.ts';
import { Trend } from '../metrics/trend.ts';
import type { AttemptList, AttemptLog } from './attempts.ts';
import type { ImpactLog } from './impact.ts';
import type { FaultIncident, Incidents } from './incidents.ts';
import type { Level } from './level.ts';
import type { FaultFigures, Outage } from './model.ts';
import { type FoundOutage, findOutages, type Observations, OUTAGE_WINDOW_ATTEMPTS, OUTAGE_WINDOW_MS, sharpen } from './outages.ts';

const SRD_MARGIN_MS = 100;
const NORMAL_SHARE = 0.05;
/** A call that outlives the fault's effect by this has survived it. */
const SURVIVAL_MS = 10_000;
const PLATEAU_MS = 5000;
const BACK_SHARE = 0.98;
const MONTH_MS = 30 * 86_400_000;
/** T1 of RFC 3261: what is sent again after it was late. */
const TIMER_A_MS = 500;

export function failover(log: AttemptLog, incidents: Incidents, answered: Level, lastMs: number, impact?: ImpactLog): FaultFigures[] {
  const attempts = log.attempts();
  const probes = incidents.probes();
  const faults = incidents.faults();
  const happened = faults.filter((fault) => fault.startMs !== null);
  let calmFrom = Number.NEGATIVE_INFINITY;
  return faults.map((fault) => {
    if (fault.startMs === null) return notHappened(fault);
    const next = happened[happened.indexOf(fault) + 1];
    const untilMs = next ? next.startMs! - next.tookMs : Number.POSITIVE_INFINITY;
    const figures = one(fault, fault.startMs, { attempts, probes, log, answered, incidents, calmFrom, untilMs, lastMs });
    const lastEnd = figures.firstTry.outages.at(-1)?.endMs;
    if (impact) Object.assign(figures, impact.of(figures, fault.startMs - fault.tookMs, untilMs, log, incidents));
    calmFrom = lastEnd === undefined ? (fault.endMs ?? calmFrom) : Math.max(lastEnd ?? calmFrom, fault.endMs ?? calmFrom);
    return figures;
  });
}

interface Scene {
  attempts: AttemptList;
  probes: Observations[];
  log: AttemptLog;
  answered: Level;
  incidents: Incidents;
  /** Undisturbed since. */
  calmFrom: number;
  /** The next fault's turn. */
  untilMs: number;
  lastMs: number;
}

function one(fault: FaultIncident, t0: number, scene: Scene): FaultFigures {
  const { attempts, untilMs, lastMs } = scene;
  const effectMs = t0 - fault.tookMs;
  const before = baseline(attempts, scene.calmFrom, effectMs);
  const firstTry = tries(fault, t0, scene, before, true);
  const eventual = tries(fault, t0, scene, before, false);
  const until = Math.min(untilMs, lastMs);
  const outageEnd = firstTry.outages.findLast((outage) => outage.startMs < untilMs);
  const downMs = firstTry.outages.reduce((sum, { startMs, endMs }) => sum + Math.max(0, (endMs ?? until) - Math.max(startMs, t0)), 0);
  return {
    name: fault.name,
    target: fault.target,
    startMs: t0,
    endMs: fault.endMs,
    failed: null,
    firstTry: asToldBy(fault, firstTry),
    eventual: asToldBy(fault, eventual),
    recovery90Ms: recovery(attempts, t0, untilMs, before.ser, 0.9),
    recovery99Ms: recovery(attempts, t0, untilMs, before.ser, 0.99),
    fullRecoveryMs: fullRecovery(scene.answered, t0, effectMs, outageEnd === undefined ? t0 : outageEnd.endMs, until),
    ...inProgress(scene.log, effectMs, t0, untilMs),
    detectionMs: detection(scene.incidents, t0, untilMs),
    availabilityEquivalent: firstTry.resolutionMs === null ? null : 1 - downMs / MONTH_MS,
    plusMinusMs: fault.plusMinusMs ?? 0,
    expectedMs: fault.expectedMs ?? null,
    ...(fault.own === undefined ? {} : { own: { kind: fault.own, failed: scene.log.oursIn(effectMs, fault.endMs ?? until) } }),
  };
}

/** Where a person said when it began, nothing can be known better than that. */
function asToldBy({ plusMinusMs = 0 }: FaultIncident, tried: FaultFigures['firstTry']): FaultFigures['firstTry'] {
  return { ...tried, resolutionMs: tried.resolutionMs === null ? null : tried.resolutionMs + plusMinusMs };
}

function notHappened(fault: FaultIncident): FaultFigures {
  const nothing = () => ({ outages: [], rtoMs: null, resolutionMs: null });
  return {
    name: fault.name,
    target: fault.target,
    startMs: null,
    endMs: null,
    failed: fault.failed,
    firstTry: nothing(),
    eventual: nothing(),
    recovery90Ms: null,
    recovery99Ms: null,
    fullRecoveryMs: null,
    inProgress: { at: 0, survived: 0, dropped: 0, frozen: 0, ended: 0 },
    detectionMs: null,
    availabilityEquivalent: null,
    ...(fault.own === undefined ? {} : { own: { kind: fault.own, failed: 0 } }),
  };
}

interface Baseline {
  srdLimitMs: number;
  /** Answered share; null without attempts. */
  ser: number | null;
  blockedIsNormal: boolean;
  rejectedIsNormal: boolean;
}

/** Undisturbed attempts that were sent, and heard of, before the fault. */
function baseline(attempts: AttemptList, from: number, to: number): Baseline {
  const srds: number[] = [];
  let n = 0;
  let answered = 0;
  let blocked = 0;
  let rejected = 0;
  const first = countBelow(attempts.at, from);
  const start = countBelow(attempts.at, to) - first >= OUTAGE_WINDOW_ATTEMPTS ? first : 0;
  for (let i = start; i < attempts.length && attempts.at[i]! < to; i++) {
    if (attempts.respondedAt[i]! >= to || attempts.redirected[i]) continue;
    n++;
    answered += attempts.answered[i]!;
    blocked += attempts.blocked[i]!;
    rejected += attempts.rejected[i]!;
    if (attempts.answered[i] && !attempts.retransmitted[i]) srds.push(attempts.srd[i]!);
  }
  const p99 = percentileOf(Float64Array.from(srds).sort(), 0.99);
  return {
    srdLimitMs: p99 === null ? Number.POSITIVE_INFINITY : p99 + SRD_MARGIN_MS,
    ser: n === 0 ? null : answered / n,
    blockedIsNormal: n > 0 && blocked / n > NORMAL_SHARE,
    rejectedIsNormal: n > 0 && rejected / n > NORMAL_SHARE,
  };
}

/** What each attempt says of the fault. An attempt sent before its effect counts only if its answer was still open then. */
function observe(attempts: AttemptList, before: Baseline, effectMs: number, firstTry: boolean): Observations {
  const affected = new Uint8Array(attempts.length);
  const failed = new Uint8Array(attempts.length);
  for (let i = 0; i < attempts.length; i++) {
    if (attempts.at[i]! < effectMs && attempts.respondedAt[i]! < effectMs) continue;
    const normal = (before.blockedIsNormal && attempts.blocked[i]) || (before.rejectedIsNormal && attempts.rejected[i]);
    const lost = attempts.failed[i] === 1 && !normal;
    const slow = attempts.retransmitted[i] === 1 || attempts.srdAtLeast[i]! > before.srdLimitMs;
    failed[i] = Number(lost);
    affected[i] = Number(lost || (firstTry && slow));
  }
  return { at: attempts.at, affected, failed };
}

function tries(fault: FaultIncident, t0: number, scene: Scene, before: Baseline, firstTry: boolean): FaultFigures['firstTry'] {
  const { attempts, untilMs } = scene;
  const effectMs = t0 - fault.tookMs;
  const seen = observe(attempts, before, effectMs, firstTry);
  const to = countBelow(attempts.at, untilMs);
  const from = countBelow(attempts.at, effectMs);
  // A probe sent so shortly before the next fault may have been lost by it.
  const probesTo = untilMs - Math.min(before.srdLimitMs, TIMER_A_MS);
  const probed = scene.probes.flatMap((probe) => findOutages(probe, countBelow(probe.at, effectMs), countBelow(probe.at, probesTo)));
  const called = findOutages(seen, 0, to)
    .filter(({ startMs }) => !isTheNextOnes(attempts, startMs, untilMs, before.srdLimitMs))
    .map((outage) => sharpen(outage, probed));
  const found = firstTry ? withProbesAlone(called, probed) : called;
  const outages = found.map(({ beforeMs: _, lastAffectedMs: __, ...outage }): Outage => outage);
  // Of the fault itself; what comes when it is taken back (failback) is in the list, not in the RTO.
  const own = found.filter((outage) => outage.startMs < (fault.endMs ?? Number.POSITIVE_INFINITY));
  const last = own.at(-1);
  if (!last) {
    const gap = largestGap(attempts, scene.probes, firstTry, t0, Math.min(untilMs, scene.lastMs), to - from);
    return { outages, rtoMs: gap === null ? null : 0, resolutionMs: gap };
  }
  const overMs = own.some(({ endMs }) => endMs === null) ? null : Math.max(...own.map(({ endMs }) => endMs!));
  return {
    outages,
    rtoMs: overMs === null ? null : Math.max(0, overMs - t0),
    resolutionMs: last.endMs === null ? last.resolutionMs : last.endMs - last.lastAffectedMs,
  };
}

/** An outage that begins with an attempt under way when the next fault took effect, and not late until then, is the next fault's. */
function isTheNextOnes(attempts: AttemptList, startMs: number, untilMs: number, srdLimitMs: number): boolean {
  const i = countBelow(attempts.at, startMs);
  return attempts.respondedAt[i]! >= untilMs && startMs + Math.min(srdLimitMs, TIMER_A_MS) >= untilMs;
}

/** Outages that no call was there to see. */
function withProbesAlone(called: FoundOutage[], probed: readonly FoundOutage[]): FoundOutage[] {
  const alone = probed.filter(
    (probe) =>
      !called.some(
        (call) => probe.startMs <= (call.endMs ?? Number.POSITIVE_INFINITY) && (probe.endMs ?? Number.POSITIVE_INFINITY) >= call.beforeMs,
      ),
  );
  return [...called, ...alone].sort((a, b) => a.startMs - b.startMs);
}

/** The longest time after t0 in which nobody was looking: a shorter outage could hide in it. Null where there was hardly anybody. */
function largestGap(
  attempts: AttemptList,
  probes: Observations[],
  withProbes: boolean,
  t0: number,
  until: number,
  calls: number,
): number | null {
  const times = [...attempts.at.subarray(countBelow(attempts.at, t0), countBelow(attempts.at, until))];
  if (withProbes) for (const { at } of probes) for (let i = countBelow(at, t0); i < at.length && at[i]! < until; i++) times.push(at[i]!);
  if (calls < 2 && times.length < OUTAGE_WINDOW_ATTEMPTS) return null;
  times.sort((a, b) => a - b);
  let gap = (times[0] ?? until) - t0;
  for (let i = 1; i < times.length; i++) gap = Math.max(gap, times[i]! - times[i - 1]!);
  return gap;
}

/** Time from t0 to the sending of the first attempt from which on every window (5 s, ≥ 20 attempts) has `part` of the pre-fault SER again. */
function recovery(attempts: AttemptList, t0: number, untilMs: number, ser: number | null, part: number): number | null {
  const from = countBelow(attempts.at, t0);
  const to = countBelow(attempts.at, untilMs);
  if (ser === null || to - from < OUTAGE_WINDOW_ATTEMPTS) return null;
  const answeredBefore = new Uint32Array(attempts.length + 1);
  for (let i = 0; i < attempts.length; i++) answeredBefore[i + 1] = answeredBefore[i]! + attempts.answered[i]!;
  let lastBad = -1;
  let end = from;
  for (let i = from; i < to; i++) {
    while (end < to && (attempts.at[end]! < attempts.at[i]! + OUTAGE_WINDOW_MS || end - i < OUTAGE_WINDOW_ATTEMPTS)) end++;
    if (end - i < OUTAGE_WINDOW_ATTEMPTS) break;
    if ((answeredBefore[end]! - answeredBefore[i]!) / (end - i) < part * ser) lastBad = i;
    else if (lastBad >= 0 && attempts.at[i]! > attempts.at[lastBad]! + OUTAGE_WINDOW_MS) break;
  }
  if (lastBad < 0) return 0;
  const back = lastBad + 1;
  return back < to && to - back >= OUTAGE_WINDOW_ATTEMPTS ? attempts.at[back]! - t0 : null;
}

/** Back to 98 % of the answered calls of the 5 s before the fault: the first time after the outage. */
function fullRecovery(answered: Level, t0: number, effectMs: number, fromMs: number | null, until: number): number | null {
  const plateau = answered.meanIn(effectMs - PLATEAU_MS, effectMs);
  if (fromMs === null || plateau === null || plateau === 0) return null;
  const back = answered.firstAtLeast(BACK_SHARE * plateau, Math.max(t0, fromMs), until);
  return back === null ? null : back - t0;
}

/** Calls answered before the effect: lost by the vendor before the next fault; or alive long enough after it; or over too soon to tell. */
function inProgress(log: AttemptLog, effectMs: number, t0: number, untilMs: number): Pick<FaultFigures, 'inProgress' | 'survivorGapMs'> {
  const counts = { at: 0, survived: 0, dropped: 0, frozen: 0, ended: 0 };
  const gaps = new Trend();
  for (const { endedMs, fate, gapMs } of log.inProgressAt(effectMs)) {
    counts.at++;
    if (fate !== 'normal' && endedMs < untilMs) counts[fate]++;
    else if (endedMs >= t0 + SURVIVAL_MS) {
      counts.survived++;
      gaps.add(gapMs);
    } else counts.ended++;
  }
  return { inProgress: counts, survivorGapMs: gaps.figures() };
}

function detection(incidents: Incidents, t0: number, untilMs: number): number | null {
  const alarm = incidents.alarmIn(t0, untilMs);
  return alarm === null ? null : alarm - t0;
}

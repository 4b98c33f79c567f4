/** Promises of what happens when something breaks or grows: failover, calls in progress, scale-up, alarm, repair, availability. */
import { ruleOfThree, share } from '../metrics/wilson.ts';
import type { Case } from './case.ts';
import { because, decide, type Finding, missing, unsound } from './finding.ts';
import type { FaultFigures } from './model.ts';

const MONTH_MS = 30 * 86_400_000;

/** The worst of the faults that happened, by first try. */
export function failover(c: Case, promised: number): Finding {
  const happened = c.faults.filter((fault) => fault.startMs !== null);
  if (happened.length === 0) return missing(c.faults.length > 0 ? 'fault-did-not-happen' : 'no-fault');
  const bad = happened.some(({ firstTry }) => firstTry.outages.some(({ startMs, endMs }) => !soundSpan(c, startMs, endMs)));
  const open = happened.filter(({ firstTry }) => firstTry.rtoMs === null && firstTry.outages.length > 0);
  if (open.length > 0) {
    const atLeast = Math.max(...open.map((fault) => c.validity.lastMs - fault.startMs!));
    const base = { measured: null, low: atLeast, high: null, n: happened.length };
    if (atLeast <= promised) return { ...base, state: 'not proven', why: 'outage-not-over' };
    const failed: Finding = { ...base, state: 'fail', why: 'outage-not-over' };
    return bad ? unsound(c, failed) : failed;
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
  return finding.state === 'fail' && bad ? unsound(c, finding) : finding;
}

function soundSpan(c: Case, fromMs: number, toMs: number | null): boolean {
  return !c.health.unhealthy.some((span) => span.fromMs < (toMs ?? Number.POSITIVE_INFINITY) && span.toMs > fromMs);
}

export function survival(c: Case, promised: number): Finding {
  const happened = c.faults.filter((fault) => fault.startMs !== null);
  if (happened.length === 0) return missing(c.faults.length > 0 ? 'fault-did-not-happen' : 'no-fault');
  const sum = (key: keyof FaultFigures['inProgress']) => happened.reduce((total, fault) => total + fault.inProgress[key], 0);
  const survived = sum('survived');
  const { value, low, high, whole } = share(survived, survived + sum('dropped') + sum('frozen'));
  return value === null ? missing('no-calls-in-progress') : decide('atLeast', promised, value, low!, high!, whole);
}

export function scaleUp(c: Case, promised: number): Finding {
  const asked = c.scaling.filter((step) => step.triggerMs !== null && step.failed === null);
  if (asked.length === 0) return missing(c.scaling.length > 0 ? 'scaling-did-not-happen' : 'no-scaling');
  // What was held already before anybody asked, or a scale-in, proves nothing of how fast capacity comes.
  const happened = asked.filter(({ oldPlateau, target }) => oldPlateau === null || oldPlateau < target);
  if (happened.length === 0) return missing('target-held-before');
  const open = happened.find((step) => step.scaleUpMs === null);
  if (open) {
    const { lastRefusalMs = null, target } = open;
    const reached = open.reached ?? 0;
    const base = { measured: null, low: null, high: null, n: happened.length };
    // Refused after the promised time: capacity was not there. Otherwise the load never asked for it long enough.
    if (lastRefusalMs !== null && lastRefusalMs > promised)
      return { ...base, low: lastRefusalMs, state: 'fail', why: because('target-not-reached', { reached, target }) };
    return { ...base, state: 'not measured', why: because('target-not-held', { reached, target }) };
  }
  const worst = happened.reduce((a, b) => (b.scaleUpMs! > a.scaleUpMs! ? b : a));
  const gap = worst.resolutionMs ?? 0;
  const finding = decide('atMost', promised, worst.scaleUpMs!, Math.max(0, worst.scaleUpMs! - gap), worst.scaleUpMs!, happened.length);
  return finding.state === 'not proven' ? { ...finding, why: 'within-resolution' } : finding;
}

export function alarm(c: Case, promised: number): Finding {
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
      why: because('alarms-missing', { seen: seen.length, faults: happened.length }),
    };
  return decide('atMost', promised, worst, worst, worst, happened.length);
}

export function repair(c: Case, promised: number): Finding {
  if (c.repairs.length === 0) return missing('no-mark');
  const worst = c.repairs.reduce((a, b) => (b.ms > a.ms ? b : a));
  return decide('atMost', promised, worst.ms, worst.ms - worst.plusMinusMs, worst.ms + worst.plusMinusMs, c.repairs.length);
}

/** A month's promise can fail in a day; it cannot be kept in one. */
export function availability(c: Case, promised: number): Finding {
  if (c.watchedMs <= 0 || c.probeIntervals === 0) return missing('no-sample');
  const outages = [...c.faults.flatMap(({ firstTry }) => firstTry.outages), ...c.unprovoked];
  const downMs = outages.reduce((sum, { startMs, endMs }) => sum + (endMs ?? c.validity.lastMs) - startMs, 0);
  const allowedMs = (1 - promised) * MONTH_MS;
  const measured = 1 - downMs / Math.max(c.watchedMs, downMs);
  const n = c.probeIntervals;
  const base = { measured, n, high: 1 - downMs / MONTH_MS };
  if (downMs > allowedMs)
    return {
      ...base,
      low: null,
      state: 'fail',
      why: because('downtime-over-month', { downMs: Math.round(downMs), allowedMs: Math.round(allowedMs) }),
    };
  return {
    ...base,
    low: downMs === 0 ? 1 - ruleOfThree(n) : null,
    state: 'not proven',
    why: because('less-than-a-month', { watchedMs: Math.round(c.watchedMs) }),
  };
}

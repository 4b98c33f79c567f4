/** Promises of how much at a time: concurrent calls, calls per second. */
import type { Case } from './case.ts';
import { because, elsewhere, type Finding, missing, NO_AGENT, unsound } from './finding.ts';
import type { Verdict, VerdictState } from './model.ts';

/**
 * Reached is reached. Not reached is the vendor's failure only if it refused calls below the promise, while nothing was broken by us and no
 * capacity was on its way; else the load was too small to say.
 */
export function concurrency(c: Case, promised: number, counting: NonNullable<Verdict['counting']>): Finding {
  if ((counting === 'talking' || counting === 'queued') && !c.all.queue.measured) return NO_AGENT;
  const measured = c.peaks[counting].value;
  const finding = (state: VerdictState, why: string): Finding => ({ state, measured, low: measured, high: null, n: measured, why });
  const { refused, configured, level } = c.limit;
  if (measured >= promised) return finding('pass', refused > 0 ? because('reached-with-refusals', { refused }) : 'reached');
  if (c.maxChannels !== null && c.maxChannels < promised) return finding('not measured', because('above-the-cap', { cap: c.maxChannels }));
  if (refused === 0) {
    const open = finding('not measured', because('load-too-small', { peak: measured }));
    return c.elsewhere > 0 ? elsewhere(c, open, 'not measured') : open;
  }
  const failed = finding(
    'fail',
    configured ? because('configured-limit', { limit: level!, refused }) : because('refused-below', { refused }),
  );
  return c.limit.unhealthy ? unsound(c, failed) : failed;
}

/** The busiest second in which no call was refused or failed. */
export function callRate(c: Case, promised: number): Finding {
  const { cleanRate, offeredRate, failedAtRate, seconds } = c.limit;
  if (seconds === 0) return missing('no-sample');
  const finding = (state: VerdictState, why: string): Finding => ({
    state,
    measured: cleanRate,
    low: cleanRate,
    high: null,
    n: seconds,
    why,
  });
  if (cleanRate >= promised) return finding('pass', 'reached');
  if (c.maxCallsPerSecond !== null && c.maxCallsPerSecond < promised)
    return finding('not measured', because('above-the-cap', { cap: c.maxCallsPerSecond }));
  if (failedAtRate === null) {
    const open = finding('not measured', because('load-too-small', { peak: offeredRate }));
    return c.elsewhere > 0 ? elsewhere(c, open, 'not measured') : open;
  }
  if (c.limit.flat) return finding('not measured', because('limited-by-channels', { level: c.limit.level!, refused: c.limit.refused }));
  const failed = finding('fail', because('refused-at-rate', { rate: failedAtRate }));
  return c.limit.unhealthy ? unsound(c, failed) : failed;
}

/**
 * Outages that no injected fault explains: attempts that failed for good, two or more in a row, outside every fault's time. Refusals for capacity
 * are no outage; neither are rejections where they are common in the run (a wrong number, an account of ours), nor what was another's failure.
 */
import type { AttemptLog } from './attempts.ts';
import type { FaultFigures, Outage } from './model.ts';
import { findOutages } from './outages.ts';

const NORMAL_SHARE = 0.05;
/** After a fault was taken back, what breaks within this is put down to it. */
const AFTERMATH_MS = 60_000;

/** @param elsewhere when those were sent whose failure is another's (blame.ts) */
export function unprovokedOutages(log: AttemptLog, faults: readonly FaultFigures[], elsewhere: ReadonlySet<number> = new Set()): Outage[] {
  const attempts = log.attempts();
  const rejected = attempts.rejected.reduce((sum, flag) => sum + flag, 0);
  const rejectionsCount = rejected <= NORMAL_SHARE * attempts.length;
  const failed = attempts.failed.map((flag, i) =>
    Number(flag && !attempts.blocked[i] && (rejectionsCount || !attempts.rejected[i]) && !elsewhere.has(attempts.at[i]!)),
  );
  const provoked = (at: number) =>
    faults.some(
      ({ startMs, endMs }) => startMs !== null && at >= startMs - AFTERMATH_MS && at < (endMs ?? Number.POSITIVE_INFINITY) + AFTERMATH_MS,
    );
  return findOutages({ at: attempts.at, affected: failed, failed })
    .filter(({ startMs }) => !provoked(startMs))
    .map(({ beforeMs: _, lastAffectedMs: __, ...outage }) => outage);
}

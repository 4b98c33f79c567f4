/**
 * What days of probes prove. A month's promise can fail on any day; it passes only after thirty days of observed time, with a sample large enough (at
 * most x failures expected where k were seen, exact Poisson bound; the rule of three where k = 0) and no month in which even the longest reading of
 * every outage is more than it allows (docs/metrics.md, verdict). Pure.
 */
import { poissonUpper } from '../metrics/poisson.ts';
import type { VerdictState } from './model.ts';
import type { ProbeOutage } from './probe-outages.ts';

const MONTH_MS = 30 * 86_400_000;

/** Observed intervals. */
interface Observed {
  up: number;
  down: number;
}

export interface Needed {
  target: number;
  /** Intervals without a further failure after which the target would be proven at 95 %. */
  intervals: number;
  /** Of these still to come, and how long that takes, ms. */
  left: number;
  leftMs: number;
}

export type AvailabilityWhy = 'no-sample' | 'over-the-month' | 'within-resolution' | 'less-than-a-month' | 'sample-too-small' | 'kept';

/** Sample size after which a target is proven, if nothing fails any more: expected failures at 95 % over what the target allows. */
export function intervalsNeeded(target: number, failures: number): number {
  const bound = failures === 0 ? 3 : poissonUpper(failures);
  // 1 − 0.9999 is not quite 0.0001.
  return Math.ceil((bound / (1 - target)) * (1 - 1e-9));
}

export function neededFor(targets: readonly number[], { up, down }: Observed, everyMs: number): Needed[] {
  return targets.map((target) => {
    const intervals = intervalsNeeded(target, down);
    const left = Math.max(0, intervals - up - down);
    return { target, intervals, left, leftMs: left * everyMs };
  });
}

/** @param monthOf `2026-11` of an instant, in the time zone of the contract */
export function judgeMonths(
  promised: number,
  { up, down }: Observed,
  outages: readonly ProbeOutage[],
  everyMs: number,
  monthOf: (at: number) => string,
): { state: VerdictState; why: AvailabilityWhy } {
  const observed = up + down;
  if (observed === 0) return { state: 'not measured', why: 'no-sample' };
  const months = new Map<string, { least: number; most: number }>();
  for (const { startMs, leastMs, mostMs, ms } of outages) {
    const key = monthOf(startMs);
    const month = months.get(key) ?? { least: 0, most: 0 };
    months.set(key, { least: month.least + leastMs, most: month.most + Math.max(ms, mostMs ?? ms + everyMs) });
  }
  let exceeded = false;
  for (const [key, { least, most }] of months) {
    const allowed = (1 - promised) * monthMs(key);
    if (least > allowed) return { state: 'fail', why: 'over-the-month' };
    if (most > allowed) exceeded = true;
  }
  if (observed * everyMs < MONTH_MS) return { state: 'not proven', why: 'less-than-a-month' };
  if (exceeded) return { state: 'not proven', why: 'within-resolution' };
  if (observed < intervalsNeeded(promised, down)) return { state: 'not proven', why: 'sample-too-small' };
  return { state: 'pass', why: 'kept' };
}

/** Length of the month `2026-11`. */
function monthMs(key: string): number {
  const [year, month] = [Number(key.slice(0, 4)), Number(key.slice(5, 7))];
  return Date.UTC(year, month, 1) - Date.UTC(year, month - 1, 1);
}

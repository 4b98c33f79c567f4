/**
 * Outages in a sequence of attempts or probes (docs/metrics.md, failover):
 *
 *   o o o x x x o x o o o o o …          x affected, o unaffected, in order of sending
 *         ├───────────┤
 *         start       end = first o after which ≥ 95 % of a window (5 s and ≥ 20 attempts) are unaffected
 *
 * At least two affected in a row begin one. What is known of an end is known to within the gap between the attempts around it.
 */
import type { Outage } from './model.ts';

export const OUTAGE_WINDOW_MS = 5000;
export const OUTAGE_WINDOW_ATTEMPTS = 20;
const UNAFFECTED_SHARE = 0.95;
/** After the last attempt nothing more can be seen: a window cut short by the end of the load must hold at least so many. */
const LEAST_EVIDENCE = 5;

/** Ascending in `at`. */
export interface Observations {
  at: ArrayLike<number>;
  affected: ArrayLike<number>;
  failed: ArrayLike<number>;
}

/** An outage and the last observations on the other side of each end. */
export interface FoundOutage extends Outage {
  /** Last one before the start; −∞ where there is none. */
  beforeMs: number;
  /** Last affected one before the end, or of all where it has none. */
  lastAffectedMs: number;
}

/** Outages whose first affected attempt has an index in [from, to). */
export function findOutages(seen: Observations, from = 0, to = seen.at.length): FoundOutage[] {
  const n = seen.at.length;
  const affectedBefore = new Uint32Array(n + 1);
  for (let i = 0; i < n; i++) affectedBefore[i + 1] = affectedBefore[i]! + Number(seen.affected[i] !== 0);
  const found: FoundOutage[] = [];
  for (let i = from; i < to && i + 1 < n; i++) {
    if (!seen.affected[i] || !seen.affected[i + 1]) continue;
    let end = i + 2;
    while (end < n && !holdsFrom(seen, affectedBefore, end)) end++;
    found.push(describe(seen, i, end));
    i = end;
  }
  return found;
}

function holdsFrom(seen: Observations, affectedBefore: Uint32Array, from: number): boolean {
  if (seen.affected[from]) return false;
  const n = seen.at.length;
  const until = seen.at[from]! + OUTAGE_WINDOW_MS;
  let to = from;
  while (to < n && (seen.at[to]! < until || to - from < OUTAGE_WINDOW_ATTEMPTS)) to++;
  const count = to - from;
  const affected = affectedBefore[to]! - affectedBefore[from]!;
  const whole = count >= OUTAGE_WINDOW_ATTEMPTS && (to < n || seen.at[n - 1]! >= until);
  return (whole || count >= LEAST_EVIDENCE) && 1 - affected / count >= UNAFFECTED_SHARE;
}

function describe(seen: Observations, start: number, end: number): FoundOutage {
  const over = end < seen.at.length;
  let lastAffected = over ? end - 1 : seen.at.length - 1;
  while (lastAffected > start && !seen.affected[lastAffected]) lastAffected--;
  let affected = 0;
  let failed = 0;
  for (let i = start; i < end && i < seen.at.length; i++) {
    if (seen.affected[i]) affected++;
    if (seen.failed[i]) failed++;
  }
  const startMs = seen.at[start]!;
  const endMs = over ? seen.at[end]! : null;
  const beforeMs = start > 0 ? seen.at[start - 1]! : Number.NEGATIVE_INFINITY;
  const lastAffectedMs = seen.at[lastAffected]!;
  return { startMs, endMs, resolutionMs: resolution(startMs, endMs, beforeMs, lastAffectedMs), affected, failed, beforeMs, lastAffectedMs };
}

/** The larger of the two gaps that are known. */
export function resolution(startMs: number, endMs: number | null, beforeMs: number, lastAffectedMs: number): number {
  const gaps = [startMs - beforeMs, endMs === null ? Number.POSITIVE_INFINITY : endMs - lastAffectedMs].filter(Number.isFinite);
  return Math.max(0, ...gaps);
}

/**
 * Moves the ends of an outage that calls have seen to where probes saw it too, if that lies in the gap that the calls leave open. Probes that
 * saw no outage (answered by an edge whose sites are dead) sharpen nothing.
 */
export function sharpen(calls: FoundOutage, probes: readonly FoundOutage[]): FoundOutage {
  let { startMs, endMs, beforeMs, lastAffectedMs, affected, failed } = calls;
  for (const probe of probes) {
    const overlaps =
      probe.startMs <= (calls.endMs ?? Number.POSITIVE_INFINITY) && (probe.endMs ?? Number.POSITIVE_INFINITY) >= calls.beforeMs;
    if (!overlaps) continue;
    affected += probe.affected;
    failed += probe.failed;
    if (probe.startMs > calls.beforeMs) startMs = Math.min(startMs, probe.startMs);
    if (probe.beforeMs < startMs) beforeMs = Math.max(beforeMs, probe.beforeMs);
    if (endMs === null || probe.endMs === null) continue;
    if (probe.endMs > calls.lastAffectedMs) endMs = Math.min(endMs, probe.endMs);
    if (probe.lastAffectedMs < endMs) lastAffectedMs = Math.max(lastAffectedMs, probe.lastAffectedMs);
  }
  return { startMs, endMs, beforeMs, lastAffectedMs, affected, failed, resolutionMs: resolution(startMs, endMs, beforeMs, lastAffectedMs) };
}

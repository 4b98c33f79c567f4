/** The queue's main figures once for every key: skill, VIP class, minute. */
import { isAttempt, queueEntry, queueWait } from '../metrics/call-times.ts';
import type { Fold } from '../metrics/fold.ts';
import { Trend } from '../metrics/trend.ts';
import { share } from '../metrics/wilson.ts';
import type { CallRow } from '../record/schema.ts';
import type { QueueSlice } from './model-queue.ts';

/** Beyond this many keys (intents made of numbers, say) the rest are one. A week of minutes is within it. */
const MOST_KEYS = 12_000;
const OTHERS = '…';

interface Counts {
  asked: number;
  answered: number;
  inTime: number;
  abandoned: number;
  blocked: number;
  entered: number;
  longest: number;
  waits: Trend;
}

export class SliceFold implements Fold<CallRow, QueueSlice[]> {
  readonly #keyOf: (row: CallRow) => string;
  readonly #thresholdMs: number;
  readonly #most: number;
  readonly #slices = new Map<string, Counts>();

  constructor(keyOf: (row: CallRow) => string, thresholdMs: number, most = MOST_KEYS) {
    this.#keyOf = keyOf;
    this.#thresholdMs = thresholdMs;
    this.#most = most;
  }

  add(row: CallRow): void {
    if (row.wants_agent !== true || !isAttempt(row)) return;
    const slice = this.#at(this.#keyOf(row));
    slice.asked++;
    const wait = queueWait(row);
    if (row.outcome === 'blocked' && row.agent_ms === null) slice.blocked++;
    if (wait === null) return;
    slice.entered++;
    slice.longest = Math.max(slice.longest, wait);
    if (row.agent_ms !== null) {
      slice.answered++;
      slice.waits.add(wait);
      if (wait <= this.#thresholdMs) slice.inTime++;
    } else if (row.outcome === 'abandoned') slice.abandoned++;
  }

  merge(other: this): void {
    for (const [key, theirs] of other.#slices) {
      const ours = this.#at(key);
      for (const name of ['asked', 'answered', 'inTime', 'abandoned', 'blocked', 'entered'] as const) ours[name] += theirs[name];
      ours.longest = Math.max(ours.longest, theirs.longest);
      ours.waits.merge(theirs.waits);
    }
  }

  /** In the order of the keys' first call. */
  figures(): QueueSlice[] {
    return [...this.#slices].map(([key, slice]) => ({
      key,
      asked: slice.asked,
      answered: slice.answered,
      abandoned: slice.abandoned,
      blocked: slice.blocked,
      serviceLevel: share(slice.inTime, slice.answered + slice.abandoned),
      abandonment: share(slice.abandoned, slice.entered),
      asaMs: slice.waits.mean,
      p95Ms: slice.waits.percentile(95),
      longestMs: slice.entered > 0 ? slice.longest : null,
    }));
  }

  #at(key: string): Counts {
    const known = this.#slices.get(key);
    if (known) return known;
    if (this.#slices.size >= this.#most && key !== OTHERS) return this.#at(OTHERS);
    const slice = { asked: 0, answered: 0, inTime: 0, abandoned: 0, blocked: 0, entered: 0, longest: 0, waits: new Trend() };
    this.#slices.set(key, slice);
    return slice;
  }
}

export const bySkill = (row: CallRow) => row.intent ?? row.called ?? '';
/** `vip`, or the priority asked for: `p2`; everybody else `normal`. */
export const byClass = (row: CallRow) =>
  row.vip === true ? 'vip' : row.priority === null || row.priority === 0 ? 'normal' : `p${row.priority}`;
/** Start of the minute in which the caller began to wait, counted from `zeroMs`; in Clock ms as text. */
export const byMinute = (zeroMs: number) => (row: CallRow) => {
  const at = queueEntry(row) ?? row.invite_ms ?? row.intended_ms ?? zeroMs;
  return String(zeroMs + Math.floor((at - zeroMs) / 60_000) * 60_000);
};

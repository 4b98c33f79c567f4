/**
 * Where the vendor said no, and whether that looks like a limit that somebody has set: the same level each time, a round number, 503 or 486, no
 * call failing in another way. Such a limit is labelled "configured limit", not "broke" (docs/metrics.md, elasticity).
 */
import { setupFailed } from '../metrics/call-times.ts';
import { NumberColumn } from '../metrics/column.ts';
import type { CallRow } from '../record/schema.ts';
import type { Level } from './level.ts';
import type { FaultFigures, ScaleFigures } from './model.ts';

export interface CapacityLimit {
  /** Calls refused for capacity. */
  refused: number;
  /** Answered calls at which most of them were refused; null where none was. */
  level: number | null;
  /** Nearly every refusal fell on that one level: it is channels that were short, not calls per second. */
  flat: boolean;
  /** Flat, round, and by 503 or 486 only. */
  configured: boolean;
  /** Every refusal and failure fell into unhealthy seconds of ours. */
  unhealthy: boolean;
  /** Calls sent in the busiest second in which none failed; in the busiest of all; in the least busy one above the former. */
  cleanRate: number;
  offeredRate: number;
  failedAtRate: number | null;
  /** Seconds with calls. */
  seconds: number;
}

/** Times in which refusals say nothing of the vendor's capacity: something was broken by us, or capacity was on its way. */
export type Excused = readonly (readonly [fromMs: number, toMs: number])[];

/** Refusals that fall on one level, within a call or 1 %, must be this share of all. */
const FLAT_SHARE = 0.95;

const PLAIN_REFUSAL = 1;
const OTHER_REFUSAL = 2;
const OTHER_FAILURE = 3;

export class LimitFold {
  readonly #sent = new NumberColumn();
  readonly #failedAt = new NumberColumn();
  readonly #kinds = new NumberColumn();
  readonly #sound = new NumberColumn();

  /** @param sound no unhealthy second of ours was touched by the call */
  add(row: CallRow, sound = true): void {
    if (row.invite_ms === null || row.outcome === 'harness' || row.outcome === 'cut') return;
    this.#sent.push(row.invite_ms);
    if (!setupFailed(row)) return;
    this.#failedAt.push(row.invite_ms);
    this.#kinds.push(row.outcome !== 'blocked' ? OTHER_FAILURE : row.status === 503 || row.status === 486 ? PLAIN_REFUSAL : OTHER_REFUSAL);
    this.#sound.push(Number(sound));
  }

  merge(other: this): void {
    this.#sent.append(other.#sent);
    this.#failedAt.append(other.#failedAt);
    this.#kinds.append(other.#kinds);
    this.#sound.append(other.#sound);
  }

  /** @param answered level of answered calls over the whole run. @param elsewhere when those were sent whose failure is another's */
  against(answered: Level, excused: Excused = [], elsewhere: ReadonlySet<number> = new Set()): CapacityLimit {
    const free = (at: number) => !excused.some(([from, to]) => at >= from && at < to);
    const levels: number[] = [];
    let plain = true;
    let soundFailures = 0;
    const failedSeconds = new Set<number>();
    for (let i = 0; i < this.#failedAt.length; i++) {
      const at = this.#failedAt.at(i);
      if (!free(at) || elsewhere.has(at)) continue;
      failedSeconds.add(Math.floor(at / 1000));
      soundFailures += this.#sound.at(i);
      if (this.#kinds.at(i) !== PLAIN_REFUSAL) plain = false;
      if (this.#kinds.at(i) !== OTHER_FAILURE) levels.push(answered.at(at));
    }
    const { level, near } = mostCommon(levels);
    const flat = levels.length > 1 && near >= FLAT_SHARE * levels.length;
    return {
      refused: levels.length,
      level,
      flat,
      configured: plain && flat && level !== null && isRound(level),
      unhealthy: failedSeconds.size > 0 && soundFailures === 0,
      ...this.#rates(failedSeconds, free),
    };
  }

  #rates(
    failedSeconds: Set<number>,
    free: (at: number) => boolean,
  ): Pick<CapacityLimit, 'cleanRate' | 'offeredRate' | 'failedAtRate' | 'seconds'> {
    const sent = new Map<number, number>();
    for (const at of this.#sent.values()) {
      const second = Math.floor(at / 1000);
      sent.set(second, (sent.get(second) ?? 0) + 1);
    }
    let cleanRate = 0;
    let offeredRate = 0;
    for (const [second, count] of sent) {
      if (!free(second * 1000)) continue;
      offeredRate = Math.max(offeredRate, count);
      if (!failedSeconds.has(second)) cleanRate = Math.max(cleanRate, count);
    }
    let failedAtRate: number | null = null;
    for (const [second, count] of sent) if (count > cleanRate && free(second * 1000)) failedAtRate = Math.min(failedAtRate ?? count, count);
    return { cleanRate, offeredRate, failedAtRate, seconds: sent.size };
  }
}

/** The commonest level, and how many lie within a call or 1 % of it: refusals race with answers. */
function mostCommon(levels: readonly number[]): { level: number | null; near: number } {
  const counts = new Map<number, number>();
  for (const level of levels) counts.set(level, (counts.get(level) ?? 0) + 1);
  const top = [...counts].sort((a, b) => b[1] - a[1] || b[0] - a[0])[0];
  if (!top) return { level: null, near: 0 };
  const [level] = top;
  return { level, near: levels.filter((l) => Math.abs(l - level) <= Math.max(1, 0.01 * level)).length };
}

/** 10, 20, 50, 120, 500, 1500: as people set limits. Within one call, because a refusal may race with an answer. */
function isRound(level: number): boolean {
  return [level - 1, level, level + 1].some((l) => l >= 5 && l % (l < 200 ? 10 : l < 2000 ? 50 : 100) === 0);
}

/** While a fault lasts and 30 s after, and until capacity that was asked for is there, refusals say nothing of the capacity promised. */
export function excused(faults: readonly FaultFigures[], scaling: readonly ScaleFigures[]): Excused {
  const FROM_THE_START = Number.NEGATIVE_INFINITY;
  const spans = faults.flatMap(
    ({ startMs, endMs }): Excused => (startMs === null ? [] : [[startMs - 1000, (endMs ?? Number.POSITIVE_INFINITY) + 30_000]]),
  );
  const scaled = scaling.flatMap(
    ({ triggerMs, scaleUpMs, firstExtraMs }): Excused =>
      triggerMs === null ? [] : [[FROM_THE_START, triggerMs + (scaleUpMs ?? firstExtraMs ?? 0)]],
  );
  return [...spans, ...scaled];
}

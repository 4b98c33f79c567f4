/**
 * Where the vendor said no, and whether that looks like a limit that somebody has set: the same level each time, a round number, 503 or 486, no
 * call failing in another way below it. Such a limit is labelled "configured limit", not "broke" (docs/metrics.md, elasticity).
 */

import { setupFailed } from '../metrics/call-times.ts';
import { NumberColumn } from '../metrics/column.ts';
import type { Fold } from '../metrics/fold.ts';
import type { CallRow } from '../record/schema.ts';
import type { Level } from './level.ts';

export interface CapacityLimit {
  /** Calls refused for capacity. */
  refused: number;
  /** Calls occupied when most of them were refused; null where none was. */
  level: number | null;
  /** Flat, round, and by 503 or 486 only. */
  configured: boolean;
  /** Every refusal fell into an unhealthy second. */
  unhealthy: boolean;
  /** Most calls in a second in which none was refused or failed; most in any; least in one with refusals while fewer were occupied than elsewhere held. */
  cleanRate: number;
  offeredRate: number;
  failedAtRate: number | null;
  seconds: number;
}

const FLAT_SHARE = 0.95;

interface Second {
  sent: number;
  failed: number;
}

export class LimitFold implements Fold<CallRow, null> {
  readonly #refusedAt = new NumberColumn();
  readonly #seconds = new Map<number, Second>();
  #otherwise = 0;
  #soundRefusals = 0;

  /** @param sound the second of this call was healthy */
  add(row: CallRow, sound = true): void {
    if (row.invite_ms === null || row.outcome === 'harness' || row.outcome === 'cut') return;
    const failed = setupFailed(row);
    const key = Math.floor(row.invite_ms / 1000);
    const second = this.#seconds.get(key) ?? { sent: 0, failed: 0 };
    second.sent++;
    if (failed) second.failed++;
    this.#seconds.set(key, second);
    if (!failed) return;
    if (row.outcome === 'blocked') this.#refusedAt.push(row.invite_ms);
    if (row.outcome !== 'blocked' || (row.status !== 503 && row.status !== 486)) this.#otherwise++;
    if (sound) this.#soundRefusals++;
  }

  merge(other: this): void {
    this.#refusedAt.append(other.#refusedAt);
    this.#otherwise += other.#otherwise;
    this.#soundRefusals += other.#soundRefusals;
    for (const [key, { sent, failed }] of other.#seconds) {
      const mine = this.#seconds.get(key) ?? { sent: 0, failed: 0 };
      this.#seconds.set(key, { sent: mine.sent + sent, failed: mine.failed + failed });
    }
  }

  figures(): null {
    return null;
  }

  /** @param answered and occupied levels of the whole run: which of them was flat when calls were refused */
  against(answered: Level): CapacityLimit {
    const refused = this.#refusedAt.length;
    const counts = new Map<number, number>();
    for (const at of this.#refusedAt.values()) {
      const level = answered.at(at);
      counts.set(level, (counts.get(level) ?? 0) + 1);
    }
    const [level, most] = [...counts].sort((a, b) => b[1] - a[1] || b[0] - a[0])[0] ?? [null, 0];
    // Refusals race with answers by a call or so.
    const near = [...counts].reduce((sum, [l, n]) => sum + (level !== null && Math.abs(l - level) <= Math.max(1, 0.01 * level) ? n : 0), 0);
    const flat = refused > 1 && near / refused >= FLAT_SHARE && most > 0;
    let cleanRate = 0;
    let offeredRate = 0;
    let failedAtRate: number | null = null;
    for (const { sent, failed } of this.#seconds.values()) {
      offeredRate = Math.max(offeredRate, sent);
      if (failed === 0) cleanRate = Math.max(cleanRate, sent);
      else failedAtRate = Math.min(failedAtRate ?? Number.POSITIVE_INFINITY, sent);
    }
    return {
      refused,
      level,
      configured: flat && level !== null && isRound(level) && this.#otherwise === 0,
      unhealthy: refused > 0 && this.#soundRefusals === 0,
      cleanRate,
      offeredRate,
      failedAtRate,
      seconds: this.#seconds.size,
    };
  }
}

/** 10, 20, 50, 120, 500, 1500: as people set limits. Within one call, because a refusal may race with an answer. */
function isRound(level: number): boolean {
  return [level - 1, level, level + 1].some((l) => l >= 5 && l % (l < 200 ? 10 : l < 2000 ? 50 : 100) === 0);
}

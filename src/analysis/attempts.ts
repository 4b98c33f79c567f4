/**
 * What failover and elasticity need of each attempt, as columns: 72 bytes a call instead of its row. Attempts are on the wire and neither `cut`
 * nor `harness`; calls in progress are all that were answered, `harness` left out.
 */
import { firstStatus, hangUp, isAttempt, setupDelay, setupFailed } from '../metrics/call-times.ts';
import { NumberColumn } from '../metrics/column.ts';
import type { CallRow } from '../record/schema.ts';

/** One attempt after another in order of sending. */
export interface AttemptList {
  length: number;
  at: Float64Array;
  /** First status, refusal, or giving up. */
  respondedAt: Float64Array;
  /** Session request delay of answered attempts, else NaN. */
  srd: Float64Array;
  /** The same less what the instrument itself may have added in those seconds: at least so much was the vendor's. */
  srdAtLeast: Float64Array;
  failed: Uint8Array;
  blocked: Uint8Array;
  /** Refused for another reason than capacity: a wrong number, an account. */
  rejected: Uint8Array;
  retransmitted: Uint8Array;
  answered: Uint8Array;
  /** 3xx: outside SER. */
  redirected: Uint8Array;
}

/** How an answered call ended. */
export const FATES = ['normal', 'dropped', 'frozen'] as const;
export type Fate = (typeof FATES)[number];

export interface CallInProgress {
  answeredMs: number;
  endedMs: number;
  fate: Fate;
  /** Longest time without RTP, NaN where there was none to miss. */
  gapMs: number;
}

/** T1 of RFC 3261: an INVITE is sent again after it. Where our own machine stood still for so long, that proves nothing. */
const TIMER_A_MS = 500;

const FAILED = 1;
const BLOCKED = 2;
const RETRANSMITTED = 4;
const ANSWERED = 8;
const REDIRECTED = 16;
const REJECTED = 32;

export class AttemptLog {
  readonly #at = new NumberColumn();
  readonly #respondedAt = new NumberColumn();
  readonly #srd = new NumberColumn();
  readonly #srdAtLeast = new NumberColumn();
  readonly #flags = new NumberColumn();
  readonly #answered = new NumberColumn();
  readonly #ended = new NumberColumn();
  readonly #fates = new NumberColumn();
  readonly #gaps = new NumberColumn();
  readonly #ours = new NumberColumn();
  #sorted: AttemptList | null = null;

  /** @param slackMs the instrument's own worst delay in the seconds of its setup */
  add(row: CallRow, slackMs = 0): void {
    this.#sorted = null;
    if (isAttempt(row)) {
      this.#at.push(row.invite_ms!);
      this.#respondedAt.push(firstStatus(row) ?? row.end_ms ?? row.invite_ms!);
      this.#srd.push(setupDelay(row) ?? Number.NaN);
      this.#srdAtLeast.push((setupDelay(row) ?? Number.NaN) - slackMs);
      const blocked = row.outcome === 'blocked' && row.answer_ms === null;
      const redirected = row.answer_ms === null && row.status !== null && row.status >= 300 && row.status < 400;
      this.#flags.push(
        (setupFailed(row) ? FAILED : 0) |
          (blocked ? BLOCKED : 0) |
          ((row.invite_retransmissions ?? 0) > 0 && slackMs < TIMER_A_MS ? RETRANSMITTED : 0) |
          (row.answer_ms !== null ? ANSWERED : 0) |
          (redirected ? REDIRECTED : 0) |
          (row.outcome === 'rejected' ? REJECTED : 0),
      );
    }
    if (row.outcome === 'harness' && row.dialled_ms !== null) this.#ours.push(row.dialled_ms);
    const ended = hangUp(row);
    if (row.answer_ms === null || ended === null || row.outcome === 'harness') return;
    this.#answered.push(row.answer_ms);
    this.#ended.push(ended);
    this.#fates.push(FATES.indexOf(fateOf(row)));
    this.#gaps.push(row.rtp_gap_ms ?? Number.NaN);
  }

  merge(other: this): void {
    this.#sorted = null;
    this.#at.append(other.#at);
    this.#respondedAt.append(other.#respondedAt);
    this.#srd.append(other.#srd);
    this.#srdAtLeast.append(other.#srdAtLeast);
    this.#flags.append(other.#flags);
    this.#answered.append(other.#answered);
    this.#ended.append(other.#ended);
    this.#fates.append(other.#fates);
    this.#gaps.append(other.#gaps);
    this.#ours.append(other.#ours);
  }

  /** In order of sending. */
  attempts(): AttemptList {
    if (this.#sorted) return this.#sorted;
    const order = Uint32Array.from({ length: this.#at.length }, (_, i) => i).sort((a, b) => this.#at.at(a) - this.#at.at(b));
    const column = (from: NumberColumn) => Float64Array.from(order, (i) => from.at(i));
    const flag = (bit: number) => Uint8Array.from(order, (i) => Number((this.#flags.at(i) & bit) !== 0));
    this.#sorted = {
      length: order.length,
      at: column(this.#at),
      respondedAt: column(this.#respondedAt),
      srd: column(this.#srd),
      srdAtLeast: column(this.#srdAtLeast),
      failed: flag(FAILED),
      blocked: flag(BLOCKED),
      rejected: flag(REJECTED),
      retransmitted: flag(RETRANSMITTED),
      answered: flag(ANSWERED),
      redirected: flag(REDIRECTED),
    };
    return this.#sorted;
  }

  /** Calls dialled in [from, to) that failed by ourselves. */
  oursIn(from: number, to: number): number {
    let ours = 0;
    for (let i = 0; i < this.#ours.length; i++) if (this.#ours.at(i) >= from && this.#ours.at(i) < to) ours++;
    return ours;
  }

  /** Calls answered before `at` and not over then. */
  *inProgressAt(at: number): Generator<CallInProgress> {
    for (let i = 0; i < this.#answered.length; i++) {
      const answeredMs = this.#answered.at(i);
      const endedMs = this.#ended.at(i);
      if (answeredMs < at && endedMs > at) yield { answeredMs, endedMs, fate: FATES[this.#fates.at(i)]!, gapMs: this.#gaps.at(i) };
    }
  }

  /** Answered calls that the vendor dropped or froze, by the time of their end in [from, to). */
  lostIn(from: number, to: number): number {
    let lost = 0;
    for (let i = 0; i < this.#ended.length; i++)
      if (FATES[this.#fates.at(i)] !== 'normal' && this.#ended.at(i) >= from && this.#ended.at(i) < to) lost++;
    return lost;
  }
}

/** Dropped: the vendor said BYE. Frozen: it said nothing; RTP stopped, or our own BYE was never answered or no longer known there. */
function fateOf(row: CallRow): Fate {
  if (row.outcome !== 'dropped') return 'normal';
  return row.bye_received_ms !== null ? 'dropped' : 'frozen';
}

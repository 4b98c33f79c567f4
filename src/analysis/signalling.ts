/**
 * What the signalling did beside setting up and ending calls: redirects followed, session timers that ran out, REFERs taken and refused, transfers of
 * ours, and connections (TCP, TLS, WS, WSS) that were lost under calls.
 */
import { countBelow } from '../metrics/column.ts';
import type { Fold } from '../metrics/fold.ts';
import type { CallRow, EventRow } from '../record/schema.ts';
import type { SignallingFigures } from './model.ts';

/** As call/leg.ts writes it when the session timer ends a call (RFC 4028 10). */
const EXPIRED = 'SIP;cause=408;text=';
/** Status of a REFER that was not taken, or of a transfer that failed. */
const REFUSED = 300;

export class SignallingFold implements Fold<CallRow, SignallingFigures> {
  #redirected = 0;
  #redirects = 0;
  #timers = 0;
  #expired = 0;
  #refers = 0;
  #refersRefused = 0;
  #transfers = 0;
  #transfersFailed = 0;
  readonly #lost: { at: number; worker: number | null; waiting: number }[] = [];
  /** Answered calls after the first loss: when sent, by whom. */
  readonly #answered: { at: number; worker: number | null }[] = [];

  add(row: CallRow): void {
    if (row.redirects !== null && row.redirects > 0) {
      this.#redirected++;
      this.#redirects += row.redirects;
    }
    if (row.session_expires_s !== null) this.#timers++;
    if (row.outcome === 'dropped' && row.end_reason?.startsWith(EXPIRED)) this.#expired++;
    if (row.refer_status !== null) {
      this.#refers++;
      if (row.refer_status >= REFUSED) this.#refersRefused++;
    }
    if (row.transfer_to !== null) {
      this.#transfers++;
      if (row.transfer_status === null || row.transfer_status >= REFUSED) this.#transfersFailed++;
    }
    if (this.#lost.length > 0 && row.answer_ms !== null && row.invite_ms !== null)
      this.#answered.push({ at: row.invite_ms, worker: row.worker });
  }

  /** Before the calls. */
  addEvent({ kind, name, action, t_ms, value, detail }: EventRow): void {
    if (kind !== 'warning' || name !== 'connection' || action !== 'lost' || t_ms === null) return;
    const worker = (detail as { worker?: unknown } | null)?.worker;
    this.#lost.push({ at: t_ms, worker: typeof worker === 'number' ? worker : null, waiting: value ?? 0 });
  }

  merge(other: this): void {
    this.#redirected += other.#redirected;
    this.#redirects += other.#redirects;
    this.#timers += other.#timers;
    this.#expired += other.#expired;
    this.#refers += other.#refers;
    this.#refersRefused += other.#refersRefused;
    this.#transfers += other.#transfers;
    this.#transfersFailed += other.#transfersFailed;
    for (const one of other.#lost) this.#lost.push(one);
    for (const one of other.#answered) this.#answered.push(one);
  }

  figures(): SignallingFigures {
    const sent = new Map<number | null, Float64Array>();
    const sentBy = (worker: number | null) => {
      const known = sent.get(worker);
      if (known) return known;
      const of = this.#answered.filter((call) => worker === null || call.worker === worker);
      const times = Float64Array.from(of, ({ at }) => at).sort();
      sent.set(worker, times);
      return times;
    };
    const back = this.#lost.flatMap(({ at, worker }) => {
      const times = sentBy(worker);
      const next = times[countBelow(times, at)];
      return next === undefined ? [] : [next - at];
    });
    return {
      redirected: this.#redirected,
      redirects: this.#redirects,
      sessionTimers: this.#timers,
      expired: this.#expired,
      refers: this.#refers,
      refersRefused: this.#refersRefused,
      transfers: this.#transfers,
      transfersFailed: this.#transfersFailed,
      connectionsLost: this.#lost.length,
      waiting: this.#lost.reduce((sum, one) => sum + one.waiting, 0),
      reconnected: back.length,
      reconnectMs: back.length === 0 ? null : Math.max(...back),
    };
  }
}

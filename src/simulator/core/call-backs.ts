/**
 * Who is to be called back, and when. A number is left by a digit, or, where the vendor does so, by giving up in the queue.
 *
 *   number left ──(afterMs from the end of that call)──▶ dialling ──200──▶ queued, before all others ──▶ talking ──▶ ended
 *                                                           └─ refused, or no answer within `ringMs`: failed
 */
import type { Clock, TimerHandle } from '../../clock.ts';
import { type RandomStream, randomStream } from '../../random.ts';
import type { CompleteConfig } from '../defaults.ts';
import type { Call } from './call.ts';
import { drawMs } from './draw.ts';

/** Before VIPs: they have waited already. */
export const CALL_BACK_PRIORITY = 20;

export class CallBacks {
  readonly #clock: Clock;
  readonly #config: NonNullable<CompleteConfig['callBack']>;
  readonly #draws: RandomStream;
  readonly #originate: (of: Call) => void;
  readonly #due = new Set<TimerHandle>();
  #closed = false;

  constructor(clock: Clock, config: NonNullable<CompleteConfig['callBack']>, seed: number, originate: (of: Call) => void) {
    this.#clock = clock;
    this.#config = config;
    this.#draws = randomStream(seed, 'call-backs');
    this.#originate = originate;
  }

  /** Is that the digit by which this caller leaves the number? */
  asks({ state, row }: Call, digit: string): boolean {
    return digit === this.#config.digit && row.back_of === null && (state === 'menu' || state === 'queued');
  }

  /** The call has ended: its caller is called back later, if that was asked for. */
  ended(call: Call): void {
    const gaveUp = this.#config.abandoned && call.row.outcome === 'abandoned' && call.row.queued_ms !== null;
    if (this.#closed || call.row.back_of !== null || !(call.numberLeft || gaveUp)) return;
    const timer = this.#clock.after(drawMs(this.#config.afterMs, this.#draws), () => {
      this.#due.delete(timer);
      this.#originate(call);
    });
    this.#due.add(timer);
  }

  /** Promised and not yet begun. */
  get due(): number {
    return this.#due.size;
  }

  close(): void {
    this.#closed = true;
    for (const timer of this.#due) timer.cancel();
    this.#due.clear();
  }
}

/**
 * Who is to be called back, and when. A number is left by a digit, or, where the vendor does so, by giving up in the queue.
 *
 *   number left ──(afterMs from the end of that call)──▶ dialling ──200──▶ queued, before all others ──▶ talking ──▶ ended
 *                                                           └─ refused, or no answer within `ringMs`: failed
 */
import type { Clock, TimerHandle } from '../../clock.ts';
import { type RandomStream, randomStream } from '../../random.ts';
import { ANNOUNCEMENT_MS, type CompleteConfig } from '../defaults.ts';
import type { TruthOutcome } from '../truth.ts';
import type { Arrival, Call } from './call.ts';
import type { Desk } from './desk.ts';
import { drawMs } from './draw.ts';
import type { CentreHost } from './host.ts';
import type { Sites } from './sites.ts';

/** Before VIPs: they have waited already. */
const CALL_BACK_PRIORITY = 20;

/** What of the call centre call-backs need. */
export interface CallBackWorld {
  clock: Clock;
  host: CentreHost;
  sites: Sites;
  desk: Desk;
  /** Another call of the vendor's. */
  begin(arrival: Arrival, priority: number): Call;
  /** Into the queue, however long it is. */
  wait(call: Call, skill: string): void;
  /** The call's next step. */
  next(call: Call, ms: number, run: () => void): void;
  /** Ended by the vendor. `silent`: nothing was ever sent. */
  finish(call: Call, outcome: TruthOutcome, silent?: boolean): void;
}

export class CallBacks {
  readonly #world: CallBackWorld;
  readonly #config: NonNullable<CompleteConfig['callBack']>;
  readonly #draws: RandomStream;
  readonly #due = new Set<TimerHandle>();
  #closed = false;

  constructor(world: CallBackWorld, config: NonNullable<CompleteConfig['callBack']>, seed: number) {
    this.#world = world;
    this.#config = config;
    this.#draws = randomStream(seed, 'call-backs');
  }

  /** Promised and not yet begun. */
  get due(): number {
    return this.#due.size;
  }

  /** Is that the digit by which this caller leaves the number? */
  asks({ state, row }: Call, digit: string): boolean {
    return digit === this.#config.digit && row.back_of === null && (state === 'menu' || state === 'queued');
  }

  /** Out of the queue, a word that it is noted, and BYE. */
  note(call: Call, skill: string): void {
    const { desk, host, next, finish } = this.#world;
    call.step?.cancel();
    call.limit?.cancel();
    call.row.skill ??= skill;
    call.numberLeft = true;
    call.state = 'announced';
    desk.leave(call);
    host.play(call, 'noted');
    next(call, ANNOUNCEMENT_MS, () => finish(call, 'diverted'));
  }

  /** The call has ended: its caller is called back later, if that was asked for. */
  ended(call: Call): void {
    const gaveUp = this.#config.abandoned && call.row.outcome === 'abandoned' && call.row.queued_ms !== null;
    if (this.#closed || call.row.back_of !== null || !(call.numberLeft || gaveUp)) return;
    const timer = this.#world.clock.after(drawMs(this.#config.afterMs, this.#draws), () => {
      this.#due.delete(timer);
      this.#dial(call);
    });
    this.#due.add(timer);
  }

  /** @returns false where it was given up meanwhile: hang up. */
  answered(call: Call): boolean {
    if (call.state !== 'dialling') return false;
    call.step?.cancel();
    call.row.answered_ms = this.#world.clock.now();
    call.row.status = 200;
    this.#world.wait(call, call.row.skill!);
    return true;
  }

  close(): void {
    this.#closed = true;
    for (const timer of this.#due) timer.cancel();
    this.#due.clear();
  }

  #dial(of: Call): void {
    const { clock, host, sites, begin, next, finish } = this.#world;
    const { sip_call_id: backOf, caller, called, skill } = of.row;
    const call = begin({ sipCallId: '', caller: called, called: caller, backOf }, CALL_BACK_PRIORITY);
    call.row.skill = skill;
    const now = clock.now();
    const site = sites.edgeTakes(now) ? sites.choose(now, null) : null;
    if (!site) return finish(call, 'blocked', true);
    call.site = site;
    call.row.site = site.name;
    site.calls.add(call);
    call.state = 'dialling';
    next(call, this.#config.ringMs, () => finish(call, 'failed'));
    host.callBack(call, of);
  }
}

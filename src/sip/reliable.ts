/**
 * Provisional responses sent reliably, RFC 3262 3 (UAS). One is unacknowledged at a time; what comes meanwhile waits in line.
 *
 *   state    event          next     does
 *   idle     send           waiting  RSeq + 1; again at T1, 2·T1, 4·T1 …
 *   waiting  send           waiting  kept in line
 *   waiting  matching PRACK idle     the next in line; what waited for the last one (`whenAcknowledged`)
 *   waiting  64·T1          over     `gaveUp`: the INVITE is refused with 5xx
 *   any      stop           over     nothing is repeated; late PRACKs still match
 */
import { randomInt } from 'node:crypto';
import type { SipRequest } from './stack.ts';
import type { TimerWheel, WheelTimer } from './timer-wheel.ts';
import type { SipTimers } from './timers.ts';

/** Sends one response with that RSeq, for the first time or again. */
type Send = (rseq: number, again: boolean) => void;

export class ReliableProvisionals {
  readonly #wheel: TimerWheel;
  readonly #timers: SipTimers;
  readonly #gaveUp: () => void;
  /** RFC 3262 3: between 1 and 2³¹ − 1. */
  #rseq = randomInt(1, 2 ** 31 - 1000);
  #waiting: { rseq: number; send: Send; body: boolean } | undefined;
  #line: { send: Send; body: boolean }[] = [];
  #timer: WheelTimer | undefined;
  #over = false;
  #then: (() => void) | undefined;

  constructor(wheel: TimerWheel, timers: SipTimers, gaveUp: () => void) {
    this.#wheel = wheel;
    this.#timers = timers;
    this.#gaveUp = gaveUp;
  }

  send(send: Send, body: boolean): void {
    if (this.#over) return;
    this.#line.push({ send, body });
    if (!this.#waiting) this.#next();
  }

  #next(): void {
    const first = this.#line.shift();
    if (!first) return this.#settled();
    const { send, body } = first;
    const rseq = ++this.#rseq;
    this.#waiting = { rseq, send, body };
    send(rseq, false);
    this.#repeat(this.#timers.t1, this.#timers.timeoutMs);
  }

  #repeat(interval: number, left: number): void {
    this.#timer = this.#wheel.after(Math.min(interval, left), () => {
      if (this.#over || !this.#waiting) return;
      if (left <= interval) {
        this.stop();
        return this.#gaveUp();
      }
      this.#waiting.send(this.#waiting.rseq, true);
      this.#repeat(interval * 2, left - interval);
    });
  }

  /**
   * RAck: RSeq, CSeq and method of what it acknowledges (RFC 3262 7.2).
   * @returns what goes on once the PRACK has been answered; undefined where it matches nothing: 481.
   */
  acknowledged(prack: SipRequest, inviteCseq: number): (() => void) | undefined {
    const [rseq, cseq, method] = (prack.header('rack') ?? '').trim().split(/\s+/);
    const waiting = this.#waiting;
    if (!waiting || Number(rseq) !== waiting.rseq || Number(cseq) !== inviteCseq || method?.toUpperCase() !== 'INVITE') return undefined;
    this.#wheel.cancel(this.#timer);
    this.#waiting = undefined;
    return () => {
      if (!this.#over) this.#next();
    };
  }

  /** RFC 3262 3: a 2xx waits for the PRACKs of all that carried a session description. Runs at once where there is none. */
  whenAcknowledged(then: () => void): void {
    const held = this.#waiting?.body || this.#line.some(({ body }) => body);
    if (!held) {
      this.stop();
      return then();
    }
    this.#then = then;
  }

  #settled(): void {
    const then = this.#then;
    this.#then = undefined;
    if (then) this.stop();
    then?.();
  }

  /** A final response: nothing more is repeated. */
  stop(): void {
    this.#over = true;
    this.#line = [];
    this.#wheel.cancel(this.#timer);
  }
}

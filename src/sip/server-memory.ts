/**
 * What a server remembers of requests it has answered finally (RFC 3261 17.2): a repeated request gets the same text again (Timer J, and the
 * Completed state of INVITE); the refusal of an INVITE is repeated until its ACK (Timers G and H). A 2xx to INVITE is repeated by SIP.js's
 * dialog until the ACK; from then on this memory stands for the transaction, which need not be held for 32 s.
 */
import type { Clock } from '../clock.ts';
import { Recent } from './recent.ts';
import type { HostPort } from './stack.ts';
import type { TimerWheel, WheelTimer } from './timer-wheel.ts';
import type { SipTimers } from './timers.ts';

interface Remembered {
  text: string;
  to: HostPort;
  timer: WheelTimer | undefined;
}

const ABSORBED: Remembered = { text: '', to: { host: '', port: 0 }, timer: undefined };

export class ServerMemory {
  readonly #answers: Recent<Remembered>;
  readonly #wheel: TimerWheel;
  readonly #timers: SipTimers;
  readonly #clock: Clock;
  readonly #reliable: boolean;
  readonly #again: (text: string, to: HostPort) => void;

  /** @param reliable no refusal is repeated (RFC 3261 17.2.1) */
  constructor(clock: Clock, wheel: TimerWheel, timers: SipTimers, reliable: boolean, again: (text: string, to: HostPort) => void) {
    this.#answers = new Recent(clock, timers.timeoutMs);
    this.#wheel = wheel;
    this.#timers = timers;
    this.#clock = clock;
    this.#again = again;
    this.#reliable = reliable;
  }

  /** @param key transaction and method. */
  remember(key: string, text: string, to: HostPort, invite: boolean): void {
    const answer: Remembered = { text, to, timer: undefined };
    this.#answers.put(key, answer);
    if (invite && !this.#reliable) this.#repeat(answer, this.#timers.t1, this.#clock.now() + this.#timers.timeoutMs);
  }

  /** An INVITE accepted and acknowledged: its late repetitions are absorbed (RFC 6026 7.1, Accepted). */
  absorb(key: string): void {
    this.#answers.put(key, ABSORBED);
  }

  /** @returns true where this request has been answered already; the answer is on its way again, if it needs to be. */
  answered(key: string): boolean {
    const answer = this.#answers.get(key);
    if (!answer) return false;
    if (answer !== ABSORBED) this.#again(answer.text, answer.to);
    return true;
  }

  absorbs(key: string): boolean {
    return this.#answers.get(key) === ABSORBED;
  }

  holds(key: string): boolean {
    return this.#answers.get(key) !== undefined;
  }

  /** The ACK to a refusal: ends Timer G. @returns whether it belonged to one. */
  acknowledged(key: string): boolean {
    const answer = this.#answers.get(key);
    if (!answer) return false;
    this.#wheel.cancel(answer.timer);
    answer.timer = undefined;
    return true;
  }

  #repeat(answer: Remembered, interval: number, until: number): void {
    answer.timer = this.#wheel.after(interval, () => {
      if (this.#clock.now() >= until) return;
      this.#again(answer.text, answer.to);
      this.#repeat(answer, Math.min(interval * 2, this.#timers.t2), until);
    });
  }
}

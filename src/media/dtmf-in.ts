/**
 * Key presses heard, RFC 4733 2.5.2. One key = one RTP timestamp, however many packets say so.
 *
 *   state     packet or time                                    next       reported
 *   idle      event packet of a new timestamp                   pressed
 *   pressed   same timestamp, end bit                           idle       the key
 *   pressed   same event, timestamp of the next segment         pressed    (2.5.1.3: an event longer than 65535 units)
 *   pressed   later timestamp                                   pressed    the key whose end was lost
 *   pressed   nothing for LOST_END_MS                           idle       the key whose end was lost
 *   any       timestamp already reported, or older              same
 */
import { DIGITS } from './dtmf-out.ts';

/** Updates come every ptime; this long without one, all end packets are lost. */
const LOST_END_MS = 120;
const LONGEST_SEGMENT = 0xffff;

export type DigitHandler = (digit: string, at: number) => void;

export class DigitReader {
  readonly #report: DigitHandler;
  #ssrc = 0;
  #timestamp = -1;
  #event = -1;
  #firstAt = 0;
  #lastAt = 0;
  #pressed = false;

  constructor(report: DigitHandler) {
    this.#report = report;
  }

  /** `ssrc`: where several sources may send (one that was replaced by another): timestamps of two have nothing to do with each other. */
  packet(payload: Buffer, from: number, to: number, timestamp: number, at: number, ssrc = 0): void {
    if (to - from < 4) return;
    if (ssrc !== this.#ssrc) {
      this.release();
      this.#ssrc = ssrc;
      this.#timestamp = -1;
    }
    const event = payload[from]!;
    const end = (payload[from + 1]! & 0x80) !== 0;
    const ahead = this.#timestamp < 0 ? 1 : (timestamp - this.#timestamp) | 0;
    if (ahead < 0) return;
    if (ahead > 0) {
      const segment = this.#pressed && event === this.#event && ahead === LONGEST_SEGMENT;
      if (!segment) {
        this.release();
        this.#pressed = true;
        this.#event = event;
        this.#firstAt = at;
      }
      this.#timestamp = timestamp;
    }
    this.#lastAt = at;
    if (end) this.release();
  }

  tick(now: number): void {
    if (this.#pressed && now - this.#lastAt > LOST_END_MS) this.release();
  }

  /** Reports the key that is down, if any: its end is not to come any more. */
  release(): void {
    if (!this.#pressed) return;
    this.#pressed = false;
    const digit = DIGITS[this.#event];
    if (digit !== undefined) this.#report(digit, this.#firstAt);
  }
}

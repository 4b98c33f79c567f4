/**
 * Keys pressed, RFC 4733 2.5.1: one packet every ptime with the duration so far and one timestamp for all, the last one with the end bit,
 * three times (2.5.1.4). While a key is down no audio is sent.
 *
 *   state     frame                                  next                      sent
 *   idle      a key waits and the gap is over        down                      first packet, marker
 *   down      duration not reached                   down                      update
 *   down      duration reached                       ending                    end packet (first of three)
 *   ending    fewer than three ends                  ending                    end packet again
 *   ending    three ends                             idle                      audio
 */
import { CallsurgeError } from '../errors.ts';
import { SAMPLE_RATE } from './g711.ts';

/** Event codes 0…15, RFC 4733 3.2. */
export const DIGITS = '0123456789*#ABCD';
const END_PACKETS = 3;
/** dBm0 without its sign; −10 is loud enough for any gateway that turns events into tones. */
const VOLUME = 10;
const UNITS_PER_MS = SAMPLE_RATE / 1000;
/** RFC 4733 2.3.5: the duration has 16 bits. */
const LONGEST_PRESS_MS = Math.floor(0xffff / UNITS_PER_MS);

interface Key {
  event: number;
  /** RTP units. */
  duration: number;
  gap: number;
  done?: () => void;
  failed?: (reason: CallsurgeError) => void;
}

export class DigitWriter {
  readonly #keys: Key[] = [];
  #startedAt = 0;
  #ends = 0;
  #down = false;
  #quietUntil = 0;
  /** Of the packet written last. */
  marker = false;
  timestamp = 0;

  /** Resolves when the last key's last end packet is written. @throws CallsurgeError `verb-misused` for a character that is no key. */
  press(digits: string, durationMs: number, gapMs: number): Promise<void> {
    const events = [...digits.toUpperCase()].map((digit) => DIGITS.indexOf(digit));
    const wrong = events.indexOf(-1);
    if (wrong >= 0) throw misused(`"${[...digits][wrong]}" is not a key of a telephone`, 'press 0-9, *, #, A-D');
    if (!(durationMs > 0 && durationMs <= LONGEST_PRESS_MS)) {
      throw misused(`a key cannot be held for ${durationMs} ms`, `hold it for 1 to ${LONGEST_PRESS_MS} ms`);
    }
    if (!(gapMs >= 0 && gapMs < Number.POSITIVE_INFINITY)) throw misused(`${gapMs} ms is no gap between keys`, 'give 0 ms or more');
    if (events.length === 0) return Promise.resolve();
    const keys = events.map(
      (event): Key => ({ event, duration: Math.round(durationMs * UNITS_PER_MS), gap: Math.round(gapMs * UNITS_PER_MS) }),
    );
    return new Promise((done, failed) => {
      Object.assign(keys.at(-1)!, { done, failed });
      this.#keys.push(...keys);
    });
  }

  /**
   * Writes the event payload (4 octets) of the frame that begins at `sample` (unwrapped RTP units) and lasts `frame` units, and sets `marker`
   * and `timestamp` for its header. @returns false where audio is due instead.
   */
  write(sample: number, frame: number, target: Buffer, offset: number): boolean {
    const key = this.#keys[0];
    if (!key) return false;
    this.marker = false;
    if (!this.#down) {
      if (sample < this.#quietUntil) return false;
      this.#down = true;
      this.#startedAt = sample;
      this.#ends = 0;
      this.marker = true;
    }
    this.timestamp = this.#startedAt;
    const duration = Math.min(key.duration, sample - this.#startedAt + frame);
    if (duration === key.duration) this.#ends++;
    target[offset] = key.event;
    target[offset + 1] = (this.#ends > 0 ? 0x80 : 0) | VOLUME;
    target.writeUInt16BE(duration, offset + 2);
    if (this.#ends === END_PACKETS) {
      this.#down = false;
      this.#quietUntil = this.#startedAt + key.duration + key.gap;
      this.#keys.shift();
      key.done?.();
    }
    return true;
  }

  /** Forgets what was not pressed yet. */
  cancel(reason: CallsurgeError): void {
    this.#down = false;
    for (const key of this.#keys.splice(0)) key.failed?.(reason);
  }
}

const misused = (what: string, todo: string) => new CallsurgeError('verb-misused', what, { where: 'sendDigits', todo });

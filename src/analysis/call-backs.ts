/**
 * Callers who were promised a call instead of a place in the queue (events.csv, kind call-back).
 *
 *   asked       callers who hung up to be called back
 *   made        of those, whom the vendor called
 *   answered    of the calls made, those that the caller took
 *   matched     of all that the vendor called to numbers of ours, those that a caller waited for
 *   time        from the caller's hanging up to the vendor's INVITE
 */
import type { Fold } from '../metrics/fold.ts';
import { Trend } from '../metrics/trend.ts';
import { share } from '../metrics/wilson.ts';
import type { EventRow } from '../record/schema.ts';
import type { CallBackFigures } from './model-queue.ts';

export class CallBackFold implements Fold<EventRow, CallBackFigures | null> {
  readonly #asked = new Set<string>();
  readonly #made = new Set<string>();
  readonly #answered = new Set<string>();
  readonly #time = new Trend();
  #nobodys = 0;

  add({ kind, name, action, value }: EventRow): void {
    if (kind !== 'call-back') return;
    if (name === null) {
      if (action === 'unmatched') this.#nobodys++;
      return;
    }
    this.#asked.add(name);
    if (action === 'offered') {
      this.#made.add(name);
      if (value !== null) this.#time.add(value);
    }
    if (action === 'answered') this.#answered.add(name);
  }

  merge(other: this): void {
    for (const name of other.#asked) this.#asked.add(name);
    for (const name of other.#made) this.#made.add(name);
    for (const name of other.#answered) this.#answered.add(name);
    this.#time.merge(other.#time);
    this.#nobodys += other.#nobodys;
  }

  /** Null: nobody asked. */
  figures(): CallBackFigures | null {
    const [asked, made] = [this.#asked.size, this.#made.size];
    if (asked === 0) return null;
    return {
      made: share(made, asked),
      answered: share(this.#answered.size, made),
      matched: share(made, made + this.#nobodys),
      timeMs: this.#time.figures(),
    };
  }
}

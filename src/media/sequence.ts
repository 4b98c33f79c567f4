/**
 * Sequence numbers of one source, after RFC 3550 A.1 and A.3. The first packet counts at once (no probation: the stream has agreed on the
 * source's address already).
 *
 *   distance ahead of the highest    meaning
 *   0                                duplicate of the highest
 *   1 … MAX_DROPOUT−1                in order; what was jumped over is lost until it comes late
 *   up to 65536−MAX_MISORDER         a jump: two in sequence there mean that the sender restarted, one alone is a stray
 *   the rest                         late: out of order, or a duplicate where it was seen before
 */
const MAX_DROPOUT = 3000;
const MAX_MISORDER = 100;
/** Remembered packets behind the highest; a power of two above MAX_MISORDER. */
const WINDOW = 128;

export type Arrival = 'in-order' | 'late' | 'duplicate' | 'stray' | 'restart';

export class SequenceCounter {
  /** Different packets received: a duplicate never hides a loss. */
  received = 1;
  duplicates = 0;
  outOfOrder = 0;
  #base: number;
  #highest: number;
  #restartAt = -1;
  /** Whether the extended number n was seen, at n mod WINDOW. */
  readonly #seen = new Uint8Array(WINDOW);

  constructor(first: number) {
    // One cycle ahead, so that packets before the first keep positive extended numbers.
    this.#base = this.#highest = first + 65536;
    this.#seen[this.#highest % WINDOW] = 1;
  }

  /** Highest extended sequence number: cycles in the upper 16 bits (6.4.1). */
  get highest(): number {
    return this.#highest - 65536;
  }

  get expected(): number {
    return this.#highest - this.#base + 1;
  }

  /** Expected − received, A.3; duplicates are not counted as received. */
  get lost(): number {
    return this.expected - this.received;
  }

  /** `restart`: this counter has seen its last packet; the packet begins a new one. */
  note(sequence: number): Arrival {
    const ahead = (sequence - this.#highest) & 0xffff;
    if (ahead === 0) return this.#duplicate();
    if (ahead < MAX_DROPOUT) return this.#advance(ahead);
    if (ahead <= 65536 - MAX_MISORDER) {
      if (sequence === this.#restartAt) return 'restart';
      this.#restartAt = (sequence + 1) & 0xffff;
      return 'stray';
    }
    return this.#late(this.#highest + ahead - 65536);
  }

  #advance(ahead: number): Arrival {
    for (let i = 1; i < ahead && i < WINDOW; i++) this.#seen[(this.#highest + ahead - i) % WINDOW] = 0;
    this.#highest += ahead;
    this.#seen[this.#highest % WINDOW] = 1;
    this.received++;
    this.#restartAt = -1;
    return 'in-order';
  }

  #late(extended: number): Arrival {
    if (extended < this.#base) this.#base = extended;
    else if (this.#seen[extended % WINDOW] === 1) return this.#duplicate();
    this.#seen[extended % WINDOW] = 1;
    this.outOfOrder++;
    this.received++;
    return 'late';
  }

  #duplicate(): Arrival {
    this.duplicates++;
    return 'duplicate';
  }
}

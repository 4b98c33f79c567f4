/**
 * The VUs of one scenario in one worker. A VU is a number here, not a JavaScript runtime of its own: making one costs nothing, so those beyond
 * `preAllocatedVUs` are made when they are needed, up to `maxVUs`.
 */

/** @returns the number over the whole run, from 1, of this worker's k-th VU (k from 0). */
export type VuNumbers = (k: number) => number;

export class VuPool {
  readonly #free: number[] = [];
  readonly #number: VuNumbers;
  readonly #max: number;
  #made = 0;

  constructor(preAllocated: number, max: number, number: VuNumbers) {
    this.#number = number;
    this.#max = max;
    while (this.#made < preAllocated) this.#free.push(this.#make());
    this.#free.reverse();
  }

  /** A free VU, one made for the purpose, or undefined where all are busy and no more are allowed. */
  take(): number | undefined {
    return this.#free.pop() ?? (this.#made < this.#max ? this.#make() : undefined);
  }

  give(vu: number): void {
    this.#free.push(vu);
  }

  get made(): number {
    return this.#made;
  }

  #make(): number {
    return this.#number(this.#made++);
  }
}

/**
 * A limit in calls per second as a sliding window: no second holds more than `perSecond`. With a fraction the window is cut so that the rate is
 * met: 2.5/s are two calls in any 0.8 s, 0.5/s is one in any two seconds.
 */
export class RateLimit {
  #perSecond: number;
  /** Times of the last takings, oldest at `#next`. Empty where there is no limit. */
  #taken: number[] = [];
  #next = 0;

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** Changes the limit; what was taken lately counts against the new one. */
  set(perSecond: number): void {
    const order = [...this.#taken.slice(this.#next), ...this.#taken.slice(0, this.#next)];
    this.#perSecond = perSecond;
    this.#taken = Number.isFinite(perSecond) ? order.slice(-this.#size()) : [];
    this.#next = 0;
  }

  /** Takes one at `now` (ms), or says that it is too much. A refused call takes nothing. */
  take(now: number): boolean {
    if (!Number.isFinite(this.#perSecond)) return true;
    const size = this.#size();
    if (this.#taken.length < size) {
      this.#taken.push(now);
      return true;
    }
    const oldest = this.#taken[this.#next]!;
    if (now - oldest < (1000 * size) / this.#perSecond) return false;
    this.#taken[this.#next] = now;
    this.#next = (this.#next + 1) % size;
    return true;
  }

  #size(): number {
    return Number.isFinite(this.#perSecond) ? Math.max(1, Math.floor(this.#perSecond)) : 0;
  }
}

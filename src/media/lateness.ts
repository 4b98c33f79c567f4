/**
 * How late packets left, in fixed buckets: 0.1 ms wide up to 25.6 ms, then 10 ms wide up to 2.6 s; adding costs one increment. Percentiles are
 * the upper edge of their bucket, never above the exact maximum.
 */
const FINE = 256;
const FINE_PER_MS = 10;
const COARSE = 257;
const COARSE_MS = 10;

export class Lateness {
  count = 0;
  maxMs = 0;
  readonly #buckets = new Uint32Array(FINE + COARSE);

  add(ms: number): void {
    this.count++;
    if (ms > this.maxMs) this.maxMs = ms;
    const fine = (ms * FINE_PER_MS) | 0;
    const index = fine < FINE ? Math.max(0, fine) : Math.min(FINE + COARSE - 1, FINE + ((ms / COARSE_MS) | 0));
    this.#buckets[index]!++;
  }

  /** Ms that `share` of the packets did not exceed; 0 without packets. */
  percentile(share: number): number {
    const rank = Math.ceil(this.count * share);
    let seen = 0;
    for (let i = 0; i < this.#buckets.length && this.count > 0; i++) {
      seen += this.#buckets[i]!;
      if (seen >= rank) return Math.min(this.maxMs, i < FINE ? (i + 1) / FINE_PER_MS : (i - FINE + 1) * COARSE_MS);
    }
    return this.maxMs;
  }

  reset(): void {
    this.count = 0;
    this.maxMs = 0;
    this.#buckets.fill(0);
  }
}

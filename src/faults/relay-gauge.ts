/** What our relay knows of its own work: how late it passed packets on, and which UDP ports are its own. */

/** Lateness is counted by whole milliseconds up to here; what is later counts as this. */
const MOST_MS = 1000;

export interface RelayLateness {
  /** Packets passed on since the last call. */
  packets: number;
  /** Later than the faults wanted, ms; null where nothing passed. */
  p99Ms: number | null;
  maxMs: number | null;
}

export class RelayGauge {
  /** UDP ports of the relay, as long as they are open: the kernel counts what it dropped there. */
  readonly ports = new Set<number>();
  readonly #counts = new Uint32Array(MOST_MS + 1);
  #packets = 0;
  #maxMs = 0;

  /** @param sinceMs performance.now() when the packet came @param wantedMs what the faults add */
  passed(sinceMs: number, wantedMs: number): void {
    const late = Math.max(0, performance.now() - sinceMs - wantedMs);
    this.#counts[Math.min(MOST_MS, Math.floor(late))]!++;
    this.#packets++;
    this.#maxMs = Math.max(this.#maxMs, late);
  }

  /** Since the last call. */
  take(): RelayLateness {
    const packets = this.#packets;
    if (packets === 0) return { packets, p99Ms: null, maxMs: null };
    let left = Math.ceil(packets * 0.99);
    let p99Ms = 0;
    while (left > this.#counts[p99Ms]!) left -= this.#counts[p99Ms++]!;
    const maxMs = this.#maxMs;
    this.#counts.fill(0);
    this.#packets = this.#maxMs = 0;
    // A whole millisecond stands for all that lie in it.
    return { packets, p99Ms: Math.min(maxMs, p99Ms + 1), maxMs };
  }
}

/** What happens to one packet in our relay: lost, late, twice, or out of order. Drawn from a seeded stream, so that a run can be repeated. */
import { durationMs } from '../duration.ts';
import { type RandomStream, randomStream } from '../random.ts';
import type { Impairment, RelayFault } from '../scenario/surge.ts';
import { RelayGauge } from './relay-gauge.ts';

export type Way = 'to-vendor' | 'from-vendor';
export type Kind = 'sip' | 'rtp';

/** A packet that is to come out of order is held back at least so long: an RTP packet of 20 ms overtakes it. */
const REORDER_MS = 20;

interface Harm {
  fault: RelayFault;
  delayMs: number;
  jitterMs: number;
}

export class Harms {
  readonly gauge: RelayGauge;
  readonly #random: RandomStream;
  readonly #on = new Set<Harm>();
  /** What passed and what was lost, since the start. */
  readonly counts = { passed: 0, lost: 0, duplicated: 0 };

  /** @param gauge of the whole relay, where several trunks share one. */
  constructor(seed: number, gauge = new RelayGauge()) {
    this.gauge = gauge;
    this.#random = randomStream(seed, 'relay');
  }

  /** @returns what ends it. */
  begin(fault: RelayFault): () => void {
    const harm = { fault, delayMs: durationMs(fault.delay ?? 0), jitterMs: durationMs(fault.jitter ?? 0) };
    this.#on.add(harm);
    return () => void this.#on.delete(harm);
  }

  /** Delays, ms, of the copies of a packet that go on; none: it is lost. Reliable transport: nothing is lost or doubled but by a black hole. */
  fate(way: Way, kind: Kind, reliable = false): number[] {
    let copies = [0];
    for (const { fault, delayMs, jitterMs } of this.#on) {
      if (!concerns(fault, way, kind)) continue;
      copies = copies.flatMap((late) => this.#one(fault, late, delayMs, jitterMs, reliable));
    }
    if (copies.length === 0) this.counts.lost++;
    else this.counts.passed++;
    this.counts.duplicated += Math.max(0, copies.length - 1);
    return copies;
  }

  /** Whether a fault that resets connections is on. */
  get resets(): boolean {
    return [...this.#on].some(({ fault }) => fault.reset === true);
  }

  #one(fault: Impairment, late: number, delayMs: number, jitterMs: number, reliable: boolean): number[] {
    // Always the same draws per packet: one figure changed leaves the others' luck as it was.
    const [loss, jitter, twice, order] = [this.#random.next(), this.#random.next(), this.#random.next(), this.#random.next()];
    if (fault.blackHole) return [];
    const at = late + delayMs + jitter * jitterMs;
    if (reliable) return [at];
    if (loss < (fault.loss ?? 0)) return [];
    const held = order < (fault.reorder ?? 0) ? at + Math.max(REORDER_MS * 1.5, jitterMs) : at;
    return twice < (fault.duplicate ?? 0) ? [held, held] : [held];
  }
}

function concerns({ what = 'both', direction = 'both' }: RelayFault, way: Way, kind: Kind): boolean {
  return (what === 'both' || what === kind) && (direction === 'both' || direction === way);
}

/** Passes a packet on when the faults want it, and notes how late that was. @param sinceMs performance.now() when it came */
export function hold(gauge: RelayGauge, sinceMs: number, delayMs: number, pass: () => void): void {
  const go = () => {
    pass();
    gauge.passed(sinceMs, delayMs);
  };
  const left = sinceMs + delayMs - performance.now();
  if (delayMs <= 0 || left <= 0) go();
  else setTimeout(go, left).unref();
}

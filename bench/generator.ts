/** What each caller under measurement is asked for, and what it answers. */
import type { Sample } from './process.ts';

export interface Load {
  /** Calls a second. */
  rate: number;
  /** At that rate, s. */
  seconds: number;
  /** From the answer to BYE, ms. */
  holdMs: number;
}

export interface Outcome {
  /** Calls that the load asks for. */
  planned: number;
  completed: number;
  /** Why it is not clean; '' where every planned call was made in its time, answered and ended. */
  why: string;
  /** CPU-seconds for each 10 000 calls, at the full rate. */
  cpuPer10k: number;
  /** Actual less intended time of the INVITE, 99th percentile, ms; NaN where the generator does not say. */
  lagP99Ms: number;
  /** KB of resident memory for each call held; NaN where calls are not held long enough. */
  kbPerHeldCall: number;
  samples: readonly Sample[];
}

export interface Generator {
  name: string;
  play(load: Load): Promise<Outcome>;
}

/** Resident memory at the plateau less that at the start, a call. */
export function kbPerCall(samples: readonly Sample[], startMs: number, plateauMs: number, held: number): number {
  const before = samples.filter(({ at }) => at <= startMs).at(-1);
  const plateau = samples.filter(({ at }) => at >= plateauMs - 500 && at <= plateauMs).at(-1);
  return before && plateau ? (plateau.rssKb - before.rssKb) / held : Number.NaN;
}

export function percentile(values: number[], share: number): number {
  if (values.length === 0) return Number.NaN;
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)]!;
}

/**
 * An executor, as the engine sees it: a pure plan of when what starts. Times are ms from the scenario's own start (`startTime` excluded).
 * Three kinds of drive, because k6's six executors are these three: arrivals at given times whatever the VUs do (open model), a changing number
 * of looping VUs (closed model), and a given number of iterations.
 */
import type { Segment } from './segment.ts';

export type ExecutorName =
  | 'constant-arrival-rate'
  | 'ramping-arrival-rate'
  | 'constant-vus'
  | 'ramping-vus'
  | 'shared-iterations'
  | 'per-vu-iterations';

export interface Arrival {
  /** Iteration number over all workers, from 0. */
  index: number;
  /** ms from the scenario's start; the last may be exactly at the scenario's duration. */
  at: number;
}

/** What a replayed log tells of one call; null: it does not say. */
export interface LoggedCall {
  /** The caller's number, hashed: equal hashes are one caller. Nothing that could be dialled. */
  caller: string | null;
  intent: string | null;
  vip: boolean | null;
  talkMs: number | null;
}

export interface VuStep {
  at: number;
  /** VUs that should run from then on (of this segment). */
  vus: number;
}

export type Drive =
  | {
      kind: 'arrivals';
      preAllocatedVus: number;
      maxVus: number;
      /** Lazily, in order of time; only the slots of that segment. Every segment computes the same whole timeline. */
      arrivals(segment: Segment): Iterable<Arrival>;
      /** Total over all segments. */
      count: number;
      /** Arrivals per second intended at a moment: for charts and for the Poisson option. */
      rateAt(ms: number): number;
      /** Highest of rateAt. */
      peakPerSecond: number;
      /** What the log tells of that arrival, where the timeline replays one. */
      logged?(index: number): LoggedCall;
    }
  | { kind: 'vus'; steps(segment: Segment): VuStep[]; maxVus: number; gracefulRampDownMs: number }
  | {
      kind: 'iterations';
      shared: boolean;
      vus(segment: Segment): number;
      maxVus: number;
      /** Of all the segment's VUs together. */
      iterations(segment: Segment): number;
      /** Iteration number over all workers of the segment's k-th iteration (0 ≤ k < iterations). For `vus`: `indexAt(segment, k)` of segment.ts. */
      index(segment: Segment, k: number): number;
    };

export interface ScenarioPlan {
  name: string;
  executor: ExecutorName;
  exec: string;
  startTimeMs: number;
  /** D: no new iteration after it. For `iterations`, maxDuration. */
  durationMs: number;
  gracefulStopMs: number;
  env: Record<string, string>;
  tags: Record<string, string>;
  drive: Drive;
  /** As k6's header says it: "Up to 50.00 iterations/s for 2m0s over 3 stages (maxVUs: 100-400, gracefulStop: 30s)". */
  description: string;
}

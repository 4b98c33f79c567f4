/** What a drive (arrivals, looping VUs, counted iterations) is given, and what it answers. The plan says when; a drive starts it. */
import type { Clock } from '../clock.ts';
import type { Segment } from '../schedule/segment.ts';
import type { Running } from './running.ts';

export interface DriveScope {
  clock: Clock;
  segment: Segment;
  /** Start of the scenario, Clock ms. */
  startAt: number;
  running: Running;
  /** VU numbers over the run of this scenario's k-th VU here. */
  vuNumber(k: number): number;
  /** An iteration starts that late. */
  lag(ms: number): void;
  /** Iterations that were to start and did not. */
  dropped(n: number): void;
  /** VUs made beyond those of before, and never given back. */
  made(n: number): void;
  /** The contract's cap on calls/s: earliest moment for the next arrival. */
  notBefore?(): number;
}

export interface DriveRun {
  /** Resolves when no new iteration will start any more, of itself or after `stop`. */
  readonly issued: Promise<void>;
  /** No new iterations. What runs goes on. `drop`: what had not started counts as dropped. */
  stop(drop: boolean): void;
}

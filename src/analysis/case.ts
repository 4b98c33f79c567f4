/** Everything that verdicts are drawn from. */
import type { Trend } from '../metrics/trend.ts';
import type { Claims } from '../vendor/profile.ts';
import type { CapacityLimit } from './limit.ts';
import type { FaultFigures, HealthFigures, Outage, QueueFigures, RunAnalysis, ScaleFigures } from './model.ts';

/** What one set of calls (all, or only those of sound seconds) says. */
export interface Evidence {
  queue: QueueFigures;
  answeredWait: Trend;
  srd: Trend;
  mos: Trend;
}

export interface Case {
  claims: Claims;
  validity: RunAnalysis['validity'];
  all: Evidence;
  /** Only calls that touch no unhealthy second and whose failure is not another's. */
  sound: Evidence;
  /** Failed calls that are another's by all evidence: the network's, the carrier's, or open between carrier and vendor (blame.ts). */
  elsewhere: number;
  peaks: RunAnalysis['concurrency']['peaks'];
  limit: CapacityLimit;
  faults: FaultFigures[];
  /** Outages that no fault explains. */
  unprovoked: Outage[];
  scaling: ScaleFigures[];
  health: HealthFigures;
  /** The contract's caps: above them nothing was tried. */
  maxChannels: number | null;
  maxCallsPerSecond: number | null;
  /** Fault marks `fixed` after each fault: name → ms from t0, ± ms. */
  repairs: { ms: number; plusMinusMs: number }[];
  /** Time watched, ms, and how many probe intervals it held. */
  watchedMs: number;
  probeIntervals: number;
}

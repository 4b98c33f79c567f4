/**
 * `export const surge: SurgeOptions` beside k6's `options` (whose types refuse extra fields). Data only, so that it can be checked, drawn on
 * charts and sent to workers.
 */
import type { Duration } from '../duration.ts';
import type { Hook } from '../vendor/profile.ts';
import type { ContainerFault, NamespaceFault, OwnFault, ProcessFault, RelayFault, Repeat } from './fault-actions.ts';

export type * from './fault-actions.ts';

export type FaultAction =
  | ProcessFault
  | ContainerFault
  | NamespaceFault
  | RelayFault
  | OwnFault
  /** The embedded vendor's site. */
  | { kind: 'simulator'; action: 'stop' | 'freeze'; site: string }
  /** A fault hook of the vendor profile by name. */
  | { kind: 'hook'; hook: string }
  | { kind: 'request' | 'command'; start: Hook; end?: Hook }
  /** Somebody pulls the cable and marks it. */
  | { kind: 'manual'; instruction: string };

export interface FaultStep {
  name: string;
  /** From the load's start. */
  at: Duration;
  /** A fault always ends: after this, or when the run does. */
  for: Duration;
  /** The same again: the report shows each, and their spread. */
  repeat?: Repeat;
  /** What the vendor or the contract promises for this fault: longest outage by first try. The report sets it beside what was measured. */
  expected?: Duration;
  do: FaultAction;
}

export type ScaleAction =
  | { kind: 'simulator'; site?: string; channels: number; delay?: Duration }
  /** The embedded vendor's own agents: more seats of one skill. */
  | { kind: 'simulator'; seats: number; skill: string; delay?: Duration }
  /** Nothing is asked for: the load itself is the trigger, and the vendor scales by itself. */
  | { kind: 'load' }
  | { kind: 'hook'; hook: string }
  | { kind: 'request' | 'command'; start: Hook }
  | { kind: 'manual'; instruction: string };

export interface ScaleStep {
  name: string;
  at: Duration;
  /** Answered concurrency aimed at: scale-up time ends when 98 % of it holds. */
  target: number;
  /** Sustained for. Default 30s. */
  hold?: Duration;
  do: ScaleAction;
}

/** Last year's log instead of a curve (docs/replaying-a-log.md). */
export interface ReplayOptions {
  /** What `callsurge import` wrote; relative to the scenario file. */
  replay: string;
  /** Arrivals for each call of the log. Default 1. */
  scale?: number;
  /** Time runs that much faster than in the log: 60 plays its hour in a minute. Default 1. */
  compress?: number;
  /** Part of the log, from its start. Default: all of it. */
  from?: Duration;
  to?: Duration;
  /** Whose timeline it replaces. Default: the only scenario with an arrival rate; others are spaced evenly. */
  scenario?: string;
}

/** The circuit breaker: stops the run (drained, hung up, reported) when it holds over the calls that ended in the last `for`. */
export interface StopRuleOptions {
  /** A metric of calls, as in thresholds: `call_blocked`, `call_dropped{trunk:main}`. */
  metric: string;
  /** As a threshold, but of when to stop: `rate > 0.5`, `p(95) > 8000`. */
  when: string;
  for: Duration;
  /** Fewer calls in that time say nothing. Default 20. */
  least?: number;
}

export interface ExpectOptions {
  /** false: no caller asks for an agent, so there is no queue to expect. Default true. */
  agent?: boolean;
  /** Means of what the scenario draws. */
  talk?: Duration;
  patience?: Duration;
  /** As in `caller.redials`, with its defaults: after a refusal or lost patience callers call again. */
  redials?: { probability?: number; tries?: number; after?: Duration };
  /** What callers ask for, by share, as in `caller.intent`: `{ support: 0.7, sales: 0.3 }`. The names are the skills of the profile's agents. */
  skills?: Record<string, number>;
}

export interface SurgeOptions {
  /** Default 1. Same seed: same arrivals, same callers. */
  seed?: number;
  /** k6's even spacing, or Poisson arrivals along the same curve. Default even. */
  arrivals?: 'even' | 'poisson' | ReplayOptions;
  faults?: FaultStep[];
  scaling?: ScaleStep[];
  /** Stops the run when the vendor (or we) have had enough. */
  stopWhen?: StopRuleOptions[];
  /** OPTIONS to each trunk, never retransmitted: resolution of an outage. Default 10/s where there are faults, else 0. */
  probes?: { perSecond: number };
  /** Everything goes through our own relay, also without a fault: to prove that the relay itself changes nothing. Default false. */
  relay?: boolean;
  /** none: signalling only. Default rtp. */
  media?: 'rtp' | 'none';
  /** Keeps the signalling of calls that did not complete and of a sample of the others (trace.csv). Default on. */
  trace?: 'on' | 'off';
  /** Wait this long for calls to end after the last arrival has been stopped. Default 35s (Timer F and a little). */
  drain?: Duration;
  /**
   * How long a call is expected to last from dialling to hanging up, of all scenarios or by scenario. For planning alone (VUs, concurrency, ports);
   * default 60s.
   */
  callLength?: Duration | Record<string, Duration>;
  /** What the scenario's callers do on average, for the queue and the redials that `callsurge plan` expects. For planning alone. */
  expect?: ExpectOptions;
}

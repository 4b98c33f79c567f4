/** What a worker is born with: plain data, cloned into its thread. It loads the scenario file itself; functions never travel. */
import type { ClockAnchor } from '../clock.ts';
import type { ScenarioConfig } from '../schedule/executors.ts';
import type { Replay } from '../schedule/replay.ts';
import type { Segment } from '../schedule/segment.ts';
import type { HostPort } from '../sip/stack.ts';
import type { VendorProfile } from '../vendor/profile.ts';
import type { GateState } from './gate.ts';

export interface WorkerInit {
  /** From 1. */
  worker: number;
  workers: number;
  anchor: ClockAnchor;
  scenarioFile: string;
  configs: ScenarioConfig[];
  arrivals: 'even' | 'poisson';
  replay: Replay | undefined;
  seed: number;
  segment: Segment;
  tags: Record<string, string>;
  minIterationMs: number;
  /** For exec.test.options. */
  merged: unknown;
  vendor: VendorProfile;
  media: 'rtp' | 'none';
  /** Thresholds or stop rules look into calls and samples. */
  folded: boolean;
  /** Keep the signalling of some calls. */
  trace: boolean;
  gate: GateState;
}

/** What a worker says when it is ready. */
export interface WorkerReady {
  local: HostPort;
  agents: number;
  rtpPorts: { from: number; to: number } | undefined;
  /** SIP ports on which datagrams come. */
  udpPorts: number[];
}

/** Topics of the channel beside the controller's, the broker's and the rows. */
export const SECOND_TOPIC = 'second';

/** Phases in their order (engine/run.ts). */
export const PHASES = {
  boot: 'boot',
  agents: 'agents',
  setup: 'setup',
  load: 'load',
  own: 'own-side',
  drain: 'drain',
  teardown: 'teardown',
  agentsOff: 'agents-off',
  close: 'close',
  now: 'stop-now',
} as const;

/** Signal of a worker: the scenario called test.abort(). */
export const ABORT_SIGNAL = 'abort';

/**
 * The embedded vendor's ground truth: what really happened to each call, by the vendor's own clock. Tests and the demo hold the record against
 * it; a run never reads it for its figures.
 */
export const TRUTH_COLUMNS = [
  'sip_call_id',
  'caller',
  'called',
  'site',
  'skill',
  'priority',
  'received_ms',
  'refused_ms',
  'status',
  'ringing_ms',
  'answered_ms',
  'queued_ms',
  'queue_position',
  'agent',
  'agent_offers',
  'agent_ms',
  'ended_ms',
  /** caller, agent, vendor (limit, timeout), fault (site died) */
  'ended_by',
  /** answered: an agent talked · abandoned: the caller left the queue or menu · blocked · served: answered where no agent is meant (echo) · lost: a fault ended it · diverted · failed */
  'outcome',
] as const;
export type TruthColumn = (typeof TRUTH_COLUMNS)[number];
export type TruthOutcome = 'answered' | 'abandoned' | 'blocked' | 'served' | 'lost' | 'diverted' | 'failed';

export interface TruthRow {
  sip_call_id: string;
  caller: string;
  called: string;
  site: string | null;
  skill: string | null;
  priority: number;
  received_ms: number;
  refused_ms: number | null;
  status: number | null;
  ringing_ms: number | null;
  answered_ms: number | null;
  queued_ms: number | null;
  queue_position: number | null;
  agent: string | null;
  agent_offers: number;
  agent_ms: number | null;
  ended_ms: number | null;
  ended_by: 'caller' | 'agent' | 'vendor' | 'fault' | null;
  outcome: TruthOutcome | null;
}

/**
 * HTTP API of the embedded vendor, JSON in and out, on `http://host:apiPort`:
 *
 *   GET  /state                         → SimulatorState
 *   POST /scale   { site?, channels, delayMs? }      → 202 { at }: in force after the delay (default scaleDelayMs)
 *   POST /seats   { skill, count, delayMs? }         → 202: own agents added
 *   POST /sites/NAME/stop | freeze | start           → 200 { at }: stop = process gone (calls die, port closed), freeze = SIGSTOP
 *   POST /limits  { edgeChannels?, edgeCps?, refuse? } → 200
 *   GET  /truth                         → TruthRow[] so far;  GET /events → SimulatorEvent[]
 */
export interface SimulatorState {
  now: number;
  sites: { name: string; state: 'up' | 'stopped' | 'frozen'; seenUp: boolean; channels: number; inUse: number }[];
  queues: { skill: string; waiting: number; agents: number; idle: number; busy: number; registered: number }[];
  calls: number;
}

export interface SimulatorEvent {
  t_ms: number;
  kind: 'fault' | 'scale' | 'alarm' | 'route' | 'registration';
  name: string;
  detail?: unknown;
}

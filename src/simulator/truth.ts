/**
 * The embedded vendor's ground truth: what really happened to each call, by the vendor's own clock. Tests and the demo hold the record against
 * it; a run never reads it for its figures. Times are ms since the Unix epoch, null where it never came to that.
 */
export const TRUTH_COLUMNS = [
  'sip_call_id',
  /** Of a call that the vendor made: the Call-ID of the one that asked to be called back. Null: the caller called. */
  'back_of',
  'caller',
  'called',
  /** The site that took it; null where the edge refused it. */
  'site',
  'skill',
  /** 10: VIP. */
  'priority',
  'received_ms',
  'refused_ms',
  /** Final status of the INVITE; 487 where the caller cancelled. */
  'status',
  /** 180, or 183 of an early queue. */
  'ringing_ms',
  'answered_ms',
  'queued_ms',
  /** On entering the queue, from 1; callers that an agent is being rung for are not counted. */
  'queue_position',
  'agent',
  'agent_offers',
  /** The agent answered: caller and agent are connected. */
  'agent_ms',
  'ended_ms',
  /** caller, agent, vendor (refused, full, timeout, closing time), fault (site died) */
  'ended_by',
  /**
   * answered: an agent talked · served: answered where no agent is meant (echo) · abandoned: the caller left while it rang, in the menu or in the
   * queue · blocked: refused for capacity (503, 486, 480), or "all busy" was played · diverted: 302, or its announcement, or the number was left to be
   * called back · lost: a fault ended it · failed: the vendor gave up (no digit, longest wait, no ACK, no common codec, a call-back not answered)
   */
  'outcome',
] as const;
export type TruthOutcome = 'answered' | 'abandoned' | 'blocked' | 'served' | 'lost' | 'diverted' | 'failed';

export interface TruthRow {
  sip_call_id: string;
  back_of: string | null;
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

/** Offers to registered agents, as the vendor knows them; times as above. */
export const OFFER_COLUMNS = [
  'sip_call_id',
  'agent',
  'skill',
  /** Empty: in earnest. Else the mistake (core/defects.ts) that it is part of: duplicate, ghost. */
  'defect',
  'offered_ms',
  /** Of the ringing. */
  'ended_ms',
  /** answered · refused (by the agent, or unreachable) · timeout (rung too long) · withdrawn (the caller left, or a defect's end) */
  'how',
] as const;

export interface OfferTruth {
  sip_call_id: string;
  agent: string;
  skill: string;
  defect: 'duplicate' | 'ghost' | null;
  offered_ms: number;
  ended_ms: number;
  how: 'answered' | 'refused' | 'timeout' | 'withdrawn';
}

/**
 * HTTP API of the embedded vendor, JSON in and out, on `http://host:apiPort`; `at` is when it takes or took effect, on the vendor's clock:
 *
 *   GET  /state                                        → SimulatorState
 *   POST /scale   { site?, channels, delayMs? }        → 202 { at }: channels of that site, or of all together (shared out as before, and the
 *                                                        edge's total with them), after the delay (default scaleDelayMs); calls beyond stay
 *   POST /seats   { skill, count, delayMs? }           → 202 { at }: own agents added, like the first configured ones of that skill
 *   POST /sites/NAME/stop | freeze | start             → 200 { at }: stop = its machine gone (calls die, ports closed), freeze = SIGSTOP (what
 *                                                        comes in waits, what falls due is made up for by start)
 *   POST /limits  { edgeChannels?, edgeCps?, refuse? } → 200 { at }: null lifts a limit
 *   GET  /phone                                        → the web phone's page; it uses POST /phone/login { name, password }, GET /phone/NAME
 *                                                        → { state, caller }, POST /phone/NAME/answer | hang-up
 *   GET  /truth                                        → TruthRow[]: the ended ones in order, then the open ones
 *   GET  /events                                       → SimulatorEvent[]
 *
 * What cannot be is answered 400 (bad body or field), 404 (no such path or site), 405: { error }.
 */
export interface SimulatorState {
  now: number;
  /** `state` is what a site is, `seenUp` what the edge believes. */
  sites: { name: string; state: 'up' | 'stopped' | 'frozen'; seenUp: boolean; channels: number; inUse: number }[];
  /** `agents`: at work; `busy`: ringing or talking; `registered`: accounts with a binding. */
  queues: { skill: string; waiting: number; agents: number; idle: number; busy: number; registered: number }[];
  calls: number;
}

export interface SimulatorEvent {
  t_ms: number;
  /**
   * route: the edge marked a site down or up · defect: a mistake made on purpose, `name` its kind, `detail` the call and what else it takes · problem: something of the vendor's own failed (no RTP port left, webhook unreachable)
   */
  kind: 'fault' | 'scale' | 'alarm' | 'route' | 'registration' | 'defect' | 'problem';
  name: string;
  detail?: unknown;
}

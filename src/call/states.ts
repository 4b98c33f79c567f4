/**
 * The states of a call and what moves it between them (docs/metrics.md, the census).
 *
 *   setup ──180──▶ ringing ──┐
 *     │ └──18x+SDP─▶ early ──┤200
 *     └────────200───────────┴─▶ ivr ──last digit──▶ queued ──agent──▶ talking ──BYE──▶ releasing ──▶ ended
 *
 * What is not in the table changes nothing: a late 180 after 183, a second BYE, evidence that comes after the end.
 */
export const CALL_STATES = ['setup', 'ringing', 'early', 'ivr', 'queued', 'talking', 'releasing', 'ended'] as const;
export type CallState = (typeof CALL_STATES)[number];

export type CallEvent =
  /** 180, 181, 182 */
  | 'rings'
  /** 18x with SDP */
  | 'early-media'
  /** 2xx to the INVITE */
  | 'answered'
  /** the last digit of the menu, or the answer where there is no menu */
  | 'queues'
  /** an agent is on the line */
  | 'agent'
  /** our BYE or CANCEL is on the wire */
  | 'releases'
  /** final response, BYE received or answered, or given up */
  | 'over';

export const TRANSITIONS: Record<CallState, Partial<Record<CallEvent, CallState>>> = {
  // RFC 3261 13.2.2: any of these may be the first to come.
  setup: {
    rings: 'ringing',
    'early-media': 'early',
    answered: 'ivr',
    queues: 'queued',
    agent: 'talking',
    releases: 'releasing',
    over: 'ended',
  },
  ringing: { 'early-media': 'early', answered: 'ivr', queues: 'queued', agent: 'talking', releases: 'releasing', over: 'ended' },
  early: { answered: 'ivr', queues: 'queued', agent: 'talking', releases: 'releasing', over: 'ended' },
  ivr: { queues: 'queued', agent: 'talking', releases: 'releasing', over: 'ended' },
  queued: { agent: 'talking', releases: 'releasing', over: 'ended' },
  talking: { releases: 'releasing', over: 'ended' },
  releasing: { over: 'ended' },
  ended: {},
};

/** @returns the next state; the same one where the event means nothing there. */
export function nextState(state: CallState, event: CallEvent): CallState {
  return TRANSITIONS[state][event] ?? state;
}

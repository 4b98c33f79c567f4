/**
 * One caller at the vendor.
 *
 *   state       what happens                                  leaves to
 *   arriving    limits are asked, a site is looked for        placed | ended (refused)
 *   placed      INVITE sent to a site, nothing heard yet      ringing | placed (next site) | ended
 *   ringing     the site has it: 180, then 200                menu | queued | served | announced | ended
 *   menu        menu tone, waiting for a digit                queued | announced | ended
 *   queued      hold tone; waiting, or an agent is ringing    talking | ended
 *   talking     an agent is on the line                       ended
 *   dialling    a call-back: the vendor calls the customer     queued | ended
 *   served      echo: answered where no agent is meant        ended
 *   announced   "all lines are busy", then BYE                ended
 *   ended       its truth row is closed
 */
import type { TimerHandle } from '../../clock.ts';
import type { NumberKind } from '../defaults.ts';
import type { TruthRow } from '../truth.ts';
import type { Agent } from './agents.ts';
import type { Member } from './line.ts';
import type { Site } from './sites.ts';

export type CallState = 'dialling' | 'arriving' | 'placed' | 'ringing' | 'menu' | 'queued' | 'talking' | 'served' | 'announced' | 'ended';

/** What an INVITE tells the edge. */
export interface Arrival {
  sipCallId: string;
  caller: string;
  called: string;
  /** `X-VIP: 1` */
  vip?: boolean;
  /** A call of the vendor's own: to call back who made that call. `caller` and `called` are of this call. */
  backOf?: string;
}

/** One ringing of one agent for one call. */
export interface Offer {
  readonly id: number;
  readonly call: Call;
  readonly agent: Agent;
  /** Own agents: the answer to come. Accounts: the ring timeout. */
  timer: TimerHandle | null;
  open: boolean;
  readonly offeredMs: number;
  /** Rung by mistake: whoever answers is hung up. Null: in earnest. */
  readonly decoy: 'duplicate' | 'ghost' | null;
}

export class Call implements Member<Call> {
  readonly id: number;
  readonly kind: NumberKind;
  readonly row: TruthRow;
  state: CallState = 'arriving';
  site: Site | null = null;
  /** Counts the sites tried; a site's word about an earlier attempt is stale. */
  attempt = 0;
  tried: Set<Site> | null = null;
  /** The next step of its own: ring, answer, menu timeout, end of announcement or handling. */
  step: TimerHandle | null = null;
  /** Longest wait in the queue. */
  limit: TimerHandle | null = null;
  offer: Offer | null = null;
  agent: Agent | null = null;
  /** The customer has left the number, to be called back. */
  numberLeft = false;
  /** The host's own, never looked at here. */
  data: unknown = null;

  lineKey = 0;
  linePrevious: Call | null = null;
  lineNext: Call | null = null;
  line: Member<Call>['line'] = null;

  constructor(id: number, kind: NumberKind, arrival: Arrival, priority: number, now: number) {
    this.id = id;
    this.kind = kind;
    this.row = {
      sip_call_id: arrival.sipCallId,
      back_of: arrival.backOf ?? null,
      caller: arrival.caller,
      called: arrival.called,
      site: null,
      skill: null,
      priority,
      received_ms: now,
      refused_ms: null,
      status: null,
      ringing_ms: null,
      answered_ms: null,
      queued_ms: null,
      queue_position: null,
      agent: null,
      agent_offers: 0,
      agent_ms: null,
      ended_ms: null,
      ended_by: null,
      outcome: null,
    };
  }

  /** The customer's number, whoever called. */
  get customer(): string {
    return this.row.back_of === null ? this.row.caller : this.row.called;
  }

  get answered(): boolean {
    return this.row.answered_ms !== null;
  }
}

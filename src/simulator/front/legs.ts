/** The two legs of a call as the front knows them. */

import type { IncomingCall, OutgoingCall, SipDialog } from '../../sip/stack.ts';
import type { Agent } from '../core/agents.ts';
import type { Call, Offer } from '../core/call.ts';
import type { InviteTransaction } from './invite-memory.ts';
import type { RtpLeg } from './rtp.ts';

/** `Call.data`: the caller's side. */
export interface CallerLeg {
  readonly transaction: InviteTransaction;
  call: Call | null;
  incoming: IncomingCall | null;
  dialog: SipDialog | null;
  /** Null: signalling only. */
  rtp: RtpLeg | null;
  /** Of our session descriptions, RFC 3264 8. */
  sessionId: number;
  version: number;
  agent: AgentLeg | null;
  /** The ACK to our 200 has come. */
  acknowledged: boolean;
  announceWhenAcknowledged: Agent | null;
}

/** One ringing of a registered agent, and the talk that comes of it. */
export interface AgentLeg {
  readonly offer: Offer;
  outgoing: OutgoingCall | null;
  dialog: SipDialog | null;
  rtp: RtpLeg | null;
  sdp: string;
  /** The caller left or another agent has him: hang up whatever answers. */
  withdrawn: boolean;
}

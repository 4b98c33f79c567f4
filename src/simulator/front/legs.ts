/** The two legs of a call as the front knows them. */

import type { IncomingCall, OutgoingCall, SipDialog } from '../../sip/stack.ts';
import type { Agent } from '../core/agents.ts';
import type { Call, Offer } from '../core/call.ts';
import type { InviteTransaction } from './invite-memory.ts';
import type { RtpLeg } from './rtp.ts';

/** `Call.data`: the caller's side. */
export interface CallerLeg {
  /** Null: a call-back, which the site makes itself. */
  readonly transaction: InviteTransaction | null;
  call: Call | null;
  incoming: IncomingCall | null;
  /** A call-back on its way. */
  outgoing: OutgoingCall | null;
  dialog: SipDialog | null;
  /** Did this customer want audio? A call-back offers what the call before it had. */
  audio: boolean;
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

export const callerLeg = (transaction: InviteTransaction | null, call: Call | null): CallerLeg => ({
  transaction,
  call,
  incoming: null,
  outgoing: null,
  dialog: null,
  audio: false,
  rtp: null,
  sessionId: 0,
  version: 0,
  agent: null,
  acknowledged: false,
  announceWhenAcknowledged: null,
});

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

/** What the parts of one stack hold in common. */
import type { SessionDialog } from 'sip.js/lib/core/dialogs/session-dialog.js';
import type { UserAgentServer } from 'sip.js/lib/core/user-agents/user-agent-server.js';
import type { Clock } from '../clock.ts';
import type { Bag, InBag } from '../turnover.ts';
import type { Clients } from './client.ts';
import type { LoadCore } from './core.ts';
import type { Locator } from './dns.ts';
import type { Ids } from './ids.ts';
import type { IncomingRequest } from './message/incoming.ts';
import type { OutgoingRequest, RequestParts } from './message/outgoing.ts';
import { responseText } from './message/response.ts';
import type { Recent } from './recent.ts';
import type { ServerMemory } from './server-memory.ts';
import type { TimerPolicy } from './session-timer.ts';
import type { Body, HeaderList, HostPort, OutgoingCallHandlers, TransportName } from './stack.ts';
import type { TimerWheel } from './timer-wheel.ts';
import type { SipTimers } from './timers.ts';
import type { Wire } from './wire.ts';

export interface Shared {
  clock: Clock;
  ids: Ids;
  wheel: TimerWheel;
  timers: SipTimers;
  core: LoadCore;
  /** Makes the client transactions. */
  clients: Clients;
  wire: Wire;
  memory: ServerMemory;
  /** Stacks of other transports that belong to the same user, and this one. */
  siblings: ReadonlyMap<TransportName, Shared>;
  /** Finds the addresses of next hops that are names. */
  locator: Locator;
  userAgent: string;
  /** What we accept and ask for as callee (RFC 4028). */
  sessions: TimerPolicy;
  /** As others see us: what Via, Contact and snapshots say. */
  local: HostPort & { transport: TransportName };
  /** `<sip:user@host:port>` as others reach us. */
  contact(user: string): string;
  make(parts: RequestParts): OutgoingRequest;
  /** Ended dialogs: their late BYEs get 200, not 481. */
  ended: Recent<true>;
  /** ACKs to 2xx, by dialog: sent again for a 2xx that comes again, without holding the transaction (Timer M). */
  acknowledged: Recent<string>;
  /** INVITEs sent of late, by branch: a 2xx after the end is told to its call. */
  invited: Recent<Invited>;
  /** What to end with a transport failure when the stack closes; and who wants to know of a connection that is gone. */
  open: Bag<Open>;
  problem(at: number, what: string): void;
  /** Calls back into the stack's user. What is thrown there is reported, and disturbs nothing here. */
  tell(what: () => void): void;
}

/** Emptied once its call is over: what is kept in a map for a minute must be small. */
export interface Invited {
  handlers: Pick<OutgoingCallHandlers, 'surplus'> | undefined;
}

export interface Open extends InBag {
  closed(): void;
  connectionLost?(names: ReadonlySet<string>): void;
}

/** Methods that we answer, in responses and in INVITE. */
export const ALLOW = 'INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK, REFER, NOTIFY, MESSAGE';

export interface ReplyOptions {
  reason?: string;
  headers?: HeaderList;
  body?: Body;
  recordRoute?: boolean;
}

/**
 * Answers a request: through its transaction where it has one, else without state. Final answers are kept for repetitions (server-memory.ts),
 * but for a 2xx to INVITE.
 * @returns false where the transaction is past answering.
 */
export function reply(
  shared: Shared,
  request: IncomingRequest,
  server: UserAgentServer | undefined,
  status: number,
  toTag: string,
  options: ReplyOptions = {},
): boolean {
  const text = responseText(request, status, { ...options, toTag, userAgent: shared.userAgent });
  shared.wire.fresh = text;
  if (server) {
    try {
      server.transaction.receiveResponse(status, text);
    } catch {
      return false;
    }
  } else void shared.wire.send(text).catch(() => {});
  const invite = request.method === 'INVITE';
  if (status >= 200 && !(invite && status < 300))
    shared.memory.remember(`${request.viaBranch} ${request.method}`, text, request.replyTo, invite);
  return true;
}

/** A dialog of SIP.js, and who of ours answers what comes inside it. */
export interface OwnedDialog extends SessionDialog {
  owner?: DialogOwner;
}

export interface DialogOwner {
  /** Answers anything in the dialog but INVITE, ACK, BYE and CANCEL. */
  serve(request: IncomingRequest): void;
}

/** What Core takes for a request of ours inside a dialog. */
export interface CoreRequestOptions {
  extraHeaders: string[];
  body: { contentDisposition: string; contentType: string; content: string } | undefined;
}

export const coreBody = (body: Body) => ({ contentDisposition: 'session', contentType: body.type, content: body.content });

/** Header lines as Core wants them. */
export const lines = (headers: HeaderList): string[] => headers.map(([name, value]) => `${name}: ${value.replace(/[\r\n]+/g, ' ')}`);

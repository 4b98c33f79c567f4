/**
 * One request of ours and what comes back, as the rest of the stack sees it. Two kinds keep to it: our own transactions (client-request.ts,
 * client-invite.ts), which every run uses, and SIP.js's (client-reference.ts), which the same tests run against.
 */
import type { IncomingResponse } from './message/incoming.ts';
import type { OutgoingRequest } from './message/outgoing.ts';
import type { OwnedDialog } from './shared.ts';
import type { HostPort } from './stack.ts';
import type { SendError } from './transport.ts';

export type ClientFailure =
  | { kind: 'timeout'; timer: 'B' | 'F' }
  | { kind: 'transport'; message: string; local: boolean; maybeOurs?: boolean };

export interface Client {
  readonly request: OutgoingRequest;
  /** First time on the wire (Clock ms); 0 before. */
  readonly sentAt: number;
  readonly retransmissions: number;
  /** Not sent again; what comes back is told as ever. */
  stop(): void;
  /** Over: nothing more is told. What is late after this, reception.ts knows how to answer. */
  forget(): void;
}

/** Who asked. Each request ends in one of `final` and `failed`, unless it is forgotten before. */
export interface RequestUser {
  /** Each time it goes out. */
  sent(client: Client, at: number, again: boolean): void;
  /** 2xx to 6xx; not a 2xx to INVITE. Of an INVITE the ACK has been sent. */
  final(client: Client, response: IncomingResponse): void;
  /** Never from within the making of the client. */
  failed(client: Client, failure: ClientFailure): void;
}

export interface InviteUser extends RequestUser {
  /** 1xx as it comes, even without a To-tag. */
  provisional(client: Client, response: IncomingResponse): void;
  /** 1xx in an early dialog; a reliable one in its order and once (RFC 3262 4). */
  early(client: Client, response: IncomingResponse, dialog: OwnedDialog): void;
  /** 2xx. The ACK is the user's to send, and the client's part is over. */
  accepted(client: Client, response: IncomingResponse, dialog: OwnedDialog): void;
}

export interface ClientOptions {
  /** Where it goes, whatever route and Request-URI say. */
  nextHop?: HostPort;
  /** false: sent once. */
  retransmit?: boolean;
}

export interface Clients {
  invite(request: OutgoingRequest, user: InviteUser, options: ClientOptions): Client;
  /** Any other request. */
  request(request: OutgoingRequest, user: RequestUser, options: ClientOptions): Client;
}

/** What waits for responses, by branch and method: all that wire.ts and reception.ts know of a client transaction. */
export interface Waiting {
  readonly to: HostPort | undefined;
  /** @returns whether that was all: SIP.js need not see it. */
  response(response: IncomingResponse): boolean;
  /** The connection that it waits on is gone. */
  lost(error: SendError): void;
  stop(): void;
}

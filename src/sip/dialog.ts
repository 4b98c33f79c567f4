/**
 * A confirmed dialog, ours or theirs, on top of SIP.js's SessionDialog (tags, route set, CSeq both ways).
 *
 *   ours →  BYE              at once; as callee not before the ACK or Timer L (RFC 3261 15)      → ended here
 *           re-INVITE        one at a time; 491 → once more after the wait of RFC 3261 14.1
 *           others           non-INVITE transaction, challenges answered
 *   theirs → BYE             200, `ended`
 *           re-INVITE/UPDATE `offer` answers; target refreshed (RFC 3261 12.2.1.2, RFC 3311 5.2)
 *           OPTIONS          200; INFO, NOTIFY, MESSAGE … by `request`
 */
import { Dialog } from 'sip.js/lib/core/dialogs/dialog.js';
import { NonInviteServerTransaction } from 'sip.js/lib/core/transactions/non-invite-server-transaction.js';
import { TransactionState } from 'sip.js/lib/core/transactions/transaction-state.js';
import { UserAgentServer } from 'sip.js/lib/core/user-agents/user-agent-server.js';
import { Authorizer } from './digest.ts';
import type { IncomingRequest } from './message/incoming.ts';
import type { OutgoingRequest } from './message/outgoing.ts';
import { asUri, uriText } from './message/uri-text.ts';
import { uriTarget } from './next-hop.ts';
import { reinvite } from './reinvite.ts';
import { ALLOW, type CoreRequestOptions, type DialogOwner, lines, type OwnedDialog, reply, type Shared } from './shared.ts';
import type { Body, Credentials, DialogHandlers, DialogSnapshot, HeaderList, OfferReply, SipDialog, TransactionResult } from './stack.ts';
import { transact } from './transact.ts';

/** What a dialog does by itself with requests nobody asked to see. */
const DEFAULT_STATUS: Record<string, number> = { INFO: 200, NOTIFY: 200, MESSAGE: 200, PRACK: 200 };

export interface DialogParts {
  session: OwnedDialog;
  handlers: () => DialogHandlers | undefined;
  /** User part of our Contact. */
  user: string;
  credentials?: Credentials;
  /** Of the INVITE that made it. */
  branch: string | null;
  requestUri: string;
  /** Callee: the ACK has not come yet. */
  awaitingAck?: boolean;
}

export class StackDialog implements SipDialog, DialogOwner {
  readonly sipCallId: string;
  readonly #shared: Shared;
  readonly #parts: DialogParts;
  readonly #session: OwnedDialog;
  readonly #acknowledged = Promise.withResolvers<void>();
  #awaitingAck: boolean;
  #branch: string | null;
  #ending: Promise<TransactionResult> | undefined;
  #over = false;

  constructor(shared: Shared, parts: DialogParts) {
    this.#shared = shared;
    this.#parts = parts;
    this.#session = parts.session;
    this.#branch = parts.branch;
    this.#awaitingAck = parts.awaitingAck ?? false;
    this.sipCallId = parts.session.callId;
    parts.session.owner = this;
    parts.session.delegate = {
      onAck: ({ message }) => this.acknowledged(message as unknown as IncomingRequest),
      onAckTimeout: () => this.unacknowledged(),
      onBye: (server) => this.#ended(server.message as unknown as IncomingRequest, server as unknown as UserAgentServer),
      onInvite: (server) => this.#reinvited(server.message as unknown as IncomingRequest, server as unknown as UserAgentServer),
    };
  }

  /** Told of the ACK to our 2xx, the first's and those of re-INVITEs. */
  onAcknowledged: ((request: IncomingRequest) => void) | undefined;
  onUnacknowledged: (() => void) | undefined;

  snapshot(): DialogSnapshot {
    const session = this.#session;
    const target = uriText(session.remoteTarget);
    const { host, port, transport } = this.#shared.local;
    return {
      sipCallId: session.callId,
      localUri: uriText(session.localURI),
      localTag: session.localTag,
      remoteUri: uriText(session.remoteURI),
      remoteTag: session.remoteTag,
      remoteTarget: target,
      routeSet: [...session.routeSet],
      localCseq: session.localSequenceNumber ?? 0,
      branch: this.#branch,
      requestUri: this.#parts.requestUri,
      transport,
      local: { host, port },
      remote: uriTarget(session.routeSet[0] ?? target) ?? { host, port },
    };
  }

  bye(headers: HeaderList = []): Promise<TransactionResult> {
    this.#ending ??= this.#bye(headers);
    return this.#ending;
  }

  async #bye(headers: HeaderList): Promise<TransactionResult> {
    if (this.#awaitingAck) {
      const waiting = { closed: () => this.#acknowledged.resolve() };
      this.#shared.open.add(waiting);
      await this.#acknowledged.promise;
      this.#shared.open.delete(waiting);
    }
    this.forget();
    return this.#transact('BYE', headers);
  }

  send(method: string, options: { headers?: HeaderList; body?: Body } = {}): Promise<TransactionResult> {
    return this.#transact(method, options.headers ?? [], options.body);
  }

  async #transact(method: string, headers: HeaderList, body?: Body): Promise<TransactionResult> {
    const result = await transact(this.#shared, (authorizer) => this.#request(method, headers, body, authorizer), {
      credentials: this.#parts.credentials,
    });
    if (method === 'UPDATE' && result.kind === 'response' && result.response.status < 300) this.refreshTarget(result.response.contact);
    return result;
  }

  #request(method: string, headers: HeaderList, body: Body | undefined, authorizer: Authorizer): OutgoingRequest {
    return this.#session.createOutgoingRequestMessage(
      method,
      this.#requestOptions(method, headers, body, authorizer),
    ) as unknown as OutgoingRequest;
  }

  #requestOptions(method: string, headers: HeaderList, body: Body | undefined, authorizer: Authorizer): CoreRequestOptions {
    const all: [string, string][] = [];
    if (method === 'UPDATE' || method === 'INVITE') all.push(['Contact', this.#shared.contact(this.#parts.user)], ['Allow', ALLOW]);
    all.push(...authorizer.headers(method, uriText(this.#session.remoteTarget), body?.content ?? ''));
    return {
      extraHeaders: lines([...all, ...headers]),
      body: body && { contentDisposition: 'session', contentType: body.type, content: body.content },
    };
  }

  reinvite(body: Body, headers: HeaderList = []): Promise<TransactionResult> {
    return reinvite({
      shared: this.#shared,
      session: this.#session,
      credentials: this.#parts.credentials,
      owner: this.#parts.awaitingAck === undefined,
      options: (authorizer) => this.#requestOptions('INVITE', headers, body, authorizer),
      over: () => this.#over,
      sent: (branch) => {
        this.#branch = branch;
      },
      accepted: (response) => this.refreshTarget(response.contact),
    });
  }

  byeUnawaited(): void {
    if (this.#over) return;
    this.forget();
    const request = this.#request('BYE', [], undefined, new Authorizer(undefined));
    request.branch = this.#shared.ids.branch();
    this.#shared.wire.sendOnce(request, undefined);
  }

  serve(request: IncomingRequest): void {
    const guarded = this.#session as unknown as { sequenceGuard(message: unknown): boolean };
    if (!guarded.sequenceGuard(request)) return;
    const server = new UserAgentServer(NonInviteServerTransaction, this.#shared.core, request.asCore());
    Dialog.prototype.receiveRequest.call(this.#session, request.asCore());
    const allow: HeaderList = [['Allow', ALLOW]];
    if (request.method === 'UPDATE') return this.#updated(request, server);
    const status = this.#statusFor(request);
    this.#reply(request, server, status, { headers: request.method === 'OPTIONS' || status === 501 ? allow : [] });
  }

  #statusFor(request: IncomingRequest): number {
    if (request.method === 'OPTIONS') return 200;
    const byDefault = DEFAULT_STATUS[request.method] ?? 501;
    let status: number = this.#parts.handlers()?.request ? 500 : byDefault;
    this.#shared.tell(() => {
      status = this.#parts.handlers()?.request?.(request) ?? byDefault;
    });
    return status;
  }

  #updated(request: IncomingRequest, server: UserAgentServer): void {
    this.refreshTarget(request.contact);
    this.#answerOffer(request, server, request.body !== '');
  }

  #reinvited(request: IncomingRequest, server: UserAgentServer): void {
    const accepted = this.#answerOffer(request, server, true);
    const session = this.#session;
    if (!accepted) {
      session.reinviteUserAgentServer = undefined;
      return;
    }
    session.reConfirm();
    // Without an ACK SIP.js would refuse every further re-INVITE for as long as the call lasts.
    const { transaction } = server;
    transaction.addStateChangeListener(() => {
      const same = session.reinviteUserAgentServer?.transaction === transaction;
      if (same && transaction.state === TransactionState.Terminated) session.reinviteUserAgentServer = undefined;
    });
  }

  /** @returns whether it was accepted. A refresh without an offer (RFC 4028: UPDATE) needs no answer. */
  #answerOffer(request: IncomingRequest, server: UserAgentServer, offers: boolean): boolean {
    let answer: OfferReply = offers ? { status: 488 } : { status: 200, body: undefined };
    this.#shared.tell(() => {
      if (offers) answer = this.#parts.handlers()?.offer?.(request) ?? answer;
    });
    const headers: [string, string][] = [];
    if (answer.status < 300) headers.push(['Contact', this.#shared.contact(this.#parts.user)], ['Allow', ALLOW]);
    const body = 'body' in answer ? answer.body : undefined;
    this.#reply(request, server, answer.status, {
      headers,
      body,
      reason: 'reason' in answer ? answer.reason : undefined,
      recordRoute: answer.status < 300,
    });
    return answer.status < 300;
  }

  #ended(request: IncomingRequest, server: UserAgentServer): void {
    this.#reply(request, server, 200);
    const ours = this.#ending !== undefined;
    this.forget();
    if (!ours) this.#shared.tell(() => this.#parts.handlers()?.ended(request));
  }

  #reply(request: IncomingRequest, server: UserAgentServer, status: number, options: Parameters<typeof reply>[5] = {}): void {
    reply(this.#shared, request, server, status, this.#session.localTag, options);
  }

  acknowledged(request: IncomingRequest): void {
    const first = this.#awaitingAck;
    this.#awaitingAck = false;
    this.#acknowledged.resolve();
    if (first) this.#shared.tell(() => this.onAcknowledged?.(request));
  }

  /** Timer L without an ACK: RFC 3261 13.3.1.4 wants the dialog confirmed, but the session ended by BYE. */
  unacknowledged(): void {
    if (this.#over) return;
    this.#awaitingAck = false;
    this.#acknowledged.resolve();
    const ours = this.#ending !== undefined;
    if (!ours) void this.bye();
    if (!ours) this.#shared.tell(() => this.onUnacknowledged?.());
  }

  refreshTarget(contact: string | undefined): void {
    if (contact === undefined) return;
    (this.#session as unknown as { dialogState: { remoteTarget: unknown } }).dialogState.remoteTarget = asUri(contact);
  }

  /** Nothing more is sent or expected here; SIP.js lets go of it. */
  forget(): void {
    if (this.#over) return;
    this.#over = true;
    this.#awaitingAck = false;
    this.#acknowledged.resolve();
    this.#shared.ended.put(this.#session.id, true);
    this.#session.dispose();
  }
}

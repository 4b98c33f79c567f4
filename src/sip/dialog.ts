/**
 * A confirmed dialog, ours or theirs, on top of SIP.js's SessionDialog (tags, route set, CSeq both ways).
 *
 *   ours →  BYE              at once; as callee not before the ACK or Timer L (RFC 3261 15)      → ended here
 *           re-INVITE        one at a time; 491 → once more after the wait of RFC 3261 14.1
 *           others           non-INVITE transaction, challenges answered
 *   theirs → BYE             200, `ended`
 *           re-INVITE/UPDATE `offer` answers; target refreshed (RFC 3261 12.2.1.2, RFC 3311 5.2)
 *           PRACK            200 where it matches a reliable provisional, else 481 (RFC 3262 3)
 *           OPTIONS          200; INFO, NOTIFY, MESSAGE … by `request`; REFER 603 where nobody takes it
 *   session timer (RFC 4028) settled by each 2xx to INVITE and UPDATE, either way; runs out → BYE, `expired`
 *
 * Session timers are session-refresh.ts; what is answered to offers, dialog-offers.ts.
 */
import { Dialog } from 'sip.js/lib/core/dialogs/dialog.js';
import type { SessionDelegate } from 'sip.js/lib/core/session/session-delegate.js';
import { NonInviteServerTransaction } from 'sip.js/lib/core/transactions/non-invite-server-transaction.js';
import { UserAgentServer } from 'sip.js/lib/core/user-agents/user-agent-server.js';
import { answerPrack, answerReinvite, answerUpdate } from './dialog-offers.ts';
import { Authorizer } from './digest.ts';
import type { IncomingRequest } from './message/incoming.ts';
import type { OutgoingRequest } from './message/outgoing.ts';
import { sharedUri, uriText } from './message/uri-text.ts';
import { uriTarget } from './next-hop.ts';
import { SUPPORTED, unsupported } from './option-tags.ts';
import { type ReinviteParts, reinvite } from './reinvite.ts';
import { SessionRefresh } from './session-refresh.ts';
import type { SessionTerms } from './session-timer.ts';
import { ALLOW, type CoreRequestOptions, coreBody, type DialogOwner, lines, type OwnedDialog, reply, type Shared } from './shared.ts';
import type { Body, Credentials, DialogHandlers, DialogSnapshot, HeaderList, SipDialog, TransactionResult } from './stack.ts';
import { transact } from './transact.ts';

/** What a dialog does by itself with requests nobody asked to see. */
const DEFAULT_STATUS: Record<string, number> = { INFO: 200, NOTIFY: 200, MESSAGE: 200, REFER: 603 };
/** Requests that say where we are from now on, or begin a subscription (RFC 3261 12.2.1.1, RFC 3515 2.2). */
const WITH_CONTACT = new Set(['INVITE', 'UPDATE', 'REFER', 'NOTIFY']);
/** Session refresh requests (RFC 4028 2). */
const REFRESHING = new Set(['INVITE', 'UPDATE']);

/** The call that a dialog belongs to. */
export interface DialogHost {
  readonly handlers: DialogHandlers | undefined;
  /** The ACK to our first 2xx. */
  acknowledged?(request: IncomingRequest): void;
  /** Timer L without it; BYE is on its way. */
  unacknowledged?(): void;
  /** The dialog is over. */
  forgotten?(dialog: StackDialog): void;
  /** A BYE before our final answer. @returns whether it was one. */
  earlyBye?(request: IncomingRequest): boolean;
  /** A PRACK: what goes on once its 200 is under way; undefined where it matches nothing (RFC 3262 3). */
  pracked?(request: IncomingRequest): (() => void) | undefined;
}

export interface DialogParts {
  session: OwnedDialog;
  host: DialogHost;
  /** User part of our Contact. */
  user: string;
  credentials?: Credentials;
  /** Of the INVITE that made it. */
  branch: string | null;
  requestUri: string;
  /** Callee: the ACK has not come yet. */
  awaitingAck?: boolean;
}

/** What SIP.js hands over of a request. */
interface Served {
  message: unknown;
}

/** Is the delegate of its SIP.js dialog too: one object a call. */
export class StackDialog implements SipDialog, DialogOwner {
  readonly sipCallId: string;
  readonly shared: Shared;
  readonly session: OwnedDialog;
  readonly host: DialogHost;
  readonly refresh: SessionRefresh;
  /** User part of our Contact. */
  readonly user: string;
  /** An offer of ours, in a response that they asked for without one, waits for its answer. */
  offered = false;
  over = false;
  readonly #credentials: Credentials | undefined;
  readonly #requestUri: string;
  /** We sent the INVITE that made it: the Call-ID is ours. */
  readonly #owner: boolean;
  #branch: string | null;
  #awaitingAck: boolean;
  /** Somebody waits for the ACK. */
  #acknowledged: PromiseWithResolvers<void> | undefined;
  #ending: Promise<TransactionResult> | undefined;

  constructor(shared: Shared, { session, host, user, credentials, branch, requestUri, awaitingAck }: DialogParts) {
    this.shared = shared;
    this.session = session;
    this.host = host;
    this.user = user;
    this.sipCallId = session.callId;
    this.refresh = new SessionRefresh(this);
    this.#credentials = credentials;
    this.#requestUri = requestUri;
    this.#owner = awaitingAck === undefined;
    this.#branch = branch;
    this.#awaitingAck = awaitingAck ?? false;
    session.owner = this;
    session.delegate = this as SessionDelegate;
  }

  get sessionTimer(): SessionTerms | undefined {
    return this.refresh.terms;
  }

  /** A BYE of ours is on its way, or waits for the ACK. */
  get ending(): boolean {
    return this.#ending !== undefined;
  }

  snapshot(): DialogSnapshot {
    const { session } = this;
    const target = uriText(session.remoteTarget);
    const { host, port, transport } = this.shared.local;
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
      requestUri: this.#requestUri,
      transport,
      local: { host, port },
      remote: uriTarget(session.routeSet[0] ?? target) ?? { host, port },
    };
  }

  bye(headers: HeaderList = []): Promise<TransactionResult> {
    this.#ending ??= this.#awaitingAck ? this.#byeOnceAcknowledged(headers) : this.#bye(headers);
    return this.#ending;
  }

  async #byeOnceAcknowledged(headers: HeaderList): Promise<TransactionResult> {
    this.#acknowledged = Promise.withResolvers<void>();
    const waiting = { closed: () => this.#acknowledged?.resolve() };
    this.shared.open.add(waiting);
    await this.#acknowledged.promise;
    this.shared.open.delete(waiting);
    return this.#bye(headers);
  }

  #bye(headers: HeaderList): Promise<TransactionResult> {
    this.forget();
    return this.#transact('BYE', headers);
  }

  send(method: string, options: { headers?: HeaderList; body?: Body } = {}): Promise<TransactionResult> {
    const attempt = () => this.#transact(method, options.headers ?? [], options.body);
    return REFRESHING.has(method) ? this.refresh.following(attempt) : attempt();
  }

  #transact(method: string, headers: HeaderList, body?: Body): Promise<TransactionResult> {
    return transact(this.shared, (authorizer) => this.#request(method, headers, body, authorizer), { credentials: this.#credentials });
  }

  #request(method: string, headers: HeaderList, body: Body | undefined, authorizer: Authorizer): OutgoingRequest {
    const options = this.#requestOptions(method, headers, body, authorizer);
    return this.session.createOutgoingRequestMessage(method, options) as unknown as OutgoingRequest;
  }

  #requestOptions(method: string, headers: HeaderList, body: Body | undefined, authorizer: Authorizer): CoreRequestOptions {
    const all: [string, string][] = [];
    if (WITH_CONTACT.has(method)) all.push(['Contact', this.shared.contact(this.user)]);
    if (REFRESHING.has(method)) {
      all.push(['Allow', ALLOW], ['Supported', SUPPORTED]);
      for (const [name, value] of this.refresh.headers()) all.push([name, value]);
    }
    all.push(...authorizer.headers(method, uriText(this.session.remoteTarget), body?.content ?? ''));
    return { extraHeaders: lines([...all, ...headers]), body: body && coreBody(body) };
  }

  reinvite(body: Body, headers: HeaderList = []): Promise<TransactionResult> {
    const parts: ReinviteParts = {
      shared: this.shared,
      session: this.session,
      credentials: this.#credentials,
      owner: this.#owner,
      options: (authorizer) => this.#requestOptions('INVITE', headers, body, authorizer),
      over: () => this.over,
      sent: (branch) => {
        this.#branch = branch;
      },
      accepted: (response) => this.refreshTarget(response.contact),
    };
    return this.refresh.following(() => reinvite(parts));
  }

  byeUnawaited(): void {
    if (this.over) return;
    this.forget();
    const request = this.#request('BYE', [], undefined, new Authorizer(undefined));
    request.branch = this.shared.ids.branch();
    this.shared.wire.sendOnce(request, undefined);
  }

  serve(request: IncomingRequest): void {
    const guarded = this.session as unknown as { sequenceGuard(message: unknown): boolean };
    if (!guarded.sequenceGuard(request)) return;
    const server = new UserAgentServer(NonInviteServerTransaction, this.shared.core, request.asCore());
    Dialog.prototype.receiveRequest.call(this.session, request.asCore());
    const allow: HeaderList = [['Allow', ALLOW]];
    const unknown = unsupported(request);
    if (unknown.length > 0) return this.reply(request, server, 420, { headers: [['Unsupported', unknown.join(', ')]] });
    if (request.method === 'UPDATE') return answerUpdate(this, request, server);
    if (request.method === 'PRACK') return answerPrack(this, request, server);
    const status = this.#statusFor(request);
    this.reply(request, server, status, { headers: request.method === 'OPTIONS' || status === 501 ? allow : [] });
  }

  #statusFor(request: IncomingRequest): number {
    if (request.method === 'OPTIONS') return 200;
    const byDefault = DEFAULT_STATUS[request.method] ?? 501;
    let status: number = this.host.handlers?.request ? 500 : byDefault;
    this.shared.tell(() => {
      status = this.host.handlers?.request?.(request) ?? byDefault;
    });
    return status;
  }

  reply(request: IncomingRequest, server: UserAgentServer, status: number, options: Parameters<typeof reply>[5] = {}): void {
    reply(this.shared, request, server, status, this.session.localTag, options);
  }

  refreshTarget(contact: string | undefined): void {
    if (contact === undefined) return;
    (this.session as unknown as { dialogState: { remoteTarget: unknown } }).dialogState.remoteTarget = sharedUri(contact);
  }

  /** From here on: what SIP.js's dialog calls. */
  onInvite(server: Served): void {
    answerReinvite(this, server.message as IncomingRequest, server as unknown as UserAgentServer);
  }

  onBye(server: Served): void {
    const request = server.message as IncomingRequest;
    this.reply(request, server as unknown as UserAgentServer, 200);
    const ours = this.ending;
    this.forget();
    if (this.host.earlyBye?.(request)) return;
    if (!ours) this.shared.tell(() => this.host.handlers?.ended(request));
  }

  /** The ACK to a 2xx of ours, the first's and those of re-INVITEs. */
  onAck({ message }: Served): void {
    const request = message as IncomingRequest;
    const first = this.#awaitingAck;
    this.#confirmed();
    if (this.offered) {
      this.offered = false;
      if (request.body !== '') this.shared.tell(() => this.host.handlers?.answer?.(request));
    }
    if (first) this.shared.tell(() => this.host.acknowledged?.(request));
  }

  /** Timer L without an ACK: RFC 3261 13.3.1.4 wants the dialog confirmed, but the session ended by BYE. */
  onAckTimeout(): void {
    if (this.over) return;
    this.#confirmed();
    if (this.ending) return;
    void this.bye();
    this.shared.tell(() => this.host.unacknowledged?.());
  }

  #confirmed(): void {
    this.#awaitingAck = false;
    this.#acknowledged?.resolve();
  }

  /** Nothing more is sent or expected here; SIP.js lets go of it. */
  forget(): void {
    if (this.over) return;
    this.over = true;
    this.refresh.stop();
    this.#confirmed();
    this.shared.ended.put(this.session.id, true);
    this.session.dispose();
    this.host.forgotten?.(this);
  }
}

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
import { allows, SUPPORTED, unsupported } from './option-tags.ts';
import { type ReinviteParts, reinvite } from './reinvite.ts';
import { minSe, refreshHeaders, type SessionTerms, SessionTimer, settle, termsOfAnswer } from './session-timer.ts';
import { ALLOW, type CoreRequestOptions, coreBody, type DialogOwner, lines, type OwnedDialog, reply, type Shared } from './shared.ts';
import type {
  Body,
  Credentials,
  DialogHandlers,
  DialogSnapshot,
  HeaderList,
  OfferReply,
  SipDialog,
  SipMessage,
  TransactionResult,
} from './stack.ts';
import { transact } from './transact.ts';

/** What a dialog does by itself with requests nobody asked to see. */
const DEFAULT_STATUS: Record<string, number> = { INFO: 200, NOTIFY: 200, MESSAGE: 200, REFER: 603 };
/** Requests that say where we are from now on, or begin a subscription (RFC 3261 12.2.1.1, RFC 3515 2.2). */
const WITH_CONTACT = new Set(['INVITE', 'UPDATE', 'REFER', 'NOTIFY']);
/** Session refresh requests (RFC 4028 2). */
const REFRESHING = new Set(['INVITE', 'UPDATE']);

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
  #timer: SessionTimer | undefined;
  /** Largest Min-SE met in this dialog, s; 0: none. */
  #leastS = 0;
  /** They take UPDATE. */
  #updates = false;
  #over = false;
  /** An offer of ours, in a response that they asked for without one, waits for its answer. */
  offered = false;

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
  onForgotten: (() => void) | undefined;
  /** A BYE before our final answer. @returns whether it was one. */
  onEarlyBye: ((request: IncomingRequest) => boolean) | undefined;
  /** A PRACK: what goes on once its 200 is under way; undefined where it matches nothing (RFC 3262 3). */
  onPrack: ((request: IncomingRequest) => (() => void) | undefined) | undefined;

  get sessionTimer(): SessionTerms | undefined {
    return this.#timer?.terms;
  }

  /** A 2xx to a session refresh request, either way, has settled this. */
  settleSession(terms: SessionTerms | undefined): void {
    if (!terms && !this.#timer) return;
    this.#timer ??= new SessionTimer({
      clock: this.#shared.clock,
      secondMs: this.#shared.timers.secondMs,
      refresh: () => this.#refresh(),
      expire: (why) => this.#expired(why),
    });
    if (!this.#over) this.#timer.start(terms);
  }

  /** What the other side says of itself in any message: methods it takes. */
  meet(message: SipMessage): void {
    if (message.header('allow') !== undefined) this.#updates = allows(message, 'UPDATE');
  }

  /** RFC 4028 7.4: by UPDATE without an offer where the other side knows it, else by re-INVITE with the description unchanged. */
  #refresh(): Promise<TransactionResult> {
    const body = this.#updates ? undefined : this.#parts.handlers()?.description?.();
    return body ? this.reinvite(body) : this.send('UPDATE');
  }

  #expired(why: string): void {
    if (this.#over || this.#ending) return;
    void this.bye([['Reason', `SIP;cause=408;text="${why}"`]]);
    const at = this.#shared.clock.now();
    this.#shared.tell(() => this.#parts.handlers()?.expired?.(at, why));
  }

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
    const attempt = () =>
      transact(this.#shared, (authorizer) => this.#request(method, headers, body, authorizer), { credentials: this.#parts.credentials });
    return REFRESHING.has(method) ? this.#refreshing(attempt) : attempt();
  }

  /** A session refresh request: its 2xx settles target and timer, a 422 is followed once (RFC 4028 7.2, 7.3). */
  async #refreshing(attempt: () => Promise<TransactionResult>): Promise<TransactionResult> {
    let result = await attempt();
    if (result.kind === 'response' && result.response.status === 422 && !this.#over) {
      const least = minSe(result.response);
      if (least !== undefined && least > this.#leastS) {
        this.#leastS = least;
        result = await attempt();
      }
    }
    if (result.kind === 'response' && result.response.status < 300) {
      const { response } = result;
      this.refreshTarget(response.contact);
      this.meet(response);
      const terms = this.#timer?.terms;
      this.settleSession(termsOfAnswer(response, terms && refreshHeaders(terms, this.#leastS).askedS));
    }
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
    if (WITH_CONTACT.has(method)) all.push(['Contact', this.#shared.contact(this.#parts.user)]);
    if (REFRESHING.has(method)) {
      all.push(['Allow', ALLOW], ['Supported', SUPPORTED]);
      const terms = this.#timer?.terms;
      if (terms) for (const [name, value] of refreshHeaders(terms, this.#leastS).headers) all.push([name, value]);
    }
    all.push(...authorizer.headers(method, uriText(this.#session.remoteTarget), body?.content ?? ''));
    return {
      extraHeaders: lines([...all, ...headers]),
      body: body && coreBody(body),
    };
  }

  reinvite(body: Body, headers: HeaderList = []): Promise<TransactionResult> {
    const parts: ReinviteParts = {
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
    };
    return this.#refreshing(() => reinvite(parts));
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
    const unknown = unsupported(request);
    if (unknown.length > 0) return this.#reply(request, server, 420, { headers: [['Unsupported', unknown.join(', ')]] });
    if (request.method === 'UPDATE') return this.#updated(request, server);
    if (request.method === 'PRACK') return this.#pracked(request, server);
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

  /** RFC 3262 3, 5: an offer in the PRACK is answered in its 200, an answer there is to the offer of our reliable 18x. */
  #pracked(request: IncomingRequest, server: UserAgentServer): void {
    const then = this.onPrack?.(request);
    if (!then) return this.#reply(request, server, 481);
    const handlers = this.#parts.handlers();
    let body: Body | undefined;
    if (request.body !== '')
      this.#shared.tell(() => {
        if (this.offered) handlers?.answer?.(request);
        else {
          const answer = handlers?.offer?.(request);
          body = answer && 'body' in answer ? answer.body : undefined;
        }
      });
    this.offered = false;
    this.#reply(request, server, 200, { body });
    then();
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
    this.#leastS = Math.max(this.#leastS, minSe(request) ?? 0);
    this.meet(request);
    const session = settle(request, this.#shared.sessions);
    if (session.kind === 'too-small') {
      this.#reply(request, server, 422, { headers: session.headers });
      return false;
    }
    let answer: OfferReply = offers ? { status: 488 } : { status: 200, body: undefined };
    this.#shared.tell(() => {
      if (offers) answer = this.#parts.handlers()?.offer?.(request) ?? answer;
    });
    const headers: [string, string][] = [];
    if (answer.status < 300) {
      headers.push(['Contact', this.#shared.contact(this.#parts.user)], ['Allow', ALLOW], ['Supported', SUPPORTED]);
      for (const [name, value] of session.headers) headers.push([name, value]);
      this.settleSession(session.terms);
    }
    const body = 'body' in answer ? answer.body : undefined;
    if (request.method === 'INVITE' && request.body === '') this.offered = body !== undefined;
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
    if (this.onEarlyBye?.(request)) return;
    if (!ours) this.#shared.tell(() => this.#parts.handlers()?.ended(request));
  }

  #reply(request: IncomingRequest, server: UserAgentServer, status: number, options: Parameters<typeof reply>[5] = {}): void {
    reply(this.#shared, request, server, status, this.#session.localTag, options);
  }

  acknowledged(request: IncomingRequest): void {
    const first = this.#awaitingAck;
    this.#awaitingAck = false;
    this.#acknowledged.resolve();
    if (this.offered) {
      this.offered = false;
      if (request.body !== '') this.#shared.tell(() => this.#parts.handlers()?.answer?.(request));
    }
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
    this.#timer?.stop();
    this.#awaitingAck = false;
    this.#acknowledged.resolve();
    this.#shared.ended.put(this.#session.id, true);
    this.#session.dispose();
    this.onForgotten?.();
  }
}

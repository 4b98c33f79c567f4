/**
 * An INVITE of ours until it is answered or has failed. RFC 3261 13.2 (UAC), 9.1 (CANCEL), 17.1.1 (through SIP.js), 22 (challenges).
 *
 *   state      event                          next       does
 *   calling    1xx                            calling    provisional; a held CANCEL goes out
 *   calling    18x with RSeq                  calling    PRACK (RFC 3262 4), with the answer to a late offer
 *   calling    401/407, credentials left      calling    INVITE again, CSeq + 1, new branch
 *   calling    422 with a larger Min-SE       calling    the same with that interval (RFC 4028 7.3)
 *   calling    3xx, a contact allowed         calling    the same to that contact (RFC 3261 8.1.3.4); its 4xx, 5xx: to the next
 *   calling    2xx                            answered   ACK, dialog
 *   calling    3xx–6xx, Timer B, no socket    failed     (ACK by SIP.js)
 *   calling    no 1xx within the limit        failed     CANCEL as soon as one comes after all
 *   calling    CANCEL, then 64·T1 of silence  failed     RFC 3261 9.1
 *   any other  2xx with another To-tag        –          ACK, BYE, surplus
 */
import type { IncomingResponseMessage } from 'sip.js/lib/core/messages/incoming-response-message.js';
import { NonInviteClientTransaction } from 'sip.js/lib/core/transactions/non-invite-client-transaction.js';
import { InviteUserAgentClient } from 'sip.js/lib/core/user-agents/invite-user-agent-client.js';
import { UserAgentClient } from 'sip.js/lib/core/user-agents/user-agent-client.js';
import type { TimerHandle } from '../clock.ts';
import { StackDialog } from './dialog.ts';
import { Authorizer } from './digest.ts';
import { Exchange } from './exchange.ts';
import { parseSipUri } from './message/fields.ts';
import { IncomingResponse } from './message/incoming.ts';
import type { OutgoingRequest } from './message/outgoing.ts';
import { requires, SUPPORTED } from './option-tags.ts';
import { TargetSet } from './redirect.ts';
import { isAuthorization } from './reinvite.ts';
import { minSe, termsOfAnswer } from './session-timer.ts';
import { ALLOW, coreBody, lines, type OwnedDialog, type Shared } from './shared.ts';
import type {
  Body,
  DialogSnapshot,
  HeaderList,
  NextHop,
  OutgoingCall,
  OutgoingCallHandlers,
  OutgoingCallOptions,
  SipDialog,
  SipFailure,
} from './stack.ts';
import { failureOf } from './transact.ts';

type Unstamped<T> = T extends { at: number } ? Omit<T, 'at'> : never;

export class StackOutgoingCall implements OutgoingCall {
  readonly sipCallId: string;
  retransmissions = 0;
  readonly #shared: Shared;
  readonly #options: OutgoingCallOptions;
  readonly #handlers: OutgoingCallHandlers;
  readonly #authorizer: Authorizer;
  readonly #fromTag: string;
  readonly #user: string;
  #cseq = 0;
  /** Where it goes now: redirections change it. */
  #requestUri: string;
  #nextHop: NextHop;
  #targets: TargetSet | undefined;
  /** Session interval asked for, s; 0: none. Min-SE of the last 422. */
  #expiresS: number;
  #leastS = 0;
  /** Highest RSeq of each early dialog, by To-tag: repetitions of reliable responses are no news. */
  #rseqs: Map<string, number> | undefined;
  /** Their late offer has been answered in a PRACK. */
  #lateAnswered = false;
  #request!: OutgoingRequest;
  #dialog: StackDialog | undefined;
  #state: 'calling' | 'answered' | 'failed' = 'calling';
  /** A 1xx to the current INVITE came. */
  #proceeding = false;
  #cancel: { headers: HeaderList; sent: boolean } | undefined;
  #limit: TimerHandle | undefined;
  #patience: TimerHandle | undefined;

  constructor(shared: Shared, options: OutgoingCallOptions, handlers: OutgoingCallHandlers) {
    this.#shared = shared;
    this.#options = options;
    this.#handlers = handlers;
    this.#authorizer = new Authorizer(options.credentials);
    this.#fromTag = shared.ids.tag();
    this.#user = parseSipUri(options.fromUri)?.user ?? '';
    this.#requestUri = options.requestUri;
    this.#nextHop = options.nextHop;
    this.#expiresS = options.sessionTimer?.expiresS ?? 0;
    this.sipCallId = options.callId ?? shared.ids.callId();
    shared.open.add(this);
    this.#invite();
    if (options.provisionalLimitMs !== undefined) this.#limit = shared.clock.after(options.provisionalLimitMs, () => this.#tooLate());
  }

  get challenges(): number {
    return this.#authorizer.answered;
  }

  get dialog(): SipDialog | undefined {
    return this.#dialog;
  }

  #invite(): void {
    const { fromUri, fromDisplay, toUri, headers, body } = this.#options;
    const requestUri = this.#requestUri;
    const nextHop = this.#nextHop;
    const cseq = ++this.#cseq;
    const request = this.#shared.make({
      method: 'INVITE',
      requestUri,
      fromUri,
      fromDisplay: fromDisplay ?? '',
      fromTag: this.#fromTag,
      toUri,
      toDisplay: '',
      toTag: '',
      callId: this.sipCallId,
      cseq,
      routeSet: this.#options.route ?? [],
      headers: [['Contact', this.#shared.contact(this.#user)], ['Allow', ALLOW], ...this.#extensions(), ...(headers ?? [])],
      lines: lines(this.#authorizer.headers('INVITE', requestUri, body?.content ?? '')),
      body,
    });
    request.exchange = new Exchange({
      nextHop,
      sent: (at, retransmission) => {
        if (retransmission) this.retransmissions++;
        this.#shared.tell(() => this.#handlers.sent?.(at, { cseq, retransmission }));
      },
      heard: (response) => this.#heard(request, response),
    });
    this.#request = request;
    this.#proceeding = false;
    const failed = ({ message }: { message: IncomingResponseMessage }) => this.#refused(request, message);
    const client = new InviteUserAgentClient(this.#shared.core, request.asCore(), {
      onProgress: ({ message, session }) => {
        const response = message as unknown as IncomingResponse;
        const dialog = this.#adopt(session as OwnedDialog, request);
        dialog.meet(response);
        if (requires(response, '100rel') && response.header('rseq') !== undefined) this.#acknowledge(response, dialog);
      },
      onAccept: ({ message, session, ack }) => {
        const response = message as unknown as IncomingResponse;
        const dialog = this.#adopt(session as OwnedDialog, request);
        // SIP.js keeps the Contact of the 18x; the ACK goes to that of the 200 (RFC 3261 12.2.1.2).
        dialog.refreshTarget(response.contact);
        dialog.meet(response);
        const answer = this.#lateAnswer(response);
        const { message: sent } = ack({ extraHeaders: request.parts.lines?.filter(isAuthorization), body: answer && coreBody(answer) });
        // In one piece: the fragments it was built of would weigh five times as much, and a slice of a pool would hold the whole pool.
        this.#shared.acknowledged.put(session.id, Buffer.from(sent.toString()).toString());
        this.#release(client, request);
        dialog.settleSession(termsOfAnswer(response, this.#expiresS || undefined));
        this.#accepted(response, dialog);
      },
      onRedirect: failed,
      onReject: failed,
    });
    request.exchange.onLost = () => {
      if (request !== this.#request || this.#state !== 'calling') return;
      this.#release(client, request);
      this.#fail(failureOf(request.exchange!, undefined));
    };
    if (this.#handlers.surplus) this.#shared.invited.put(request.branch, this.#handlers);
  }

  /** Supported and Require (RFC 3262 3: `none` says nothing), the session timer asked for. */
  #extensions(): HeaderList {
    const { reliable, sessionTimer } = this.#options;
    const headers: [string, string][] = [['Supported', reliable === 'none' ? 'timer' : SUPPORTED]];
    if (reliable === 'required') headers.push(['Require', '100rel']);
    const refresher = sessionTimer?.refresher ? `;refresher=${sessionTimer.refresher}` : '';
    if (this.#expiresS > 0) headers.push(['Session-Expires', `${this.#expiresS}${refresher}`]);
    if (this.#leastS > 0) headers.push(['Min-SE', String(this.#leastS)]);
    return headers;
  }

  /** RFC 3262 4. SIP.js passes on what is next in order and nothing twice. */
  #acknowledge(response: IncomingResponse, dialog: StackDialog): void {
    const answer = this.#lateAnswer(response);
    const rack = `${response.header('rseq')!.trim()} ${response.cseq} INVITE`;
    void dialog.send('PRACK', { headers: [['RAck', rack]], body: answer });
  }

  /** The answer to an offer that came late: once, to the first (RFC 3261 13.2.1, RFC 3262 5). */
  #lateAnswer(response: IncomingResponse): Body | undefined {
    if (this.#options.body || this.#lateAnswered || response.body === '') return undefined;
    this.#lateAnswered = true;
    let answer: Body | undefined;
    this.#shared.tell(() => {
      answer = this.#handlers.lateOffer?.(response);
    });
    return answer;
  }

  #repeated(response: IncomingResponse): boolean {
    const rseq = Number(response.header('rseq'));
    if (!(rseq > 0) || !requires(response, '100rel')) return false;
    this.#rseqs ??= new Map();
    const last = this.#rseqs.get(response.toTag) ?? 0;
    if (rseq > last) this.#rseqs.set(response.toTag, rseq);
    return rseq <= last;
  }

  /** Everything that comes back, before SIP.js judges it. */
  #heard(request: OutgoingRequest, response: IncomingResponse): void {
    if (request !== this.#request || response.status >= 200) return;
    this.#limit?.cancel();
    this.#proceeding = true;
    if (this.#state === 'calling' && !this.#repeated(response)) this.#shared.tell(() => this.#handlers.provisional?.(response));
    this.#sendHeldCancel();
  }

  /** The transaction has done its part: what else may come for it, `acknowledged` and `invited` know how to answer, at a tenth of the memory. */
  #release(client: InviteUserAgentClient, request: OutgoingRequest): void {
    this.#shared.core.userAgentClients.delete(`${request.branch}INVITE`);
    client.dispose();
  }

  /** Early dialogs too: they can be asked things (UPDATE, INFO, OPTIONS) before they are confirmed. */
  #adopt(session: OwnedDialog, request: OutgoingRequest): StackDialog {
    if (session.owner instanceof StackDialog) return session.owner;
    return new StackDialog(this.#shared, {
      session,
      handlers: () => this.#handlers,
      user: this.#user,
      credentials: this.#options.credentials,
      branch: request.branch,
      requestUri: this.#requestUri,
    });
  }

  #accepted(response: IncomingResponse, dialog: StackDialog): void {
    if (this.#state !== 'calling') {
      void dialog.bye();
      this.#shared.tell(() => this.#handlers.surplus?.(response));
      return;
    }
    this.#dialog = dialog;
    // A call that is over is told nothing more; what it has been told of must not be kept for another minute.
    const { branch } = this.#request;
    dialog.onForgotten = () => this.#shared.invited.delete(branch);
    this.#settle('answered');
    this.#shared.tell(() => this.#handlers.answered(response, dialog));
  }

  #refused(request: OutgoingRequest, message: IncomingResponseMessage): void {
    // The exchange of a refusal is forgotten when the refusal has been dealt with: its ACK still needs the address.
    if (!request.exchange?.final) this.#shared.wire.forget(request);
    const response = message as unknown;
    if (this.#state !== 'calling') return;
    if (!(response instanceof IncomingResponse)) return this.#fail(failureOf(request.exchange!, message.statusCode, 'B'));
    if (!this.#cancel && (this.#authorizer.accept(response) || this.#longer(response) || this.#elsewhere(response))) return this.#invite();
    this.#fail({ kind: 'response', response }, response.at);
  }

  /** RFC 4028 7.3, 7.4: a 422 whose Min-SE asks for more than the last. */
  #longer(response: IncomingResponse): boolean {
    const least = response.status === 422 ? minSe(response) : undefined;
    if (least === undefined || least <= this.#leastS) return false;
    this.#leastS = least;
    this.#expiresS = Math.max(this.#expiresS, least);
    return true;
  }

  /** RFC 3261 8.1.3.4: a 3xx leads to its contacts, another refusal there to what is left of them; 6xx ends the search (16.7 5). */
  #elsewhere(response: IncomingResponse): boolean {
    const { redirected } = this.#handlers;
    if (!redirected || response.status >= 600) return false;
    if (response.status < 400) {
      this.#targets ??= new TargetSet(this.#requestUri);
      this.#targets.redirected(response);
    }
    let next: ReturnType<TargetSet['next']>;
    this.#shared.tell(() => {
      next = this.#targets?.next((uri) => this.#handlers.redirected?.(response, uri));
    });
    if (!next) return false;
    this.#requestUri = next.uri;
    this.#nextHop = next.allowed as NextHop;
    return true;
  }

  #fail(failure: Unstamped<SipFailure>, at = this.#shared.clock.now()): void {
    if (this.#state !== 'calling') return;
    this.#settle('failed');
    this.#shared.tell(() => this.#handlers.failed({ ...failure, at } as SipFailure));
  }

  #settle(state: 'answered' | 'failed'): void {
    this.#state = state;
    this.#limit?.cancel();
    this.#patience?.cancel();
    this.#shared.open.delete(this);
  }

  /** No provisional within the limit. The INVITE is not repeated any more; what answers after all is cancelled, or ended by BYE. */
  #tooLate(): void {
    if (this.#state !== 'calling' || this.#proceeding) return;
    this.#request.exchange?.stop();
    this.#cancel ??= { headers: [], sent: false };
    this.#fail({ kind: 'timeout', timer: 'provisional' });
  }

  cancel(headers: HeaderList = []): void {
    if (this.#state !== 'calling' || this.#cancel) return;
    this.#cancel = { headers, sent: false };
    this.#sendHeldCancel();
  }

  /** RFC 3261 9.1: not before a provisional, nor after the final response. */
  #sendHeldCancel(): void {
    const cancel = this.#cancel;
    if (!cancel || cancel.sent || !this.#proceeding || this.#state === 'answered') return;
    cancel.sent = true;
    const request = this.#cancelRequest(cancel.headers);
    const over = () => this.#shared.wire.forget(request);
    new UserAgentClient(NonInviteClientTransaction, this.#shared.core, request.asCore(), {
      onAccept: over,
      onRedirect: over,
      onReject: over,
    });
    if (this.#state !== 'calling') return;
    this.#patience = this.#shared.clock.after(this.#shared.timers.timeoutMs, () => this.#fail({ kind: 'timeout', timer: 'B' }));
  }

  #cancelRequest(headers: HeaderList): OutgoingRequest {
    const request = this.#shared.make({ ...this.#request.parts, method: 'CANCEL', headers, lines: [], body: undefined });
    request.branch = this.#request.branch;
    request.exchange = new Exchange({ nextHop: this.#nextHop });
    return request;
  }

  abandonUnawaited(): void {
    if (this.#dialog) return this.#dialog.byeUnawaited();
    if (this.#state !== 'calling') return;
    this.#settle('failed');
    this.#request.exchange?.stop();
    this.#shared.wire.sendOnce(this.#cancelRequest([]), this.#nextHop);
  }

  /** The stack closes. */
  closed(): void {
    this.#request.exchange?.stop();
    this.#fail({ kind: 'transport', message: 'the stack was closed', local: true });
  }

  snapshot(): DialogSnapshot {
    if (this.#dialog) return this.#dialog.snapshot();
    const { fromUri, toUri } = this.#options;
    const nextHop = this.#nextHop;
    const { host, port, transport } = this.#shared.local;
    return {
      sipCallId: this.sipCallId,
      localUri: fromUri,
      localTag: this.#fromTag,
      remoteUri: toUri,
      remoteTag: null,
      remoteTarget: null,
      routeSet: [],
      localCseq: this.#cseq,
      branch: this.#request.branch,
      requestUri: this.#requestUri,
      transport,
      local: { host, port },
      remote: { host: nextHop.host, port: nextHop.port },
    };
  }
}

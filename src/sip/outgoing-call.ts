/**
 * An INVITE of ours until it is answered or has failed. RFC 3261 13.2 (UAC), 9.1 (CANCEL). The transaction is client-invite.ts; what the INVITEs
 * of a call say, one after the other, invite-series.ts.
 *
 *   state      event                          next       does
 *   calling    1xx                            calling    provisional; a held CANCEL goes out
 *   calling    18x with RSeq                  calling    PRACK (RFC 3262 4), with the answer to a late offer
 *   calling    401/407, credentials left      calling    INVITE again, CSeq + 1, new branch
 *   calling    422 with a larger Min-SE       calling    the same with that interval (RFC 4028 7.3)
 *   calling    3xx, a contact allowed         calling    the same to that contact (RFC 3261 8.1.3.4); its 4xx, 5xx: to the next
 *   calling    2xx                            answered   ACK, dialog
 *   calling    3xx–6xx, Timer B, no socket    failed     (ACK by the transaction)
 *   calling    no 1xx within the limit        failed     CANCEL as soon as one comes after all
 *   calling    CANCEL, then 64·T1 of silence  failed     RFC 3261 9.1
 *   any other  2xx with another To-tag        –          ACK, BYE, surplus
 */
import type { TimerHandle } from '../clock.ts';
import type { Client, ClientFailure, InviteUser, RequestUser } from './client.ts';
import { type DialogHost, StackDialog } from './dialog.ts';
import { InviteSeries } from './invite-series.ts';
import type { IncomingResponse } from './message/incoming.ts';
import type { OutgoingRequest } from './message/outgoing.ts';
import { requires } from './option-tags.ts';
import { isAuthorization } from './reinvite.ts';
import { termsOfAnswer } from './session-timer.ts';
import { coreBody, type Invited, type Open, type OwnedDialog, type Shared } from './shared.ts';
import type {
  Body,
  DialogSnapshot,
  HeaderList,
  OutgoingCall,
  OutgoingCallHandlers,
  OutgoingCallOptions,
  SipDialog,
  SipFailure,
} from './stack.ts';

type Unstamped<T> = T extends { at: number } ? Omit<T, 'at'> : never;

/** Nobody waits for what becomes of a CANCEL: the INVITE's end says it. */
const UNHEARD: RequestUser = { sent: () => {}, final: () => {}, failed: () => {} };

export class StackOutgoingCall implements OutgoingCall, InviteUser, DialogHost, Open {
  readonly sipCallId: string;
  readonly handlers: OutgoingCallHandlers;
  retransmissions = 0;
  challenges = 0;
  place: number | undefined;
  readonly #shared: Shared;
  /** Until it is answered: a call may be held for hours. */
  #series: InviteSeries | undefined;
  #client: Client | undefined;
  #invited: Invited | undefined;
  /** Highest RSeq of each early dialog, by To-tag: repetitions of reliable responses are no news. */
  #rseqs: Map<string, number> | undefined;
  /** Their late offer has been answered in a PRACK. */
  #lateAnswered = false;
  #dialog: StackDialog | undefined;
  #state: 'calling' | 'answered' | 'failed' = 'calling';
  /** A 1xx to the current INVITE came. */
  #proceeding = false;
  #cancel: { headers: HeaderList; sent: boolean } | undefined;
  #limit: TimerHandle | undefined;
  #patience: TimerHandle | undefined;

  constructor(shared: Shared, options: OutgoingCallOptions, handlers: OutgoingCallHandlers) {
    this.#shared = shared;
    this.handlers = handlers;
    this.sipCallId = options.callId ?? shared.ids.callId();
    this.#series = new InviteSeries(shared, options, this.sipCallId);
    shared.open.add(this);
    this.#invite(this.#series);
    if (options.provisionalLimitMs !== undefined) this.#limit = shared.clock.after(options.provisionalLimitMs, () => this.#tooLate());
  }

  get dialog(): SipDialog | undefined {
    return this.#dialog;
  }

  #invite(series: InviteSeries): void {
    this.#proceeding = false;
    const client = this.#shared.clients.invite(series.next(), this, { nextHop: series.nextHop });
    this.#client = client;
    if (!this.handlers.surplus) return;
    this.#invited = { handlers: this.handlers };
    this.#shared.invited.put(client.request.branch, this.#invited);
  }

  sent(client: Client, at: number, retransmission: boolean): void {
    if (retransmission) this.retransmissions++;
    // Whoever is told may ask for a snapshot.
    else this.#client = client;
    const cseq = this.#series?.cseq ?? 0;
    this.#shared.tell(() => this.handlers.sent?.(at, { cseq, retransmission }));
  }

  /** Before dialogs are made of it. */
  provisional(client: Client, response: IncomingResponse): void {
    if (client !== this.#client) return;
    this.#limit?.cancel();
    this.#proceeding = true;
    if (this.#state === 'calling' && !this.#repeated(response)) this.#shared.tell(() => this.handlers.provisional?.(response));
    this.#sendHeldCancel();
  }

  #repeated(response: IncomingResponse): boolean {
    const rseq = Number(response.header('rseq'));
    if (!(rseq > 0) || !requires(response, '100rel')) return false;
    this.#rseqs ??= new Map();
    const last = this.#rseqs.get(response.toTag) ?? 0;
    if (rseq > last) this.#rseqs.set(response.toTag, rseq);
    return rseq <= last;
  }

  /** RFC 3262 4: the PRACK, with the answer to a late offer. */
  early(client: Client, response: IncomingResponse, session: OwnedDialog): void {
    const dialog = this.#adopt(client, session);
    dialog.refresh.meet(response);
    if (response.header('rseq') === undefined || !requires(response, '100rel')) return;
    const answer = this.#lateAnswer(response);
    const rack = `${response.header('rseq')!.trim()} ${response.cseq} INVITE`;
    void dialog.send('PRACK', { headers: [['RAck', rack]], body: answer });
  }

  accepted(client: Client, response: IncomingResponse, session: OwnedDialog): void {
    const dialog = this.#adopt(client, session);
    // The early dialog has the Contact of its 18x; the ACK goes to that of the 200 (RFC 3261 12.2.1.2).
    dialog.refreshTarget(response.contact);
    dialog.refresh.meet(response);
    const answer = this.#lateAnswer(response);
    const ack = session.createOutgoingRequestMessage('ACK', {
      cseq: client.request.cseq,
      extraHeaders: client.request.parts.lines?.filter(isAuthorization),
      body: answer && coreBody(answer),
    }) as unknown as OutgoingRequest;
    this.#shared.acknowledged.put(session.id, this.#shared.wire.accept(ack));
    dialog.refresh.settle(termsOfAnswer(response, this.#series?.expiresS || undefined));
    if (this.#state !== 'calling') {
      void dialog.bye();
      this.#shared.tell(() => this.handlers.surplus?.(response));
      return;
    }
    this.#dialog = dialog;
    this.#settle('answered');
    this.#series = undefined;
    this.#client = undefined;
    this.#shared.tell(() => this.handlers.answered(response, dialog));
  }

  /** The answer to an offer that came late: once, to the first (RFC 3261 13.2.1, RFC 3262 5). */
  #lateAnswer(response: IncomingResponse): Body | undefined {
    if (this.#series?.options.body || this.#lateAnswered || response.body === '') return undefined;
    this.#lateAnswered = true;
    let answer: Body | undefined;
    this.#shared.tell(() => {
      answer = this.handlers.lateOffer?.(response);
    });
    return answer;
  }

  /** Early dialogs too: they can be asked things (UPDATE, INFO, OPTIONS) before they are confirmed. */
  #adopt(client: Client, session: OwnedDialog): StackDialog {
    if (session.owner instanceof StackDialog) return session.owner;
    const series = this.#series!;
    return new StackDialog(this.#shared, {
      session,
      host: this,
      user: series.user,
      credentials: series.options.credentials,
      branch: client.request.branch,
      requestUri: series.requestUri,
    });
  }

  /** A call that is over is told nothing more; what it has been told of must not be kept for another minute. */
  forgotten(dialog: StackDialog): void {
    if (dialog !== this.#dialog || !this.#invited) return;
    this.#invited.handlers = undefined;
    this.#invited = undefined;
  }

  final(client: Client, response: IncomingResponse): void {
    if (this.#state !== 'calling' || client !== this.#client || !this.#series) return;
    if (!this.#cancel && this.#series.follow(response, this.handlers)) {
      this.challenges = this.#series.authorizer.answered;
      return this.#invite(this.#series);
    }
    this.#fail({ kind: 'response', response }, response.at);
  }

  failed(client: Client, failure: ClientFailure): void {
    if (client === this.#client) this.#fail(failure);
  }

  #fail(failure: Unstamped<SipFailure>, at = this.#shared.clock.now()): void {
    if (this.#state !== 'calling') return;
    this.#settle('failed');
    this.#shared.tell(() => this.handlers.failed({ ...failure, at } as SipFailure));
  }

  #settle(state: 'answered' | 'failed'): void {
    this.#state = state;
    this.#limit?.cancel();
    this.#patience?.cancel();
    this.#limit = undefined;
    this.#patience = undefined;
    this.#shared.open.delete(this);
  }

  /** No provisional within the limit. The INVITE is not repeated any more; what answers after all is cancelled, or ended by BYE. */
  #tooLate(): void {
    if (this.#state !== 'calling' || this.#proceeding) return;
    this.#client?.stop();
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
    const client = this.#client;
    if (!cancel || cancel.sent || !this.#proceeding || !client || !this.#series) return;
    cancel.sent = true;
    this.#shared.clients.request(this.#cancelRequest(client, cancel.headers), UNHEARD, { nextHop: this.#series.nextHop });
    if (this.#state !== 'calling') return;
    this.#patience = this.#shared.clock.after(this.#shared.timers.timeoutMs, () => {
      client.forget();
      this.#fail({ kind: 'timeout', timer: 'B' });
    });
  }

  #cancelRequest(client: Client, headers: HeaderList): OutgoingRequest {
    const request = this.#shared.make({
      ...client.request.parts,
      method: 'CANCEL',
      text: undefined,
      headers,
      lines: undefined,
      body: undefined,
    });
    request.branch = client.request.branch;
    return request;
  }

  abandonUnawaited(): void {
    if (this.#dialog) return this.#dialog.byeUnawaited();
    if (this.#state !== 'calling' || !this.#client) return;
    this.#settle('failed');
    this.#client.stop();
    this.#shared.wire.sendOnce(this.#cancelRequest(this.#client, []), this.#series?.nextHop);
  }

  /** The stack closes. */
  closed(): void {
    this.#client?.stop();
    this.#fail({ kind: 'transport', message: 'the stack was closed', local: true });
  }

  snapshot(): DialogSnapshot {
    if (this.#dialog) return this.#dialog.snapshot();
    const { options, fromTag, cseq, requestUri, nextHop } = this.#series!;
    const { host, port, transport } = this.#shared.local;
    return {
      sipCallId: this.sipCallId,
      localUri: options.fromUri,
      localTag: fromTag,
      remoteUri: options.toUri,
      remoteTag: null,
      remoteTarget: null,
      routeSet: [],
      localCseq: cseq,
      branch: this.#client?.request.branch ?? null,
      requestUri,
      transport,
      local: { host, port },
      remote: { host: nextHop.host, port: nextHop.port },
    };
  }
}

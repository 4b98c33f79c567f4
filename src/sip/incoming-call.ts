/**
 * An INVITE that came to us. RFC 3261 13.3 (UAS), 9.2 (CANCEL); transaction and repetition of the 2xx by SIP.js.
 *
 *   state       event                     next       does
 *   proceeding  (constructed)             proceeding 100
 *   proceeding  ring, progress            proceeding 180, 183 with Contact and Record-Route; reliably where asked (reliable.ts)
 *   proceeding  no PRACK for 64·T1        refused    504, `cancelled`
 *   proceeding  accept                    accepted   200 again and again until the ACK, at most 64·T1, then BYE and `unacknowledged`
 *   proceeding  reject                    refused    until its ACK (Timers G, H)
 *   proceeding  CANCEL, or BYE            refused    200 to it, 487 (9.2, 15.1.2), `cancelled`
 */
import { Dialog } from 'sip.js/lib/core/dialogs/dialog.js';
import { SessionDialog } from 'sip.js/lib/core/dialogs/session-dialog.js';
import type { InviteServerTransaction } from 'sip.js/lib/core/transactions/invite-server-transaction.js';
import { InviteUserAgentServer } from 'sip.js/lib/core/user-agents/invite-user-agent-server.js';
import { type DialogHost, StackDialog } from './dialog.ts';
import { parseSipUri } from './message/fields.ts';
import type { IncomingRequest } from './message/incoming.ts';
import { responseText } from './message/response.ts';
import { uriTarget } from './next-hop.ts';
import { requires, SUPPORTED, supports } from './option-tags.ts';
import { ReliableProvisionals } from './reliable.ts';
import { settle } from './session-timer.ts';
import { ALLOW, type OwnedDialog, type ReplyOptions, reply, type Shared } from './shared.ts';
import type { Body, DialogSnapshot, HeaderList, IncomingCall, IncomingCallHandlers, SipDialog } from './stack.ts';

export class StackIncomingCall implements IncomingCall, DialogHost {
  readonly request: IncomingRequest;
  handlers: IncomingCallHandlers | undefined;
  readonly #shared: Shared;
  readonly #server: InviteUserAgentServer;
  readonly #tag: string;
  readonly #user: string;
  #session: SessionDialog | undefined;
  #dialog: StackDialog | undefined;
  #answered = false;
  /** The 200 waits for a PRACK: a CANCEL still wins. */
  #held = false;
  #reliable: ReliableProvisionals | undefined;

  constructor(shared: Shared, request: IncomingRequest) {
    this.#shared = shared;
    this.request = request;
    request.contactFallback = request.fromUri;
    this.#tag = shared.ids.tag();
    this.#user = parseSipUri(request.uri)?.user ?? '';
    this.#server = new InviteUserAgentServer(shared.core, request.asCore(), {
      onCancel: (cancel) => this.#cancelled(cancel as unknown as IncomingRequest),
    });
    // Where reception.ts finds it for the answer to a CANCEL (RFC 3261 9.2: the same To-tag).
    Object.assign(this.#server, { toTag: this.#tag });
    this.#reply(100);
    if (requires(request, '100rel')) this.reliable();
    shared.open.add(this);
  }

  /** The stack closes: whoever answers later answers nobody. */
  closed(): void {
    this.#answered = true;
    this.#reliable?.stop();
    this.#dialog?.forget();
  }

  ring(headers: HeaderList = []): void {
    this.#progress(180, { headers });
  }

  progress(body: Body | undefined, headers: HeaderList = []): void {
    this.#progress(183, { headers, body });
  }

  reliable(): void {
    if (this.#reliable || !(requires(this.request, '100rel') || supports(this.request, '100rel'))) return;
    this.#reliable = new ReliableProvisionals(this.#shared.wheel, this.#shared.timers, () => this.#unacknowledged());
  }

  #progress(status: number, options: ReplyOptions): void {
    if (this.#answered) return;
    const dialog = this.#adopt();
    const plain = [this.#contact(), ...(options.headers ?? [])];
    const { body } = options;
    if (!this.#reliable) return this.#reply(status, { ...options, headers: plain, recordRoute: true });
    const send = (rseq: number, again: boolean) => {
      const headers: HeaderList = [...plain, ['Allow', ALLOW], ['Require', '100rel'], ['RSeq', String(rseq)]];
      if (again) this.#repeat(status, { body, headers });
      else this.#reply(status, { body, headers, recordRoute: true });
      dialog.offered = body !== undefined && this.request.body === '';
    };
    this.#reliable.send(send, body !== undefined);
  }

  #repeat(status: number, options: ReplyOptions): void {
    const text = responseText(this.request, status, { ...options, toTag: this.#tag, userAgent: this.#shared.userAgent, recordRoute: true });
    this.#server.transaction.receiveResponse(status, text);
  }

  /** RFC 3262 3: a reliable provisional that is never acknowledged ends the INVITE. */
  #unacknowledged(): void {
    if (this.#answered && !this.#held) return;
    this.#refuse(504, { reason: 'No PRACK' });
    this.#shared.tell(() => this.handlers?.cancelled(this.request));
  }

  accept(body: Body | undefined, headers: HeaderList = []): SipDialog {
    if (this.#answered) return this.#dialog ?? this.#stillborn();
    const dialog = this.#adopt();
    this.#settle();
    const confirm = () => {
      this.#held = false;
      this.#session!.confirm();
      dialog.refresh.meet(this.request);
      const session = settle(this.request, this.#shared.sessions);
      const ours: HeaderList = [this.#contact(), ['Allow', ALLOW], ['Supported', SUPPORTED], ...session.headers];
      this.#reply(200, { body, headers: [...ours, ...headers], recordRoute: true });
      if (body && this.request.body === '') dialog.offered = true;
      if (session.kind === 'settled' && session.terms) dialog.refresh.settle(session.terms);
    };
    this.#held = true;
    if (this.#reliable) this.#reliable.whenAcknowledged(confirm);
    else confirm();
    return dialog;
  }

  reject(status: number, options: { reason?: string; headers?: HeaderList } = {}): void {
    if (this.#answered) return;
    this.#refuse(status, options);
  }

  #refuse(status: number, options: ReplyOptions): void {
    this.#settle();
    this.#held = false;
    this.#reliable?.stop();
    this.#reply(status, options);
    this.#dialog?.forget();
  }

  #settle(): void {
    this.#answered = true;
    this.#shared.open.delete(this);
  }

  #cancelled(cancel: IncomingRequest): void {
    if (this.#answered && !this.#held) return;
    this.#refuse(487, {});
    this.#shared.tell(() => this.handlers?.cancelled(cancel));
  }

  /** The early dialog of a first 18x or of the 200, which confirms it: one To-tag, one dialog. */
  #adopt(): StackDialog {
    if (this.#dialog) return this.#dialog;
    const state = Dialog.initialDialogStateForUserAgentServer(this.request.asCore(), this.#tag, true);
    const session: OwnedDialog = new SessionDialog(this.#server.transaction as InviteServerTransaction, this.#shared.core, state);
    this.#session = session;
    this.#dialog = new StackDialog(this.#shared, {
      session,
      host: this,
      user: this.#user,
      branch: null,
      requestUri: this.request.uri,
      awaitingAck: true,
    });
    return this.#dialog;
  }

  acknowledged(request: IncomingRequest): void {
    this.#release();
    this.handlers?.acknowledged?.(request);
  }

  unacknowledged(): void {
    this.handlers?.unacknowledged?.();
  }

  earlyBye(bye: IncomingRequest): boolean {
    if (this.#answered && !this.#held) return false;
    this.#cancelled(bye);
    return true;
  }

  pracked(prack: IncomingRequest): (() => void) | undefined {
    return this.#reliable?.acknowledged(prack, this.request.cseq);
  }

  /** The transaction has done its part; its repetitions are absorbed from memory. */
  #release(): void {
    const { viaBranch } = this.request;
    this.#shared.memory.absorb(`${viaBranch} INVITE`);
    this.#shared.core.userAgentServers.delete(viaBranch);
    this.#server.dispose();
  }

  /** Accepted after a refusal or CANCEL: a dialog that is over. */
  #stillborn(): StackDialog {
    const dialog = this.#adopt();
    dialog.forget();
    return dialog;
  }

  #contact(): [string, string] {
    return ['Contact', this.#shared.contact(this.#user)];
  }

  #reply(status: number, options: ReplyOptions = {}): void {
    reply(this.#shared, this.request, this.#server, status, this.#tag, options);
  }

  snapshot(): DialogSnapshot {
    if (this.#dialog) return this.#dialog.snapshot();
    const { request } = this;
    const { host, port, transport } = this.#shared.local;
    return {
      sipCallId: request.callId,
      localUri: request.toUri,
      localTag: this.#tag,
      remoteUri: request.fromUri,
      remoteTag: request.fromTag,
      remoteTarget: request.contact ?? null,
      routeSet: request.headers('record-route'),
      localCseq: 0,
      branch: null,
      requestUri: request.uri,
      transport,
      local: { host, port },
      remote: uriTarget(request.headers('record-route')[0] ?? request.contact ?? '') ?? request.source,
    };
  }
}

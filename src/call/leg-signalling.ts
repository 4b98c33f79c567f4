/**
 * The signalling of one caller's leg: what the stack reports goes into the row and moves the leg on; what the leg wants (BYE, CANCEL) goes to the stack.
 * It is itself what the stack tells of the call: a function for each of fourteen reports would be a kilobyte for every call held.
 */
import type {
  Body,
  OfferReply,
  OutgoingCall,
  OutgoingCallHandlers,
  OutgoingCallOptions,
  SipDialog,
  SipFailure,
  SipMessage,
  SipRequest,
  SipResponse,
  TransactionResult,
} from '../sip/stack.ts';
import { q850Of, siteOf } from './facts.ts';
import type { CallerLeg } from './leg.ts';
import { closeRow, openRow } from './open-row.ts';
import type { CallServices } from './services.ts';

export class LegSignalling implements OutgoingCallHandlers {
  redirected: OutgoingCallHandlers['redirected'];
  readonly #leg: CallerLeg;
  readonly #services: CallServices;
  /** Names of the first way and of each other one. */
  readonly #trunks: readonly string[];
  #outgoing: OutgoingCall | undefined;
  #dialog: SipDialog | undefined;
  #journaled = false;
  #bye: Promise<void> | undefined;

  constructor(leg: CallerLeg, services: CallServices, trunks: readonly string[], redirected: OutgoingCallHandlers['redirected']) {
    this.#leg = leg;
    this.#services = services;
    this.#trunks = trunks;
    this.redirected = redirected;
  }

  /** Puts the INVITE on the wire. */
  begin(options: OutgoingCallOptions): void {
    const { row } = this.#leg;
    this.#outgoing = this.#services.stack.call(options, this);
    row.sip_call_id = this.#outgoing.sipCallId;
    if (!this.#journaled && !this.#leg.over && row.invite_ms !== null) this.#journal();
  }

  /** CANCEL before the answer, BYE after it. */
  async release(): Promise<void> {
    if (this.#dialog) await this.#sendBye();
    else this.#cancel();
  }

  /** One CANCEL or BYE on the wire, nothing awaited. */
  abandonUnawaited(): void {
    this.#outgoing?.abandonUnawaited();
  }

  /** Nothing is left of the call: what was counted goes into the row, and it is open no more. */
  close(): void {
    const { row } = this.#leg;
    if (this.#outgoing) {
      row.challenges = this.#outgoing.challenges;
      row.invite_retransmissions = this.#outgoing.retransmissions;
    }
    if (this.#journaled) this.#services.sink.write('open', closeRow(this.#services, row.call!));
  }

  sent(at: number, { retransmission }: { retransmission: boolean }): void {
    this.#leg.row.invite_ms ??= at;
    // Each new INVITE (after a challenge, to another host) has a branch of its own, by which alone a CANCEL would find it.
    if (this.#outgoing && !(this.#journaled && retransmission)) this.#journal();
  }

  way(index: number, to: { host: string; port: number }): void {
    const { row } = this.#leg;
    row.trunk = this.#trunks[index] ?? row.trunk;
    row.remote = `${to.host}:${to.port}`;
  }

  provisional(response: SipResponse): void {
    const { row, media, inDialog } = this.#leg;
    if (response.status === 100) {
      row.trying_ms ??= response.at;
      return;
    }
    row.provisional_ms ??= response.at;
    inDialog.provisional(response);
    if (response.body && media.take(response.body)) {
      row.early_media_ms ??= response.at;
      this.#leg.move('early-media');
    }
    if (response.status >= 180 && response.status <= 182) {
      row.ringing_ms ??= response.at;
      this.#leg.move('rings');
    }
    this.#leg.changed();
  }

  /** An INVITE without SDP: their offer came in a reliable 18x or the 200 (RFC 3261 13.2.1). */
  lateOffer(offer: SipResponse): Body | undefined {
    const { row, media, facts } = this.#leg;
    const answer = media.reply(offer.body);
    facts.unacceptable = answer === undefined;
    if (answer && offer.status < 200) {
      row.early_media_ms ??= offer.at;
      this.#leg.move('early-media');
    }
    return answer;
  }

  answered(response: SipResponse, dialog: SipDialog): void {
    const { row, media, inDialog, facts } = this.#leg;
    inDialog.answered(response, dialog);
    this.#dialog = dialog;
    row.answer_ms = response.at;
    row.status = response.status;
    row.reason = response.reason;
    row.site = siteOf(response);
    if (response.body) media.take(response.body);
    this.#journal();
    if (row.cancel_ms !== null || facts.unacceptable) void this.#sendBye();
    else this.#leg.move('answered');
  }

  failed(failure: SipFailure): void {
    const { row, inDialog, facts } = this.#leg;
    if (failure.kind === 'response') {
      const { response } = failure;
      row.status = response.status;
      row.reason = response.reason;
      row.q850 = q850Of(response);
      inDialog.refused(response);
      row.site ??= siteOf(response);
      const after = response.header('retry-after');
      row.retry_after_s = after === undefined ? null : Number.parseInt(after, 10) || null;
    } else if (failure.kind === 'timeout') facts.unanswered = failure.timer === 'provisional' ? 'provisional' : 'timer';
    else if (failure.local) facts.harness = `our own socket: ${failure.message}`;
    else {
      facts.unanswered = 'network';
      facts.network = { said: failure.message, maybeOurs: failure.maybeOurs === true };
    }
    row.end_ms = failure.at;
    this.#leg.end();
  }

  surplus(): void {
    const { row } = this.#leg;
    row.surplus_answers = (row.surplus_answers ?? 0) + 1;
  }

  offer(request: SipRequest): OfferReply {
    this.#signalled(request);
    const body = this.#leg.media.reply(request.body || undefined);
    return body ? { status: 200, body } : { status: 488 };
  }

  request(request: SipRequest): number {
    this.#signalled(request);
    return this.#leg.inDialog.request(request);
  }

  answer(message: SipMessage): void {
    this.#leg.media.take(message.body);
  }

  description(): Body | undefined {
    return this.#leg.media.description();
  }

  /** The stack has sent BYE already; what comes of it is awaited here. */
  expired(at: number, why: string): void {
    const { row, facts } = this.#leg;
    facts.expired = why;
    row.end_reason ??= `SIP;cause=408;text="${why}"`;
    row.end_ms ??= at;
    void this.#sendBye();
  }

  ended(request: SipRequest): void {
    const { row, inDialog } = this.#leg;
    row.bye_received_ms = request.at;
    row.q850 ??= q850Of(request);
    inDialog.reason(request);
    row.end_ms ??= request.at;
    this.#leg.hungUpByThem();
  }

  #sendBye(): Promise<void> {
    this.#bye ??= this.#byeAndWait();
    return this.#bye;
  }

  async #byeAndWait(): Promise<void> {
    this.#leg.row.bye_sent_ms = this.#services.clock.now();
    this.#leg.move('releases');
    this.#byeDone(await this.#dialog!.bye());
  }

  #byeDone(result: TransactionResult): void {
    if (this.#leg.over) return;
    const { row, facts } = this.#leg;
    row.bye_sent_ms = result.sentAt;
    row.bye_retransmissions = result.retransmissions;
    if (result.kind === 'response') {
      facts.byeResult = result.response.status;
      if (result.response.status < 300) row.bye_answered_ms = result.at;
    } else facts.byeResult = 'none';
    row.end_ms ??= result.at;
    this.#leg.end();
  }

  #cancel(): void {
    const { row } = this.#leg;
    if (row.cancel_ms !== null || !this.#outgoing) return;
    row.cancel_ms = this.#services.clock.now();
    this.#leg.move('releases');
    this.#outgoing.cancel();
  }

  /** The vendor tells of the agent inside the dialog: method `signalling`. */
  #signalled(request: SipRequest): void {
    const how = this.#services.signalling;
    const { row } = this.#leg;
    if (!how || how.method !== request.method || row.agent_ms !== null || this.#leg.gone) return;
    const agent = how.header === undefined ? request.header('p-asserted-identity') : request.header(how.header);
    if (how.header !== undefined && agent === undefined) return;
    row.agent_ms = request.at;
    row.agent = agent ?? null;
    row.correlation = 'signalling';
    this.#leg.enterQueue();
    this.#leg.move('agent');
  }

  #journal(): void {
    this.#journaled = true;
    const snapshot = (this.#dialog ?? this.#outgoing!).snapshot();
    this.#services.sink.write('open', openRow(this.#services, this.#leg.row.call!, 'caller', this.#dialog !== undefined, snapshot));
  }
}

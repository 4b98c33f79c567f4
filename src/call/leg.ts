/**
 * One caller's leg, from INVITE to the last trace of it: turns what the stack, the media and the correlator report into the call's row and state.
 * It decides nothing about the story; the verbs (call.ts) do, by waiting for changes here.
 */
import type { CallRow } from '../record/schema.ts';
import type {
  Body,
  OutgoingCall,
  OutgoingCallHandlers,
  OutgoingCallOptions,
  SipDialog,
  SipFailure,
  SipRequest,
  SipResponse,
  TransactionResult,
} from '../sip/stack.ts';
import type { Call } from './call.ts';
import { Changes, type UntilOptions } from './changes.ts';
import type { CallerWatch } from './correlator.ts';
import { q850Of, siteOf } from './facts.ts';
import { Heard } from './heard.ts';
import { InDialog } from './in-dialog.ts';
import type { CallMedia } from './media.ts';
import { closeRow, openRow } from './open-row.ts';
import { type EndFacts, judge } from './outcome.ts';
import type { CallServices } from './services.ts';
import { type CallEvent, type CallState, nextState } from './states.ts';

/** Longest wait, ms, for the word of our agent's side about who hung up first. */
const SETTLE_MS = 500;

export class CallerLeg {
  readonly row: CallRow;
  readonly media: CallMedia;
  readonly #services: CallServices;
  readonly #changes: Changes;
  readonly #facts: EndFacts;
  /** What is asked and done inside the dialog. */
  readonly inDialog: InDialog;
  #state: CallState = 'setup';
  #outgoing: OutgoingCall | undefined;
  #dialog: SipDialog | undefined;
  #watch: CallerWatch | undefined;
  #journaled = false;
  #entered = false;
  #bye: Promise<void> | undefined;
  #settle: (() => void) | undefined;
  /** Time of the last digit sent: the queue entry where there is a menu. */
  lastDigitAt: number | null = null;
  /** Announcements recognised. */
  readonly heard: Heard;
  /** The call that follows a REFER of the other side. */
  successor: { made: Promise<Call> } | undefined;
  /** Told once, when nothing is left of the call. */
  onOver: (() => void) | undefined;

  constructor(services: CallServices, row: CallRow, media: CallMedia, options: { viaCarrier: boolean }) {
    this.#services = services;
    this.#changes = new Changes(services.clock);
    this.row = row;
    this.media = media;
    this.inDialog = new InDialog(row, media, () => this.#changes.happened());
    this.#facts = {
      harness: undefined,
      stopped: false,
      unanswered: undefined,
      mediaLost: false,
      agentHungUp: undefined,
      byeResult: undefined,
      viaCarrier: options.viaCarrier,
      scheduleLagLimitMs: services.limits.scheduleLagMs,
    };
    this.heard = new Heard(services.announcements ?? []);
    this.listen();
    media.onSilent = (since) => this.#silent(since);
    media.onDigit = (digit) => {
      row.digits_received = (row.digits_received ?? '') + digit;
      this.#changes.happened();
    };
  }

  get state(): CallState {
    return this.#state;
  }

  get over(): boolean {
    return this.#state === 'ended';
  }

  /** Nothing more is to be expected of the other side: failed, hung up, or releasing. */
  get gone(): boolean {
    return this.#state === 'ended' || this.#state === 'releasing';
  }

  /** Whether the answered call was still on at that moment: what another worker tells may come after the BYE that it preceded. */
  #stillThere(at: number): boolean {
    if (!this.gone) return true;
    const { cancel_ms, bye_sent_ms, bye_received_ms } = this.row;
    const left = bye_sent_ms ?? bye_received_ms;
    return !this.over && cancel_ms === null && left !== null && at < left;
  }

  /** Puts the INVITE on the wire; the gate has let the call in. @param trunks names of the first way and of each other one */
  start(
    options: OutgoingCallOptions,
    uui: string | undefined,
    trunks: readonly string[] = [],
    redirected?: OutgoingCallHandlers['redirected'],
  ): void {
    const { row } = this;
    this.#entered = true;
    notify(this.#services, null, 'setup');
    this.#watch = this.#services.correlator.caller(
      { call: row.call!, caller: row.caller!, uui },
      {
        agent: (seen) => {
          if (row.agent_ms !== null || !this.#stillThere(seen.at)) return;
          row.agent_ms = seen.at;
          row.agent = seen.agent;
          row.correlation = seen.method;
          if (this.#services.ownAgents && seen.method === 'both-legs') this.#facts.agentHungUp = undefined;
          this.enterQueue();
          this.#move('agent');
        },
        agentEnded: ({ at, by }) => {
          if (row.agent_ms === null) return;
          row.agent_end_ms ??= at;
          this.#facts.agentHungUp ??= by === 'agent';
          this.#settle?.();
        },
      },
    );
    this.#outgoing = this.#services.stack.call(options, {
      sent: (at, { retransmission }) => {
        row.invite_ms ??= at;
        // Each new INVITE (after a challenge, to another host) has a branch of its own, by which alone a CANCEL would find it.
        if (this.#outgoing && !(this.#journaled && retransmission)) this.#journal();
      },
      way: (index, to) => {
        row.trunk = trunks[index] ?? row.trunk;
        row.remote = `${to.host}:${to.port}`;
      },
      provisional: (response) => this.#provisional(response),
      answered: (response, dialog) => this.#answered(response, dialog),
      failed: (failure) => this.#failed(failure),
      surplus: () => {
        row.surplus_answers = (row.surplus_answers ?? 0) + 1;
      },
      offer: (request) => {
        this.#signalled(request);
        const body = this.media.reply(request.body || undefined);
        return body ? { status: 200, body } : { status: 488 };
      },
      request: (request) => {
        this.#signalled(request);
        return this.inDialog.request(request);
      },
      lateOffer: (offer) => this.#lateOffer(offer),
      answer: (message) => void this.media.take(message.body),
      description: () => this.media.description(),
      expired: (at, why) => this.#expired(at, why),
      redirected,
      ended: (request) => this.#byeReceived(request),
    });
    row.sip_call_id = this.#outgoing.sipCallId;
    if (!this.#journaled && !this.over && row.invite_ms !== null) this.#journal();
  }

  /** A fault of ours before anything was sent. */
  refuse(why: string): void {
    this.#facts.harness = why;
    this.row.end_ms = this.#services.clock.now();
    notify(this.#services, null, 'setup');
    this.#finish();
  }

  /** The queue begins: at the last digit, else at the answer, else with the announcement in early media. */
  enterQueue(): void {
    const { row } = this;
    row.queue_ms ??= this.lastDigitAt ?? row.answer_ms ?? row.early_media_ms ?? row.provisional_ms ?? this.#services.clock.now();
    this.#move('queues');
  }

  /** Listens for the profile's announcements and for what a verb asks for beside them, until an agent is on the line. */
  listen(beside: readonly number[] = []): void {
    if (this.media.deaf) return;
    const known = this.#services.announcements?.map(({ hz }) => hz) ?? [];
    this.media.listen([...new Set([...known, ...beside])], (hz) => {
      this.heard.tone(hz);
      this.#changes.happened();
    });
  }

  /** Waits for a change of this call: see changes.ts. */
  until<T>(check: () => T | undefined, options: UntilOptions<T>): Promise<T> {
    return this.#changes.until(check, options);
  }

  /** The caller is content with a call-back: what the line does from now on is no loss. */
  divert(): void {
    this.#facts.diverted = true;
  }

  /** Ends the call from our side: CANCEL before the answer, BYE after it. Resolves when nothing is left of it. */
  async hangUp(options: { stopped?: boolean } = {}): Promise<void> {
    if (this.over) return;
    if (options.stopped && this.#state !== 'releasing') this.#facts.stopped = true;
    // Their BYE has ended the dialog already; only the agent's word is still awaited.
    if (this.row.bye_received_ms === null) {
      if (this.#dialog) await this.#sendBye();
      else this.#cancel();
    }
    await this.finished();
  }

  async finished(): Promise<void> {
    if (!this.over) await this.#changes.until(() => (this.over ? true : undefined));
  }

  /** One CANCEL or BYE on the wire, nothing awaited: the second Ctrl-C. The row is written as it stands. */
  abandonUnawaited(): void {
    if (this.over) return;
    this.#facts.stopped = true;
    this.#outgoing?.abandonUnawaited();
    this.#end();
  }

  #provisional(response: SipResponse): void {
    const { row } = this;
    if (response.status === 100) {
      row.trying_ms ??= response.at;
      return;
    }
    row.provisional_ms ??= response.at;
    this.inDialog.provisional(response);
    if (response.body && this.media.take(response.body)) {
      row.early_media_ms ??= response.at;
      this.#move('early-media');
    }
    if (response.status >= 180 && response.status <= 182) {
      row.ringing_ms ??= response.at;
      this.#move('rings');
    }
    this.#changes.happened();
  }

  /** An INVITE without SDP: their offer came in a reliable 18x or the 200 (RFC 3261 13.2.1). */
  #lateOffer(offer: SipResponse): Body | undefined {
    const answer = this.media.reply(offer.body);
    this.#facts.unacceptable = answer === undefined;
    if (answer && offer.status < 200) {
      this.row.early_media_ms ??= offer.at;
      this.#move('early-media');
    }
    return answer;
  }

  /** The stack has sent BYE already; what comes of it is awaited here. */
  #expired(at: number, why: string): void {
    this.#facts.expired = why;
    this.row.end_reason ??= `SIP;cause=408;text="${why}"`;
    this.row.end_ms ??= at;
    void this.#sendBye();
  }

  #answered(response: SipResponse, dialog: SipDialog): void {
    const { row } = this;
    this.inDialog.answered(response, dialog);
    this.#dialog = dialog;
    row.answer_ms = response.at;
    row.status = response.status;
    row.reason = response.reason;
    row.site = siteOf(response);
    if (response.body) this.media.take(response.body);
    this.#journal();
    if (row.cancel_ms !== null || this.#facts.unacceptable) void this.#sendBye();
    else this.#move('answered');
  }

  #failed(failure: SipFailure): void {
    const { row } = this;
    if (failure.kind === 'response') {
      const { response } = failure;
      row.status = response.status;
      row.reason = response.reason;
      row.q850 = q850Of(response);
      this.inDialog.refused(response);
      row.site ??= siteOf(response);
      const after = response.header('retry-after');
      row.retry_after_s = after === undefined ? null : Number.parseInt(after, 10) || null;
    } else if (failure.kind === 'timeout') this.#facts.unanswered = failure.timer === 'provisional' ? 'provisional' : 'timer';
    else if (failure.local) this.#facts.harness = `our own socket: ${failure.message}`;
    else {
      this.#facts.unanswered = 'network';
      this.#facts.network = { said: failure.message, maybeOurs: failure.maybeOurs === true };
    }
    row.end_ms = failure.at;
    this.#end();
  }

  #byeReceived(request: SipRequest): void {
    const { row } = this;
    row.bye_received_ms = request.at;
    row.q850 ??= q850Of(request);
    this.inDialog.reason(request);
    row.end_ms ??= request.at;
    if (row.agent_ms === null || row.correlation !== 'both-legs' || this.#facts.agentHungUp !== undefined) return this.#end();
    // The agent's own word may still be on its way from another worker.
    this.#move('releases');
    const timer = this.#services.clock.after(SETTLE_MS, () => this.#settle?.());
    this.#settle = () => {
      timer.cancel();
      this.#settle = undefined;
      this.#facts.agentHungUp ??= false;
      this.#end();
    };
  }

  #sendBye(): Promise<void> {
    this.#bye ??= (async () => {
      const { row } = this;
      row.bye_sent_ms = this.#services.clock.now();
      this.#move('releases');
      const result = await this.#dialog!.bye();
      this.#byeDone(result);
    })();
    return this.#bye;
  }

  #byeDone(result: TransactionResult): void {
    const { row } = this;
    if (this.over) return;
    row.bye_sent_ms = result.sentAt;
    row.bye_retransmissions = result.retransmissions;
    if (result.kind === 'response') {
      this.#facts.byeResult = result.response.status;
      if (result.response.status < 300) row.bye_answered_ms = result.at;
    } else this.#facts.byeResult = 'none';
    row.end_ms ??= result.at;
    this.#end();
  }

  #cancel(): void {
    if (this.row.cancel_ms !== null || !this.#outgoing) return;
    this.row.cancel_ms = this.#services.clock.now();
    this.#move('releases');
    this.#outgoing.cancel();
  }

  /** The vendor tells of the agent inside the dialog: method `signalling`. */
  #signalled(request: SipRequest): void {
    const how = this.#services.signalling;
    const { row } = this;
    if (!how || how.method !== request.method || row.agent_ms !== null || this.gone) return;
    const agent = how.header === undefined ? request.header('p-asserted-identity') : request.header(how.header);
    if (how.header !== undefined && agent === undefined) return;
    row.agent_ms = request.at;
    row.agent = agent ?? null;
    row.correlation = 'signalling';
    this.enterQueue();
    this.#move('agent');
  }

  /** While talking any silence counts; before, only that of a vendor that had been heard: some send nothing while a caller waits. */
  #silent(since: number): void {
    const waits = this.#state === 'queued' || this.#state === 'ivr';
    if (this.#state !== 'talking' && !(waits && this.media.heard)) return;
    this.#facts.mediaLost = true;
    this.row.rtp_gap_ms = this.#services.clock.now() - since;
    this.#changes.happened();
  }

  get mediaLost(): boolean {
    return this.#facts.mediaLost;
  }

  #journal(): void {
    this.#journaled = true;
    const snapshot = (this.#dialog ?? this.#outgoing!).snapshot();
    this.#services.sink.write('open', openRow(this.#services, this.row.call!, 'caller', this.#dialog !== undefined, snapshot));
  }

  #move(event: CallEvent): void {
    if (event === 'agent' && !this.media.deaf) this.media.listen([]);
    const to = nextState(this.#state, event);
    if (to !== this.#state) {
      notify(this.#services, this.#state, to);
      this.#state = to;
    }
    this.#changes.happened();
  }

  #end(): void {
    this.row.end_ms ??= this.#services.clock.now();
    this.#finish();
  }

  #finish(): void {
    if (this.over) return;
    const { row } = this;
    this.#watch?.release();
    if (this.#outgoing) {
      row.challenges = this.#outgoing.challenges;
      row.invite_retransmissions = this.#outgoing.retransmissions;
    }
    if (this.#entered) this.#services.gate.release();
    const gap = row.rtp_gap_ms;
    this.media.fill(row);
    if (gap !== null) row.rtp_gap_ms = Math.max(gap, row.rtp_gap_ms ?? 0);
    this.media.close();
    if (row.agent_ms !== null && row.correlation === null) row.correlation = 'none';
    row.correlation ??= row.wants_agent ? 'none' : null;
    row.heard = this.heard.written;
    this.#facts.allBusy = this.heard.allBusy;
    const { transferred, followed } = this.inDialog;
    Object.assign(row, judge(row, { ...this.#facts, transferred, followed }));
    this.#services.sink.write('calls', row);
    this.#services.trace?.caller(row);
    if (this.#journaled) this.#services.sink.write('open', closeRow(this.#services, row.call!));
    this.#move('over');
    this.onOver?.();
  }
}

function notify(services: CallServices, from: CallState | null, to: CallState): void {
  services.state?.(from, to);
}

/**
 * One caller's leg, from INVITE to the last trace of it: its state, and the row that is written when nothing of it is left. It decides nothing about
 * the story; the verbs (call.ts) do, by waiting for changes here. The signalling (leg-signalling.ts), the media and the correlator report to it.
 */
import type { StopSignal } from '../clock.ts';
import type { CallRow } from '../record/schema.ts';
import type { OutgoingCallHandlers, OutgoingCallOptions } from '../sip/stack.ts';
import type { Call } from './call.ts';
import { Changes, type UntilOptions } from './changes.ts';
import type { AgentOnLine, CallerWatch } from './correlator.ts';
import { Heard } from './heard.ts';
import { InDialog } from './in-dialog.ts';
import { LegSignalling } from './leg-signalling.ts';
import type { CallMedia } from './media.ts';
import { type EndFacts, judge } from './outcome.ts';
import type { CallServices } from './services.ts';
import { type CallEvent, type CallState, nextState } from './states.ts';

/** Longest wait, ms, for the word of our agent's side about who hung up first. */
const SETTLE_MS = 500;

export class CallerLeg {
  readonly row: CallRow;
  readonly media: CallMedia;
  /** What the end of the call is judged by beside its row. */
  readonly facts: EndFacts;
  /** What is asked and done inside the dialog. */
  readonly inDialog: InDialog;
  /** Time of the last digit sent: the queue entry where there is a menu. */
  lastDigitAt: number | null = null;
  /** Announcements recognised. */
  readonly heard: Heard;
  /** The call that follows a REFER of the other side. */
  successor: { made: Promise<Call> } | undefined;
  /** Told once, when nothing is left of the call. */
  onOver: (() => void) | undefined;
  readonly #services: CallServices;
  readonly #changes: Changes;
  #state: CallState = 'setup';
  #signalling: LegSignalling | undefined;
  #watch: CallerWatch | undefined;
  #settle: (() => void) | undefined;

  constructor(services: CallServices, row: CallRow, media: CallMedia, options: { viaCarrier: boolean }) {
    this.#services = services;
    this.#changes = new Changes(services.clock);
    this.row = row;
    this.media = media;
    this.inDialog = new InDialog(this);
    this.facts = {
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
    media.owner = this;
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

  get mediaLost(): boolean {
    return this.facts.mediaLost;
  }

  /** Puts the INVITE on the wire; the gate has let the call in. @param trunks names of the first way and of each other one */
  start(
    options: OutgoingCallOptions,
    uui: string | undefined,
    trunks: readonly string[] = [],
    redirected?: OutgoingCallHandlers['redirected'],
  ): void {
    this.#services.state?.(null, 'setup');
    this.#watch = this.#services.correlator.caller({ call: this.row.call!, caller: this.row.caller!, uui }, this);
    this.#signalling = new LegSignalling(this, this.#services, trunks, redirected);
    this.#signalling.begin(options);
  }

  /** A fault of ours before anything was sent. */
  refuse(why: string): void {
    this.facts.harness = why;
    this.row.end_ms = this.#services.clock.now();
    this.#services.state?.(null, 'setup');
    this.#finish();
  }

  /** The queue begins: at the last digit, else at the answer, else with the announcement in early media. */
  enterQueue(): void {
    const { row } = this;
    row.queue_ms ??= this.lastDigitAt ?? row.answer_ms ?? row.early_media_ms ?? row.provisional_ms ?? this.#services.clock.now();
    this.move('queues');
  }

  /** Listens for the profile's announcements and for what a verb asks for beside them, until an agent is on the line. */
  listen(beside: readonly number[] = []): void {
    if (this.media.deaf) return;
    const known = this.#services.announcements?.map(({ hz }) => hz) ?? [];
    this.media.listen([...new Set([...known, ...beside])], (hz) => {
      this.heard.tone(hz);
      this.changed();
    });
  }

  /** Waits for a change of this call: see changes.ts. */
  until<T>(check: () => T | undefined, options: UntilOptions<T>): Promise<T> {
    return this.#changes.until(check, options);
  }

  /** Waits that long. @returns 'ended' where the other side hung up before, or its RTP stopped for longer than the profile's limit */
  stay(ms: number, signal: StopSignal): Promise<'done' | 'ended'> {
    return this.until<'done' | 'ended'>(() => (this.gone || this.mediaLost ? 'ended' : undefined), {
      signal,
      timeoutMs: ms,
      timedOut: () => 'done',
    });
  }

  /** Something of the call is not as it was: all who wait look again. */
  changed(): void {
    this.#changes.happened();
  }

  move(event: CallEvent): void {
    if (event === 'agent' && !this.media.deaf) this.media.listen([]);
    const to = nextState(this.#state, event);
    if (to !== this.#state) {
      this.#services.state?.(this.#state, to);
      this.#state = to;
    }
    this.changed();
  }

  /** The caller is content with a call-back: what the line does from now on is no loss. */
  divert(): void {
    this.facts.diverted = true;
  }

  /** Ends the call from our side: CANCEL before the answer, BYE after it. Resolves when nothing is left of it. */
  async hangUp(options: { stopped?: boolean } = {}): Promise<void> {
    if (this.over) return;
    if (options.stopped && this.#state !== 'releasing') this.facts.stopped = true;
    // Their BYE has ended the dialog already; only the agent's word is still awaited.
    if (this.row.bye_received_ms === null) await this.#signalling?.release();
    await this.finished();
  }

  async finished(): Promise<void> {
    if (!this.over) await this.#changes.until(() => (this.over ? true : undefined));
  }

  /** One CANCEL or BYE on the wire, nothing awaited: the second Ctrl-C. The row is written as it stands. */
  abandonUnawaited(): void {
    if (this.over) return;
    this.facts.stopped = true;
    this.#signalling?.abandonUnawaited();
    this.end();
  }

  /** Of the correlator: an agent took the call. */
  agent(seen: AgentOnLine): void {
    const { row } = this;
    if (row.agent_ms !== null || !this.#stillThere(seen.at)) return;
    row.agent_ms = seen.at;
    row.agent = seen.agent;
    row.correlation = seen.method;
    if (this.#services.ownAgents && seen.method === 'both-legs') this.facts.agentHungUp = undefined;
    this.enterQueue();
    this.move('agent');
  }

  /** Whether the answered call was still on at that moment: what another worker tells may come after the BYE that it preceded. */
  #stillThere(at: number): boolean {
    if (!this.gone) return true;
    const { cancel_ms, bye_sent_ms, bye_received_ms } = this.row;
    const left = bye_sent_ms ?? bye_received_ms;
    return !this.over && cancel_ms === null && left !== null && at < left;
  }

  /** Of the correlator: that agent's leg is over. */
  agentEnded({ at, by }: { at: number; by: 'agent' | 'vendor' }): void {
    const { row } = this;
    if (row.agent_ms === null) return;
    row.agent_end_ms ??= at;
    this.facts.agentHungUp ??= by === 'agent';
    this.#settle?.();
  }

  /** Of the signalling: their BYE has come. */
  hungUpByThem(): void {
    const { row, facts } = this;
    if (row.agent_ms === null || row.correlation !== 'both-legs' || facts.agentHungUp !== undefined) return this.end();
    // The agent's own word may still be on its way from another worker.
    this.move('releases');
    const timer = this.#services.clock.after(SETTLE_MS, () => this.#settle?.());
    this.#settle = () => {
      timer.cancel();
      this.#settle = undefined;
      facts.agentHungUp ??= false;
      this.end();
    };
  }

  /** Of the media. While talking any silence counts; before, only that of a vendor that had been heard: some send nothing while a caller waits. */
  silent(since: number): void {
    const waits = this.#state === 'queued' || this.#state === 'ivr';
    if (this.#state !== 'talking' && !(waits && this.media.heard)) return;
    this.facts.mediaLost = true;
    this.row.rtp_gap_ms = this.#services.clock.now() - since;
    this.changed();
  }

  /** Of the media, or of an INFO. */
  digit(digit: string): void {
    this.row.digits_received = (this.row.digits_received ?? '') + digit;
    this.changed();
  }

  /** Nothing is left of the call. */
  end(): void {
    this.row.end_ms ??= this.#services.clock.now();
    this.#finish();
  }

  #finish(): void {
    if (this.over) return;
    const { row, media, facts } = this;
    const { sink, gate, trace } = this.#services;
    this.#watch?.release();
    if (this.#signalling) gate.release();
    const gap = row.rtp_gap_ms;
    media.fill(row);
    if (gap !== null) row.rtp_gap_ms = Math.max(gap, row.rtp_gap_ms ?? 0);
    media.close();
    if (row.agent_ms !== null && row.correlation === null) row.correlation = 'none';
    row.correlation ??= row.wants_agent ? 'none' : null;
    row.heard = this.heard.written;
    facts.allBusy = this.heard.allBusy;
    facts.transferred = this.inDialog.transferred;
    facts.followed = this.inDialog.followed;
    this.#signalling?.close();
    const judged = judge(row, facts);
    // One that says so already is left as it is.
    const ours = judged.blame !== null && !judged.blame_why?.includes('by a fault of this run') && this.#addressGone();
    if (ours) facts.harness = `our own address was gone meanwhile, by a fault of this run: ${judged.blame_why ?? judged.outcome}`;
    Object.assign(row, ours ? judge(row, facts) : judged);
    sink.write('calls', row);
    trace?.caller(row);
    this.move('over');
    this.onOver?.();
  }

  #addressGone(): boolean {
    const { invite_ms, dialled_ms, end_ms } = this.row;
    const from = invite_ms ?? dialled_ms;
    return from !== null && end_ms !== null && this.#services.addressGone?.(from, end_ms) === true;
  }
}

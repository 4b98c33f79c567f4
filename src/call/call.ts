/**
 * A call as a scenario sees it: verbs that read like a caller's story. Each verb waits until what it names has happened, and rejects where the
 * story cannot go on: `call-failed` (not answered), `call-ended` (the other side hung up), `patience-over`, `stopped` (the VU must end). Those four
 * are ends of a story, not errors of the script: the iteration ends and the call's own row says what happened.
 */
import { type Duration, durationMs } from '../duration.ts';
import { CallsurgeError } from '../errors.ts';
import type { CorrelationMethod, Outcome } from '../record/schema.ts';
import { awaitCallBack, type CallBack, type CallBackOptions } from './call-back.ts';
import type { VuContext } from './context.ts';
import { endOf } from './facts.ts';
import type { CallerLeg } from './leg.ts';
import { type PressOptions, press } from './press.ts';
import type { CallState } from './states.ts';
import { drawSpan, type Purpose, type Span, traitOf } from './streams.ts';

export interface AgentOptions {
  /** How long the caller waits, from queue entry. Default: for ever. */
  patience?: Span;
  /** Share of callers (0…1) who hang up as soon as that announcement is heard: `{ 'queue-full': 1, position: 0.2 }`. */
  balks?: Record<string, number>;
}

export class Call {
  readonly #leg: CallerLeg;
  readonly #vu: VuContext;

  constructor(leg: CallerLeg, vu: VuContext) {
    this.#leg = leg;
    this.#vu = vu;
  }

  /** Our name of the call, as in calls.csv. */
  get id(): string {
    return this.#leg.row.call!;
  }
  get state(): CallState {
    return this.#leg.state;
  }
  /** Final SIP status of the INVITE, once there is one. */
  get status(): number | null {
    return this.#leg.row.status;
  }
  /** Set once the call is over. */
  get outcome(): Outcome | null {
    return this.#leg.row.outcome as Outcome | null;
  }
  /** Queue entry to agent on the line, ms; null until an agent came. */
  get waitMs(): number | null {
    const { queue_ms, agent_ms } = this.#leg.row;
    return queue_ms === null || agent_ms === null ? null : agent_ms - queue_ms;
  }
  /** INVITE to first provisional other than 100, or to the 200 (RFC 6076 4.3), ms. */
  get setupDelayMs(): number | null {
    const { invite_ms, provisional_ms, answer_ms } = this.#leg.row;
    const end = provisional_ms ?? answer_ms;
    return invite_ms === null || end === null ? null : end - invite_ms;
  }
  /** Who is on the line and how we know. */
  get agentOnLine(): { agent: string | null; method: CorrelationMethod } | null {
    const { agent_ms, agent, correlation } = this.#leg.row;
    return agent_ms === null ? null : { agent, method: correlation as CorrelationMethod };
  }

  /**
   * Waits for the 200. With `within`, gives up (CANCEL, outcome abandoned) when it has not come by then.
   * @throws CallsurgeError `call-failed` with the final status; `patience-over`.
   */
  async answered(options: { within?: Duration } = {}): Promise<void> {
    const leg = this.#leg;
    const timeoutMs = options.within === undefined ? undefined : durationMs(options.within, 'answered({ within })');
    const answered = await leg.until(
      () => {
        if (leg.row.answer_ms !== null && !leg.gone) return true;
        if (leg.over) throw endOf(leg.row);
        return undefined;
      },
      { signal: this.#vu.signal, timeoutMs, timedOut: () => false },
    );
    if (!answered) await this.#giveUp('no answer came in time');
  }

  /**
   * Presses digits (0-9 * # A-D) as RFC 4733 events, or by SIP INFO. The end of the last one is the queue entry.
   * @throws CallsurgeError `call-ended`; `verb-misused` before the answer, or where the vendor agreed to no telephone-event.
   */
  async press(digits: string, options: PressOptions = {}): Promise<void> {
    await press(this.#leg, this.#vu, digits, options);
  }

  /**
   * Waits in the queue for an agent. Patience is counted from the queue entry; when it runs out, or the caller balks at an announcement, they hang up
   * (outcome abandoned; blocked after "all lines are busy").
   * @returns the wait in ms. @throws CallsurgeError `patience-over`, `call-failed`, `call-ended`; `verb-misused` where nothing could tell of an agent.
   */
  async agent(options: AgentOptions = {}): Promise<number> {
    const leg = this.#leg;
    const { row } = leg;
    const { services } = this.#vu;
    if (!services.ownAgents && !services.signalling)
      throw new CallsurgeError('verb-misused', 'agent() cannot work: no agent of ours, and the vendor signals none', {
        where: 'vendor.agents',
        todo: 'give the profile sip agents or `signalling`, or use call.wait() instead',
      });
    row.wants_agent = true;
    const patience =
      options.patience === undefined ? Number.POSITIVE_INFINITY : this.#draw(options.patience, 'patience', 'agent({ patience })');
    row.patience_ms = Number.isFinite(patience) ? patience : null;
    const balksAt = this.#balksAt(options.balks ?? {});
    if (!leg.over) leg.enterQueue();
    const left = row.queue_ms === null ? patience : row.queue_ms + patience - services.clock.now();
    const came = await leg.until<'agent' | 'patience' | 'announcement'>(
      () => {
        if (row.agent_ms !== null) return 'agent';
        if (leg.gone || leg.mediaLost) throw endOf(leg.row);
        return balksAt.some((name) => leg.heard.has(name)) ? 'announcement' : undefined;
      },
      { signal: this.#vu.signal, timeoutMs: Math.max(0, left), timedOut: () => 'patience' },
    );
    if (came !== 'agent') await this.#giveUp(came === 'patience' ? 'the patience of the caller ran out' : 'the announcement was enough');
    return this.waitMs ?? 0;
  }

  /**
   * Waits until an announcement of the profile is heard, by name, or a tone, by its frequency in Hz; at once where it has been heard in this call.
   * @returns whether it was: false after `within`, and where the call ended or an agent came before. @throws CallsurgeError `verb-misused`
   */
  async hears(what: string | number, options: { within?: Duration } = {}): Promise<boolean> {
    const leg = this.#leg;
    const { name, hz } = this.#announcement(what, 'hears()');
    const done = () => leg.gone || leg.mediaLost || leg.row.agent_ms !== null;
    if (!leg.heard.has(name) && !done()) leg.listen([hz]);
    return leg.until(() => (leg.heard.has(name) ? true : done() ? false : undefined), {
      signal: this.#vu.signal,
      timeoutMs: options.within === undefined ? undefined : durationMs(options.within, 'hears({ within })'),
      timedOut: () => false,
    });
  }

  /**
   * Talks for that long.
   * @returns 'done', or 'ended' where the other side hung up before (or its RTP stopped for longer than the profile's limit).
   */
  async talk(span: Span): Promise<'done' | 'ended'> {
    const ms = this.#draw(span, 'talk', 'talk()');
    this.#leg.row.talk_ms = ms;
    return this.#leg.stay(ms, this.#vu.signal);
  }

  /** Stays on the line for that long, whatever comes. @returns 'ended' where the other side hung up before. */
  async wait(span: Span): Promise<'done' | 'ended'> {
    return this.#leg.stay(this.#draw(span, 'wait', 'wait()'), this.#vu.signal);
  }

  /**
   * Hangs up, where the call is still open, and waits for the vendor to call this caller back.
   * @returns the answered call-back. @throws CallsurgeError `patience-over` where none came `within`; `call-ended` where the vendor gave it up.
   */
  async callBack(options: CallBackOptions = {}): Promise<CallBack> {
    const leg = this.#leg;
    const { row } = leg;
    // Waited for before the hang-up is through: an eager vendor may be quicker than the 200 to our BYE.
    const since = row.end_ms ?? this.#vu.services.clock.now();
    const back = awaitCallBack(this.#vu, { call: row.call!, caller: row.caller!, since }, options);
    leg.divert();
    const [, came] = await Promise.all([leg.hangUp(), back]);
    return came;
  }

  /** Puts the vendor on hold: re-INVITE, sendonly (RFC 3264 8.4). @returns 'refused' where it does not take that, 'ended' where the call is over. */
  async hold(): Promise<'held' | 'refused' | 'ended'> {
    const done = await this.#renegotiate(true, 'hold()');
    return done === 'done' ? 'held' : done;
  }

  /** Takes the call up again after `hold()`. */
  async resume(): Promise<'resumed' | 'refused' | 'ended'> {
    const done = await this.#renegotiate(false, 'resume()');
    return done === 'done' ? 'resumed' : done;
  }

  /**
   * Blind transfer (RFC 3515, RFC 5589 6): asks the vendor to call that number instead of us, and waits for what becomes of it. Hang up afterwards.
   * @param number digits, or a key of the profile's `numbers`; it must be one that the contract permits
   * @returns 'transferred', 'refused' (the row has the status), or 'ended' where the vendor hung up, or said nothing within `within` (default 32s).
   */
  async transfer(number: string, options: { within?: Duration } = {}): Promise<'transferred' | 'refused' | 'ended'> {
    const leg = this.#leg;
    const { services, signal } = this.#vu;
    this.#mustBeAnswered('transfer()');
    const called = services.numbers[number] ?? number;
    const refusal = services.gate.check(called, leg.row.caller!);
    if (refusal) throw refusal;
    const domain = services.trunks.find(({ name }) => name === leg.row.trunk)?.domain ?? '';
    if (!(await leg.inDialog.transfer(`sip:${called}@${domain}`, `sip:${leg.row.caller}@${domain}`))) return leg.gone ? 'ended' : 'refused';
    return leg.until<'transferred' | 'refused' | 'ended'>(
      () => {
        const status = leg.row.transfer_status;
        if (status !== null) return status < 300 ? 'transferred' : 'refused';
        return leg.gone ? 'ended' : undefined;
      },
      { signal, timeoutMs: durationMs(options.within ?? '32s', 'transfer({ within })'), timedOut: () => 'ended' },
    );
  }

  /**
   * Waits for the vendor to send this caller elsewhere by REFER: `dial({ refers: 'follow' })`.
   * @returns the call that was made for it; undefined where none came within that time, or before the end of the call.
   */
  async referred(options: { within?: Duration } = {}): Promise<Call | undefined> {
    const leg = this.#leg;
    const timeoutMs = options.within === undefined ? undefined : durationMs(options.within, 'referred({ within })');
    const successor = await leg.until<{ made: Promise<Call> } | null>(() => leg.successor ?? (leg.gone ? null : undefined), {
      signal: this.#vu.signal,
      timeoutMs,
      timedOut: () => null,
    });
    return successor?.made;
  }

  /** Ends the call: BYE, or CANCEL before the answer. Resolves when nothing is left of it; at once when it is over already. */
  async hangUp(): Promise<void> {
    await this.#leg.hangUp();
  }

  /** Resolves when the call is over, whoever ended it. */
  async ended(): Promise<void> {
    await this.#leg.until(() => (this.#leg.over ? true : undefined), { signal: this.#vu.signal });
  }

  async #giveUp(why: string): Promise<never> {
    await this.#leg.hangUp();
    throw new CallsurgeError('patience-over', `the caller gave up: ${why}`);
  }

  async #renegotiate(on: boolean, verb: string): Promise<'done' | 'refused' | 'ended'> {
    this.#mustBeAnswered(verb);
    if (this.#leg.gone) return 'ended';
    const done = await this.#leg.inDialog.hold(on);
    return this.#leg.gone ? 'ended' : done;
  }

  #mustBeAnswered(verb: string): void {
    if (this.#leg.row.answer_ms !== null) return;
    throw new CallsurgeError('verb-misused', `${verb} before the call was answered`, { todo: 'await call.answered() first' });
  }

  #draw(span: Span, purpose: Purpose, verb: string): number {
    return drawSpan(this.#vu, span, purpose, verb);
  }

  /** The announcements that this caller hangs up at. */
  #balksAt(shares: Record<string, number>): string[] {
    return Object.entries(shares)
      .map(([what, share]) => ({ name: this.#announcement(what, 'agent({ balks })').name, share }))
      .filter(({ name, share }) => traitOf(this.#vu, `balks at ${name}`) < share)
      .map(({ name }) => name);
  }

  #announcement(what: string | number, verb: string): { name: string; hz: number } {
    const { heard, media } = this.#leg;
    if (media.deaf && !this.#leg.over)
      throw new CallsurgeError('verb-misused', `${verb} in a call without media`, { todo: "leave out media: 'none'" });
    const found = heard.nameOf(what);
    if (found) return found;
    throw new CallsurgeError('verb-misused', `${verb}: the vendor profile has no announcement "${what}"`, {
      where: 'vendor.announcements',
      todo: heard.names.length > 0 ? `there are ${heard.names.join(', ')}` : 'add it with the frequency of its tone',
    });
  }
}

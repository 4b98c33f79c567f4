/**
 * The call centre itself: no sockets, no SIP, no time of its own. It is told what arrives (`arrive`, `accepted`, `digit`, `left` …), orders its
 * host about (`CentreHost`) and closes a truth row for each call. The same class serves real callers behind SIP and a million modelled ones on
 * virtual time. States of a call: call.ts; of an agent: agents.ts; of a site: sites.ts.
 */
import type { Clock, TimerHandle } from '../../clock.ts';
import { type RandomStream, randomStream } from '../../random.ts';
import { ANNOUNCEMENT_MS, type CompleteConfig, type NumberKind, RETRY_AFTER_S } from '../defaults.ts';
import type { SimulatorEvent, SimulatorState, TruthOutcome, TruthRow } from '../truth.ts';
import type { Agent } from './agents.ts';
import { type Arrival, Call, type Offer } from './call.ts';
import { CallBacks, type CallBackWorld } from './call-backs.ts';
import { Desk } from './desk.ts';
import { drawMs } from './draw.ts';
import { Edge } from './edge.ts';
import type { CentreHost } from './host.ts';
import { Operator } from './operator.ts';
import { type Site, Sites } from './sites.ts';

type EndedBy = NonNullable<TruthRow['ended_by']>;
const VIP_PRIORITY = 10;

export class CallCentre {
  readonly sites: Sites;
  readonly desk: Desk;
  readonly operator: Operator;
  readonly #edge: Edge;
  readonly #callBacks: CallBacks | null;
  readonly #clock: Clock;
  readonly #config: CompleteConfig;
  readonly #host: CentreHost;
  readonly #handlingDraws: RandomStream;
  readonly #overloadDraws: RandomStream;
  readonly #calls = new Set<Call>();
  readonly #firstSkill: string;
  #count = 0;

  constructor(clock: Clock, config: CompleteConfig, host: CentreHost) {
    this.#clock = clock;
    this.#config = config;
    this.#host = host;
    this.#handlingDraws = randomStream(config.seed, 'own agent: handling');
    this.#overloadDraws = randomStream(config.seed, 'overload');
    this.sites = new Sites(config.sites, config.edgeChannels, config.edgeCps, config.refuse);
    this.desk = new Desk(clock, config, host, (call, agent, offer) => this.#talk(call, agent, offer));
    this.#edge = new Edge(clock, config, host, this.sites, (call) => this.#refuseCall(call, call.tried ? 503 : this.sites.refuse));
    this.operator = new Operator({
      clock,
      host,
      sites: this.sites,
      desk: this.desk,
      scaleDelayMs: config.scaleDelayMs,
      lose: (call) => this.#finish(call, 'fault', 'lost'),
    });
    this.#callBacks = config.callBack && new CallBacks(this.#callBackWorld(), config.callBack, config.seed);
    this.#firstSkill = Object.values(config.menu ?? {})[0] ?? config.ownAgents[0]?.skill ?? config.accounts[0]?.skill ?? 'support';
    this.#edge.startProbing();
  }

  /** Calls not ended. */
  get calls(): ReadonlySet<Call> {
    return this.#calls;
  }

  /** Call-backs promised and not yet begun. */
  get callBacksDue(): number {
    return this.#callBacks?.due ?? 0;
  }

  // What the network tells

  /** An INVITE reached the edge. `data` is the host's own, set before the host is asked anything. */
  arrive(arrival: Arrival, data: unknown = null): Call {
    const kind = this.#config.numbers[arrival.called] ?? (this.#config.menu ? 'menu' : 'queue');
    const vip = arrival.vip === true || (this.#config.vipPrefix !== '' && arrival.caller.startsWith(this.#config.vipPrefix));
    const call = this.#begin(kind, arrival, vip ? VIP_PRIORITY : 0);
    call.data = data;
    if (this.sites.edgeTakes(this.#clock.now())) this.#edge.place(call);
    else this.#refuseCall(call, this.sites.refuse);
    return call;
  }

  /** The site has the INVITE. @returns false where this is no longer its call. */
  accepted(call: Call, attempt: number): boolean {
    if (call.state !== 'placed' || call.attempt !== attempt) return false;
    call.step?.cancel();
    call.state = 'ringing';
    call.row.site = call.site!.name;
    if (call.kind === 'busy') this.#refuseCall(call, 486);
    else this.#strained(call);
    return true;
  }

  digit(call: Call, digit: string): void {
    if (this.#callBacks?.asks(call, digit)) return this.#callBacks.note(call, this.#firstSkill);
    const skill = call.state === 'menu' ? this.#config.menu?.[digit] : undefined;
    if (skill !== undefined) this.#enterQueue(call, skill);
  }

  /** The caller's CANCEL or BYE. */
  left(call: Call): void {
    if (call.state === 'ended') return;
    if (!call.answered) call.row.status = 487;
    this.#finish(call, 'caller', this.#outcomeOf(call, 'abandoned'));
  }

  /** It cannot be served: 200 never acknowledged, or refused by the site with that status for reasons of its own (488). */
  broken(call: Call, status: number | null = call.row.status): void {
    if (call.state === 'ended') return;
    call.row.status = status;
    this.#finish(call, 'vendor', 'failed');
  }

  /** The customer who is called back has answered. @returns false where that was given up meanwhile: hang up. */
  customerAnswered(call: Call): boolean {
    return this.#callBacks?.answered(call) ?? false;
  }

  /** @returns false where the caller has gone meanwhile, or somebody else has him: hang up. */
  agentAnswered(offer: Offer): boolean {
    return this.desk.answered(offer);
  }

  agentRefused(offer: Offer): void {
    this.desk.refused(offer);
  }

  /** The agent hung up. */
  agentLeft(call: Call): void {
    if (call.state === 'talking') this.#finish(call, 'agent', 'answered');
  }

  signOn(account: string, skill: string): Agent {
    const fresh = !this.desk.team(skill).members.some((agent) => agent.name === account && agent.registered);
    const agent = this.desk.signOn(account, skill);
    if (fresh) this.#event('registration', `${account} registered`);
    return agent;
  }

  signOff(account: string, why: string): void {
    this.desk.signOff(account);
    this.#event('registration', `${account} gone`, { why });
  }

  probed(site: Site, answered: boolean): void {
    this.#edge.probed(site, answered);
  }

  state(): SimulatorState {
    return {
      now: this.#clock.now(),
      sites: this.sites.all.map(({ name, state, seenUp, channels, inUse }) => ({ name, state, seenUp, channels, inUse })),
      queues: [...this.desk.teams].map(([skill, team]) => ({ skill, waiting: this.desk.queue(skill).length, ...team.counts() })),
      calls: this.#calls.size,
    };
  }

  /** Closing time: no more probes and orders, every call is ended by the vendor. */
  close(): void {
    this.#edge.stop();
    this.desk.close();
    this.operator.close();
    this.#callBacks?.close();
    for (const call of [...this.#calls]) {
      if (call.answered || call.state === 'announced' || call.state === 'dialling')
        this.#finish(call, 'vendor', this.#outcomeOf(call, 'failed'));
      else this.#refuseCall(call, 503);
    }
  }

  // A call's life

  #begin(kind: NumberKind, arrival: Arrival, priority: number): Call {
    const call = new Call(++this.#count, kind, arrival, priority, this.#clock.now());
    this.#calls.add(call);
    return call;
  }

  #callBackWorld(): CallBackWorld {
    return {
      clock: this.#clock,
      host: this.#host,
      sites: this.sites,
      desk: this.desk,
      begin: (arrival, priority) => this.#begin('queue', arrival, priority),
      wait: (call, skill) => this.#wait(call, skill),
      next: (call, ms, run) => this.#then(call, ms, run),
      finish: (call, outcome, silent) => (silent ? this.#close(call, 'vendor', outcome, () => {}) : this.#finish(call, 'vendor', outcome)),
    };
  }

  /** Rings; the later, and the less surely, the more the site holds beyond what it does with ease. */
  #strained(call: Call): void {
    const { above, slowMs, failShare } = this.#config.overload;
    const beyond = Math.max(0, call.site!.inUse - above);
    const fails = beyond > 0 && this.#overloadDraws.next() < beyond * failShare;
    this.#then(call, this.#config.ringMs + beyond * slowMs, () => (fails ? this.#refuseCall(call, 500, 'failed') : this.#ring(call)));
  }

  #ring(call: Call): void {
    call.row.ringing_ms = this.#clock.now();
    if (call.kind === 'early-queue') {
      this.#queueEarly(call);
      return;
    }
    this.#host.ring(call);
    if (call.kind !== 'ring') this.#then(call, Math.max(0, this.#config.answerMs - this.#config.ringMs), () => this.#pickUp(call));
  }

  #queueEarly(call: Call): void {
    if (this.#isFull(this.#firstSkill)) {
      this.#overflowUnanswered(call);
      return;
    }
    this.#host.early(call);
    this.#enterQueue(call, this.#firstSkill);
  }

  #pickUp(call: Call): void {
    if (call.kind === 'queue' && this.#config.queue.overflow !== 'announce' && this.#isFull(this.#firstSkill)) {
      this.#overflowUnanswered(call);
      return;
    }
    this.#answer(call);
    if (call.kind === 'queue') {
      this.#enterQueue(call, this.#firstSkill);
    } else if (call.kind === 'echo') {
      call.state = 'served';
      this.#host.play(call, 'echo');
    } else {
      call.state = 'menu';
      this.#host.play(call, 'menu');
      this.#then(call, this.#config.menuTimeoutMs, () => this.#finish(call, 'vendor', 'failed'));
    }
  }

  #answer(call: Call, now = this.#clock.now()): void {
    call.row.answered_ms = now;
    call.row.status = 200;
    this.#host.answer(call);
  }

  #isFull(skill: string): boolean {
    return this.desk.queue(skill).length >= this.#config.queue.maxLength;
  }

  #overflowUnanswered(call: Call): void {
    call.row.skill = this.#firstSkill;
    if (this.#config.queue.overflow === 'divert') this.#refuseCall(call, 302, 'diverted');
    else this.#refuseCall(call, 486);
  }

  #enterQueue(call: Call, skill: string): void {
    call.step?.cancel();
    call.row.skill = skill;
    if (this.#isFull(skill)) {
      call.state = 'announced';
      this.#host.play(call, 'busy');
      this.#then(call, ANNOUNCEMENT_MS, () => this.#finish(call, 'vendor', this.#outcomeOf(call, 'blocked')));
      return;
    }
    this.#wait(call, skill);
  }

  #wait(call: Call, skill: string): void {
    call.state = 'queued';
    call.row.queued_ms = this.#clock.now();
    this.#host.play(call, 'hold');
    const { maxWaitMs } = this.#config.queue;
    if (Number.isFinite(maxWaitMs)) call.limit = this.#later(call, maxWaitMs, () => this.#giveUp(call));
    call.row.queue_position = this.desk.enqueue(call, skill);
  }

  /** The longest wait is over. */
  #giveUp(call: Call): void {
    if (call.state !== 'queued') return;
    if (call.answered) this.#finish(call, 'vendor', 'failed');
    else this.#refuseCall(call, 480);
  }

  #talk(call: Call, agent: Agent, offer: Offer): void {
    call.limit?.cancel();
    call.state = 'talking';
    call.row.agent = agent.name;
    call.row.agent_ms = this.#clock.now();
    if (!call.answered) this.#answer(call, call.row.agent_ms);
    this.#host.connect(call, agent, agent.own ? null : offer);
    const handling = agent.own?.handlingMs;
    if (handling !== undefined && handling !== 'until-caller')
      this.#then(call, drawMs(handling, this.#handlingDraws), () => this.#finish(call, 'agent', 'answered'));
  }

  #refuseCall(call: Call, status: number, outcome: TruthOutcome = 'blocked'): void {
    call.row.refused_ms = this.#clock.now();
    call.row.status = status;
    const headers = status === 503 ? { retryAfterS: RETRY_AFTER_S } : status === 302 ? { divertTo: 'callback' } : {};
    this.#close(call, 'vendor', outcome, () => this.#host.refuse(call, status, headers));
  }

  #finish(call: Call, by: EndedBy, outcome: TruthOutcome): void {
    this.#close(call, by, outcome, () => this.#host.end(call, by));
  }

  #close(call: Call, by: EndedBy, outcome: TruthOutcome, tell: () => void): void {
    if (call.state === 'ended') return;
    call.state = 'ended';
    call.step?.cancel();
    call.limit?.cancel();
    this.#calls.delete(call);
    call.site?.calls.delete(call);
    call.row.ended_ms = this.#clock.now();
    call.row.ended_by = by;
    call.row.outcome = outcome;
    tell();
    this.#host.truth(call.row);
    // Last, because a freed agent or channel may start the next call's story at once.
    this.desk.leave(call);
    if (call.agent) this.desk.release(call.agent);
    this.#callBacks?.ended(call);
  }

  /** What a call has come to if it ends now; `otherwise` where nothing has been reached. */
  #outcomeOf(call: Call, otherwise: TruthOutcome): TruthOutcome {
    if (call.state === 'talking') return 'answered';
    if (call.state === 'served') return 'served';
    if (call.numberLeft) return 'diverted';
    if (call.state === 'announced') return this.#config.queue.overflow === 'divert' ? 'diverted' : 'blocked';
    return otherwise;
  }

  // Time

  #later(call: Call, ms: number, run: () => void): TimerHandle {
    return this.#clock.after(ms, () => call.site?.run(() => call.state !== 'ended' && run()));
  }

  #then(call: Call, ms: number, run: () => void): void {
    call.step = this.#later(call, ms, run);
  }

  #event(kind: SimulatorEvent['kind'], name: string, detail?: unknown): void {
    this.#host.event({ t_ms: this.#clock.now(), kind, name, detail });
  }
}

/**
 * The desk brings waiting callers and agents together: highest priority first, first come first served, longest idle agent first. An agent that
 * does not answer in time, or refuses, is passed over for a moment, and the caller keeps the place in the queue.
 */
import type { Clock } from '../../clock.ts';
import { type RandomStream, randomStream } from '../../random.ts';
import { type CompleteConfig, DEFAULT_AGENT, type OwnAgentGroup, REFUSED_REST_MS } from '../defaults.ts';
import { Agent, Team } from './agents.ts';
import type { Call, Offer } from './call.ts';
import { drawMs } from './draw.ts';
import type { CentreHost } from './host.ts';
import { WaitingQueue } from './waiting.ts';

export class Desk {
  readonly teams = new Map<string, Team>();
  readonly #queues = new Map<string, WaitingQueue>();
  readonly #accounts = new Map<string, Agent>();
  readonly #clock: Clock;
  readonly #config: CompleteConfig;
  readonly #host: CentreHost;
  readonly #talk: (call: Call, agent: Agent, offer: Offer) => void;
  readonly #answerDraws: RandomStream;
  readonly #wrapUpDraws: RandomStream;
  #offers = 0;
  #closed = false;

  /** `talk` is told when an agent has answered: the offer is closed, the call has left the queue. */
  constructor(clock: Clock, config: CompleteConfig, host: CentreHost, talk: (call: Call, agent: Agent, offer: Offer) => void) {
    this.#clock = clock;
    this.#config = config;
    this.#host = host;
    this.#talk = talk;
    this.#answerDraws = randomStream(config.seed, 'own agent: answer');
    this.#wrapUpDraws = randomStream(config.seed, 'own agent: wrap-up');
    for (const skill of Object.values(config.menu ?? {})) this.team(skill);
    for (const group of config.accounts) this.team(group.skill);
    for (const group of config.ownAgents) this.#seat(group, group.count);
    for (const { number, first, count, skill } of config.phones)
      for (let n = first; n < first + count; n++) this.signOn(number.replaceAll('{n}', String(n)), skill);
  }

  team(skill: string): Team {
    let team = this.teams.get(skill);
    if (!team) {
      team = new Team(skill);
      this.teams.set(skill, team);
      this.#queues.set(skill, new WaitingQueue(skill));
    }
    return team;
  }

  queue(skill: string): WaitingQueue {
    this.team(skill);
    return this.#queues.get(skill)!;
  }

  /** New seats with own agents, at work at once; alike to the first configured group of that skill. */
  addSeats(skill: string, count: number): void {
    const like = this.#config.ownAgents.find((group) => group.skill === skill);
    this.#seat(like ?? { ...DEFAULT_AGENT, skill, count }, count);
    this.dispatch(skill);
  }

  #seat(group: OwnAgentGroup, count: number): void {
    const team = this.team(group.skill);
    for (let i = 0; i < count; i++) {
      const agent = new Agent(`${group.skill}-${team.members.length + 1}`, group.skill, group);
      team.members.push(agent);
      this.#stand(agent);
    }
  }

  /** An account has a binding: it may be rung. Idempotent, so a refresh changes nothing. */
  signOn(account: string, skill: string): Agent {
    let agent = this.#accounts.get(account);
    if (!agent) {
      agent = new Agent(account, skill, null);
      this.#accounts.set(account, agent);
      this.team(skill).members.push(agent);
    }
    agent.registered = true;
    if (agent.state === 'off') this.#becomeIdle(agent);
    return agent;
  }

  /** Its binding is gone: no more offers. A call it has goes on. */
  signOff(account: string): void {
    const agent = this.#accounts.get(account);
    if (!agent) return;
    agent.registered = false;
    if (agent.state !== 'idle' && agent.state !== 'resting') return;
    agent.line?.leave(agent);
    agent.rest?.cancel();
    agent.state = 'off';
  }

  /** @returns the caller's position, from 1. */
  enqueue(call: Call, skill: string): number {
    const position = this.queue(skill).join(call);
    this.dispatch(skill);
    return position;
  }

  /** The caller is gone: out of the queue, and the agent that was being rung goes back to where he stood. */
  leave(call: Call): void {
    call.line?.leave(call);
    const offer = call.offer;
    if (!offer) return;
    this.#close(offer);
    if (!offer.agent.own) this.#host.withdraw(offer);
    this.#stand(offer.agent);
    this.dispatch(offer.agent.skill);
  }

  /** @returns false where the offer has been withdrawn: the agent must be hung up. */
  answered(offer: Offer): boolean {
    if (!offer.open) return false;
    this.#close(offer);
    offer.agent.state = 'talking';
    offer.agent.call = offer.call;
    offer.call.agent = offer.agent;
    this.#talk(offer.call, offer.agent, offer);
    return true;
  }

  /** Refused, unreachable, or rung too long. The caller goes back to his place, the agent is left alone for a moment. */
  refused(offer: Offer): void {
    if (!offer.open) return;
    this.#close(offer);
    this.queue(offer.agent.skill).comeBack(offer.call);
    this.#rest(offer.agent, REFUSED_REST_MS);
    this.dispatch(offer.agent.skill);
  }

  /** The talk is over. */
  release(agent: Agent): void {
    agent.call = null;
    this.#rest(agent, agent.own ? drawMs(agent.own.wrapUpMs, this.#wrapUpDraws) : this.#config.wrapUpMs);
  }

  /** Nobody is put through any more. */
  close(): void {
    this.#closed = true;
    for (const team of this.teams.values()) for (const agent of team.members) agent.rest?.cancel();
  }

  /** Matches whoever can be matched. */
  dispatch(skill: string): void {
    if (this.#closed) return;
    const team = this.team(skill);
    const queue = this.queue(skill);
    for (let agent = team.idle.first; agent; agent = team.idle.first) {
      const call = queue.next();
      if (!call) return;
      team.idle.leave(agent);
      queue.leave(call);
      this.#offer(call, agent);
    }
  }

  #offer(call: Call, agent: Agent): void {
    agent.state = 'offered';
    const offer: Offer = { id: ++this.#offers, call, agent, timer: null, open: true };
    call.offer = offer;
    call.row.agent_offers++;
    const later = (ms: number, run: () => void) => this.#clock.after(ms, () => call.site!.run(run));
    if (agent.own) {
      const answerMs = drawMs(agent.own.answerMs, this.#answerDraws);
      if (answerMs === 0) this.answered(offer);
      else offer.timer = later(answerMs, () => this.answered(offer));
      return;
    }
    offer.timer = later(this.#config.agentRingMs, () => {
      if (offer.open) this.#host.withdraw(offer);
      this.refused(offer);
    });
    this.#host.offer(offer);
  }

  #close(offer: Offer): void {
    offer.open = false;
    offer.timer?.cancel();
    offer.call.offer = null;
  }

  #rest(agent: Agent, ms: number): void {
    if (!agent.registered) {
      agent.state = 'off';
      return;
    }
    agent.state = 'resting';
    if (ms <= 0) this.#becomeIdle(agent);
    else agent.rest = this.#clock.after(ms, () => this.#becomeIdle(agent));
  }

  #becomeIdle(agent: Agent): void {
    agent.lineKey = this.#clock.now();
    this.#stand(agent);
    this.dispatch(agent.skill);
  }

  /** Takes the place among the idle that `lineKey` gives. */
  #stand(agent: Agent): void {
    agent.state = agent.registered ? 'idle' : 'off';
    if (agent.registered) this.team(agent.skill).idle.join(agent);
  }
}

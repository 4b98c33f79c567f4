/**
 * The desk brings waiting callers and agents together: highest priority first, first come first served, longest idle agent first. An agent that
 * does not answer in time, or refuses, is passed over for a moment, and the caller keeps the place in the queue.
 */
import type { Clock } from '../../clock.ts';
import { type RandomStream, randomStream } from '../../random.ts';
import { type CompleteConfig, DEFAULT_AGENT, type OwnAgentGroup } from '../defaults.ts';
import type { OfferTruth } from '../truth.ts';
import { Agent, Team } from './agents.ts';
import type { Call, Offer } from './call.ts';
import { DECOY_MS, Defects, FORGOTTEN_MS, GHOST_MS } from './defects.ts';
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
  readonly #defects: Defects | null;
  readonly #decoys = new Set<Offer>();
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
    this.#defects = config.defects && new Defects(config.defects, config.seed, clock, (event) => host.event(event));
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
    const at = this.#defects?.route(call, skill, [...this.teams.keys()]) ?? skill;
    const position = this.queue(at).join(call);
    this.dispatch(at);
    return position;
  }

  /** The caller is gone: out of the queue, and the agent that was being rung goes back to where he stood. */
  leave(call: Call): void {
    call.line?.leave(call);
    this.#defects?.left(call, (skill, ms) => this.#clock.after(ms, () => this.dispatch(skill)));
    const offer = call.offer;
    if (!offer) return;
    this.#close(offer, 'withdrawn');
    if (!offer.agent.own) this.#host.withdraw(offer);
    this.#stand(offer.agent);
    this.dispatch(offer.agent.skill);
  }

  /** @returns false where the offer has been withdrawn: the agent must be hung up. */
  answered(offer: Offer): boolean {
    if (!offer.open) return false;
    if (offer.decoy) {
      this.#endDecoy(offer, 'answered');
      return false;
    }
    this.#close(offer, 'answered');
    offer.agent.state = 'talking';
    offer.agent.call = offer.call;
    offer.call.agent = offer.agent;
    this.#talk(offer.call, offer.agent, offer);
    return true;
  }

  /** Refused, unreachable, or rung too long. The caller goes back to his place, the agent is left alone for a moment. */
  refused(offer: Offer, how: 'refused' | 'timeout' = 'refused'): void {
    if (!offer.open) return;
    if (offer.decoy) {
      this.#endDecoy(offer, how);
      return;
    }
    this.#close(offer, how);
    this.queue(offer.agent.skill).comeBack(offer.call);
    this.#rest(offer.agent, this.#config.refusedRestMs);
    this.dispatch(offer.agent.skill);
  }

  /** The talk is over. */
  release(agent: Agent): void {
    const { call } = agent;
    agent.call = null;
    const wrapUpMs = agent.own ? drawMs(agent.own.wrapUpMs, this.#wrapUpDraws) : this.#config.wrapUpMs;
    const forgotten = call !== null && this.#defects?.befalls('idle', call) === true;
    this.#rest(agent, wrapUpMs + (forgotten ? FORGOTTEN_MS : 0));
    if (!forgotten) return;
    const fromMs = this.#clock.now() + wrapUpMs;
    this.#defects?.tell('idle', call, { agent: agent.name, skill: agent.skill, fromMs, toMs: fromMs + FORGOTTEN_MS });
  }

  /** Nobody is put through any more. */
  close(): void {
    this.#closed = true;
    for (const team of this.teams.values()) for (const agent of team.members) agent.rest?.cancel();
    for (const decoy of this.#decoys) decoy.timer?.cancel();
  }

  /** Matches whoever can be matched. */
  dispatch(skill: string): void {
    if (this.#closed) return;
    const team = this.team(skill);
    const queue = this.queue(skill);
    for (let agent = team.idle.first; agent; agent = team.idle.first) {
      const ghost = agent.own ? null : this.#defects?.ghost(skill);
      if (ghost) {
        this.#decoy(ghost, agent, 'ghost', GHOST_MS);
        continue;
      }
      const call = this.#defects ? this.#defects.next(queue, (ms) => this.#clock.after(ms, () => this.dispatch(skill))) : queue.next();
      if (!call) return;
      team.idle.leave(agent);
      queue.leave(call);
      this.#offer(call, agent);
    }
  }

  #offer(call: Call, agent: Agent): void {
    agent.state = 'offered';
    const offer = this.#made(call, agent, null);
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
      this.refused(offer, 'timeout');
    });
    this.#host.offer(offer);
    const second = this.team(agent.skill).idle.first;
    if (second && !second.own && call.row.agent_offers === 1 && this.#defects?.befalls('duplicate', call))
      this.#decoy(call, second, 'duplicate', DECOY_MS);
  }

  #made(call: Call, agent: Agent, decoy: Offer['decoy']): Offer {
    return { id: ++this.#offers, call, agent, timer: null, open: true, offeredMs: this.#clock.now(), decoy };
  }

  #close(offer: Offer, how: OfferTruth['how']): void {
    this.#over(offer, how);
    offer.call.offer = null;
  }

  #over(offer: Offer, how: OfferTruth['how']): void {
    offer.open = false;
    offer.timer?.cancel();
    const { call, agent, decoy, offeredMs } = offer;
    if (agent.own) return;
    this.#host.offered?.({
      sip_call_id: call.row.sip_call_id,
      agent: agent.name,
      skill: agent.skill,
      defect: decoy,
      offered_ms: offeredMs,
      ended_ms: this.#clock.now(),
      how,
    });
  }

  /** Rings an agent for somebody who is gone, or whom another agent has. */
  #decoy(call: Call, agent: Agent, kind: 'duplicate' | 'ghost', forMs: number): void {
    this.team(agent.skill).idle.leave(agent);
    agent.state = 'offered';
    const offer = this.#made(call, agent, kind);
    this.#decoys.add(offer);
    this.#defects?.tell(kind, call, { agent: agent.name });
    offer.timer = this.#clock.after(forMs, () => {
      this.#host.withdraw(offer);
      this.#endDecoy(offer, 'withdrawn');
    });
    this.#host.offer(offer);
  }

  #endDecoy(offer: Offer, how: OfferTruth['how']): void {
    this.#over(offer, how);
    this.#decoys.delete(offer);
    if (how === 'withdrawn') this.#stand(offer.agent);
    else this.#rest(offer.agent, this.#config.refusedRestMs);
    this.dispatch(offer.agent.skill);
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

/**
 * Matches agents' legs to callers (metrics.md, correlation, method both-legs) for all workers of a run. Caller and agent tell what they see, each
 * with its own time; the broker lives on the main thread and only compares keys.
 *
 *   leg            caller known                      caller not known (yet)
 *   offered        match, tell the agent's side      keep the leg; tried again whenever a caller dials
 *   answered       tell the caller: agent            remember; told with the match
 *   ended          tell the caller: agentEnded       forget the leg
 *
 * A caller's messages and an agent's travel on different channels, so an offer may overtake the dial that caused it: that is why legs are kept.
 * Evidence that comes after the caller's release changes nothing: its row is written.
 */
import type { AgentLeg, AgentOnLine, CallerKeys, CallerWatch, Correlator } from '../call/correlator.ts';
import type { CorrelationMethod } from '../record/schema.ts';
import type { Channel } from './channel.ts';

const TOPIC = 'broker';

type AgentEnded = { agent: string; at: number; by: 'agent' | 'vendor' };
type ToBroker =
  | { kind: 'caller'; keys: CallerKeys }
  | { kind: 'release'; call: string }
  | { kind: 'offered' | 'answered'; leg: AgentLeg }
  | { kind: 'ended'; leg: { agent: string; leg: string; at: number; by: 'agent' | 'vendor' } };
type FromBroker =
  | { kind: 'agent'; call: string; seen: AgentOnLine }
  | { kind: 'agent-ended'; call: string; seen: AgentEnded }
  | { kind: 'matched'; leg: string; call: string; method: CorrelationMethod };

type Side = (message: FromBroker) => void;
interface Caller {
  keys: CallerKeys;
  side: Side;
}
interface Leg {
  leg: AgentLeg;
  side: Side;
  caller: Caller | undefined;
  answeredAt: number | null;
}

/** Digits that must agree at the end for two writings of a number (+86…, 0086…, national) to be the same caller. */
const TAIL_DIGITS = 8;
const digitsOf = (text: string) => text.replace(/[^0-9]/g, '');

export class Broker {
  /** By key as written, and by the last digits. More than one caller under a key: the key says nothing. */
  readonly #callers = new Map<string, Set<Caller>>();
  readonly #byCall = new Map<string, Caller>();
  readonly #legs = new Map<string, Leg>();
  readonly #unmatched = new Set<Leg>();

  /** @returns what to call when that worker is gone: its callers and legs are forgotten. */
  attach(channel: Channel): () => void {
    const side: Side = (message) => channel.send(TOPIC, message);
    const silence = channel.on<ToBroker>(TOPIC, (message) => this.#take(message, side));
    return () => {
      silence();
      for (const { keys, side: whose } of [...this.#byCall.values()]) if (whose === side) this.#released(keys.call);
      for (const [name, leg] of this.#legs) if (leg.side === side && this.#legs.delete(name)) this.#unmatched.delete(leg);
    };
  }

  #take(message: ToBroker, side: Side): void {
    switch (message.kind) {
      case 'caller':
        this.#dialled({ keys: message.keys, side });
        break;
      case 'release':
        this.#released(message.call);
        break;
      case 'offered':
        this.#leg(message.leg, side);
        break;
      case 'answered': {
        const leg = this.#leg(message.leg, side);
        leg.answeredAt ??= message.leg.at;
        this.#tellAgent(leg);
        break;
      }
      case 'ended':
        this.#ended(message.leg);
        break;
    }
  }

  #dialled(caller: Caller): void {
    this.#byCall.set(caller.keys.call, caller);
    for (const key of keysOf(caller.keys)) {
      const set = this.#callers.get(key) ?? new Set();
      this.#callers.set(key, set.add(caller));
    }
    for (const leg of this.#unmatched) this.#match(leg);
  }

  #released(call: string): void {
    const caller = this.#byCall.get(call);
    if (!caller) return;
    this.#byCall.delete(call);
    for (const key of keysOf(caller.keys)) {
      const set = this.#callers.get(key);
      set?.delete(caller);
      if (set?.size === 0) this.#callers.delete(key);
    }
  }

  #leg(seen: AgentLeg, side: Side): Leg {
    const known = this.#legs.get(seen.leg);
    const leg = known ?? { leg: seen, side, caller: undefined, answeredAt: null };
    if (!known) this.#legs.set(seen.leg, leg);
    if (!leg.caller) {
      leg.leg = seen;
      this.#match(leg);
    }
    return leg;
  }

  #match(leg: Leg): void {
    const caller = this.#find(leg.leg.candidates);
    if (!caller) {
      this.#unmatched.add(leg);
      return;
    }
    this.#unmatched.delete(leg);
    leg.caller = caller;
    leg.side({ kind: 'matched', leg: leg.leg.leg, call: caller.keys.call, method: 'both-legs' });
    this.#tellAgent(leg);
  }

  #find(candidates: string[]): Caller | undefined {
    for (const candidate of candidates) {
      for (const key of writings(candidate)) {
        const callers = this.#callers.get(key);
        if (callers?.size === 1) return callers.values().next().value;
      }
    }
    return undefined;
  }

  #tellAgent(leg: Leg): void {
    if (!leg.caller || leg.answeredAt === null || !this.#byCall.has(leg.caller.keys.call)) return;
    leg.caller.side({
      kind: 'agent',
      call: leg.caller.keys.call,
      seen: { agent: leg.leg.agent, method: 'both-legs', at: leg.answeredAt },
    });
  }

  #ended(end: { agent: string; leg: string; at: number; by: 'agent' | 'vendor' }): void {
    const leg = this.#legs.get(end.leg);
    if (!leg) return;
    this.#legs.delete(end.leg);
    this.#unmatched.delete(leg);
    if (!leg.caller || leg.answeredAt === null) return;
    leg.caller.side({ kind: 'agent-ended', call: leg.caller.keys.call, seen: { agent: end.agent, at: end.at, by: end.by } });
  }
}

const keysOf = (keys: CallerKeys): Set<string> => new Set([...writings(keys.caller), ...(keys.uui === undefined ? [] : [keys.uui])]);

/** The ways a key may be written, most exact first. */
function writings(text: string): string[] {
  const digits = digitsOf(text);
  if (digits.length < TAIL_DIGITS) return [text];
  return [...new Set([text, digits, `…${digits.slice(-TAIL_DIGITS)}`])];
}

/** A worker's side of the broker: what its callers and agents are given. */
export class BrokerProxy implements Correlator {
  readonly #send: (message: ToBroker) => void;
  readonly #callers = new Map<string, Parameters<Correlator['caller']>[1]>();
  readonly #matched = new Map<string, { call: string; method: CorrelationMethod }>();

  constructor(channel: Channel) {
    this.#send = (message) => channel.send(TOPIC, message);
    channel.on<FromBroker>(TOPIC, (message) => {
      if (message.kind === 'matched') this.#matched.set(message.leg, { call: message.call, method: message.method });
      else if (message.kind === 'agent') this.#callers.get(message.call)?.agent(message.seen);
      else this.#callers.get(message.call)?.agentEnded(message.seen);
    });
  }

  caller(keys: CallerKeys, on: Parameters<Correlator['caller']>[1]): CallerWatch {
    this.#callers.set(keys.call, on);
    this.#send({ kind: 'caller', keys });
    return {
      release: () => {
        if (this.#callers.delete(keys.call)) this.#send({ kind: 'release', call: keys.call });
      },
    };
  }

  offered(leg: AgentLeg): void {
    this.#send({ kind: 'offered', leg });
  }

  answered(leg: AgentLeg): void {
    this.#send({ kind: 'answered', leg });
  }

  ended(leg: { agent: string; leg: string; at: number; by: 'agent' | 'vendor' }): void {
    this.#send({ kind: 'ended', leg });
    // The agent's row is written when the leg is over; a minute is far beyond its wrap-up's need of the answer.
    setTimeout(() => this.#matched.delete(leg.leg), MATCH_KEPT_MS).unref();
  }

  matched(leg: string): { call: string; method: CorrelationMethod } | undefined {
    return this.#matched.get(leg);
  }
}

const MATCH_KEPT_MS = 60_000;

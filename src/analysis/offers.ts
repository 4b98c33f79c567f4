/**
 * What was offered to agents, and to whom: ghosts, duplicates, misrouted calls, and how evenly.
 *
 *   ghost        rang although no caller of ours was alive for it, nor called back
 *   lingering    still rang more than 1 s after its caller had gone
 *   duplicate    rang while another agent rang or talked for the same caller
 *   misrouted    the agent on the line has not the skill that the caller asked for
 *   fairness     an offer goes to the agent who has been idle longest among those of the same skills, or by how much not
 */
import { Trend } from '../metrics/trend.ts';
import { share } from '../metrics/wilson.ts';
import type { AgentGroupFigures, OfferExample, OfferFigures } from './model-queue.ts';
import { type Login, type Offer, RACE_MS, type Waiting } from './queue-log.ts';

const LINGERS_MS = 1000;
const MOST_EXAMPLES = 50;
/** The vendor learns of an agent's readiness later than we do; differences up to this are no choice of another. */
const FAIR_MS = 1000;

export type Matched = readonly { offer: Offer; call: Waiting | null }[];

export function offerFigures(matched: Matched, calls: readonly Waiting[], logins: readonly Login[]): OfferFigures {
  const known = matched.some(({ call }) => call !== null);
  // An agent that refuses at once is not looked up during the run.
  const offers = matched.filter(({ offer, call }) => offer.outcome !== 'rejected' || call !== null);
  const whole = known ? offers.length : 0;
  const seen = new Seen();
  for (const { offer, call } of offers) {
    if (!known) break;
    if (offer.back) continue;
    if (call === null || call.endMs < offer.offeredMs - RACE_MS) seen.add('ghost', call, offer);
    else if ((offer.answerMs ?? offer.endMs) > call.endMs + LINGERS_MS) seen.add('lingering', call, offer);
  }
  if (known) duplicates(offers, seen);
  return {
    ghosts: share(seen.counts.ghost, whole),
    lingering: share(seen.counts.lingering, whole),
    duplicates: share(seen.counts.duplicate, whole),
    misrouted: misrouted(matched, calls, seen),
    ...fairness(matched, logins),
    examples: seen.examples.sort((a, b) => a.atMs - b.atMs),
  };
}

/** Counts each kind, and keeps the first of them. */
class Seen {
  readonly counts = { ghost: 0, lingering: 0, duplicate: 0, misrouted: 0 };
  readonly examples: OfferExample[] = [];

  add(kind: OfferExample['kind'], call: Waiting | null, { agent, caller, offeredMs }: Pick<Offer, 'agent' | 'caller' | 'offeredMs'>): void {
    if (this.counts[kind]++ < MOST_EXAMPLES) this.examples.push({ kind, call: call?.call ?? null, caller, agent, atMs: offeredMs });
  }
}

function duplicates(offers: Matched, seen: Seen): void {
  const byCall = new Map<Waiting, Offer[]>();
  for (const { offer, call } of offers) if (call) byCall.set(call, [...(byCall.get(call) ?? []), offer]);
  for (const [call, legs] of byCall) {
    let busyUntil = Number.NEGATIVE_INFINITY;
    for (const leg of legs.sort((a, b) => a.offeredMs - b.offeredMs || a.endMs - b.endMs)) {
      if (Math.min(leg.endMs, busyUntil) - leg.offeredMs > RACE_MS) seen.add('duplicate', call, leg);
      busyUntil = Math.max(busyUntil, leg.endMs);
    }
  }
}

/** Only where the intent is the name of a skill, and the agent's skills are known. */
function misrouted(matched: Matched, calls: readonly Waiting[], seen: Seen) {
  const skillsOf = new Map<string, Set<string>>();
  for (const { offer } of matched) skillsOf.set(offer.agent, skillSet(offer.skills));
  const skills = new Set([...skillsOf.values()].flatMap((set) => [...set]));
  let [wrong, judged] = [0, 0];
  for (const call of calls) {
    const { attempt, agentMs, agent, queue, caller } = call;
    const able = agent === null ? undefined : skillsOf.get(agent);
    if (!attempt || agentMs === null || !able || !skills.has(queue)) continue;
    judged++;
    if (able.has(queue)) continue;
    wrong++;
    seen.add('misrouted', call, { agent: agent!, caller, offeredMs: agentMs });
  }
  return share(wrong, judged);
}

/** Callers whom the vendor queued for another skill: the agent first rung for them lacks the one asked for, which agents of ours have. */
export function strayed(matched: Matched): Set<Waiting> {
  const skills = new Set(matched.flatMap(({ offer }) => [...skillSet(offer.skills)]));
  const first = new Map<Waiting, Offer>();
  for (const { offer, call } of matched) {
    const known = call && first.get(call);
    if (call && (!known || offer.offeredMs < known.offeredMs)) first.set(call, offer);
  }
  const wrong = [...first].filter(([call, offer]) => skills.has(call.queue) && !skillSet(offer.skills).has(call.queue));
  return new Set(wrong.map(([call]) => call));
}

export const skillSet = (skills: string) => new Set(skills.split('+').filter((skill) => skill !== ''));

/** Maps keep the order of insertion, and agents become idle one after another: the first in each is the one idle longest. */
function fairness(matched: Matched, logins: readonly Login[]): Pick<OfferFigures, 'longestIdle' | 'idleDeviation' | 'callsPerAgent'> {
  const poolOf = new Map<string, string>();
  const answered = new Map<string, number>();
  for (const { offer } of matched) {
    poolOf.set(offer.agent, offer.skills);
    answered.set(offer.agent, (answered.get(offer.agent) ?? 0) + Number(offer.outcome === 'answered'));
  }
  const moments: Moment[] = [];
  for (const { agent, atMs, on } of logins) if (poolOf.has(agent)) moments.push({ at: atMs, agent, does: on ? 'comes' : 'leaves' });
  for (const busy of busySpans(matched)) moments.push({ ...busy, at: busy.from, does: 'offer' }, { ...busy, at: busy.to, does: 'free' });
  // Stable: at one instant an agent's own order stands.
  moments.sort((a, b) => a.at - b.at);
  const pools = new Map<string, Map<string, number>>();
  const deviation = new Trend();
  // Rung on a break, they refuse, and are no idler for it.
  const gone = new Set<string>();
  let [fair, judged] = [0, 0];
  for (const { at, agent, does } of moments) {
    const pool = poolOf.get(agent)!;
    const idle = pools.get(pool) ?? new Map<string, number>();
    pools.set(pool, idle);
    const since = idle.get(agent);
    if (does === 'leaves') gone.add(agent);
    else if (does === 'comes') gone.delete(agent);
    if (does === 'comes' || does === 'free') {
      if (since === undefined && !gone.has(agent)) idle.set(agent, at);
      continue;
    }
    if (does === 'offer' && since !== undefined) {
      const longest = idle.values().next().value!;
      deviation.add(since - longest);
      judged++;
      if (since - longest <= FAIR_MS) fair++;
    }
    idle.delete(agent);
  }
  const perAgent = new Trend();
  for (const count of answered.values()) perAgent.add(count);
  return { longestIdle: share(fair, judged), idleDeviation: deviation.figures(), callsPerAgent: perAgent.figures() };
}

interface Moment {
  at: number;
  agent: string;
  does: 'comes' | 'leaves' | 'offer' | 'free';
}

/** From each offer to readiness, an agent's in order of time; an offer that came while the agent was busy is part of the same span. */
function busySpans(matched: Matched): { agent: string; from: number; to: number }[] {
  const agents = new Map<string, { agent: string; from: number; to: number }[]>();
  for (const { offer } of [...matched].sort((a, b) => a.offer.offeredMs - b.offer.offeredMs)) {
    const spans = agents.get(offer.agent) ?? [];
    agents.set(offer.agent, spans);
    const last = spans.at(-1);
    const to = Math.max(offer.offeredMs, offer.readyMs);
    if (last && offer.offeredMs < last.to) last.to = Math.max(last.to, to);
    else spans.push({ agent: offer.agent, from: offer.offeredMs, to });
  }
  return [...agents.values()].flat();
}

/** Agents by their skills: what they were offered and what they did with it. */
export function agentGroups(offers: readonly Offer[]): AgentGroupFigures[] {
  const groups = new Map<string, AgentGroupFigures & { names: Set<string> }>();
  for (const { skills, agent, outcome, offeredMs, answerMs, endMs, readyMs } of offers) {
    const group = groups.get(skills) ?? {
      skills,
      agents: 0,
      offered: 0,
      answered: 0,
      missed: 0,
      rejected: 0,
      ringMs: 0,
      busyMs: 0,
      names: new Set(),
    };
    groups.set(skills, group);
    group.names.add(agent);
    group.agents = group.names.size;
    group.offered++;
    if (outcome === 'missed') group.missed++;
    if (outcome === 'rejected') group.rejected++;
    group.ringMs += Math.max(0, (answerMs ?? endMs) - offeredMs);
    if (outcome !== 'answered') continue;
    group.answered++;
    if (answerMs !== null) group.busyMs += Math.max(0, readyMs - answerMs);
  }
  return [...groups.values()].map(({ names: _, ...group }) => group).sort((a, b) => (a.skills < b.skills ? -1 : 1));
}

/**
 * Time in which an agent sat idle while a caller waited whom that agent could serve. Handing over takes a vendor a moment: a caller counts as
 * waiting 1 s after it began to wait, an agent as idle 1 s after it became so; while an agent rings for a caller, neither counts.
 *
 *   Σ time with waiting(q) > 0 and idle(able to serve q) > 0, for any queue q
 *
 * An agent can serve a queue that is named as one of its skills; a queue that no skill names, if one of the same skills was ever offered its calls.
 */
import type { IdleFigures } from './model-queue.ts';
import { type Matched, skillSet } from './offers.ts';
import type { Login, Waiting } from './queue-log.ts';
import type { Stretch } from './stretches.ts';

const GRACE_MS = 1000;
const MOST_SPANS = 50;
/** Instead of the index of a queue. */
const UNWELL = -1;

/**
 * Null where no agent of ours was ever offered anything. @param lastMs until when those logged in stay so @param skillsOf the skills of an agent
 * that was never offered anything, as rows write them; undefined: not known, and left out
 * @param unwell when our own instrument was: nothing counts then
 */
export function idleWhileWaiting(
  matched: Matched,
  calls: readonly Waiting[],
  logins: readonly Login[],
  lastMs: number,
  skillsOf: (agent: string) => string | undefined = () => undefined,
  unwell: readonly Stretch[] = [],
  graceMs = GRACE_MS,
): IdleFigures | null {
  if (matched.length === 0) return null;
  const agents = agentsOf(matched, logins, skillsOf);
  const pools = [...new Set([...agents.values()].map(({ pool }) => pool))];
  const queues = [...new Set(calls.map(({ queue }) => queue))];
  const able = ability(matched, queues, pools);

  const changes: { at: number; index: number; by: 1 | -1; agent: string | null }[] = [];
  const span = (from: number, to: number, index: number, agent: string | null) => {
    if (to - from <= graceMs) return;
    changes.push({ at: from + graceMs, index, by: 1, agent }, { at: to, index, by: -1, agent });
  };
  for (const [queue, from, to] of waits(matched, calls)) span(from, to, queues.indexOf(queue), null);
  for (const [agent, pool, from, to] of idles(agents, lastMs)) span(from, to, pools.indexOf(pool), agent);
  for (const { fromMs, toMs } of unwell)
    changes.push({ at: fromMs, index: UNWELL, by: 1, agent: null }, { at: toMs, index: UNWELL, by: -1, agent: null });
  changes.sort((a, b) => a.at - b.at || a.by - b.by);

  const waiting = new Array<number>(queues.length).fill(0);
  const idle = pools.map(() => new Set<string>());
  const spans: IdleFigures['spans'] = [];
  let blind = 0;
  let [wholeMs, agentMs, longestMs, from] = [0, 0, 0, null as number | null];
  for (let i = 0; i < changes.length; i++) {
    const { at, index, by, agent } = changes[i]!;
    if (index === UNWELL) blind += by;
    else if (agent === null) waiting[index] = waiting[index]! + by;
    else if (by === 1) idle[index]!.add(agent);
    else idle[index]!.delete(agent);
    const next = changes[i + 1]?.at ?? at;
    if (next === at) continue;
    const agents = blind > 0 ? 0 : mismatched(waiting, idle, able);
    if (agents === 0) from = null;
    else {
      from ??= at;
      wholeMs += next - at;
      agentMs += agents * (next - at);
      longestMs = Math.max(longestMs, next - from);
      note(spans, from, next, () => ableNow(waiting, idle, able));
    }
  }
  return { seconds: wholeMs / 1000, agentSeconds: agentMs / 1000, longestMs, graceMs, spans };
}

/** Agents that could take a waiting caller at this moment. */
function mismatched(waiting: readonly number[], idle: readonly ReadonlySet<string>[], able: readonly (readonly number[])[]): number {
  let agents = 0;
  let all = 0;
  const counted = new Set<number>();
  for (const [queue, callers] of waiting.entries()) {
    if (callers === 0) continue;
    let here = 0;
    for (const pool of able[queue]!) {
      here += idle[pool]!.size;
      if (!counted.has(pool)) all += idle[pool]!.size;
      counted.add(pool);
    }
    agents += Math.min(callers, here);
  }
  // One agent takes one caller, whichever queue it is of.
  return Math.min(agents, all);
}

function* ableNow(
  waiting: readonly number[],
  idle: readonly ReadonlySet<string>[],
  able: readonly (readonly number[])[],
): Generator<string> {
  for (const [queue, callers] of waiting.entries()) if (callers > 0) for (const pool of able[queue]!) yield* idle[pool]!;
}

/** Grows the stretch that began at `from`, or begins it; beyond the first of them nothing is kept. */
function note(spans: IdleFigures['spans'], from: number, to: number, who: () => Iterable<string>): void {
  const last = spans.at(-1);
  if (last?.fromMs === from) {
    last.toMs = to;
    for (const agent of who()) if (!last.agents.includes(agent)) last.agents.push(agent);
  } else if (spans.length < MOST_SPANS) spans.push({ fromMs: from, toMs: to, agents: [...new Set(who())] });
}

function ability(matched: Matched, queues: readonly string[], pools: readonly string[]): number[][] {
  const skills = pools.map(skillSet);
  const seen = new Map<string, Set<string>>();
  for (const { offer, call } of matched) if (call) seen.set(call.queue, (seen.get(call.queue) ?? new Set()).add(offer.skills));
  return queues.map((queue) => {
    const named = skills.some((set) => set.has(queue));
    return pools.flatMap((pool, i) => ((named ? skills[i]!.has(queue) : seen.get(queue)?.has(pool)) ? [i] : []));
  });
}

/** Each caller's wait but for the times in which an agent rang for it. */
function* waits(matched: Matched, calls: readonly Waiting[]): Generator<[queue: string, from: number, to: number]> {
  const rings = new Map<Waiting, [from: number, to: number][]>();
  for (const { offer, call } of matched) {
    if (!call) continue;
    const ring: [number, number] = [offer.offeredMs, offer.answerMs ?? offer.endMs];
    const known = rings.get(call);
    if (known) known.push(ring);
    else rings.set(call, [ring]);
  }
  for (const call of calls) {
    if (call.entryMs === null || call.exitMs === null) continue;
    for (const [from, to] of without(call.entryMs, call.exitMs, rings.get(call) ?? [])) yield [call.queue, from, to];
  }
}

interface Seat {
  pool: string;
  busy: [number, number][];
  marks: Login[];
}

function agentsOf(matched: Matched, logins: readonly Login[], skillsOf: (agent: string) => string | undefined): Map<string, Seat> {
  const agents = new Map<string, Seat>();
  for (const { offer } of matched) {
    const agent = agents.get(offer.agent) ?? { pool: offer.skills, busy: [], marks: [] };
    agents.set(offer.agent, agent);
    agent.busy.push([offer.offeredMs, offer.readyMs]);
  }
  for (const login of logins) {
    const pool = agents.get(login.agent)?.pool ?? skillsOf(login.agent);
    if (pool === undefined) continue;
    const agent = agents.get(login.agent) ?? { pool, busy: [], marks: [] };
    agents.set(login.agent, agent);
    agent.marks.push(login);
  }
  return agents;
}

/** Each agent's time logged in but for its offers and calls. Without registrations in the record: from its first offer on. */
function* idles(agents: ReadonlyMap<string, Seat>, lastMs: number): Generator<[agent: string, pool: string, from: number, to: number]> {
  for (const [agent, { pool, busy, marks }] of agents) {
    const spans: [number, number][] = marks.length > 0 ? loggedIn(marks, lastMs) : [[Math.min(...busy.map(([at]) => at)), lastMs]];
    for (const [from, to] of spans) for (const [idleFrom, idleTo] of without(from, to, busy)) yield [agent, pool, idleFrom, idleTo];
  }
}

/** Spans from each login to the next logout, or to `lastMs`. */
export function loggedIn(marks: readonly Login[], lastMs: number): [number, number][] {
  const spans: [number, number][] = [];
  let since: number | null = null;
  for (const { atMs, on } of [...marks].sort((a, b) => a.atMs - b.atMs)) {
    if (on) since ??= atMs;
    else if (since !== null) {
      spans.push([since, atMs]);
      since = null;
    }
  }
  if (since !== null && since < lastMs) spans.push([since, lastMs]);
  return spans;
}

/** Time that all agents together were logged in and ready, in [fromMs, toMs). @param lastMs until when those logged in stay so */
export function loggedInMs(logins: readonly Login[], fromMs: number, toMs: number, lastMs: number): number {
  const marks = new Map<string, Login[]>();
  for (const login of logins) {
    const known = marks.get(login.agent);
    if (known) known.push(login);
    else marks.set(login.agent, [login]);
  }
  let total = 0;
  for (const each of marks.values())
    for (const [from, to] of loggedIn(each, Math.max(lastMs, toMs))) total += overlap(from, to, fromMs, toMs);
  return total;
}

export function overlap(from: number | null, to: number, spanFrom: number, spanTo: number): number {
  return from === null ? 0 : Math.max(0, Math.min(to, spanTo) - Math.max(from, spanFrom));
}

/** [from, to) without the given spans. */
function* without(from: number, to: number, spans: [number, number][]): Generator<[number, number]> {
  let at = from;
  for (const [start, end] of spans.sort((a, b) => a[0] - b[0])) {
    if (start > at && at < to) yield [at, Math.min(start, to)];
    at = Math.max(at, end);
  }
  if (at < to) yield [at, to];
}

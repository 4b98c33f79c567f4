/**
 * The model beside the measurement: what Erlang C and Erlang A expect of the run's own arrival rate, handling time, patience and agents, once over
 * the whole load and once over its busiest stretch, because a model of steady state says little of a mean over a peak and its quiet flanks.
 *
 *   λ         callers who entered the queue in the span, per second
 *   AHT       answer to the end of wrap-up, of agents' calls answered in it; talk time where no agent is ours
 *   patience  total wait / callers who gave up: the maximum-likelihood mean of exponential patience under censoring
 *   n         agents logged in, mean over the span
 */
import { agentsFor, expectation, type QueueLoad } from './erlang.ts';
import { loggedInMs, overlap } from './idle.ts';
import type { ModelFigures, ModelledSpan, ModelRow, WhatIf } from './model-queue.ts';
import { modelsOfSkills } from './modelling-skills.ts';
import type { Login, Offer, Waiting } from './queue-log.ts';

/** Where nothing is claimed. */
export const USUAL_LEVEL = 0.8;
/** Fewer callers than this are no rate. */
export const FEWEST = 20;
/** Handing a caller to an agent takes a vendor this long at most; a caller offered within it did not wait. */
const AT_ONCE_MS = 1000;
const PEAK_SHARE = 0.25;
const [SHORTEST_PEAK_MS, LONGEST_PEAK_MS] = [60_000, 1_800_000];
const MOST_AGENTS = 20_000;

export interface ModelInput {
  matched: readonly { offer: Offer; call: Waiting | null }[];
  calls: readonly Waiting[];
  logins: readonly Login[];
  /** Agents that the profile says are there: used where no login is recorded. */
  agents: number;
  /** `support+vip`, by an agent's name; undefined: not known but from its offers. */
  skillsOf?(agent: string): string | undefined;
  thresholdMs: number;
  level: number | null;
  lastMs: number;
}

/** Null where the rows do not give all that a model needs. */
export function modelBeside(input: ModelInput): ModelFigures | null {
  const { calls, thresholdMs } = input;
  const level = input.level ?? USUAL_LEVEL;
  const entered = calls.filter((call) => call.attempt && call.entryMs !== null).sort((a, b) => a.entryMs! - b.entryMs!);
  if (entered.length < FEWEST) return null;
  const times = Float64Array.from(entered, ({ entryMs }) => entryMs!);
  const taken = takenAt(input.matched);
  const whole = spanFigures('whole', times[0]!, times.at(-1)! + 1, entered, taken, input);
  if (!whole) return null;
  const [from, to] = busiest(times);
  const peak = to - from < whole.toMs - whole.fromMs ? spanFigures('peak', from, to, entered, taken, input) : null;
  const at = peak ?? whole;
  const bySkill = modelsOfSkills(input, at, entered, taken, level);
  return { spans: peak ? [whole, peak] : [whole], bySkill, thresholdMs, level, ...whatIf(loadOf(at), at.agents, { thresholdMs, level }) };
}

/** Agents needed for the level, and what to expect around them and around the agents there are: by Erlang A. */
export function whatIf(
  load: QueueLoad,
  agents: number,
  target: { thresholdMs: number; level: number },
): { needed: number | null; whatIf: WhatIf[] } {
  const needed = agentsFor(load, target, MOST_AGENTS);
  const step = Math.max(1, Math.round(agents * 0.1));
  const around = [-2, -1, 0, 1, 2].map((k) => agents + k * step);
  const counts = [...new Set([...around, ...(needed === null ? [] : [needed - 1, needed, needed + 1])])].filter((n) => n >= 1);
  const rows = counts
    .sort((a, b) => a - b)
    .flatMap((n) => {
      const expected = expectation(load, n, target.thresholdMs);
      return expected ? [{ agents: n, expected }] : [];
    });
  return { needed, whatIf: rows.map(({ agents: n, expected }) => ({ agents: n, expected: rowOf(expected) })) };
}

export function rowOf({ waiting, meanWaitMs, asaMs, serviceLevel, abandonment, occupancy }: ModelRow): ModelRow {
  return { waiting, meanWaitMs, asaMs, serviceLevel, abandonment, occupancy };
}

export const loadOf = ({ perSecond, handlingMs, patienceMs }: ModelledSpan): QueueLoad => ({
  perSecond,
  handlingMs,
  patienceMs: patienceMs ?? Number.POSITIVE_INFINITY,
});

/** The stretch with most arrivals: a quarter of the load, but from 1 to 30 minutes. @param times sorted */
export function busiest(times: Float64Array): [from: number, to: number] {
  const length = Math.min(LONGEST_PEAK_MS, Math.max(SHORTEST_PEAK_MS, PEAK_SHARE * (times.at(-1)! - times[0]!)));
  let best = 0;
  let from = times[0]!;
  for (let first = 0, next = 0; first < times.length; first++) {
    while (next < times.length && times[next]! < times[first]! + length) next++;
    if (next - first <= best) continue;
    best = next - first;
    from = times[first]!;
  }
  return [from, from + length];
}

/** @param agents default: those logged in */
export function spanFigures(
  which: ModelledSpan['which'],
  fromMs: number,
  toMs: number,
  entered: readonly Waiting[],
  taken: ReadonlyMap<Waiting, number>,
  { matched, logins, agents: planned, thresholdMs, lastMs }: ModelInput,
  agents: number = staff(logins, planned, matched, fromMs, toMs, lastMs),
): ModelledSpan | null {
  const within = (at: number | null) => at !== null && at >= fromMs && at < toMs;
  const calls = entered.filter(({ entryMs }) => within(entryMs));
  const seconds = (toMs - fromMs) / 1000;
  const served = calls.filter(({ agentMs }) => agentMs !== null);
  const lost = calls.filter(({ agentMs, outcome }) => agentMs === null && outcome === 'abandoned');
  const handled = matched.flatMap(({ offer }) =>
    within(offer.answerMs) && offer.outcome === 'answered' ? [offer.readyMs - offer.answerMs!] : [],
  );
  const talked = served.flatMap(({ talkMs }) => (talkMs === null ? [] : [talkMs]));
  const handlingMs = mean(handled.length > 0 ? handled : talked);
  if (calls.length < FEWEST || !(seconds > 0) || handlingMs === null || !(handlingMs > 0) || agents < 1) return null;

  const waits = calls.map(({ entryMs, exitMs }) => Math.max(0, exitMs! - entryMs!));
  const total = waits.reduce((sum, wait) => sum + wait, 0);
  const patienceMs = lost.length > 0 && total > 0 ? total / lost.length : null;
  const perSecond = calls.length / seconds;
  const offered = served.length + lost.length;
  const share = (part: number, whole: number) => (whole > 0 ? part / whole : null);
  const busy = matched.reduce((sum, { offer }) => sum + overlap(offer.answerMs, offer.readyMs, fromMs, toMs), 0);
  const load = { perSecond, handlingMs };
  const c = expectation({ ...load, patienceMs: Number.POSITIVE_INFINITY }, agents, thresholdMs);
  const a = expectation({ ...load, patienceMs: patienceMs ?? Number.POSITIVE_INFINITY }, agents, thresholdMs);
  return {
    which,
    fromMs,
    toMs,
    calls: calls.length,
    perSecond,
    handlingMs,
    handlingFrom: handled.length > 0 ? 'agents' : 'talk',
    patienceMs,
    agents,
    measured: {
      waiting: share(calls.filter((call) => (taken.get(call) ?? call.exitMs!) - call.entryMs! > AT_ONCE_MS).length, calls.length),
      meanWaitMs: mean(waits),
      asaMs: mean(served.map(({ entryMs, agentMs }) => Math.max(0, agentMs! - entryMs!))),
      serviceLevel: share(served.filter(({ entryMs, agentMs }) => agentMs! - entryMs! <= thresholdMs).length, offered),
      abandonment: share(lost.length, calls.length),
      occupancy: handled.length > 0 ? busy / (agents * (toMs - fromMs)) : null,
    },
    erlangC: c && rowOf(c),
    erlangA: a && rowOf(a),
  };
}

/** When each caller was offered to the agent who answered: before that it waited, after it the agent rang. */
function takenAt(matched: ModelInput['matched']): Map<Waiting, number> {
  const taken = new Map<Waiting, number>();
  for (const { offer, call } of matched) if (call && offer.answerMs !== null && !offer.back) taken.set(call, offer.offeredMs);
  return taken;
}

/** Agents logged in, mean over the span, to the nearest; else those of the profile; else those seen. */
function staff(
  logins: readonly Login[],
  planned: number,
  matched: ModelInput['matched'],
  fromMs: number,
  toMs: number,
  lastMs: number,
): number {
  if (logins.length === 0) return planned || new Set(matched.map(({ offer }) => offer.agent)).size;
  return Math.round(loggedInMs(logins, fromMs, toMs, lastMs) / (toMs - fromMs));
}

const mean = (values: readonly number[]) => (values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length);

/** What theory expects of the queue at the plan's peak, before anything is sent: Erlang A for the planned agents, if the peak lasted. */
import { agentsFor, expectation, type QueueExpectation, type QueueLoad } from '../analysis/erlang.ts';
import { USUAL_LEVEL } from '../analysis/modelling.ts';
import { durationMs, formatDuration } from '../duration.ts';
import { SERVICE_LEVEL_MS } from '../metrics/builtin.ts';
import type { CheckedSurge } from '../scenario/check-surge.ts';
import { drawFrom } from '../scenario/draws.ts';
import type { PlanFigures } from '../schedule/figures.ts';
import type { AgentGroup, VendorProfile } from '../vendor/profile.ts';
import { type PlannedSkill, plannedSkills, type SkilledAgents, skillLines } from './plan-skills.ts';

/** Mean patience where nobody says: a round figure, printed as an assumption. */
const USUAL_PATIENCE_MS = 60_000;
/** The default of a profile's answerDelay. */
const USUAL_RING = '2s';

export interface PlannedQueue {
  load: QueueLoad;
  agents: number;
  thresholdMs: number;
  level: number;
  expected: QueueExpectation;
  /** Mean time from offer to answer: for redials alone, the model's handling time begins with the answer. */
  ringMs: number;
  /** Fewest agents that reach the level; null: none do. */
  needed: number | null;
  /** The same for each skill alone; null: the scenario does not say what callers ask for. */
  bySkill: { skills: PlannedSkill[]; shared: number } | null;
  /** What was assumed because neither scenario nor profile says. */
  assumed: string[];
}

/** Null where the profile has no agents, nobody asks for one, or nothing arrives. */
export function plannedQueue(vendor: VendorProfile, surge: CheckedSurge, figures: PlanFigures): PlannedQueue | null {
  const { rate, stepMs } = figures.series;
  const peakAtMs = (rate.indexOf(Math.max(...rate)) + 0.5) * stepMs;
  const groups = (vendor.agents ?? []).map((group) => ({ group, agents: onDuty(group, peakAtMs) })).filter(({ agents }) => agents > 0);
  const agents = groups.reduce((sum, one) => sum + one.agents, 0);
  if (agents === 0 || surge.expect?.agent === false) return null;

  const assumed: string[] = [];
  const talkMs = surge.expect?.talkMs ?? longestCall(figures);
  const talk = ({ handling }: AgentGroup) => {
    if (handling !== undefined && handling !== 'until-caller') return drawFrom(handling).meanMs;
    if (surge.expect?.talkMs === undefined) assumed.push(`talk ${formatDuration(talkMs)} as callLength (surge.expect.talk)`);
    return talkMs;
  };
  const each = groups.map(({ group, agents: n }): SkilledAgents => {
    const wrapUpMs = group.wrapUp === undefined ? 0 : drawFrom(group.wrapUp).meanMs;
    return { agents: n, skills: group.skills ?? [], handlingMs: talk(group) + wrapUpMs };
  });
  const patienceMs = surge.expect?.patienceMs ?? USUAL_PATIENCE_MS;
  if (surge.expect?.patienceMs === undefined) assumed.push(`patience ${formatDuration(patienceMs)} (surge.expect.patience)`);

  const handlingMs = each.reduce((sum, one) => sum + one.agents * one.handlingMs, 0) / agents;
  const ringMs = groups.reduce((sum, { group, agents: n }) => sum + n * drawFrom(group.answerDelay ?? USUAL_RING).meanMs, 0) / agents;
  // A replayed log's busiest second is chance; over the time that a call takes, it is load.
  const perSecond = surge.replayed ? busiest(figures.series, handlingMs) : figures.peakRate;
  const load = { perSecond, handlingMs, patienceMs };
  const claim = vendor.claims?.serviceLevel;
  const thresholdMs = claim ? durationMs(claim.within, 'claims.serviceLevel.within') : SERVICE_LEVEL_MS;
  const level = claim?.atLeast ?? USUAL_LEVEL;
  const expected = expectation(load, agents, thresholdMs);
  if (!expected) return null;
  const target = { thresholdMs, level };
  const shares = surge.expect?.skills;
  const bySkill = shares ? plannedSkills(shares, each, load, target) : null;
  if (!shares && new Set(each.flatMap(({ skills }) => skills)).size > 1) assumed.push('one queue for all skills (surge.expect.skills)');
  return { load, agents, ringMs, thresholdMs, level, expected, needed: agentsFor(load, target), bySkill, assumed: [...new Set(assumed)] };
}

/** Highest mean rate over that time. */
function busiest({ rate, stepMs }: PlanFigures['series'], ms: number): number {
  const steps = Math.min(rate.length, Math.max(1, Math.round(ms / stepMs)));
  let sum = 0;
  let most = 0;
  for (const [i, now] of rate.entries()) {
    sum += now - (i >= steps ? rate[i - steps]! : 0);
    most = Math.max(most, sum);
  }
  return most / steps;
}

/** Agents of the group whose shift covers that moment of the load. */
function onDuty({ count, shifts }: AgentGroup, atMs: number): number {
  if (!shifts?.length) return count;
  const covers = shifts.filter(
    ({ from, to }) => durationMs(from, 'shifts') <= atMs && (to === undefined || atMs < durationMs(to, 'shifts')),
  );
  return Math.min(count, Math.max(0, ...covers.map((shift) => shift.count ?? count)));
}

const longestCall = ({ scenarios }: PlanFigures) => Math.max(...scenarios.map(({ callLengthMs }) => callLengthMs));

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
const duration = (ms: number) => formatDuration(ms < 10_000 ? Math.round(ms) : Math.round(ms / 1000) * 1000);

/** Lines of `callsurge plan`. */
export function queueLines({ load, agents, thresholdMs, level, expected, needed, bySkill, assumed }: PlannedQueue): string[] {
  const within = `${percent(level).replace('.0', '')} in ${formatDuration(thresholdMs)}`;
  return [
    `queue at the peak ${expected.erlangs.toFixed(1)} erlangs (${duration(load.handlingMs)} a call) for ${agents} agents. If the peak lasted, Erlang A expects:`,
    `                  ${percent(expected.waiting)} wait, ${duration(expected.meanWaitMs)} on average, ${percent(expected.abandonment)} give up, agents ${percent(expected.occupancy)} busy,`,
    `                  ${percent(expected.serviceLevel)} answered in ${formatDuration(thresholdMs)}; ${needed === null ? `no number of agents reaches ${within}` : `${within} needs ${needed} agents`}`,
    ...(bySkill && bySkill.skills.length > 1 ? skillLines(bySkill, thresholdMs, within) : []),
    ...(assumed.length > 0 ? [`assumed           ${assumed.join(', ')}`] : []),
  ];
}

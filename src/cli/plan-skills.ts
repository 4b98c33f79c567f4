/**
 * The queue that a plan expects of each skill alone. One queue for all is the best that a vendor could do with these agents; a queue for each skill,
 * with agents of several skills shared out beforehand, is the other end. What is measured lies between the two.
 */
import { agentsFor, expectation, type QueueExpectation, type QueueLoad } from '../analysis/erlang.ts';
import { sharesOf } from '../analysis/skill-shares.ts';
import { formatDuration } from '../duration.ts';

export interface SkilledAgents {
  agents: number;
  /** None: whatever comes. */
  skills: readonly string[];
  /** Talk and wrap-up. */
  handlingMs: number;
}

export interface PlannedSkill {
  skill: string;
  load: QueueLoad;
  agents: number;
  /** Null: nobody has that skill. */
  expected: QueueExpectation | null;
  needed: number | null;
}

/** @param shares of the calls, by skill; they add up to 1. */
export function plannedSkills(
  shares: Readonly<Record<string, number>>,
  groups: readonly SkilledAgents[],
  pooled: QueueLoad,
  target: { thresholdMs: number; level: number },
): { skills: PlannedSkill[]; shared: number } {
  const names = Object.keys(shares).filter((skill) => shares[skill]! > 0);
  const able = (skill: string) => groups.filter(({ skills }) => skills.length === 0 || skills.includes(skill));
  const handlingOf = (skill: string) => {
    const mine = able(skill);
    const agents = mine.reduce((sum, one) => sum + one.agents, 0);
    return agents > 0 ? mine.reduce((sum, one) => sum + one.agents * one.handlingMs, 0) / agents : pooled.handlingMs;
  };
  const work = new Map(names.map((skill) => [skill, shares[skill]! * pooled.perSecond * handlingOf(skill)]));
  const { agents, shared } = sharesOf(groups, work);
  return {
    shared,
    skills: names.map((skill) => {
      const load = { ...pooled, perSecond: shares[skill]! * pooled.perSecond, handlingMs: handlingOf(skill) };
      const n = agents.get(skill)!;
      return { skill, load, agents: n, expected: n > 0 ? expectation(load, n, target.thresholdMs) : null, needed: agentsFor(load, target) };
    }),
  };
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
const duration = (ms: number) => formatDuration(ms < 10_000 ? Math.round(ms) : Math.round(ms / 1000) * 1000);

/** Lines of `callsurge plan`. */
export function skillLines({ skills, shared }: { skills: PlannedSkill[]; shared: number }, thresholdMs: number, within: string): string[] {
  return [
    ...skills.map(({ skill, load, agents, expected, needed }, i) => {
      const head = `${i === 0 ? 'each skill alone' : ''}`.padEnd(18);
      const erlangs = ((load.perSecond * load.handlingMs) / 1000).toFixed(1);
      if (!expected) return `${head}${skill}: ${erlangs} erlangs and nobody who can do it`;
      const needs = needed === null ? `no number reaches ${within}` : `${within} needs ${needed}`;
      return `${head}${skill}: ${erlangs} erlangs for ${agents} agents: ${percent(expected.waiting)} wait, ${duration(expected.meanWaitMs)} on average, ${percent(expected.abandonment)} give up, ${percent(expected.serviceLevel)} in ${formatDuration(thresholdMs)}; ${needs}`;
    }),
    ...(shared > 0
      ? [`                  ${shared} agents of several skills are shared out among them by the work that each skill brings`]
      : []),
  ];
}

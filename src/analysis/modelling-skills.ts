/**
 * The model of each skill alone, over the same stretch as the pooled one: callers of that skill, its own handling time and patience, and the agents who
 * can do it. Agents of several skills are shared out among them by the work that each brought (skill-shares.ts), an assumption that the report states.
 */
import { agentsFor } from './erlang.ts';
import { loggedInMs } from './idle.ts';
import type { ModelledSpan, SkillModels } from './model-queue.ts';
import { FEWEST, loadOf, type ModelInput, spanFigures } from './modelling.ts';
import type { Waiting } from './queue-log.ts';
import { type AgentsOfSkills, sharesOf } from './skill-shares.ts';

/** More intents than this are no skills. */
const MOST_SKILLS = 20;
const MOST_AGENTS = 20_000;

/** Null where fewer than two skills have callers and agents enough, or skills and intents are not called the same. */
export function modelsOfSkills(
  input: ModelInput,
  span: ModelledSpan,
  entered: readonly Waiting[],
  taken: ReadonlyMap<Waiting, number>,
  level: number,
): SkillModels | null {
  const { fromMs, toMs, which } = span;
  const callers = new Map<string, Waiting[]>();
  for (const call of entered) {
    if (call.entryMs! < fromMs || call.entryMs! >= toMs) continue;
    const same = callers.get(call.queue);
    if (same) same.push(call);
    else callers.set(call.queue, [call]);
  }
  const groups = groupsOf(input, fromMs, toMs);
  const able = (skill: string) => groups.some(({ skills }) => skills.includes(skill));
  const names = [...callers.keys()].filter((skill) => callers.get(skill)!.length >= FEWEST && able(skill));
  if (names.length < 2 || names.length > MOST_SKILLS) return null;

  const matchedOf = new Map(names.map((skill) => [skill, input.matched.filter(({ call }) => call?.queue === skill)]));
  // Once with any number of agents: what work each skill brought.
  const work = new Map(
    names.map((skill) => {
      const seen = spanFigures(which, fromMs, toMs, callers.get(skill)!, taken, { ...input, matched: matchedOf.get(skill)! }, 1);
      return [skill, seen ? seen.perSecond * seen.handlingMs : 0];
    }),
  );
  const { agents, shared } = sharesOf(groups, work);
  const spans = names.flatMap((skill) => {
    const mine = { ...input, matched: matchedOf.get(skill)! };
    const figures = spanFigures(which, fromMs, toMs, callers.get(skill)!, taken, mine, agents.get(skill)!);
    return figures
      ? [{ ...figures, skill, needed: agentsFor(loadOf(figures), { thresholdMs: input.thresholdMs, level }, MOST_AGENTS) }]
      : [];
  });
  return spans.length < 2 ? null : { shared, spans };
}

/** Agents by what they can do: mean number logged in, or, where no login is recorded, those who were offered a call. */
function groupsOf({ matched, logins, skillsOf, lastMs }: ModelInput, fromMs: number, toMs: number): AgentsOfSkills[] {
  const shown = new Map(matched.map(({ offer }) => [offer.agent, offer.skills]));
  const names = new Set(logins.length > 0 ? logins.map(({ agent }) => agent) : shown.keys());
  const groups = new Map<string, Set<string>>();
  for (const agent of names) {
    const skills = skillsOf?.(agent) ?? shown.get(agent) ?? '';
    groups.set(skills, (groups.get(skills) ?? new Set()).add(agent));
  }
  return [...groups]
    .filter(([skills]) => skills !== '')
    .map(([skills, members]) => ({
      skills: skills.split('+'),
      agents:
        logins.length === 0
          ? members.size
          : Math.round(
              loggedInMs(
                logins.filter(({ agent }) => members.has(agent)),
                fromMs,
                toMs,
                lastMs,
              ) /
                (toMs - fromMs),
            ),
    }));
}

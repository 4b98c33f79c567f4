/**
 * Agents by skill, for a model that has one queue for each. Who can do several things is shared out by the work that each of them brings; so many whole
 * agents in all as there are (largest remainders).
 */

export interface AgentsOfSkills {
  agents: number;
  /** None: can do everything. */
  skills: readonly string[];
}

/**
 * @param work by skill, in any unit: arrivals × handling time.
 * @returns agents for each skill of `work`, and how many of them can do several of these.
 */
export function sharesOf(
  groups: readonly AgentsOfSkills[],
  work: ReadonlyMap<string, number>,
): { agents: Map<string, number>; shared: number } {
  const exact = new Map([...work.keys()].map((skill) => [skill, 0]));
  let shared = 0;
  let whole = 0;
  for (const { agents, skills } of groups) {
    const mine = [...work.keys()].filter((skill) => skills.length === 0 || skills.includes(skill));
    if (mine.length === 0) continue;
    if (mine.length > 1) shared += agents;
    whole += agents;
    const all = mine.reduce((sum, skill) => sum + work.get(skill)!, 0);
    for (const skill of mine) exact.set(skill, exact.get(skill)! + agents * (all > 0 ? work.get(skill)! / all : 1 / mine.length));
  }
  const result = new Map([...exact].map(([skill, n]) => [skill, Math.floor(n + 1e-9)]));
  let rest = Math.round(whole) - [...result.values()].reduce((sum, n) => sum + n, 0);
  const byRemainder = [...exact].sort(([a, x], [b, y]) => y - result.get(b)! - (x - result.get(a)!) || a.localeCompare(b));
  for (const [skill, n] of byRemainder) {
    if (rest <= 0 || n === 0) break;
    result.set(skill, result.get(skill)! + 1);
    rest--;
  }
  return { agents: result, shared };
}

/** The model of each skill alone, from calls and offers laid out by hand. */
import { describe, expect, it } from 'vitest';
import { expectation } from '../../src/analysis/erlang.ts';
import { modelBeside } from '../../src/analysis/modelling.ts';
import type { Login, Offer, Waiting } from '../../src/analysis/queue-log.ts';

const SPAN_MS = 600_000;

/** A caller every `everyMs`, put through after a second, handled for `handlingMs`; every fifth gives up after ten seconds instead. */
function served(queue: string, everyMs: number, handlingMs: number, agents: readonly string[], skills: string) {
  const matched: { offer: Offer; call: Waiting }[] = [];
  const calls: Waiting[] = [];
  for (let n = 0; n * everyMs < SPAN_MS; n++) {
    const entryMs = n * everyMs;
    const lost = n % 5 === 4;
    const exitMs = entryMs + (lost ? 10_000 : 1000);
    const call: Waiting = {
      call: `${queue}-${n}`,
      caller: `4001${n}`,
      queue,
      site: 'a',
      priority: 0,
      attempt: true,
      outcome: lost ? 'abandoned' : 'completed',
      inviteMs: entryMs - 500,
      endMs: exitMs + handlingMs,
      entryMs,
      exitMs,
      agentMs: lost ? null : exitMs,
      agent: lost ? null : agents[n % agents.length]!,
      talkMs: lost ? null : handlingMs,
    };
    calls.push(call);
    if (lost) continue;
    const offer: Offer = {
      agent: call.agent!,
      skills,
      call: call.call,
      caller: call.caller,
      offeredMs: entryMs,
      answerMs: exitMs,
      endMs: exitMs + handlingMs,
      readyMs: exitMs + handlingMs,
      outcome: 'answered',
    };
    matched.push({ offer, call });
  }
  return { calls, matched };
}

const names = (group: string, n: number) => Array.from({ length: n }, (_, i) => `${group}-${i + 1}`);
const SKILLS: Record<string, string> = { support: 'support', sales: 'sales', both: 'support+sales' };
const skillsOf = (agent: string) => SKILLS[agent.replace(/-\d+$/, '')];
const loggedIn = (agents: string[]): Login[] => agents.map((agent) => ({ agent, atMs: -1000, on: true }));

function model(parts: ReturnType<typeof served>[], agents: string[]) {
  const [calls, matched] = [parts.flatMap((part) => part.calls), parts.flatMap((part) => part.matched)];
  return modelBeside({
    calls,
    matched,
    logins: loggedIn(agents),
    agents: agents.length,
    skillsOf,
    thresholdMs: 20_000,
    level: 0.8,
    lastMs: SPAN_MS,
  });
}

describe('each skill alone', () => {
  const support = served('support', 2500, 15_000, names('support', 8), 'support');
  const sales = served('sales', 5000, 10_000, names('sales', 3), 'sales');

  it('has its own callers, handling time and agents, and stands beside the pooled one', () => {
    const figures = model([support, sales], [...names('support', 8), ...names('sales', 3)])!;
    const at = figures.spans.at(-1)!;
    expect(at.agents).toBe(11);
    const [one, two] = figures.bySkill!.spans;
    expect(figures.bySkill!.shared).toBe(0);
    expect(one).toMatchObject({ skill: 'support', agents: 8, handlingMs: 15_000 });
    expect(two).toMatchObject({ skill: 'sales', agents: 3, handlingMs: 10_000 });
    expect(one!.calls + two!.calls).toBe(at.calls);
    expect(one!.perSecond).toBeCloseTo(0.4, 1);
    const alone = expectation({ perSecond: one!.perSecond, handlingMs: 15_000, patienceMs: one!.patienceMs! }, 8, 20_000)!;
    expect(one!.erlangA!.waiting).toBeCloseTo(alone.waiting, 9);
    expect(one!.measured.abandonment).toBeCloseTo(0.2, 1);
    expect(one!.needed).toBeGreaterThan(0);
    // Pooling is better.
    expect(at.erlangA!.waiting!).toBeLessThan(one!.erlangA!.waiting!);
  });

  it('shares out who can do both by the work of each', () => {
    const both = served('sales', 5000, 10_000, names('both', 4), 'support+sales');
    const { bySkill } = model([support, both], [...names('support', 8), ...names('both', 4)])!;
    expect(bySkill!.shared).toBe(4);
    expect(bySkill!.spans.map(({ skill, agents }) => [skill, agents])).toEqual([
      ['support', 11],
      ['sales', 1],
    ]);
  });

  it('is nothing with one skill, or where intents are no skills', () => {
    expect(model([support], names('support', 8))!.bySkill).toBeNull();
    const other = served('returns', 5000, 10_000, names('sales', 3), 'sales');
    expect(model([support, other], [...names('support', 8), ...names('sales', 3)])!.bySkill).toBeNull();
  });
});

/** What a plan says of redials and of each skill alone. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sharesOf } from '../../src/analysis/skill-shares.ts';
import { plannedQueue, queueLines } from '../../src/cli/plan-queue.ts';
import { plannedRedials, redialLines, redialWarnings } from '../../src/cli/plan-redials.ts';
import { checkSurge } from '../../src/scenario/check-surge.ts';
import { checkScenario } from '../../src/schedule/executors.ts';
import { planFigures } from '../../src/schedule/figures.ts';
import { planScenarios } from '../../src/schedule/plan.ts';
import type { AgentGroup, VendorProfile } from '../../src/vendor/profile.ts';

const VENDOR: VendorProfile = {
  name: 'vendor-a',
  trunks: [{ name: 'main', host: '127.0.0.1' }],
  contract: {
    targets: ['127.0.0.1'],
    called: ['4001000000'],
    callers: ['5550xxxx'],
    maxCallsPerSecond: 10,
    maxChannels: 100,
    contact: { name: 'NOC' },
  },
};

function planned(agents: AgentGroup[], expected: object, over: Partial<VendorProfile> = {}, load: object = {}) {
  const vendor = { ...VENDOR, agents, ...over };
  const surge = checkSurge({ callLength: '3m', expect: expected });
  const steady = { executor: 'constant-arrival-rate', rate: 200, timeUnit: '30m', duration: '30m', preAllocatedVUs: 100, ...load };
  const plan = planScenarios([checkScenario('s', steady)], { arrivals: 'even', seed: 1 });
  const figures = planFigures(plan, { callLengthMs: surge.callLengthMs });
  const queue = plannedQueue(vendor, surge, figures);
  return { vendor, surge, figures, queue, redials: plannedRedials(vendor, surge, figures, queue) };
}

const sip = (name: string, count: number, skills: string[]): AgentGroup => ({ kind: 'sip', name, count, skills, wrapUp: '20s' });

describe('each skill alone', () => {
  const means = { talk: '160s', patience: '300s' };

  it('is Erlang A of its own share: twice the check vector of docs/metrics.md', () => {
    const { queue } = planned([sip('a', 12, ['support']), sip('b', 14, ['sales'])], { ...means, skills: { support: 1, sales: 1 } });
    const [support, sales] = queue!.bySkill!.skills;
    expect(support!.expected!.waiting.toFixed(4)).toBe('0.3318');
    expect(support!.expected!.abandonment.toFixed(5)).toBe('0.04271');
    expect(sales!.expected!.waiting.toFixed(4)).toBe('0.1453');
    expect(sales!.expected!.occupancy.toFixed(4)).toBe('0.7043');
    // One queue for all of them is better than both.
    expect(queue!.expected.waiting).toBeLessThan(sales!.expected!.waiting);
    const lines = queueLines(queue!).join('\n');
    expect(lines).toMatch(/each skill alone {2}support: 10\.0 erlangs for 12 agents: 33\.2 % wait, 13s on average, 4\.3 % give up/);
    expect(lines).toMatch(/\n {18}sales: 10\.0 erlangs for 14 agents: 14\.5 % wait/);
  });

  it('says who is shared, and whom nobody can serve', () => {
    const groups = [sip('a', 10, ['support']), sip('both', 6, ['support', 'sales'])];
    const { queue } = planned(groups, { ...means, skills: { support: 3, sales: 1, complaints: 1 } });
    expect(queue!.bySkill!.shared).toBe(6);
    expect(queue!.bySkill!.skills.reduce((sum, { agents }) => sum + agents, 0)).toBe(16);
    const lines = queueLines(queue!).join('\n');
    expect(lines).toMatch(/complaints: .* erlangs and nobody who can do it/);
    expect(lines).toMatch(/6 agents of several skills are shared out/);
  });

  it('is an assumption where the scenario does not say what callers ask for', () => {
    const { queue } = planned([sip('a', 12, ['support']), sip('b', 14, ['sales'])], means);
    expect(queue!.bySkill).toBeNull();
    expect(queue!.assumed).toEqual(['one queue for all skills (surge.expect.skills)']);
  });

  it('has whole agents, as many as there are, and none that cannot do it', () => {
    const skills = ['a', 'b', 'c'];
    fc.assert(
      fc.property(
        fc.array(fc.record({ agents: fc.integer({ min: 1, max: 40 }), skills: fc.subarray(skills) }), { minLength: 1, maxLength: 6 }),
        fc.tuple(...skills.map(() => fc.double({ min: 0.01, max: 50, noNaN: true }))),
        (groups, work) => {
          const { agents } = sharesOf(groups, new Map(skills.map((skill, i) => [skill, work[i]!])));
          const able = (skill: string) => groups.filter((one) => one.skills.length === 0 || one.skills.includes(skill));
          expect([...agents.values()].reduce((sum, n) => sum + n, 0)).toBe(groups.reduce((sum, one) => sum + one.agents, 0));
          for (const skill of skills) {
            expect(Number.isInteger(agents.get(skill))).toBe(true);
            expect(agents.get(skill)).toBeLessThanOrEqual(able(skill).reduce((sum, one) => sum + one.agents, 0));
          }
        },
      ),
    );
  });
});

describe('redials', () => {
  const expected = { talk: '10s', patience: '20s', redials: { probability: 0.7, tries: 3, after: '8s' } };
  const storm = { rate: 4, timeUnit: '1s', duration: '5m' };

  it('are counted over the timeline and in steady state, within the places that a claim promises', () => {
    const { surge, figures, redials } = planned(
      [sip('a', 24, [])],
      expected,
      { claims: { concurrentCalls: { atLeast: 44 } } } as never,
      storm,
    );
    expect(redials!.places).toBe(44);
    expect(redials!.storm.callers).toBeCloseTo(1200, 6);
    expect(redials!.storm.calls).toBeGreaterThan(1500);
    expect(redials!.storm.peakInside).toBeLessThanOrEqual(44 + 1e-6);
    expect(redials!.steady.perSecond).toBeGreaterThan(6);
    expect(redials!.steady.perSecond).toBeLessThan(4 * (1 + 0.7 + 0.49));
    const lines = redialLines(redials, surge, figures).join('\n');
    expect(lines).toMatch(
      /70 % of those refused or out of patience call again after 8s, 3 calls at most; 44 places \(claims\.concurrentCalls\)/,
    );
    expect(lines).toMatch(/calls of 1200 callers, at most \d+(\.\d)? calls\/s/);
  });

  it('warn where they go beyond the contract or the VUs', () => {
    const { vendor, figures, redials } = planned([sip('a', 24, [])], expected, {}, { ...storm, rate: 9, preAllocatedVUs: 150 });
    const warnings = redialWarnings(redials, vendor, figures);
    expect(warnings[0]).toMatch(/^with redials about 1\d(\.\d)? calls\/s come at the peak, and the contract allows 10/);
    expect(warnings[1]).toMatch(/callers call or wait to call again at once, and 150 VUs are planned/);
  });

  it('are none where none are expected, or none have an effect', () => {
    expect(planned([sip('a', 24, [])], { talk: '10s' }, {}, storm).redials).toBeNull();
    expect(planned([sip('a', 24, [])], { ...expected, redials: { tries: 1 } }, {}, storm).redials).toBeNull();
    expect(planned([], expected, {}, storm).redials).toBeNull();
    expect(planned([sip('a', 24, [])], { ...expected, agent: false }, {}, storm).queue).toBeNull();
  });
});

import { describe, expect, it } from 'vitest';
import { plannedQueue, queueLines } from '../../src/cli/plan-queue.ts';
import { checkSurge } from '../../src/scenario/check-surge.ts';
import { checkScenario } from '../../src/schedule/executors.ts';
import { planFigures } from '../../src/schedule/figures.ts';
import { planScenarios } from '../../src/schedule/plan.ts';
import type { AgentGroup, VendorProfile } from '../../src/vendor/profile.ts';

const GROUP: AgentGroup = { kind: 'sip', name: 'support', count: 12, wrapUp: '20s' };
const VENDOR = {
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
} satisfies VendorProfile;

/** 100 calls in 30 minutes. */
function planned(
  groups: AgentGroup[],
  surge: object = { expect: { talk: '160s', patience: '300s' } },
  claims: VendorProfile['claims'] = {},
) {
  const checked = checkSurge(surge);
  const steady = { executor: 'constant-arrival-rate', rate: 100, timeUnit: '30m', duration: '30m', preAllocatedVUs: 100 };
  const plan = planScenarios([checkScenario('s', steady)], { arrivals: 'even', seed: 1 });
  return plannedQueue({ ...VENDOR, agents: groups, claims }, checked, planFigures(plan, { callLengthMs: checked.callLengthMs }));
}

describe('the queue that a plan expects', () => {
  it('is that of Erlang A: the check vector of docs/metrics.md', () => {
    const queue = planned([GROUP])!;
    expect(queue.load).toEqual({ perSecond: 100 / 1800, handlingMs: 180_000, patienceMs: 300_000 });
    expect(queue.expected.waiting.toFixed(4)).toBe('0.3318');
    expect(queue.expected.abandonment.toFixed(5)).toBe('0.04271');
    expect(queue.assumed).toEqual([]);
    expect(queueLines(queue).join('\n')).toMatch(/33\.2 % wait, 13s on average, 4\.3 % give up, agents 79\.8 % busy/);
  });

  it('says what it assumed', () => {
    const queue = planned([GROUP], { callLength: '2m' })!;
    expect(queue.load).toMatchObject({ handlingMs: 140_000, patienceMs: 60_000 });
    expect(queueLines(queue).at(-1)).toBe(
      'assumed           talk 2m0s as callLength (surge.expect.talk), patience 1m0s (surge.expect.patience)',
    );
  });

  it('takes the level of the claim', () => {
    const queue = planned([GROUP], undefined, { serviceLevel: { atLeast: 0.99, within: '5s' } })!;
    expect(queue).toMatchObject({ thresholdMs: 5000, level: 0.99 });
    expect(queue.needed).toBeGreaterThan(14);
  });

  it('counts agents who are on duty at the peak, by their own handling time', () => {
    const groups: AgentGroup[] = [
      { ...GROUP, count: 6, shifts: [{ from: '0s', to: '20m' }] },
      { ...GROUP, count: 6, handling: { exponential: '100s' }, shifts: [{ from: '0s', count: 4 }] },
      { ...GROUP, count: 50, shifts: [{ from: '29m59s' }] },
    ];
    const queue = planned(groups)!;
    expect(queue.agents).toBe(10);
    expect(queue.load.handlingMs).toBeCloseTo((6 * 180_000 + 4 * 120_000) / 10, 6);
  });

  it('is nothing without agents', () => {
    expect(planned([])).toBeNull();
  });

  it('refuses what it does not know', () => {
    expect(() => checkSurge({ expect: { patince: '1m' } })).toThrow(/unknown field "patince"/);
    expect(() => checkSurge({ expect: { talk: '0s' } })).toThrow(/talk must be at least/);
    expect(() => checkSurge({ expect: { redials: { probability: 70 } } })).toThrow(/probability must be from 0 to 1/);
    expect(() => checkSurge({ expect: { redials: { tries: 0 } } })).toThrow(/tries must be a whole number of at least 1/);
    expect(() => checkSurge({ expect: { redials: { time: 3 } } })).toThrow(/unknown field "time"/);
    expect(() => checkSurge({ expect: { skills: { support: 'most' } } })).toThrow(/support must be a number/);
    expect(() => checkSurge({ expect: { skills: { support: 0 } } })).toThrow(/skills must have a share above 0/);
  });

  it('knows the defaults of redials, and shares of any sum', () => {
    expect(checkSurge({ expect: { redials: {}, skills: { support: 3, sales: 1 } } }).expect).toEqual({
      redials: { probability: 1, tries: 3, afterMs: 20_000 },
      skills: { support: 0.75, sales: 0.25 },
    });
  });
});

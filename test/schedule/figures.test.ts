import { describe, expect, it } from 'vitest';
import { checkScenario } from '../../src/schedule/executors.ts';
import { type Assumptions, planFigures } from '../../src/schedule/figures.ts';
import { planScenarios } from '../../src/schedule/plan.ts';

const figures = (scenarios: Record<string, object>, given: Partial<Assumptions> = {}, arrivals: 'even' | 'poisson' = 'even') =>
  planFigures(
    planScenarios(
      Object.entries(scenarios).map(([name, raw]) => checkScenario(name, raw)),
      { arrivals, seed: 1 },
    ),
    given,
  );
const steady = { executor: 'constant-arrival-rate', rate: 10, duration: '10m', preAllocatedVUs: 600, gracefulStop: '2m' };

describe('planning figures', () => {
  it('10 calls/s of a minute are 600 at a time (Little)', () => {
    const plan = figures({ steady });
    expect(plan).toMatchObject({ calls: 6000, peakRate: 10, busiestSecond: 10, peakConcurrent: 600, callMinutes: 6000, warnings: [] });
    expect(plan.scenarios[0]).toMatchObject({ vusNeeded: 600, vusPlanned: 600 });
    expect(plan.peakConcurrentAtMs).toBe(59_900);
    expect(Math.max(...plan.series.concurrent)).toBe(600);
    expect(plan.series.rate[100]).toBe(10);
  });

  it('what that is on the wire: 80 kbit/s a leg at the IP layer, 87.2 with Ethernet’s header', () => {
    const plan = figures({ steady }, { ownAgents: true });
    expect(plan.ports).toBe(2400);
    expect(plan.mbitPerSecond.ip).toBeCloseTo(96);
    expect(plan.mbitPerSecond.ethernet).toBeCloseTo(104.64);
    expect(plan.cores).toMatchObject({ media: 2.4, total: 3 });
    expect(figures({ steady }, { ownAgents: true, portsPerAddress: 1000 }).sourceAddresses).toBe(3);
  });

  it('signalling only needs neither ports nor bandwidth', () => {
    expect(figures({ steady }, { media: 'none' })).toMatchObject({ ports: 0, mbitPerSecond: { ip: 0 }, cores: { total: 1 } });
  });

  it('warns of VUs too few and of calls longer than gracefulStop', () => {
    const { warnings } = figures({ peak: { ...steady, preAllocatedVUs: 50, maxVUs: 400, gracefulStop: '30s' } });
    expect(warnings).toEqual([
      expect.stringContaining('calls are taken to last 1m0s (surge.callLength) and gracefulStop is 30s'),
      expect.stringContaining('600 VUs are needed at the peak, maxVUs is 400'),
    ]);
  });

  it('Poisson’s busiest second is above the mean, and known', () => {
    const plan = figures({ steady }, {}, 'poisson');
    expect(plan.peakRate).toBe(10);
    expect(plan.busiestSecond).toBeGreaterThan(15);
    expect(plan.peakConcurrent).toBeGreaterThan(600);
  });

  it('adds up scenarios that overlap, by their own call lengths', () => {
    const plan = figures(
      { a: { ...steady, duration: '1m' }, b: { ...steady, rate: 5, startTime: '30s', duration: '1m' } },
      { callLengthMs: { '': 10_000, b: 20_000 } },
    );
    expect(plan.peakRate).toBe(15);
    expect(plan.peakConcurrent).toBe(200);
    expect(plan.callMinutes).toBeCloseTo((600 * 10 + 300 * 20) / 60);
  });

  it('looping VUs make one call after the other', () => {
    const plan = figures({ loop: { executor: 'constant-vus', vus: 30, duration: '10m' } });
    expect(plan).toMatchObject({ calls: 300, peakConcurrent: 30, callMinutes: 300 });
    expect(plan.peakRate).toBeCloseTo(0.5);
    expect(figures({ one: { executor: 'shared-iterations', vus: 4, iterations: 10 } })).toMatchObject({
      calls: 10,
      peakConcurrent: 4,
      callMinutes: 10,
    });
  });
});

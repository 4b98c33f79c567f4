import { describe, expect, it } from 'vitest';
import { checkScenario } from '../../src/schedule/executors.ts';
import { header, planScenarios, usefulWorkers } from '../../src/schedule/plan.ts';

const plan = (scenarios: Record<string, object>) =>
  planScenarios(
    Object.entries(scenarios).map(([name, raw]) => checkScenario(name, raw)),
    { arrivals: 'even', seed: 1 },
  );

describe('header', () => {
  it('reads as k6’s', () => {
    expect(
      header(
        plan({
          peak: {
            executor: 'ramping-arrival-rate',
            stages: [
              { duration: '30s', target: 50 },
              { duration: '1m', target: 50 },
              { duration: '30s', target: 0 },
            ],
            preAllocatedVUs: 100,
            maxVUs: 400,
          },
        }),
      ),
    ).toEqual([
      'scenarios: (100.00%) 1 scenario, 400 max VUs, 2m30s max duration (incl. graceful stop):',
      '  * peak: Up to 50.00 iterations/s for 2m0s over 3 stages (maxVUs: 100-400, gracefulStop: 30s)',
    ]);
  });

  it('says what is not the default', () => {
    const stages = [{ duration: '30s', target: 5 }];
    const lines = header(
      plan({
        a: {
          executor: 'constant-arrival-rate',
          rate: 3,
          timeUnit: '2s',
          duration: '1m',
          preAllocatedVUs: 9,
          exec: 'vip',
          startTime: '10s',
        },
        b: { executor: 'constant-vus', vus: 4, duration: '1h', gracefulStop: 0 },
        c: { executor: 'ramping-vus', stages },
        d: { executor: 'shared-iterations', vus: 2, iterations: 10 },
        e: { executor: 'per-vu-iterations', vus: 2, iterations: 10, maxDuration: '5m' },
      }),
    );
    expect(lines.slice(1)).toEqual([
      '  * a: 1.50 iterations/s for 1m0s (maxVUs: 9, exec: vip, startTime: 10s, gracefulStop: 30s)',
      '  * b: 4 looping VUs for 1h0m0s',
      '  * c: Up to 5 looping VUs for 30s over 1 stages (gracefulRampDown: 30s, gracefulStop: 30s)',
      '  * d: 10 iterations shared among 2 VUs (maxDuration: 10m0s, gracefulStop: 30s)',
      '  * e: 10 iterations for each of 2 VUs (maxDuration: 5m0s, gracefulStop: 30s)',
    ]);
  });
});

describe('several scenarios', () => {
  const vus = (n: number, startTime: string) => ({ executor: 'constant-vus', vus: n, duration: '10s', gracefulStop: '5s', startTime });

  it('share VUs only where they do not overlap', () => {
    expect(plan({ a: vus(5, '0s'), b: vus(7, '15s') }).maxVus).toBe(7);
    expect(plan({ a: vus(5, '0s'), b: vus(7, '14s') }).maxVus).toBe(12);
  });

  it('end when the last one has', () => {
    expect(plan({ a: vus(5, '0s'), b: vus(7, '15s') })).toMatchObject({ loadMs: 25_000, totalMs: 30_000 });
  });

  it('need no more workers than they have VUs', () => {
    expect(usefulWorkers(plan({ a: vus(5, '0s'), b: vus(2, '0s') }), 8)).toBe(2);
    expect(usefulWorkers(plan({ a: vus(50, '0s') }), 8)).toBe(8);
  });
});

describe('a plan that no machine can hold', () => {
  const arrivals = { executor: 'constant-arrival-rate', rate: 2, duration: '1s', preAllocatedVUs: 4 };
  it.each([
    ['a rate', { ...arrivals, rate: 1e12 }, /1000000000000 arrivals/],
    ['a duration', { ...arrivals, duration: '99999999h' }, /arrivals/],
    ['VUs', { ...arrivals, preAllocatedVUs: 1e9 }, /1000000000 VUs/],
    ['looping VUs', { executor: 'constant-vus', vus: 1e9, duration: '1s' }, /1000000000 VUs/],
  ])('is refused at once: %s', (_, peak, words) => {
    expect(() => plan({ peak })).toThrow(words);
    const poisson = () => planScenarios([checkScenario('peak', peak)], { arrivals: 'poisson', seed: 1 });
    expect(poisson).toThrow(expect.objectContaining({ code: 'machine-limit', where: 'scenarios.peak' }));
  });
});

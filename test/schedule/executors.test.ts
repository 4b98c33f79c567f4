import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Arrival, Drive } from '../../src/schedule/executor.ts';
import { checkScenario, planScenario } from '../../src/schedule/executors.ts';
import { fullSegment, parseSegment, type Segment, workerSegments } from '../../src/schedule/segment.ts';

const EVEN = { arrivals: 'even', seed: 1 } as const;
const planOf = (raw: object, spacing: { arrivals: 'even' | 'poisson'; seed: number } = EVEN) =>
  planScenario(checkScenario('peak', raw), spacing);
const arrivalsOf = (raw: object) => planOf(raw).drive as Extract<Drive, { kind: 'arrivals' }>;
const times = (drive: Drive, segment: Segment = fullSegment) => (drive.kind === 'arrivals' ? [...drive.arrivals(segment)] : []);
const ramp = (startRate: number, stages: [string, number][], more: object = {}) => ({
  executor: 'ramping-arrival-rate',
  startRate,
  stages: stages.map(([duration, target]) => ({ duration, target })),
  preAllocatedVUs: 10,
  ...more,
});
const rounded = (arrivals: Arrival[]) => arrivals.map(({ at }) => Math.round(at * 10) / 10);

describe('ramping-arrival-rate', () => {
  it('2/s 5 s → 3/s 5 s, vector by vector', () => {
    const at = rounded(
      times(
        planOf(
          ramp(2, [
            ['5s', 2],
            ['5s', 3],
          ]),
        ).drive,
      ),
    );
    expect(at).toHaveLength(22);
    expect(at.slice(0, 10)).toEqual([500, 1000, 1500, 2000, 2500, 3000, 3500, 4000, 4500, 5000]);
    expect(at.slice(10, 14)).toEqual([5488.1, 5954.5, 6401.8, 6832.2]);
    expect(at.at(-1)).toBe(9832.4);
  });

  it('0 → 10/s in 10 s', () => {
    const at = rounded(times(planOf(ramp(0, [['10s', 10]])).drive));
    expect(at).toHaveLength(50);
    expect(at.slice(0, 5)).toEqual([1414.2, 2000, 2449.5, 2828.4, 3162.3]);
    expect(at.at(-1)).toBe(10000);
  });

  it('10 → 0/s in 10 s', () => {
    const at = rounded(times(planOf(ramp(10, [['10s', 0]])).drive));
    expect(at).toHaveLength(50);
    expect(at.slice(0, 3)).toEqual([100.5, 202, 304.6]);
    expect(at.slice(-2)).toEqual([8585.8, 10000]);
  });

  it('carries fractions over stages, and jumps at a stage of 0s', () => {
    expect(
      rounded(
        times(
          planOf(
            ramp(1, [
              ['1500ms', 1],
              ['0s', 10],
              ['1s', 10],
            ]),
          ).drive,
        ),
      ),
    ).toEqual([1000, 1550, 1650, 1750, 1850, 1950, 2050, 2150, 2250, 2350, 2450]);
  });

  it('per minute is a sixtieth', () => {
    expect(rounded(times(planOf(ramp(60, [['3s', 60]], { timeUnit: '1m' })).drive))).toEqual([1000, 2000, 3000]);
  });

  it('knows its rate at any moment', () => {
    const { rateAt } = arrivalsOf(
      ramp(0, [
        ['10s', 10],
        ['0s', 4],
        ['10s', 4],
      ]),
    );
    expect([0, 2500, 9999, 10000, 15000, 20001].map((ms) => Math.round(rateAt(ms) * 100) / 100)).toEqual([0, 2.5, 10, 4, 4, 0]);
  });

  it('count is what arrives, in order, within the duration, and the area under the curve', () => {
    const stage = fc.record({ duration: fc.integer({ min: 0, max: 5000 }), target: fc.integer({ min: 0, max: 80 }) });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 50 }), fc.array(stage, { minLength: 1, maxLength: 6 }), (startRate, stages) => {
        const plan = planOf({ executor: 'ramping-arrival-rate', startRate, stages, preAllocatedVUs: 1 });
        const all = times(plan.drive);
        let area2 = 0;
        stages.reduce((from, { duration, target }) => {
          area2 += duration * (from + target);
          return target;
        }, startRate);
        expect(all).toHaveLength(Math.floor(area2 / 2000));
        expect(plan.drive).toMatchObject({ count: all.length });
        for (const [i, { at, index }] of all.entries()) {
          expect(index).toBe(i);
          expect(at).toBeGreaterThanOrEqual(i > 0 ? all[i - 1]!.at : 0);
          expect(at).toBeLessThanOrEqual(plan.durationMs);
        }
      }),
    );
  });
});

describe('constant-arrival-rate', () => {
  const constant = (rate: number, duration: string, more: object = {}) => ({
    executor: 'constant-arrival-rate',
    rate,
    duration,
    preAllocatedVUs: 5,
    ...more,
  });

  it('starts at 0 and every timeUnit/rate, before the end', () => {
    expect(rounded(times(planOf(constant(4, '1s')).drive))).toEqual([0, 250, 500, 750]);
    expect(rounded(times(planOf(constant(3, '1s')).drive))).toEqual([0, 333.3, 666.7]);
    expect(times(planOf(constant(500, '20s')).drive)).toHaveLength(10_000);
    expect(rounded(times(planOf(constant(2, '2500ms', { timeUnit: '2s' })).drive))).toEqual([0, 1000, 2000]);
  });
});

describe('closed model', () => {
  const steps = (raw: object, segment: Segment = fullSegment) => {
    const { drive } = planOf(raw);
    return drive.kind === 'vus' ? drive.steps(segment).map(({ at, vus }) => [at, vus]) : [];
  };

  it('ramping-vus reaches each count at its share of the stage', () => {
    const raw = {
      executor: 'ramping-vus',
      startVUs: 0,
      stages: [
        { duration: '4s', target: 4 },
        { duration: '1s', target: 4 },
        { duration: '2s', target: 2 },
        { duration: '0s', target: 0 },
      ],
    };
    expect(steps(raw)).toEqual([
      [0, 0],
      [1000, 1],
      [2000, 2],
      [3000, 3],
      [4000, 4],
      [6000, 3],
      [7000, 0],
    ]);
    expect(steps(raw, workerSegments(2)[1])).toEqual([
      [0, 0],
      [2000, 1],
      [4000, 2],
      [6000, 1],
      [7000, 0],
    ]);
  });

  it('constant-vus and the iteration executors deal their VUs', () => {
    expect(workerSegments(3).map((worker) => steps({ executor: 'constant-vus', vus: 5, duration: '10s' }, worker)[0]![1])).toEqual([
      2, 2, 1,
    ]);
  });

  it('no segment gets iterations without a VU, and each iteration has one number', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('shared-iterations', 'per-vu-iterations'),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 9, max: 60 }),
        fc.integer({ min: 1, max: 5 }),
        (executor, vus, iterations, n) => {
          const { drive } = planOf({ executor, vus, iterations });
          if (drive.kind !== 'iterations') throw new Error('wrong drive');
          const parts = workerSegments(n);
          const numbers = parts.flatMap((part) => Array.from({ length: drive.iterations(part) }, (_, k) => drive.index(part, k)));
          const total = executor === 'shared-iterations' ? iterations : iterations * vus;
          expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: total }, (_, i) => i));
          for (const part of parts) if (drive.vus(part) === 0) expect(drive.iterations(part)).toBe(0);
          expect(parts.reduce((sum, part) => sum + drive.vus(part), 0)).toBe(vus);
        },
      ),
    );
  });
});

describe('any segments together are exactly the whole', () => {
  const sequences = fc.constantFrom(['0', '1/2', '3/4', '1'], ['0', '3/5', '1'], ['0', '1/7', '2/7', '5/7', '1']);
  const parts = fc.oneof(
    fc.integer({ min: 1, max: 6 }).map(workerSegments),
    sequences.map((points) => points.slice(1).map((to, i) => parseSegment(`${points[i]}:${to}`, points.join(',')))),
  );
  const arrivals = fc.record({ arrivals: fc.constantFrom('even' as const, 'poisson' as const), seed: fc.integer() });
  const openModel = fc.constantFrom(
    { executor: 'constant-arrival-rate', rate: 37, duration: '4s', preAllocatedVUs: 3 },
    ramp(5, [
      ['2s', 40],
      ['0s', 7],
      ['2s', 0],
    ]),
  );

  it('arrivals: the same numbers at the same times', () => {
    fc.assert(
      fc.property(openModel, arrivals, parts, (raw, spacing, segments) => {
        const { drive } = planOf(raw, spacing);
        const together = segments.flatMap((segment) => times(drive, segment)).sort((a, b) => a.index - b.index);
        expect(together).toEqual(times(drive));
        expect(drive).toMatchObject({ count: together.length });
      }),
    );
  });

  it('VUs: the sum is the whole at every moment', () => {
    const stage = fc.record({ duration: fc.integer({ min: 0, max: 3000 }), target: fc.integer({ min: 1, max: 30 }) });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 20 }), fc.array(stage, { minLength: 1, maxLength: 5 }), parts, (startVUs, stages, segments) => {
        const { drive } = planOf({ executor: 'ramping-vus', startVUs, stages });
        if (drive.kind !== 'vus') throw new Error('wrong drive');
        const at = (segment: Segment, ms: number) => drive.steps(segment).findLast((step) => step.at <= ms)!.vus;
        for (const { at: ms, vus } of drive.steps(fullSegment))
          expect(segments.reduce((sum, segment) => sum + at(segment, ms), 0)).toBe(vus);
      }),
    );
  });
});

describe('Poisson arrivals', () => {
  const raw = ramp(0, [
    ['20s', 100],
    ['20s', 100],
    ['20s', 0],
  ]);
  const drawn = (seed: number) => times(planOf(raw, { arrivals: 'poisson', seed }).drive);

  it('are the same for the same seed and others for another', () => {
    expect(drawn(7)).toEqual(drawn(7));
    expect(drawn(7)).not.toEqual(drawn(8));
  });

  it('follow the curve: the count in each third is Poisson with its area (within 5 sigma)', () => {
    const all = drawn(3);
    for (const [from, area] of [
      [0, 1000],
      [20_000, 2000],
      [40_000, 1000],
    ] as const)
      expect(Math.abs(all.filter(({ at }) => at >= from && at < from + 20_000).length - area)).toBeLessThan(5 * Math.sqrt(area));
  });

  it('have exponential gaps where the rate is level: Kolmogorov–Smirnov at 0.1 %', () => {
    const level = drawn(5).filter(({ at }) => at >= 20_000 && at < 40_000);
    const gaps = level
      .slice(1)
      .map(({ at }, i) => at - level[i]!.at)
      .sort((a, b) => a - b);
    const distance = Math.max(...gaps.map((gap, i) => Math.abs(1 - Math.exp(-gap / 10) - (i + 0.5) / gaps.length)));
    expect(gaps.length).toBeGreaterThan(1500);
    expect(distance).toBeLessThan(1.95 / Math.sqrt(gaps.length));
  });
});

describe('what is wrong is named', () => {
  it.each([
    [{ executor: 'ramping-arival-rate' }, 'scenarios.peak.executor', 'did you mean ramping-arrival-rate'],
    [{ executor: 'externally-controlled' }, 'scenarios.peak.executor', 'k6 has dropped it'],
    [{ executor: 'constant-vus', vus: 2, durration: '5s', duration: '5s' }, 'scenarios.peak.durration', 'did you mean duration'],
    [{ executor: 'constant-vus' }, 'scenarios.peak.duration', 'duration is missing'],
    [{ executor: 'constant-vus', duration: '5x' }, 'scenarios.peak.duration', 'is not a duration'],
    [{ executor: 'constant-vus', duration: '5s', vus: 1.5 }, 'scenarios.peak.vus', 'whole number'],
    [{ executor: 'constant-arrival-rate', rate: 5, duration: '5s' }, 'scenarios.peak.preAllocatedVUs', 'missing'],
    [{ executor: 'constant-arrival-rate', rate: 0, duration: '5s', preAllocatedVUs: 1 }, 'scenarios.peak.rate', 'at least 1'],
    [{ executor: 'constant-arrival-rate', rate: 5, duration: '5s', preAllocatedVUs: 5, maxVUs: 2 }, 'scenarios.peak.maxVUs', 'less than'],
    [{ executor: 'ramping-arrival-rate', stages: [], preAllocatedVUs: 5 }, 'scenarios.peak.stages', 'at least one stage'],
    [ramp(1, [['5s', -2]]), 'scenarios.peak.stages[0].target', 'at least 0'],
    [
      { executor: 'ramping-vus', stages: [{ duration: '1s', target: 0, taget: 1 }] },
      'scenarios.peak.stages[0].taget',
      'did you mean target',
    ],
    [{ executor: 'ramping-vus', startVUs: 0, stages: [{ duration: '1s', target: 0 }] }, 'scenarios.peak.stages', 'never has a VU'],
    [{ executor: 'shared-iterations', vus: 5, iterations: 2 }, 'scenarios.peak.iterations', 'less than vus'],
    [{ executor: 'constant-vus', duration: '5s', tags: { a: {} } }, 'scenarios.peak.tags.a', 'must be a text'],
    [{}, 'scenarios.peak.executor', 'executor is missing'],
    ['fast', 'scenarios.peak', 'must be an object'],
  ])('%j', (raw, where, message) => {
    expect(() => checkScenario('peak', raw)).toThrow(expect.objectContaining({ code: 'option-invalid', where }));
    try {
      checkScenario('peak', raw);
    } catch (error) {
      expect((error as { oneLine(): string }).oneLine()).toContain(message);
    }
  });

  it('a name with other characters', () => {
    expect(() => checkScenario('双11', { executor: 'constant-vus', duration: '1s' })).toThrow('not a scenario name');
  });
});

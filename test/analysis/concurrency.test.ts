import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConcurrencyFold } from '../../src/analysis/concurrency.ts';
import { Intervals } from '../../src/analysis/level.ts';
import { MOST_STEPS, stepsOver } from '../../src/analysis/steps.ts';
import { rowOf } from '../../src/record/schema.ts';
import { answered, Record, T0 } from './synthetic.ts';

const levelOf = (spans: readonly (readonly [number, number])[]) => {
  const intervals = new Intervals();
  for (const [from, to] of spans) intervals.add(from, to);
  return intervals.level();
};
const spans = fc.array(
  fc.tuple(fc.integer({ min: 0, max: 200 }), fc.integer({ min: -5, max: 60 })).map(([from, length]) => [from, from + length] as const),
  { maxLength: 60 },
);
const brute = (all: readonly (readonly [number, number])[], at: number) => all.filter(([from, to]) => from <= at && at < to).length;

describe('level', () => {
  it('equals counting by hand, at every moment and at its peak', () => {
    fc.assert(
      fc.property(spans, (all) => {
        const level = levelOf(all);
        let most = 0;
        for (let at = -1; at < 270; at++) {
          expect(level.at(at)).toBe(brute(all, at));
          most = Math.max(most, brute(all, at));
        }
        const { value, atMs } = level.peak();
        expect(value).toBe(most);
        if (atMs !== null) expect(brute(all, atMs)).toBe(most);
      }),
    );
  });

  it('keeps the largest value of every step', () => {
    fc.assert(
      fc.property(spans, fc.integer({ min: 1, max: 40 }), fc.integer({ min: -20, max: 60 }), (all, stepMs, startMs) => {
        const steps = { startMs, stepMs, count: 12 };
        const series = levelOf(all).seriesMax(steps);
        series.values.forEach((value, i) => {
          let most = 0;
          for (let at = startMs + i * stepMs; at < startMs + (i + 1) * stepMs; at++) most = Math.max(most, brute(all, at));
          expect(value).toBe(most);
          expect(levelOf(all).maxIn(startMs + i * stepMs, startMs + (i + 1) * stepMs)).toBe(most);
        });
      }),
    );
  });

  it('finds the spans at or above a level, and means over time', () => {
    fc.assert(
      fc.property(
        spans,
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 0, max: 100 }),
        fc.integer({ min: 1, max: 150 }),
        (all, least, from, length) => {
          const level = levelOf(all);
          const found = [...level.spansAtLeast(least, from, from + length)];
          let area = 0;
          for (let at = from; at < from + length; at++) {
            expect(found.some(([a, b]) => a <= at && at < b)).toBe(brute(all, at) >= least);
            area += brute(all, at);
          }
          expect(level.meanIn(from, from + length)).toBeCloseTo(area / length, 9);
        },
      ),
    );
  });
});

describe('concurrency', () => {
  it('counts five ways, exactly', () => {
    const record = new Record();
    const invite = T0 + 1000;
    record.add(
      'calls',
      answered(1000, 30, { wants_agent: true, queue_ms: invite + 2000, agent_ms: invite + 12_000, call: 'a' }),
      answered(3000, 30, { wants_agent: true, queue_ms: invite + 4000, agent_ms: invite + 20_000, call: 'b' }),
      rowOf('calls', { call: 'c', invite_ms: invite + 100, end_ms: invite + 500, status: 486, outcome: 'blocked' }),
    );
    record.add(
      'agents',
      rowOf('agents', {
        agent: '1',
        offered_ms: invite + 11_000,
        answer_ms: invite + 12_000,
        end_ms: invite + 29_900,
        outcome: 'answered',
      }),
    );
    const { peaks, atPeaks, series } = record.analyse().concurrency;
    expect(peaks.occupied).toEqual({ value: 2, atMs: invite + 100 });
    expect(peaks.answered).toEqual({ value: 2, atMs: invite + 2050 });
    expect(peaks.queued).toEqual({ value: 2, atMs: invite + 4000 });
    expect(peaks.talking).toEqual({ value: 2, atMs: invite + 20_000 });
    expect(peaks.legs).toEqual({ value: 3, atMs: invite + 11_000 });
    expect(atPeaks!.talking).toEqual({ occupied: 2, answered: 2, queued: 0, talking: 2, legs: 3 });
    expect(atPeaks!.queued).toEqual({ occupied: 2, answered: 2, queued: 2, talking: 0, legs: 2 });
    expect(series.queued.values.slice(0, 24)).toEqual([0, 0, 0, 1, 1, ...Array(8).fill(2), ...Array(8).fill(1), 0, 0, 0]);
  });

  it('takes an agent who is not ours for a leg while he talks', () => {
    const record = new Record().add('calls', answered(0, 20, { wants_agent: true, queue_ms: T0 + 100, agent_ms: T0 + 5000 }));
    expect(record.analyse().concurrency.peaks.legs).toEqual({ value: 2, atMs: T0 + 5000 });
  });

  it('is the same merged from halves as whole', () => {
    const calls = fc.array(fc.record({ at: fc.nat(100_000), seconds: fc.integer({ min: 1, max: 30 }) }), { maxLength: 40 });
    fc.assert(
      fc.property(calls, calls, (a, b) => {
        const fold = (rows: typeof a) => {
          const made = new ConcurrencyFold();
          for (const { at, seconds } of rows) made.add(answered(at, seconds));
          return made;
        };
        const steps = stepsOver(T0, T0 + 140_000);
        const halves = fold(a);
        halves.merge(fold(b));
        expect(halves.figures(steps, null)).toEqual(fold([...a, ...b]).figures(steps, null));
      }),
      { numRuns: 50 },
    );
  });

  it('counts planned, intended and achieved arrivals per second', () => {
    const record = new Record().add('calls', answered(0), answered(100), answered(1500), answered(2100, 10, { intended_ms: T0 + 1900 }));
    record.add('samples', rowOf('samples', { metric: 'dropped_iterations', type: 'counter', value: 3, t_ms: T0 + 2500, tags: {} }));
    const { arrivals } = record.analyse({ plan: { series: { stepMs: 500, rate: [1, 3, 2, 2] } } }).concurrency;
    expect(arrivals.planned?.values.slice(0, 3)).toEqual([2, 2, 0]);
    expect(arrivals.intended.values.slice(0, 4)).toEqual([2, 2, 3, 0]);
    expect(arrivals.achieved.values.slice(0, 4)).toEqual([2, 1, 1, 0]);
    expect(arrivals.perSecondPeak).toBe(2);
  });
});

describe('steps', () => {
  it('are never more than 1500 and cover everything', () => {
    fc.assert(
      fc.property(fc.nat(40 * 86_400_000), (span) => {
        const { stepMs, count } = stepsOver(T0, T0 + span);
        expect(count).toBeLessThanOrEqual(MOST_STEPS);
        expect(count * stepMs).toBeGreaterThan(span);
      }),
    );
    expect(stepsOver(T0, T0 + 60_000)).toMatchObject({ stepMs: 1000, count: 61 });
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Arrival } from '../../src/schedule/executor.ts';
import { checkScenario } from '../../src/schedule/executors.ts';
import { planScenarios } from '../../src/schedule/plan.ts';
import { type Replay, type ReplayLog, replayTimeline } from '../../src/schedule/replay.ts';
import { fullSegment, workerSegments } from '../../src/schedule/segment.ts';

const MINUTE = 60_000;
const log = (at: number[], over: Partial<ReplayLog> = {}): ReplayLog => ({
  callsurge: 'arrivals',
  version: 1,
  about: 'a log',
  from: null,
  durationMs: 60 * MINUTE,
  resolutionMs: 1,
  at,
  ...over,
});
const replay = (of: ReplayLog, over: Partial<Replay> = {}): Replay => ({
  log: of,
  scale: 1,
  compress: 1,
  fromMs: 0,
  toMs: of.durationMs,
  ...over,
});
const times = (of: Replay, seed = 1) => [...replayTimeline(of, seed).arrivals(fullSegment)].map(({ at }) => at);
const until = (list: readonly number[], ms: number) => list.filter((at) => at < ms).length;

describe('a replayed log', () => {
  it('plays every call at its own time where nothing is scaled', () => {
    expect(times(replay(log([0, 10, 10, 250, 59 * MINUTE])))).toEqual([0, 10, 10, 250, 59 * MINUTE]);
    expect(times(replay(log([0, 10, 10, 250]), { compress: 10 }))).toEqual([0, 1, 1, 25]);
  });

  it('cuts a window out', () => {
    expect(times(replay(log([0, 1000, 2000, 3000]), { fromMs: 1000, toMs: 3000 }))).toEqual([0, 1000]);
    expect(replayTimeline(replay(log([0]), { fromMs: MINUTE }), 1)).toMatchObject({ count: 0, durationMs: 59 * MINUTE });
  });

  it('stays within one of the log, scaled, at the end of every minute, whatever the log, the scale and the speed', () => {
    const entries = fc.array(fc.integer({ min: 0, max: 3600 }), { maxLength: 300 });
    fc.assert(
      fc.property(
        entries,
        fc.double({ min: 0.01, max: 4, noNaN: true }),
        fc.constantFrom(1, 60),
        fc.constantFrom(1, 1000),
        fc.integer(),
        (raw, scale, compress, resolutionMs, seed) => {
          const at = raw.map((s) => Math.min(s * 1000 + (resolutionMs === 1 ? (s * 37) % 1000 : 0), 60 * MINUTE - 1)).sort((a, b) => a - b);
          const source = log(at, { resolutionMs });
          const played = times(replay(source, { scale, compress }), seed);
          expect(played).toEqual([...played].sort((a, b) => a - b));
          for (let minute = 1; minute <= 60; minute++) {
            const wanted = until(at, minute * MINUTE) * scale;
            expect(Math.abs(until(played, (minute * MINUTE) / compress) - wanted)).toBeLessThanOrEqual(1);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('keeps the shape of 10 000 calls, half as many again, sixty times as fast', () => {
    // Busy in the middle: a call's second is the sum of four uniform ones.
    let state = 7;
    const next = () => {
      state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
      return state / 0x7fffffff;
    };
    const at = Array.from({ length: 10_000 }, () => Math.floor(((next() + next() + next() + next()) / 4) * 3600) * 1000).sort(
      (a, b) => a - b,
    );
    const played = times(replay(log(at, { resolutionMs: 1000 }), { scale: 1.5, compress: 60 }));
    expect(played.length).toBe(15_000);
    for (let minute = 0; minute <= 60; minute++)
      expect(Math.abs(until(played, minute * 1000) - 1.5 * until(at, minute * MINUTE))).toBeLessThanOrEqual(1);
    // Calls of one second of the log are not one burst.
    expect(new Set(played).size).toBe(15_000);
  });

  it('draws the calls of an hour inside it: the counts are kept, the times depend on the seed alone', () => {
    const hours = log([0, 60 * MINUTE, 120 * MINUTE], { count: [100, 0, 40], resolutionMs: 60 * MINUTE, durationMs: 180 * MINUTE });
    const played = times(replay(hours));
    expect([1, 2, 3].map((hour) => until(played, hour * 60 * MINUTE))).toEqual([100, 100, 140]);
    expect(times(replay(hours))).toEqual(played);
    expect(times(replay(hours), 2)).not.toEqual(played);
    const first = played.slice(0, 100).map((at) => Math.floor(at / (15 * MINUTE)));
    for (const quarter of [0, 1, 2, 3]) expect(first.filter((q) => q === quarter).length).toBeGreaterThan(10);
  });

  it('tells what the log tells of each call, of the ones added by the scale too', () => {
    const rows = log([0, 1000, 1000, 5000], { intent: ['a', 'b', 'c', null], talkMs: [1, 2, 3, 4], vip: [true, null, false, null] });
    const timeline = replayTimeline(replay(rows, { scale: 2 }), 1);
    expect(Array.from({ length: 8 }, (_, i) => timeline.logged(i).intent)).toEqual(['a', 'a', 'b', 'b', 'c', 'c', null, null]);
    expect(timeline.logged(0)).toEqual({ caller: null, intent: 'a', vip: true, talkMs: 1 });
    expect(timeline.logged(99)).toEqual({ caller: null, intent: null, vip: null, talkMs: null });
  });

  it('is dealt to workers without loss: their parts are the whole', () => {
    const timeline = replayTimeline(replay(log([0, 5, 5, 90, 91, 92, 700]), { scale: 1.7 }), 3);
    const parts = workerSegments(3).flatMap((segment): Arrival[] => [...timeline.arrivals(segment)]);
    expect(parts.sort((a, b) => a.index - b.index)).toEqual([...timeline.arrivals(fullSegment)]);
  });
});

describe('a plan with a replayed log', () => {
  const open = (name: string) => checkScenario(name, { executor: 'constant-arrival-rate', rate: 1, duration: '10s', preAllocatedVUs: 5 });
  const closed = checkScenario('loop', { executor: 'constant-vus', vus: 1, duration: '5s' });
  const spacing = (over: Partial<Replay> = {}) => ({ arrivals: 'even' as const, seed: 1, replay: replay(log([0, 10, 20]), over) });

  it('replaces the timeline of the scenario with an arrival rate, and of no other', () => {
    const plan = planScenarios([closed, open('callers')], spacing({ compress: 2 }));
    expect(plan.scenarios.map(({ name, durationMs, drive }) => [name, durationMs, drive.kind === 'arrivals' ? drive.count : null])).toEqual(
      [
        ['loop', 5000, null],
        ['callers', 30 * MINUTE, 3],
      ],
    );
    const two = planScenarios([open('a'), open('b')], spacing({ scenario: 'b' }));
    expect(two.scenarios.map(({ drive }) => drive.kind === 'arrivals' && drive.count)).toEqual([10, 3]);
  });

  it('says which scenario is meant where that is not clear', () => {
    expect(() => planScenarios([closed], spacing())).toThrow(/arrival rate alone/);
    expect(() => planScenarios([open('a'), open('b')], spacing())).toThrow(/several scenarios/);
    expect(() => planScenarios([open('a')], spacing({ scenario: 'c' }))).toThrow(/no scenario "c"/);
  });
});

/** Rates sent over jittery paths to vendors who count each second exactly: bunching must never be held against them, and a real limit always. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bunching, guardMs, plannedCalls, type SentCall } from '../../src/analysis/bunching.ts';

/** Calls as the generator sends them: evenly, late by `late` each, never more than `rate` in a second and the guard. */
function sendTimes(rate: number, late: readonly number[]): number[] {
  const secondMs = 1000 + guardMs(rate);
  const sent: number[] = [];
  for (const [i, ms] of late.entries()) {
    const due = Math.max((i * secondMs) / rate, i >= rate ? sent[i - rate]! + secondMs : 0);
    sent.push(Math.max(due + ms, sent[i - 1] ?? 0));
  }
  return sent;
}

/** A vendor that permits `limit` calls in any second, at the end of a path that delays each by `base` and its jitter, in order. */
function play(rate: number, limit: number, late: readonly number[], jitter: readonly number[], base = 30): SentCall[] {
  const taken: number[] = [];
  let before = 0;
  return sendTimes(rate, late).map((inviteMs, i) => {
    const at = Math.max(before, inviteMs + base / 2 + jitter[i]!);
    before = at;
    const oldest = taken[taken.length - limit];
    const failed = oldest !== undefined && at - oldest < 1000;
    if (!failed) taken.push(at);
    return { inviteMs, heardMs: at + base / 2, failed };
  });
}

const rates = fc.integer({ min: 2, max: 120 });
const delays = (most: number, rate: number) =>
  fc.array(fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.double({ min: 0, max: most, noNaN: true }) }), {
    minLength: 3 * rate,
    maxLength: 3 * rate,
  });

describe('bunching', () => {
  it('excuses every call that a vendor of at least that rate refuses, whatever sender and path do', () => {
    const cases = rates.chain((rate) => fc.tuple(fc.constant(rate), fc.integer({ min: 0, max: 3 }), delays(180, rate), delays(180, rate)));
    fc.assert(
      fc.property(cases, ([rate, more, late, jitter]) => {
        const calls = play(rate, rate + more, late, jitter);
        const { excused } = bunching(calls, rate);
        expect(calls.flatMap(({ failed }, i) => (failed && !excused[i] ? [i] : []))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('excuses nothing of a vendor of one call a second less where the path is steadier than the guard', () => {
    const cases = rates.chain((rate) => fc.tuple(fc.constant(rate), delays(guardMs(rate) / 4, rate), delays(guardMs(rate) / 4, rate)));
    fc.assert(
      fc.property(cases, ([rate, late, jitter]) => {
        const calls = play(rate, rate - 1, late, jitter);
        const { excused } = bunching(calls, rate);
        const sound = calls.filter(({ failed }, i) => failed && !excused[i]).length;
        expect({ failed: calls.some(({ failed }) => failed), sound: sound > 0 }).toEqual({ failed: true, sound: true });
      }),
      { numRuns: 300 },
    );
  });

  it('cannot hide what is far above the limit, also on a bad path', () => {
    const jitter = Array.from({ length: 240 }, (_, i) => (i * 37) % 60);
    const calls = play(80, 40, new Array(240).fill(0), jitter);
    const { excused } = bunching(calls, 80);
    const failed = calls.filter((call) => call.failed).length;
    expect(failed).toBeGreaterThan(80);
    expect(excused.filter(Boolean).length).toBeLessThan(failed / 2);
  });

  it('does not count a vendor’s own slowness for more than 200 ms, nor silence', () => {
    const calls = Array.from({ length: 60 }, (_, i) => ({ inviteMs: i * 51, heardMs: i < 20 ? i * 51 + 5 : null, failed: i >= 20 }));
    // Of 20 a second all fail: at most the four sent in 200 ms before each second can be blamed on the way.
    expect(bunching(calls, 20).excused.filter(Boolean).length).toBeLessThanOrEqual(5);
  });

  it('says in how many seconds the whole rate was sent, and how unsteady the way was', () => {
    const steady = play(40, 100, new Array(200).fill(0), new Array(200).fill(0));
    expect(bunching(steady, 40)).toMatchObject({ full: 1, pathP95Ms: expect.closeTo(0) });
    const slow = steady.map((call, i) => ({ ...call, inviteMs: call.inviteMs + i * 2, heardMs: null }));
    expect(bunching(slow, 40)).toMatchObject({ full: 0, pathP95Ms: null });
    expect(bunching(steady.slice(0, 30), 40).full).toBeNull();
    expect(bunching([], 40)).toEqual({ excused: [], full: null, pathP95Ms: null });
  });
});

it('the guard is half the distance of two calls, and calls are planned with it', () => {
  expect([1, 8, 40, 100, 1000].map(guardMs)).toEqual([20, 20, 12, 5, 1]);
  expect(plannedCalls(40, 5000)).toBe(198);
  expect(plannedCalls(1, 500)).toBe(1);
});

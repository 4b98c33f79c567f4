/** The smaller part of `npm run truth -- failover`: each case with three seeds of its own, and a quiet quarter of an hour. */
import { describe, expect, it } from 'vitest';
import { scaleUp } from './elasticity-case.ts';
import { CASES, judge } from './failover-cases.ts';
import { falseOutages } from './false-alarms.ts';

describe('outages on virtual time', () => {
  it.each(CASES)('$name: within the resolution that is printed', ({ play }) => {
    for (const seed of [101, 102, 103])
      for (const error of judge(play(seed))) expect(error, `seed ${seed}`).toMatchObject({ within: true });
  });

  it('says so where a measurement is off', () => {
    const played = CASES[1]!.play(101);
    const shifted = { ...played, truth: played.truth.map(({ startMs, endMs }) => ({ startMs, endMs: endMs + 400 })) };
    expect(judge(shifted)[0]!.within).toBe(false);
  });
});

it.each([5000, 20_000])('capacity that comes after %i ms is seen within a second', (delayMs) => {
  for (const seed of [101, 102, 103]) {
    const { scaleUpMs, firstExtraMs } = scaleUp(seed, delayMs);
    expect(scaleUpMs! - delayMs).toBeGreaterThanOrEqual(0);
    expect(scaleUpMs! - delayMs).toBeLessThanOrEqual(1000);
    expect(firstExtraMs! - delayMs).toBeLessThanOrEqual(1000);
  }
});

it('a quarter of an hour without a fault shows no outage', () => {
  expect(falseOutages(101, 15 * 60_000)).toMatchObject({ unprovoked: 0, provoked: 0 });
});

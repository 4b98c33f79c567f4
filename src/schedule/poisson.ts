/**
 * Poisson arrivals along a rate curve: what callers who know nothing of each other do. Evenly spaced arrivals are kinder to a queue than life.
 *
 * By time rescaling (an inhomogeneous Poisson process is a unit-rate one read through the area under its rate): areas between arrivals are
 * exponential with mean 1, and the curve's inverse turns an area into a time. Seeded: every worker draws the same whole timeline.
 */
import type { RandomStream } from '../random.ts';
import type { RateCurve } from './curve.ts';
import type { Arrival } from './executor.ts';
import { indicesOf, type Segment } from './segment.ts';

/** @param random gives a fresh stream of the same numbers each time. */
export function poissonArrivals(
  curve: RateCurve,
  random: () => RandomStream,
): { count: number; arrivals(segment: Segment): Generator<Arrival, void> } {
  return {
    count: count(curve, random()),
    *arrivals(segment) {
      const stream = random();
      const timeOf = curve.inverse();
      let area = 0;
      let drawn = 0;
      for (const index of indicesOf(segment)) {
        for (; drawn <= index; drawn++) area += gap(stream);
        const at = timeOf(area);
        if (at === undefined) return;
        yield { index, at };
      }
    },
  };
}

/** Exponential with mean 1; `1 − u` is never 0. */
const gap = (random: RandomStream) => -Math.log(1 - random.next());

function count(curve: RateCurve, random: RandomStream): number {
  const timeOf = curve.inverse();
  let n = 0;
  for (let area = gap(random); timeOf(area) !== undefined; area += gap(random)) n++;
  return n;
}

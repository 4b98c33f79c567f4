import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  busiestSecond,
  changesOfSpells,
  changesOfStarts,
  mergeChanges,
  minutesOf,
  mostWithin,
  peakOf,
} from '../../src/schedule/occupancy.ts';

const starts = fc.array(fc.integer({ min: 0, max: 20_000 }), { maxLength: 60 }).map((list) => Float64Array.from(list).sort());

/** Calls open at a moment, counted one by one. */
const openAt = (all: Float64Array, length: number, until: number, ms: number) =>
  all.filter((start) => start <= ms && ms < Math.min(start + length, until)).length;

describe('occupancy', () => {
  it('agrees with counting call by call', () => {
    fc.assert(
      fc.property(starts, fc.integer({ min: 1, max: 9000 }), fc.integer({ min: 20_001, max: 30_000 }), (all, length, until) => {
        const changes = changesOfStarts(all, length, until);
        const brute = Math.max(0, ...Array.from(all, (start) => openAt(all, length, until, start)));
        expect(peakOf(changes).value).toBe(brute);
        expect(minutesOf(changes)).toBeCloseTo(all.reduce((sum, start) => sum + Math.min(length, until - start), 0) / 60_000, 9);
        expect(Math.max(0, ...mostWithin(changes, 100, 300))).toBe(brute);
        for (let i = 1; i < changes.at.length; i++) expect(changes.at[i]).toBeGreaterThanOrEqual(changes.at[i - 1]!);
      }),
    );
  });

  it('of several scenarios is their sum', () => {
    fc.assert(
      fc.property(starts, starts, fc.integer({ min: 1, max: 9000 }), (a, b, length) => {
        const both = Float64Array.from([...a, ...b]).sort();
        const merged = mergeChanges([changesOfStarts(a, length, 30_000), changesOfStarts(b, length, 30_000)]);
        expect(peakOf(merged).value).toBe(peakOf(changesOfStarts(both, length, 30_000)).value);
      }),
    );
  });

  it('takes spells of several calls', () => {
    const changes = changesOfSpells([
      { from: 0, to: 1000, calls: 3 },
      { from: 1000, to: 2000, calls: 5 },
      { from: 500, to: 500, calls: 9 },
      { from: 0, to: 10, calls: 0 },
    ]);
    expect(peakOf(changes)).toEqual({ value: 5, at: 1000 });
    expect(mostWithin(changes, 500, 5)).toEqual([3, 3, 5, 5, 5]);
    expect(minutesOf(changes)).toBeCloseTo(8000 / 60_000);
  });

  it('the busiest second is any second, not one of the clock', () => {
    expect(busiestSecond(Float64Array.of(0, 500, 900, 1100, 1400, 5000))).toBe(4);
    expect(busiestSecond(Float64Array.of(0, 1000, 2000))).toBe(1);
    expect(busiestSecond(new Float64Array())).toBe(0);
  });
});

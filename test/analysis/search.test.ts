/** The search against vendors made of arithmetic: hard limits, noise, slow decay, and our own ceiling. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CapacitySearch, type NextTrial, type SearchTerms, type TrialOutcome } from '../../src/analysis/search.ts';

type Vendor = (next: NextTrial) => Omit<TrialOutcome, keyof NextTrial>;

function play(terms: SearchTerms, vendor: Vendor) {
  const search = new CapacitySearch(terms);
  const tried: (NextTrial & { verdict: string })[] = [];
  for (let next = search.next(); next; next = search.next()) {
    const outcome = vendor(next);
    tried.push({ ...next, verdict: outcome.verdict });
    search.add({ ...next, ...outcome });
    if (tried.length > 1000) throw new Error('it does not end');
  }
  return { search, tried, ...search.bounds() };
}

/** Carries `limit`, whatever is offered, and says so. */
const hard =
  (limit: number): Vendor =>
  ({ load }) =>
    load <= limit ? { verdict: 'good' } : { verdict: 'bad', held: limit };

const limits = fc.integer({ min: 1, max: 20_000 });

describe('a vendor with a hard limit', () => {
  it('is found to the call, and nothing above the permitted load is ever tried', () => {
    fc.assert(
      fc.property(limits, limits, limits, fc.boolean(), (limit, max, start, tells) => {
        const vendor: Vendor = (next) => ({ ...hard(limit)(next), ...(tells ? {} : { held: null }) });
        const { lower, upper, tried, search } = play({ start, max, width: 0 }, vendor);
        expect(search.finished).toBe(true);
        expect({ lower, upper }).toEqual(limit >= max ? { lower: max, upper: null } : { lower: limit, upper: limit + 1 });
        expect(Math.max(...tried.map(({ load }) => load))).toBeLessThanOrEqual(max);
        // Bracketing up, bisecting, and two long trials a bound that confirm.
        expect(tried.length).toBeLessThanOrEqual(2 * Math.ceil(Math.log2(max + 1)) + 8);
      }),
    );
  });

  it('takes few trials where refused calls tell the limit', () => {
    const { tried, lower, upper } = play({ start: 1, max: 300 }, hard(137));
    expect(tried.map(({ load, length }) => `${load} ${length}`)).toEqual([
      ...[1, 2, 4, 8, 16, 32, 64, 128, 256, 137, 138].map((load) => `${load} short`),
      ...[137, 137, 138, 138].map((load) => `${load} long`),
    ]);
    expect({ lower, upper }).toEqual({ lower: 137, upper: 138 });
  });

  it('that takes no call at all has a lower bound of nothing', () => {
    expect(play({ start: 16, max: 100 }, () => ({ verdict: 'bad', held: 0 }))).toMatchObject({ lower: 0, upper: 1, upperIs: 'vendor' });
  });
});

it('ends closer than the goal width, and soon, where the vendor is large', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1000, max: 1_000_000 }), (limit) => {
      const { lower, upper, tried } = play({ start: 64, max: 2_000_000, width: 0.01 }, (next) => ({ ...hard(limit)(next), held: null }));
      expect(lower).toBeLessThanOrEqual(limit);
      expect(upper).toBeGreaterThan(limit);
      expect(upper! - lower).toBeLessThanOrEqual(0.01 * lower);
      expect(tried.length).toBeLessThan(40);
    }),
  );
});

it('always ends within its bound of trials, whatever the vendor answers, and its bounds are among what was tried', () => {
  const verdict = fc.constantFrom<TrialOutcome['verdict']>('good', 'bad', 'unfit');
  const answers = fc.infiniteStream(fc.record({ verdict, held: fc.option(fc.integer({ min: -5, max: 6000 })) }));
  fc.assert(
    fc.property(answers, limits, limits, fc.constantFrom(0, 1, 3, 5), (stream, start, max, repeats) => {
      const { lower, upper, tried, search } = play({ start, max, repeats, maxTrials: 200 }, () => stream.next().value!);
      expect(search.trials).toBeLessThanOrEqual(200);
      expect(upper ?? max + 1).toBeGreaterThan(lower);
      expect(lower).toBeLessThanOrEqual(max);
      if (lower > 0) expect(tried.some(({ load, verdict }) => load === lower && verdict === 'good')).toBe(true);
      if (upper !== null) expect(tried.some(({ load, verdict }) => load === upper && verdict !== 'good')).toBe(true);
    }),
    { numRuns: 300 },
  );
});

describe('trials that cannot tell', () => {
  it('never make a wrong bound: what is said to be carried is, what is said to fail does, and the rest is named', () => {
    const unclear = fc.infiniteStream(fc.constantFrom('sure', 'unclear', 'unfit'));
    fc.assert(
      fc.property(unclear, limits, limits, limits, (stream, limit, max, start) => {
        const vendor: Vendor = ({ load }) => {
          const told = stream.next().value!;
          if (told === 'sure') return hard(limit)({ load, length: 'short' });
          return { verdict: told as 'unclear' | 'unfit' };
        };
        const { lower, upper, search } = play({ start, max, width: 0, maxTrials: 400 }, vendor);
        const { upperIs, undecided } = search.bounds();
        expect(search.finished).toBe(true);
        expect(lower).toBeLessThanOrEqual(limit);
        if (upperIs === 'vendor') expect(upper).toBeGreaterThan(limit);
        if (upper === null) expect(lower).toBe(max);
        if (!undecided) return;
        expect(undecided.from).toBeGreaterThan(lower);
        expect(undecided.to).toBeLessThan(upper!);
      }),
      { numRuns: 300 },
    );
  });

  it('at the limit alone leave that one load open, with both bounds beside it', () => {
    const vendor: Vendor = (next) => (next.load === 40 ? { verdict: 'unclear' } : hard(40)(next));
    const { search, tried } = play({ start: 8, max: 100 }, vendor);
    expect(search.bounds()).toEqual({ lower: 39, upper: 41, upperIs: 'vendor', undecided: { from: 40, to: 40 } });
    expect(tried.filter(({ load }) => load === 40)).toHaveLength(8);
    // Right beside it, not from the middle of nothing.
    expect(Math.min(...tried.filter(({ length }) => length === 'long').map(({ load }) => load))).toBe(39);
    expect(tried.length).toBeLessThan(22);
  });

  it('everywhere above a load leave all of that open, after few of them', () => {
    const { search, tried } = play({ start: 8, max: 1000 }, (next) => (next.load <= 30 ? { verdict: 'good' } : { verdict: 'unclear' }));
    expect(search.bounds()).toEqual({ lower: 30, upper: 31, upperIs: 'unclear', undecided: null });
    expect(tried.length).toBeLessThan(80);
    expect(play({ start: 8, max: 31 }, (next) => (next.load <= 30 ? { verdict: 'good' } : { verdict: 'unclear' })).search.bounds()).toEqual(
      {
        lower: 30,
        upper: 31,
        upperIs: 'unclear',
        undecided: null,
      },
    );
  });
});

it('never walks: a vendor that always seems to carry one call less than offered is bisected', () => {
  const { tried } = play({ start: 4096, max: 4096 }, ({ load }) => (load <= 3 ? { verdict: 'good' } : { verdict: 'bad', held: load - 1 }));
  expect(tried.length).toBeLessThan(45);
});

describe('noise', () => {
  /** A generator of chance with a seed of its own. */
  const chance = (seed: number) => {
    let state = seed >>> 0;
    return () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state / 2 ** 32;
    };
  };

  it('of one trial in twenty moves the confirmed bounds by little: a majority decides', () => {
    const misses: number[] = [];
    for (let seed = 1; seed <= 200; seed++) {
      const random = chance(seed * 7919);
      const vendor: Vendor = ({ load }) =>
        load <= 137 === random() < 0.95 ? { verdict: 'good' } : { verdict: 'bad', held: load <= 137 ? null : 137 };
      const { lower, upper } = play({ start: 1, max: 300 }, vendor);
      expect(upper).not.toBeNull();
      misses.push(Math.max(137 - lower, upper! - 138));
    }
    expect(misses.filter((miss) => miss === 0).length).toBeGreaterThan(160);
    expect(misses.sort((a, b) => a - b)[190]).toBeLessThan(30);
  });

  it('in a short trial is put right by the long ones: the lower bound goes up again', () => {
    let first = true;
    const { lower, upper } = play({ start: 64, max: 1000, width: 0 }, ({ load, length }) => {
      const unlucky = first && length === 'short' && load === 128;
      if (unlucky) first = false;
      return unlucky ? { verdict: 'bad' } : hard(500)({ load, length });
    });
    expect({ lower, upper }).toEqual({ lower: 500, upper: 501 });
  });

  it('is bracketed where the vendor degrades: fails the more often, the more it carries', () => {
    for (let seed = 1; seed <= 50; seed++) {
      const random = chance(seed);
      const { lower, upper } = play({ start: 8, max: 1000 }, ({ load }) =>
        random() < (load - 200) / 200 ? { verdict: 'bad' } : { verdict: 'good' },
      );
      expect(lower).toBeGreaterThanOrEqual(100);
      expect(upper).toBeLessThanOrEqual(420);
    }
  });

  it('that only the long trials show brings the bound down in growing steps, not to the middle', () => {
    const { lower, upper, tried } = play({ start: 1, max: 1000 }, ({ load, length }) =>
      hard(length === 'short' ? 500 : 480)({ load, length }),
    );
    expect({ lower, upper }).toMatchObject({ lower: 480, upper: 482 });
    expect(Math.min(...tried.filter(({ length }) => length === 'long').map(({ load }) => load))).toBeGreaterThan(450);
  });
});

describe('our own limit', () => {
  it('ends the search upwards after the third unfit trial, and says whose it is', () => {
    const vendor: Vendor = ({ load }) => (load <= 90 ? { verdict: 'good' } : { verdict: 'unfit' });
    expect(play({ start: 1, max: 1000 }, vendor)).toMatchObject({ lower: 90, upper: 91, upperIs: 'harness' });
  });

  it('is not believed for one unfit trial of each load', () => {
    const unfit = new Set<string>();
    const { lower, upperIs } = play({ start: 1, max: 1000 }, (next) => {
      const key = `${next.load} ${next.length}`;
      if (unfit.has(key)) return hard(137)(next);
      unfit.add(key);
      return { verdict: 'unfit' };
    });
    expect({ lower, upperIs }).toEqual({ lower: 137, upperIs: 'vendor' });
  });
});

describe('half-way', () => {
  it('the bounds are those of the short trials, until long ones refute them', () => {
    const search = new CapacitySearch({ start: 8, max: 100 });
    for (const [load, verdict] of [
      [8, 'good'],
      [16, 'bad'],
    ] as const) {
      expect(search.next()?.load).toBe(load);
      search.add({ load, length: 'short', verdict });
    }
    expect(search.bounds()).toMatchObject({ lower: 8, upper: 16, upperIs: 'vendor' });
    expect(search.finished).toBe(false);
  });

  it('refuses an outcome that nobody asked for, and terms that cannot be', () => {
    const search = new CapacitySearch({ start: 8, max: 100 });
    search.next();
    expect(() => search.add({ load: 9, length: 'short', verdict: 'good' })).toThrow(RangeError);
    expect(() => new CapacitySearch({ start: 0, max: 1 })).toThrow(RangeError);
    expect(() => new CapacitySearch({ start: 1, max: 1, repeats: 2 })).toThrow(RangeError);
  });

  it('stops at its number of trials, unfinished', () => {
    const { search, tried } = play({ start: 1, max: 1000, maxTrials: 5 }, hard(500));
    expect(tried).toHaveLength(5);
    expect(search.finished).toBe(false);
    expect(search.bounds()).toMatchObject({ lower: 16, upper: null, upperIs: null });
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { agentsFor, expectation, type QueueLoad } from '../../src/analysis/erlang.ts';
import { randomStream } from '../../src/random.ts';

const VECTOR: QueueLoad = { perSecond: 100 / 30 / 60, handlingMs: 180_000, patienceMs: 300_000 };
const endless = (load: QueueLoad) => ({ ...load, patienceMs: Number.POSITIVE_INFINITY });
const T = 20_000;

describe('check vectors: 100 calls in 30 min, AHT 180 s, patience 300 s', () => {
  it.each([
    [12, 0.4494, 40.44, 0.6402],
    [14, 0.1741, 7.836, 0.8884],
  ])('Erlang C with %i agents', (agents, waiting, seconds, level) => {
    const c = expectation(endless(VECTOR), agents, T)!;
    expect(c.waiting.toFixed(4)).toBe(waiting.toFixed(4));
    expect((c.meanWaitMs / 1000).toPrecision(4)).toBe(seconds.toPrecision(4));
    expect(c.serviceLevel.toFixed(4)).toBe(level.toFixed(4));
  });

  it.each([
    [12, 0.3318, 0.04271, 12.81, 0.7977],
    [14, 0.1453, 0.01398, 4.195, 0.7043],
  ])('Erlang A with %i agents', (agents, waiting, lost, seconds, occupancy) => {
    const a = expectation(VECTOR, agents, T)!;
    expect(a.waiting.toFixed(4)).toBe(waiting.toFixed(4));
    expect(a.abandonment.toFixed(5)).toBe(lost.toFixed(5));
    expect((a.meanWaitMs / 1000).toPrecision(4)).toBe(seconds.toPrecision(4));
    expect(a.occupancy.toFixed(4)).toBe(occupancy.toFixed(4));
  });
});

/**
 * The same by another road: the density of the offered wait of M/M/n+M (F. Baccelli and G. Hebuterne 1981), integrated by the midpoint rule.
 * v(x) = λ·π(n−1)·exp(λ∫₀ˣ e^(−θu) du − nµx).
 */
function byIntegral({ perSecond, handlingMs, patienceMs }: QueueLoad, agents: number, thresholdMs: number) {
  const [lambda, mu, theta] = [perSecond, 1000 / handlingMs, 1000 / patienceMs];
  const density = (x: number) => Math.exp((lambda * -Math.expm1(-theta * x)) / theta - agents * mu * x);
  const until = 60 / Math.min(theta, mu);
  const steps = 400_000;
  const dx = until / steps;
  let [whole, served, asa, inTime] = [0, 0, 0, 0];
  for (let i = 0; i < steps; i++) {
    const x = (i + 0.5) * dx;
    const v = density(x) * dx;
    const stays = v * Math.exp(-theta * x);
    whole += v;
    served += stays;
    asa += x * stays;
    if (x * 1000 <= thresholdMs) inTime += stays;
  }
  const a = lambda / mu;
  let [term, below] = [1, 1];
  for (let k = 1; k < agents; k++) {
    term *= a / k;
    below += term;
  }
  // π(n−1)·(Σ_{k<n} π(k)/π(n−1) + λ∫v) = 1
  const last = 1 / (below / term + lambda * whole);
  const immediate = last * (below / term);
  const answered = immediate + last * lambda * served;
  return {
    waiting: 1 - immediate,
    abandonment: 1 - answered,
    asaMs: (1000 * last * lambda * asa) / answered,
    serviceLevel: immediate + last * lambda * inTime,
  };
}

describe('Erlang A', () => {
  it.each([
    [12, VECTOR],
    [4, { perSecond: 0.1, handlingMs: 60_000, patienceMs: 45_000 }],
    [10, { perSecond: 0.5, handlingMs: 30_000, patienceMs: 20_000 }],
    [30, { perSecond: 2, handlingMs: 20_000, patienceMs: 120_000 }],
  ] as [number, QueueLoad][])('agrees with the integral of the offered wait: n = %i', (agents, load) => {
    const [sum, integral] = [expectation(load, agents, T)!, byIntegral(load, agents, T)];
    expect(sum.waiting).toBeCloseTo(integral.waiting, 4);
    expect(sum.abandonment).toBeCloseTo(integral.abandonment, 4);
    expect(sum.serviceLevel).toBeCloseTo(integral.serviceLevel, 3);
    expect(sum.asaMs / 1000).toBeCloseTo(integral.asaMs / 1000, 2);
  });

  it('agrees with a queue that is played', () => {
    const load: QueueLoad = { perSecond: 1, handlingMs: 10_000, patienceMs: 15_000 };
    const played = play(load, 9, 60_000, 8000);
    const model = expectation(load, 9, 8000)!;
    expect(Math.abs(played.abandonment - model.abandonment)).toBeLessThan(0.012);
    expect(Math.abs(played.serviceLevel - model.serviceLevel)).toBeLessThan(0.02);
    expect(Math.abs(played.asaMs - model.asaMs)).toBeLessThan(0.05 * model.asaMs + 50);
  });

  it('becomes Erlang C as patience grows', () => {
    const [c, a] = [expectation(endless(VECTOR), 14, T)!, expectation({ ...VECTOR, patienceMs: 1e10 }, 14, T)!];
    expect(a.waiting).toBeCloseTo(c.waiting, 4);
    expect(a.serviceLevel).toBeCloseTo(c.serviceLevel, 4);
    expect(a.meanWaitMs / c.meanWaitMs).toBeCloseTo(1, 3);
  });

  it('holds its laws for any load up to 5000 agents, and stays finite', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5000 }),
        fc.double({ min: 0.05, max: 3, noNaN: true }),
        fc.double({ min: 1000, max: 900_000, noNaN: true }),
        fc.double({ min: 500, max: 900_000, noNaN: true }),
        fc.double({ min: 0, max: 120_000, noNaN: true }),
        (agents, load, handlingMs, patienceMs, thresholdMs) => {
          const perSecond = (load * agents * 1000) / handlingMs;
          const e = expectation({ perSecond, handlingMs, patienceMs }, agents, thresholdMs)!;
          for (const value of Object.values(e)) expect(Number.isFinite(value)).toBe(true);
          for (const share of [e.waiting, e.serviceLevel, e.abandonment, e.occupancy]) {
            expect(share).toBeGreaterThanOrEqual(0);
            expect(share).toBeLessThanOrEqual(1 + 1e-9);
          }
          // Little for the queue, flow balance for the agents, and nobody in time who gave up.
          expect(e.queueLength).toBeCloseTo((perSecond * e.meanWaitMs) / 1000, 6);
          expect(e.abandonment * patienceMs).toBeCloseTo(e.meanWaitMs, 4);
          expect(e.serviceLevel).toBeLessThanOrEqual(1 - e.abandonment + 1e-9);
          expect(e.occupancy).toBeGreaterThanOrEqual(Math.min(1, load) - e.abandonment - 1e-9);
          const more = expectation({ perSecond, handlingMs, patienceMs }, agents + 1, thresholdMs)!;
          expect(more.serviceLevel).toBeGreaterThanOrEqual(e.serviceLevel - 1e-9);
          expect(more.abandonment).toBeLessThanOrEqual(e.abandonment + 1e-9);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('edges', () => {
  it('has no steady state for Erlang C at or above full load', () => {
    expect(expectation({ perSecond: 1, handlingMs: 10_000, patienceMs: Number.POSITIVE_INFINITY }, 10, T)).toBeNull();
  });

  it.each([
    [0, 1000, 1000, 5],
    [1, 0, 1000, 5],
    [1, 1000, 0, 5],
    [1, 1000, 1000, 0],
    [1, 1000, 1000, 2.5],
    [Number.NaN, 1000, 1000, 5],
  ])('computes nothing from nothing', (perSecond, handlingMs, patienceMs, agents) => {
    expect(expectation({ perSecond, handlingMs, patienceMs }, agents, T)).toBeNull();
  });

  it('never waits where agents are far more than the load', () => {
    expect(expectation({ perSecond: 0.01, handlingMs: 1000, patienceMs: 60_000 }, 5000, T)).toMatchObject({
      waiting: 0,
      serviceLevel: 1,
      asaMs: 0,
    });
  });

  it('takes three times the load of 5000 agents', () => {
    const e = expectation({ perSecond: 83, handlingMs: 180_000, patienceMs: 300_000 }, 5000, T)!;
    expect(e.occupancy).toBeCloseTo(1, 6);
    expect(e.abandonment).toBeCloseTo(1 - 5000 / (83 * 180), 4);
    expect(e.serviceLevel).toBeLessThan(0.001);
  });
});

describe('agents needed', () => {
  it('are the fewest that reach the level', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.01, max: 20, noNaN: true }),
        fc.double({ min: 0.1, max: 0.99, noNaN: true }),
        fc.boolean(),
        (perSecond, level, patient) => {
          const load = { perSecond, handlingMs: 60_000, patienceMs: patient ? Number.POSITIVE_INFINITY : 90_000 };
          const n = agentsFor(load, { thresholdMs: T, level })!;
          expect(expectation(load, n, T)!.serviceLevel).toBeGreaterThanOrEqual(level);
          if (n > 1) expect(expectation(load, n - 1, T)?.serviceLevel ?? 0).toBeLessThan(level);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('are 14 for 80 % in 20 s of the check vector by Erlang C', () => {
    expect(agentsFor(endless(VECTOR), { thresholdMs: T, level: 0.8 })).toBe(14);
  });

  it('are unknown where nothing is enough', () => {
    expect(agentsFor(VECTOR, { thresholdMs: T, level: 1.1 }, 50)).toBeNull();
  });
});

/** M/M/n+M, event by event. */
function play({ perSecond, handlingMs, patienceMs }: QueueLoad, agents: number, calls: number, thresholdMs: number) {
  const random = randomStream(7, 'erlang');
  const draw = (mean: number) => -Math.log(1 - random.next()) * mean;
  const free = new Array<number>(agents).fill(0);
  let [now, answered, inTime, lost, waited] = [0, 0, 0, 0, 0];
  for (let i = 0; i < calls; i++) {
    now += draw(1000 / perSecond);
    // First come, first served: the next agent to be free is this caller's, unless patience ends before.
    const next = free.indexOf(Math.min(...free));
    const wait = Math.max(0, free[next]! - now);
    if (draw(patienceMs) < wait) {
      lost++;
      continue;
    }
    free[next] = now + wait + draw(handlingMs);
    answered++;
    waited += wait;
    if (wait <= thresholdMs) inTime++;
  }
  return { abandonment: lost / calls, serviceLevel: inTime / calls, asaMs: waited / answered };
}

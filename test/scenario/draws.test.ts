import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomStream } from '../../src/random.ts';
import { curves } from '../../src/scenario/curves.ts';
import { drawFrom, patience, talkTime } from '../../src/scenario/draws.ts';
import { checkScenario, planScenario } from '../../src/schedule/executors.ts';

const N = 40_000;
const sample = (draw: { draw(random: ReturnType<typeof randomStream>): number }, seed = 5) => {
  const random = randomStream(seed, 'test');
  return Array.from({ length: N }, () => draw.draw(random));
};
const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const share = (values: number[], below: number) => values.filter((value) => value <= below).length / values.length;

describe('draws', () => {
  it.each([
    [patience.exponential('60s'), 60_000, 1],
    [talkTime.lognormal({ mean: '40s', sigma: 0.6 }), 40_000, Math.sqrt(Math.exp(0.36) - 1)],
    [patience.weibull({ scale: '60s', shape: 2 }), 60_000 * (Math.sqrt(Math.PI) / 2), 0.53],
    [patience.weibull({ scale: '60s', shape: 0.5 }), 120_000, Math.sqrt(5)],
    [patience.uniform('10s', '30s'), 20_000, 0.29],
    [patience.fixed('5s'), 5000, 0],
  ])('$label has its mean, within 5 standard errors', (draw, expected, variation) => {
    expect(draw.meanMs).toBeCloseTo(expected, 3);
    expect(Math.abs(mean(sample(draw)) - expected)).toBeLessThanOrEqual((5 * variation * expected) / Math.sqrt(N) + 1e-6);
  });

  it('exponential and lognormal have their quantiles', () => {
    const half = share(sample(patience.exponential('60s')), 60_000 * Math.LN2);
    expect(Math.abs(half - 0.5)).toBeLessThan(0.0125);
    // The median of a lognormal is mean·exp(−sigma²/2).
    expect(Math.abs(share(sample(talkTime.lognormal({ mean: '40s', sigma: 0.6 })), 40_000 * Math.exp(-0.18)) - 0.5)).toBeLessThan(0.0125);
  });

  it('none never ends; labels say what they are', () => {
    expect(patience.none().draw(randomStream(1, 'x'))).toBe(Number.POSITIVE_INFINITY);
    expect(patience.exponential('60s').label).toBe('exponential, mean 1m0s');
    expect(talkTime.lognormal({ mean: '40s', sigma: 0.6 }).label).toBe('lognormal, mean 40s, sigma 0.6');
  });

  it('are the same for the same stream, never negative and never NaN', () => {
    expect(sample(patience.exponential('1s'), 3).slice(0, 5)).toEqual(sample(patience.exponential('1s'), 3).slice(0, 5));
    fc.assert(
      fc.property(fc.integer(), fc.double({ min: 0.05, max: 5, noNaN: true }), (seed, shape) => {
        const random = randomStream(seed, 'x');
        for (const draw of [
          talkTime.lognormal({ mean: '40s', sigma: shape }),
          patience.weibull({ scale: '60s', shape }),
          patience.exponential(1),
        ])
          expect(draw.draw(random)).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it('come from a profile’s plain data', () => {
    expect(drawFrom('2s').meanMs).toBe(2000);
    expect(drawFrom(250).meanMs).toBe(250);
    expect(drawFrom({ exponential: '40s' }).label).toBe('exponential, mean 40s');
    expect(drawFrom({ lognormal: { mean: '40s', sigma: 0.5 } }).meanMs).toBe(40_000);
    expect(drawFrom({ uniform: ['1s', '3s'] }).meanMs).toBe(2000);
    expect(drawFrom({ weibull: { scale: '60s', shape: 1 } }).meanMs).toBeCloseTo(60_000, 6);
  });

  it.each([
    () => patience.exponential(0),
    () => patience.exponential('soon'),
    () => talkTime.lognormal({ mean: '40s', sigma: 0 }),
    () => patience.weibull({ scale: '1s', shape: Number.NaN }),
    () => patience.uniform('3s', '1s'),
  ])('refuse what makes no sense: %s', (make) => expect(make).toThrow(expect.objectContaining({ code: 'option-invalid' })));
});

describe('curves', () => {
  const planned = (stages: { duration: string; target: number }[], startRate: number) => {
    const plan = planScenario(checkScenario('c', { executor: 'ramping-arrival-rate', startRate, stages, preAllocatedVUs: 1 }), {
      arrivals: 'even',
      seed: 1,
    });
    if (plan.drive.kind !== 'arrivals') throw new Error('wrong drive');
    return { ms: plan.durationMs, rate: plan.drive.rateAt, peak: plan.drive.peakPerSecond };
  };

  it('midnight: quiet, a wall, a long decay by halves', () => {
    const curve = planned(curves.midnightSpike({ base: 2, peak: 50, lead: '30s', ramp: '10s', hold: '1m', decay: '4m' }), 2);
    expect(curve).toMatchObject({ ms: 340_000, peak: 50 });
    expect([0, 29_000, 40_000, 99_000, 160_000, 220_000, 280_000, 340_000].map(curve.rate)).toEqual([2, 2, 50, 50, 26, 14, 8, 2]);
  });

  it('flash sale: there and gone in an instant', () => {
    const curve = planned(curves.flashSale({ base: 1, peak: 80, before: '20s', sale: '1m', after: '20s' }), 1);
    expect([0, 19_999, 20_000, 79_999, 80_000, 100_000].map(curve.rate)).toEqual([1, 1, 80, 80, 1, 1]);
  });

  it('lunch, live bursts and two peaks', () => {
    const lunch = planned(curves.lunchRush({ base: 4, peak: 24, rise: '10m', hold: '40m', fall: '10m' }), 4);
    expect([0, 300_000, 600_000, 3_000_000, 3_600_000].map(lunch.rate)).toEqual([4, 14, 24, 24, 4]);
    const live = planned(curves.liveBursts({ base: 2, peak: 42, bursts: 3, every: '60s', burst: '20s' }), 2);
    expect(live.ms).toBe(180_000);
    expect([39_999, 40_000, 50_000, 60_000, 100_000].map(live.rate)).toEqual([2, 42, 22, 2, 42]);
    const day = planned(curves.twoPeaks({ base: 1, peak: 30, second: 20, lull: 10, duration: '10h' }), 1);
    expect([2, 4, 6, 8, 10].map((hour) => day.rate(hour * 3_600_000))).toEqual([30, 10, 10, 20, 1]);
  });
});

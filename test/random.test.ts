import fc from 'fast-check';
import { expect, it } from 'vitest';
import { randomStream } from '../src/random.ts';

const first = (n: number, ...args: Parameters<typeof randomStream>) => {
  const stream = randomStream(...args);
  return Array.from({ length: n }, () => stream.next());
};

it('gives equal streams for equal names, and unrelated ones for neighbours', () => {
  fc.assert(
    fc.property(fc.integer(), fc.nat(1e6), (seed, index) => {
      expect(first(5, seed, 'caller', index)).toEqual(first(5, seed, 'caller', index));
      expect(first(5, seed, 'caller', index)).not.toEqual(first(5, seed, 'caller', index + 1));
      expect(first(5, seed, 'caller', index)).not.toEqual(first(5, seed + 1, 'caller', index));
      expect(first(5, seed, 'caller', index)).not.toEqual(first(5, seed, 'redial', index));
    }),
  );
});

it('is uniform over the first draws of many callers, which is what a run uses', () => {
  const n = 20_000;
  const draws = Array.from({ length: n }, (_, i) => randomStream(11, 'shoppers', i).next());
  const mean = draws.reduce((sum, x) => sum + x, 0) / n;
  // Standard error of the mean of a uniform: 0.289/√n = 0.002.
  expect(Math.abs(mean - 0.5)).toBeLessThan(0.01);
  for (let bin = 0; bin < 10; bin++) {
    const share = draws.filter((x) => x >= bin / 10 && x < (bin + 1) / 10).length / n;
    expect(Math.abs(share - 0.1)).toBeLessThan(0.01);
  }
  // Neighbouring callers are uncorrelated.
  const covariance = draws.slice(1).reduce((sum, x, i) => sum + (x - mean) * (draws[i]! - mean), 0) / (n - 1);
  expect(Math.abs(covariance * 12)).toBeLessThan(0.03);
});

it('draws integers over the whole range, both ends included', () => {
  const stream = randomStream(1, 'digits');
  const seen = new Set(Array.from({ length: 1000 }, () => stream.integer(3, 7)));
  expect([...seen].sort()).toEqual([3, 4, 5, 6, 7]);
});

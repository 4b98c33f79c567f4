import fc from 'fast-check';
import { expect, it } from 'vitest';
import { poissonUpper } from '../../src/metrics/poisson.ts';

it('is the table of Garwood: 95 %, one-sided', () => {
  // Half the 95 % quantile of chi-square with 2(k+1) degrees of freedom.
  for (const [events, bound] of [
    [0, 2.9957],
    [1, 4.7439],
    [2, 6.2958],
    [3, 7.7537],
    [5, 10.513],
    [10, 16.9622],
    [50, 63.287],
  ] as const)
    expect(poissonUpper(events)).toBeCloseTo(bound, 3);
});

it('rises with every event, and lies above it', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1200 }), (events) => {
      expect(poissonUpper(events)).toBeGreaterThan(events);
      expect(poissonUpper(events + 1)).toBeGreaterThan(poissonUpper(events));
    }),
  );
  expect(Math.abs(poissonUpper(401) - poissonUpper(400) - 1)).toBeLessThan(0.1);
});

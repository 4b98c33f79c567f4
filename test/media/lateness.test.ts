import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Lateness } from '../../src/media/lateness.ts';

test('percentiles are the upper edge of the bucket that holds them, never above the maximum', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0, max: 3000, noNaN: true }), { minLength: 1, maxLength: 200 }),
      fc.constantFrom(0.5, 0.9, 0.99, 1),
      (values, share) => {
        const lateness = new Lateness();
        for (const value of values) lateness.add(value);
        const exact = [...values].sort((a, b) => a - b)[Math.ceil(values.length * share) - 1]!;
        const got = lateness.percentile(share);
        expect(lateness.maxMs).toBe(Math.max(...values));
        expect(got).toBeLessThanOrEqual(lateness.maxMs);
        if (exact < 2560) {
          expect(got).toBeGreaterThanOrEqual(exact - 1e-9);
          expect(got - exact).toBeLessThanOrEqual(exact < 25.5 ? 0.1 + 1e-9 : 10 + 1e-9);
        }
      },
    ),
    { numRuns: 500 },
  );
});

test('no packet, no lateness; an early one is not late; reset forgets', () => {
  const lateness = new Lateness();
  expect(lateness.percentile(0.99)).toBe(0);
  lateness.add(-0.3);
  expect([lateness.count, lateness.maxMs, lateness.percentile(0.99)]).toEqual([1, 0, 0]);
  lateness.add(7);
  lateness.reset();
  expect([lateness.count, lateness.maxMs, lateness.percentile(0.99)]).toEqual([0, 0, 0]);
});

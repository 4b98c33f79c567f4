import fc from 'fast-check';
import { expect, it } from 'vitest';
import { within } from '../../src/analysis/stretches.ts';

it('agrees with looking at each stretch', () => {
  const stretch = fc.record({ fromMs: fc.integer({ min: 0, max: 50 }), lasts: fc.integer({ min: 0, max: 10 }) });
  fc.assert(
    fc.property(fc.array(stretch, { maxLength: 12 }), (made) => {
      const stretches = made.map(({ fromMs, lasts }) => ({ fromMs, toMs: fromMs + lasts }));
      const inside = within(stretches);
      for (let ms = -1; ms < 62; ms += 0.5) expect(inside(ms)).toBe(stretches.some(({ fromMs, toMs }) => fromMs <= ms && ms < toMs));
    }),
  );
});

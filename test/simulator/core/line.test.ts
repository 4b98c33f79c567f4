import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomStream } from '../../../src/random.ts';
import { drawMs } from '../../../src/simulator/core/draw.ts';
import { Line, type Member } from '../../../src/simulator/core/line.ts';
import { RateLimit } from '../../../src/simulator/core/rate.ts';

interface Person extends Member<Person> {
  id: number;
}

describe('Line', () => {
  it('is always in order of its keys, equal keys in order of joining, whatever joins and leaves', () => {
    const steps = fc.array(fc.record({ key: fc.integer({ min: 0, max: 9 }), leave: fc.option(fc.nat()) }), { maxLength: 60 });
    fc.assert(
      fc.property(steps, (list) => {
        const line = new Line<Person>();
        let model: Person[] = [];
        for (const [id, { key, leave }] of list.entries()) {
          const person: Person = { id, lineKey: key, linePrevious: null, lineNext: null, line: null };
          line.join(person);
          model.push(person);
          model = model
            .map((p, i) => ({ p, i }))
            .sort((a, b) => a.p.lineKey - b.p.lineKey || a.i - b.i)
            .map(({ p }) => p);
          if (leave !== null) {
            const [gone] = model.splice(leave % model.length, 1);
            line.leave(gone!);
            line.leave(gone!);
          }
          expect([...line].map((p) => p.id)).toEqual(model.map((p) => p.id));
          expect(line.size).toBe(model.length);
          expect(line.first?.id).toBe(model[0]?.id);
        }
      }),
    );
  });
});

describe('RateLimit', () => {
  it('never lets more than the limit into any second, and takes everything below it', () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), gaps, (limit, list) => {
        const rate = new RateLimit(limit);
        const taken: number[] = [];
        let now = 0;
        for (const gap of list) {
          now += gap;
          const lately = taken.filter((at) => now - at < 1000).length;
          const took = rate.take(now);
          expect(took).toBe(lately < limit);
          if (took) taken.push(now);
        }
      }),
    );
  });

  it('follows a changed limit and keeps fractions', () => {
    const rate = new RateLimit(10);
    for (let i = 0; i < 10; i++) expect(rate.take(i)).toBe(true);
    rate.set(2);
    expect(rate.take(500)).toBe(false);
    expect(rate.take(1010)).toBe(true);
    rate.set(0.5);
    expect(rate.take(2500)).toBe(false);
    expect(rate.take(3010)).toBe(true);
    rate.set(Number.POSITIVE_INFINITY);
    for (let i = 0; i < 100; i++) expect(rate.take(3010)).toBe(true);
  });
});

describe('drawMs', () => {
  const mean = (draw: Parameters<typeof drawMs>[0]) => {
    const random = randomStream(3, 'test');
    let sum = 0;
    for (let i = 0; i < 100_000; i++) sum += drawMs(draw, random);
    return sum / 100_000;
  };
  it('has the means asked for', () => {
    expect(drawMs(1500, randomStream(1, 'x'))).toBe(1500);
    expect(mean({ exponential: 1000 })).toBeCloseTo(1000, -1.6);
    expect(mean({ uniform: [100, 300] })).toBeCloseTo(200, 0);
    expect(Math.abs(mean({ lognormal: { mean: 1000, sigma: 0.6 } }) - 1000)).toBeLessThan(10);
  });
});

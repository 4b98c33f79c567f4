import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Bag, type InBag, TurnoverMap } from '../src/turnover.ts';

describe('TurnoverMap', () => {
  test('does what Map does', () => {
    const steps = fc.array(fc.tuple(fc.constantFrom('set', 'delete', 'clear'), fc.integer({ min: 0, max: 8 }), fc.integer()));
    fc.assert(
      fc.property(steps, (done) => {
        const plain = new Map<number, number>();
        const ours = new TurnoverMap<number, number>();
        for (const [what, key, value] of done) {
          if (what === 'set') {
            plain.set(key, value);
            ours.set(key, value);
          } else if (what === 'delete') expect(ours.delete(key)).toBe(plain.delete(key));
          else if (value % 7 === 0) {
            plain.clear();
            ours.clear();
          }
          expect(ours.size).toBe(plain.size);
          expect(ours.get(key)).toBe(plain.get(key));
          expect(ours.has(key)).toBe(plain.has(key));
        }
        expect(ours.values()).toEqual([...plain.values()]);
      }),
    );
  });

  test('what has been taken out is garbage for the young generation, where a Map would hold it', () => {
    const held = (kind: string) => {
      // The table of the first hundred is in the old generation when it is left behind.
      const script = `
        const { TurnoverMap } = await import(${JSON.stringify(join(import.meta.dirname, '../src/turnover.ts'))});
        const map = ${kind === 'Map' ? 'new Map()' : 'new TurnoverMap()'};
        const turn = (from, to) => {
          for (let n = from; n < to; n++) {
            map.set('key ' + n, new Array(400).fill(n + 0.5));
            if (n >= 100) map.delete('key ' + (n - 100));
            if (n % 100 === 0) gc({ type: 'minor' });
          }
        };
        turn(0, 100);
        gc();
        const before = process.memoryUsage().heapUsed;
        turn(100, 2000);
        console.log(process.memoryUsage().heapUsed - before);`;
      const flags = ['--expose-gc', '--single-threaded', '--no-warnings', '--input-type=module'];
      return Number(execFileSync(process.execPath, [...flags, '-e', script], { encoding: 'utf8', timeout: 20_000 }));
    };
    expect(held('TurnoverMap')).toBeLessThan(held('Map') / 3);
  });
});

describe('Bag', () => {
  test('holds each member once, and lets go of any', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 9 }))), (steps) => {
        const things: InBag[] = Array.from({ length: 10 }, () => ({}));
        const plain = new Set<InBag>();
        const bag = new Bag<InBag>();
        for (const [put, index] of steps) {
          const thing = things[index]!;
          if (put) {
            plain.add(thing);
            bag.add(thing);
          } else expect(bag.delete(thing)).toBe(plain.delete(thing));
          expect(new Set(bag.members())).toEqual(plain);
        }
      }),
    );
  });
});

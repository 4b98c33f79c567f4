import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  countOf,
  fullSegment,
  indexAt,
  indicesOf,
  owns,
  parseSegment,
  type Segment,
  split,
  workerSegments,
} from '../../src/schedule/segment.ts';

const first = (segment: Segment, n: number) => {
  const taken: number[] = [];
  for (const index of indicesOf(segment)) {
    if (index >= n) break;
    taken.push(index);
  }
  return taken;
};

/** Which part of the sequence owns each of the first n slots. */
const owners = (sequence: string, n: number) => {
  const points = sequence.split(',');
  const parts = points.slice(1).map((to, i) => parseSegment(`${points[i]}:${to}`, sequence));
  return Array.from({ length: n }, (_, i) => parts.findIndex((part) => owns(part, i))).join(' ');
};

describe('segments of a sequence', () => {
  it('deals the slots as k6 does', () => {
    expect(owners('0,1/2,3/4,1', 8)).toBe('0 1 0 2 0 1 0 2');
    expect(owners('0,3/5,1', 10)).toBe('0 1 0 1 0 0 1 0 1 0');
    expect(owners('0,1/3,2/3,1', 6)).toBe('0 1 2 0 1 2');
  });

  it('reads fractions, decimals and per cent exactly', () => {
    const quarter = parseSegment('1/4:1/2', '0,1/4,1/2,1');
    expect(parseSegment('0.25:0.5', '0,0.25,0.5,1')).toEqual(quarter);
    expect(parseSegment('25%:50%', '0,25%,50%,100%')).toEqual(quarter);
    expect(parseSegment('1/4:1/2')).toEqual(quarter);
    expect(parseSegment('1/4')).toEqual(parseSegment('0:1/4', '0,1/4,1'));
    expect(parseSegment('0:1')).toEqual(fullSegment);
  });

  it.each([
    ['1/2:1/4', undefined, 'is empty'],
    ['0:1/3', '0,1/2,1', 'is not a part of the sequence'],
    ['0:x', undefined, 'is not a part of the run'],
    ['0:3/2', undefined, 'is not a part of the run'],
    ['0:1/0', undefined, 'is not a part of the run'],
    ['0:1/2:1', undefined, 'is not a segment'],
    ['0:1/2', '0,1/2', 'does not go from 0 to 1'],
    ['0:1/2', '0,1/2,1/2,1', 'does not rise'],
    ['0.123456789012345:1', undefined, 'slots'],
  ])('refuses %s of %s', (segment, sequence, message) => {
    expect(() => parseSegment(segment, sequence)).toThrow(message);
  });

  it('is a partition whatever the sequence', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 59 }), { maxLength: 6 }), (cuts) => {
        const points = [0, ...cuts.sort((a, b) => a - b), 60].map((n) => `${n}/60`);
        const parts = points.slice(1).map((to, i) => parseSegment(`${points[i]}:${to}`, points.join(',')));
        for (let i = 0; i < 130; i++) expect(parts.filter((part) => owns(part, i))).toHaveLength(1);
        for (const [i, part] of parts.entries()) {
          const size = Number(points[i + 1]!.split('/')[0]) - Number(points[i]!.split('/')[0]);
          expect(countOf(part, 60)).toBe(size);
        }
      }),
    );
  });
});

describe('workers', () => {
  it('worker k of n owns i mod n = k', () => {
    expect(workerSegments(3).map((worker) => first(worker, 10))).toEqual([
      [0, 3, 6, 9],
      [1, 4, 7],
      [2, 5, 8],
    ]);
  });

  it('split a machine’s own segment without touching another’s', () => {
    const machine = parseSegment('1/2:1', '0,1/2,1');
    expect(split(machine, 2).map((worker) => first(worker, 12))).toEqual([
      [1, 5, 9],
      [3, 7, 11],
    ]);
  });

  it('count, ownership and numbering agree', () => {
    const machines = fc.constantFrom('0:1/2', '1/3:2/3', '3/5:1', '0:1').map((text) => parseSegment(text));
    fc.assert(
      fc.property(machines, fc.integer({ min: 1, max: 7 }), fc.integer({ min: 0, max: 200 }), (machine, n, upTo) => {
        const workers = split(machine, n);
        expect(workers.reduce((sum, worker) => sum + countOf(worker, upTo), 0)).toBe(countOf(machine, upTo));
        for (const worker of workers) {
          const mine = first(worker, upTo);
          expect(mine).toHaveLength(countOf(worker, upTo));
          expect(mine.every((index, k) => owns(worker, index) && owns(machine, index) && indexAt(worker, k) === index)).toBe(true);
        }
      }),
    );
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SequenceCounter } from '../../src/media/sequence.ts';

const counted = (sequences: number[]) => {
  const counter = new SequenceCounter(sequences[0]!);
  const arrivals = sequences.slice(1).map((sequence) => counter.note(sequence));
  return { counter, arrivals };
};

describe('RFC 3550 A.1', () => {
  test('in order over the wrap: cycles count', () => {
    const { counter, arrivals } = counted([65534, 65535, 0, 1]);
    expect(arrivals).toEqual(['in-order', 'in-order', 'in-order']);
    expect(counter.highest).toBe(65536 + 1);
    expect([counter.expected, counter.received, counter.lost]).toEqual([4, 4, 0]);
  });

  test('a gap is lost until it comes late', () => {
    const { counter, arrivals } = counted([10, 13, 11]);
    expect(arrivals).toEqual(['in-order', 'late']);
    expect([counter.lost, counter.outOfOrder]).toEqual([1, 1]);
  });

  test('a packet from before the first belongs to it, also over the wrap', () => {
    const { counter, arrivals } = counted([0, 1, 65535]);
    expect(arrivals).toEqual(['in-order', 'late']);
    expect([counter.expected, counter.lost]).toEqual([3, 0]);
  });

  test('a duplicate hides no loss', () => {
    const { counter, arrivals } = counted([5, 6, 6, 8, 5]);
    expect(arrivals).toEqual(['in-order', 'duplicate', 'in-order', 'duplicate']);
    expect([counter.lost, counter.duplicates, counter.received]).toEqual([1, 2, 3]);
  });

  test('one packet far away is a stray, two in sequence are a restart', () => {
    const { arrivals } = counted([100, 101, 30000, 102, 30001, 30002]);
    expect(arrivals).toEqual(['in-order', 'stray', 'in-order', 'stray', 'restart']);
  });

  test('late ones are told from duplicates also after the window has gone round', () => {
    const sequences = Array.from({ length: 400 }, (_, n) => n);
    sequences.splice(300, 4, 304, 303, 301, 300, 301);
    const { counter } = counted(sequences);
    expect([counter.lost, counter.outOfOrder, counter.duplicates]).toEqual([1, 3, 2]);
  });

  test.each([
    [2999, 'in-order'],
    [3000, 'stray'],
    [65536 - 100, 'stray'],
    [65536 - 99, 'late'],
  ] as const)('%i ahead is %s (MAX_DROPOUT 3000, MAX_MISORDER 100)', (ahead, arrival) => {
    expect(counted([200, (200 + ahead) & 0xffff]).arrivals).toEqual([arrival]);
  });
});

/** A network: drops, doubles and delays each packet by some places. */
const network = fc.record({
  start: fc.integer({ min: 0, max: 65535 }),
  fates: fc.array(fc.record({ dropped: fc.boolean(), copies: fc.constantFrom(1, 1, 1, 2, 3), delay: fc.constantFrom(0, 0, 0, 1, 5, 40) }), {
    minLength: 2,
    maxLength: 400,
  }),
});

test('loss, duplicates and order are counted right in any network that delays by fewer than 50 places', () => {
  fc.assert(
    fc.property(network, ({ start, fates }) => {
      const arriving = fates
        .flatMap((fate, n) =>
          Array.from({ length: fate.dropped ? 0 : fate.copies }, (_, copy) => ({ n, at: n + fate.delay + copy * 3, order: n * 4 + copy })),
        )
        .sort((a, b) => a.at - b.at || a.order - b.order)
        .map(({ n }) => n);
      if (arriving.length === 0) return;
      const { counter } = counted(arriving.map((n) => (start + n) & 0xffff));

      const distinct = new Set(arriving);
      const first = Math.min(...arriving);
      const last = Math.max(...arriving);
      expect(counter.expected).toBe(last - first + 1);
      expect(counter.received).toBe(distinct.size);
      expect(counter.lost).toBe(last - first + 1 - distinct.size);
      expect(counter.duplicates).toBe(arriving.length - distinct.size);
      let highest = -1;
      const seen = new Set<number>();
      const late = arriving.filter((n) => {
        const isLate = n < highest && !seen.has(n);
        seen.add(n);
        highest = Math.max(highest, n);
        return isLate;
      });
      expect(counter.outOfOrder).toBe(late.length);
    }),
    { numRuns: 300 },
  );
});

test('a hundred thousand packets wrap without a loss', () => {
  const counter = new SequenceCounter(65000);
  for (let n = 1; n <= 100_000; n++) counter.note((65000 + n) & 0xffff);
  expect([counter.lost, counter.received, counter.highest]).toEqual([0, 100_001, 165_000]);
});

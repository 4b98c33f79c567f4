import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectation } from '../../src/analysis/erlang.ts';
import { lostOf, redialled } from '../../src/analysis/redials.ts';
import { type FluidQueue, stormOver } from '../../src/analysis/storm.ts';
import { randomStream } from '../../src/random.ts';

const VECTOR = { perSecond: 100 / 30 / 60, handlingMs: 180_000, patienceMs: 300_000 };
const loads = fc.record({
  perSecond: fc.double({ min: 0.01, max: 30, noNaN: true }),
  handlingMs: fc.integer({ min: 1000, max: 300_000 }),
  patienceMs: fc.integer({ min: 1000, max: 600_000 }),
});
const redials = fc.record({
  probability: fc.double({ min: 0, max: 1, noNaN: true }),
  tries: fc.integer({ min: 1, max: 6 }),
  afterMs: fc.integer({ min: 500, max: 120_000 }),
});

describe('calls lost', () => {
  it('are those of Erlang A where everybody fits in: the check vector of docs/metrics.md', () => {
    expect(lostOf(VECTOR, 12, Number.POSITIVE_INFINITY).abandoned.toFixed(5)).toBe('0.04271');
    expect(lostOf(VECTOR, 14, Number.POSITIVE_INFINITY).abandoned.toFixed(5)).toBe('0.01398');
    fc.assert(
      fc.property(loads, fc.integer({ min: 1, max: 300 }), (load, agents) => {
        const { blocked, abandoned } = lostOf(load, agents, Number.POSITIVE_INFINITY);
        expect(blocked).toBe(0);
        expect(abandoned).toBeCloseTo(expectation(load, agents, 20_000)!.abandonment, 9);
      }),
      { numRuns: 60 },
    );
  });

  it('are those of Erlang B where nobody can wait', () => {
    // B(10 erlangs, 10 lines) = 0.2146, B(20, 30) = 0.008457: E.520's tables.
    const lost = (erlangs: number, lines: number) => lostOf({ perSecond: erlangs, handlingMs: 1000, patienceMs: 1000 }, lines, lines);
    expect(lost(10, 10).blocked).toBeCloseTo(0.2146, 4);
    expect(lost(20, 30).blocked).toBeCloseTo(0.00846, 4);
    expect(lost(10, 10).abandoned).toBe(0);
  });

  it('are none without impatience, however long the queue grows', () => {
    expect(lostOf({ perSecond: 2, handlingMs: 10_000, patienceMs: Number.POSITIVE_INFINITY }, 3, Number.POSITIVE_INFINITY)).toEqual({
      blocked: 0,
      abandoned: 0,
    });
  });

  it('stand for thousands of agents', () => {
    const { blocked, abandoned } = lostOf({ perSecond: 400, handlingMs: 10_000, patienceMs: 20_000 }, 3000, 9000);
    expect(blocked).toBeLessThan(0.01);
    expect(abandoned).toBeCloseTo(0.25, 2);
  });
});

describe('redials in steady state', () => {
  const places = fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.integer({ min: 1, max: 400 }));
  it('solve their equation, and lie between the load and what all tries would be', () => {
    fc.assert(
      fc.property(loads, fc.integer({ min: 1, max: 200 }), places, redials, (load, agents, room, again) => {
        const { perSecond, lost, served } = redialled(load, agents, room, again);
        const p = again.probability;
        const sum = (x: number) => Array.from({ length: again.tries }, (_, i) => x ** i).reduce((a, b) => a + b, 0);
        expect(perSecond).toBeGreaterThanOrEqual(load.perSecond);
        expect(perSecond).toBeLessThanOrEqual(load.perSecond * sum(p) * (1 + 1e-9));
        const share = lost.blocked + lost.abandoned;
        expect(perSecond / (load.perSecond * sum(p * share))).toBeCloseTo(1, 5);
        expect(served).toBeGreaterThanOrEqual(0);
        expect(served).toBeLessThanOrEqual(1 + 1e-9);
        if (p === 0 || again.tries === 1) expect(perSecond).toBe(load.perSecond);
      }),
      { numRuns: 100 },
    );
  });

  it('grow with every try and with every caller who calls again', () => {
    const load = { perSecond: 3, handlingMs: 10_000, patienceMs: 20_000 };
    const at = (probability: number, tries: number) => redialled(load, 24, 44, { probability, tries, afterMs: 8000 }).perSecond;
    for (let tries = 1; tries < 6; tries++) expect(at(0.7, tries + 1)).toBeGreaterThan(at(0.7, tries));
    for (let p = 0; p < 1; p += 0.1) expect(at(p + 0.1, 3)).toBeGreaterThan(at(p, 3));
  });

  it('agree with a queue played event by event', () => {
    const load = { perSecond: 3, handlingMs: 10_000, patienceMs: 20_000 };
    const again = { probability: 0.7, tries: 3, afterMs: 8000 };
    const played = play(load, 24, 44, again, 40_000);
    const model = redialled(load, 24, 44, again);
    expect(played.perSecond / model.perSecond).toBeGreaterThan(0.97);
    expect(played.perSecond / model.perSecond).toBeLessThan(1.03);
    expect(Math.abs(played.served - model.served)).toBeLessThan(0.02);
  });
});

describe('a storm over a curve', () => {
  const curves = fc.array(fc.double({ min: 0, max: 20, noNaN: true }), { minLength: 2, maxLength: 40 });
  const queues: fc.Arbitrary<FluidQueue> = fc.record({
    agents: fc.integer({ min: 1, max: 60 }),
    handlingMs: fc.integer({ min: 1000, max: 60_000 }),
    ringMs: fc.integer({ min: 0, max: 5000 }),
    patienceMs: fc.integer({ min: 1000, max: 120_000 }),
    places: fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.integer({ min: 1, max: 120 })),
  });

  it('loses nobody on the way: callers = served + lost + still there', () => {
    fc.assert(
      fc.property(curves, queues, redials, (rate, queue, again) => {
        const storm = stormOver({ stepMs: 1000, rate }, queue, again);
        const offered = rate.reduce((sum, n) => sum + n, 0);
        expect(storm.callers).toBeCloseTo(offered, 6);
        expect(storm.served + storm.lost + storm.left).toBeCloseTo(offered, 6);
        expect(storm.calls).toBeGreaterThanOrEqual(offered - 1e-6);
        expect(storm.calls).toBeLessThanOrEqual(offered * again.tries + 1e-6);
        expect(storm.peakInside).toBeLessThanOrEqual(queue.places + 1e-6);
        for (const [i, n] of storm.rate.entries()) expect(n).toBeGreaterThanOrEqual(rate[i]! - 1e-9);
      }),
      { numRuns: 60 },
    );
  });

  it('loses those who give up while an agent rings, also where nobody has to wait', () => {
    const queue = { agents: 100, handlingMs: 3000, ringMs: 2000, patienceMs: 18_000, places: 200 };
    const rate = [...Array.from({ length: 60 }, () => 2), ...Array.from({ length: 60 }, () => 0)];
    const { lost, callers } = stormOver({ stepMs: 1000, rate }, queue, { probability: 0, tries: 3, afterMs: 1000 });
    expect(lost / callers).toBeCloseTo(0.1, 3);
  });

  it('is the curve itself where nobody calls again', () => {
    const rate = [1, 5, 30, 2, 0];
    const queue = { agents: 5, handlingMs: 3000, patienceMs: 5000, places: 20 };
    const { rate: same, calls, peakAtMs } = stormOver({ stepMs: 1000, rate }, queue, { probability: 0, tries: 3, afterMs: 1000 });
    for (const [i, n] of same.entries()) expect(n).toBeCloseTo(rate[i]!, 9);
    expect(calls).toBeCloseTo(38, 9);
    expect(peakAtMs).toBe(2500);
  });

  it('settles where the steady state is, when load and loss are large', () => {
    const load = { perSecond: 40, handlingMs: 10_000, patienceMs: 20_000 };
    const again = { probability: 0.6, tries: 3, afterMs: 5000 };
    const storm = stormOver({ stepMs: 1000, rate: Array.from({ length: 300 }, () => 40) }, { ...load, agents: 200, places: 400 }, again);
    const steady = redialled(load, 200, 400, again);
    expect(storm.rate.at(-1)! / steady.perSecond).toBeCloseTo(1, 1);
  });
});

/** M/M/n/K+M with redials, event by event. */
function play(
  load: typeof VECTOR,
  agents: number,
  places: number,
  again: { probability: number; tries: number; afterMs: number },
  callers: number,
) {
  const random = randomStream(7, 'redials');
  const draw = (mean: number) => -mean * Math.log(1 - random.next());
  type Event = { at: number; run(): void };
  const heap: Event[] = [];
  const push = (at: number, run: () => void) => {
    const event = { at, run };
    let i = heap.push(event) - 1;
    for (let up = (i - 1) >> 1; i > 0 && heap[up]!.at > at; i = up, up = (i - 1) >> 1) [heap[i], heap[up]] = [heap[up]!, heap[i]!];
  };
  const pop = () => {
    const first = heap[0]!;
    const last = heap.pop()!;
    if (heap.length > 0) {
      heap[0] = last;
      for (let i = 0; ; ) {
        const left = 2 * i + 1;
        if (left >= heap.length) break;
        const small = left + 1 < heap.length && heap[left + 1]!.at < heap[left]!.at ? left + 1 : left;
        if (heap[small]!.at >= heap[i]!.at) break;
        [heap[i], heap[small]] = [heap[small]!, heap[i]!];
        i = small;
      }
    }
    return first;
  };
  let [now, tries, served, busy, left] = [0, 0, 0, 0, callers];
  const waiting: { gone: boolean; begin(): void }[] = [];
  let queued = 0;
  const serve = () => {
    busy++;
    served++;
    push(now + draw(load.handlingMs), () => {
      busy--;
      for (let next = waiting.shift(); next; next = waiting.shift())
        if (!next.gone) {
          queued--;
          next.begin();
          break;
        }
    });
  };
  const call = (n: number) => {
    tries++;
    const lost = () => {
      if (n < again.tries && random.next() < again.probability) push(now + draw(again.afterMs), () => call(n + 1));
    };
    if (busy < agents) return serve();
    if (busy + queued >= places) return lost();
    queued++;
    const me = {
      gone: false,
      begin() {
        me.gone = true;
        serve();
      },
    };
    waiting.push(me);
    push(now + draw(load.patienceMs), () => {
      if (me.gone) return;
      me.gone = true;
      queued--;
      lost();
    });
  };
  const arrive = () => {
    call(1);
    if (--left > 0) push(now + draw(1000 / load.perSecond), arrive);
  };
  push(0, arrive);
  let lastArrival = 0;
  while (heap.length > 0) {
    const event = pop();
    now = event.at;
    if (left > 0) lastArrival = now;
    event.run();
  }
  return { perSecond: (tries * 1000) / lastArrival, served: served / callers };
}

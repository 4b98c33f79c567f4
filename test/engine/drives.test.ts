import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RealClock, VirtualClock } from '../../src/clock.ts';
import { runScenarioPlan } from '../../src/engine/scenario-run.ts';
import { checkScenario, planScenario } from '../../src/schedule/executors.ts';
import { fullSegment, indexAt, type Segment, workerSegments } from '../../src/schedule/segment.ts';

type Clock = RealClock | VirtualClock;
const planOf = (options: unknown) => planScenario(checkScenario('s', options), { arrivals: 'even', seed: 1 });
/** Lets promises settle; virtual time does not move meanwhile. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Drives a plan with iterations that last so long, or until they are interrupted. */
function drive(clock: Clock, options: unknown, lastsMs: number, segment: Segment = fullSegment) {
  const plan = planOf(options);
  const startAt = clock.now();
  const seen: { vu: number; iteration: number; at: number; end: number; interrupted: boolean }[] = [];
  const figures = { dropped: 0, made: 0, lags: [] as number[], most: 0, running: 0 };
  const run = runScenarioPlan(plan, {
    clock,
    segment,
    startAt,
    vuNumber: (k) => indexAt(segment, k) + 1,
    lag: (ms) => figures.lags.push(ms),
    dropped: (n) => {
      figures.dropped += n;
    },
    made: (n) => {
      figures.made += n;
    },
    iterate: (vu, iteration, _intended, signal) =>
      new Promise<void>((resolve) => {
        const entry = { vu, iteration, at: clock.now() - startAt, end: 0, interrupted: false };
        seen.push(entry);
        figures.most = Math.max(figures.most, ++figures.running);
        const over = () => {
          timer.cancel();
          figures.running--;
          entry.end = clock.now() - startAt;
          entry.interrupted = signal.aborted;
          resolve();
        };
        const timer = clock.after(lastsMs, over);
        signal.addEventListener('abort', over, { once: true });
      }),
  });
  return { run, seen, figures };
}

/** Virtual time in small steps, so that what promises start in between happens when it should. */
async function pass(clock: VirtualClock, ms: number, stepMs = 10): Promise<void> {
  for (let t = 0; t < ms; t += stepMs) {
    clock.advance(stepMs);
    await turn();
    await turn();
  }
}

describe('open model', () => {
  const rate = (over: object) => ({
    executor: 'constant-arrival-rate',
    rate: 10,
    timeUnit: '1s',
    duration: '2s',
    preAllocatedVUs: 2,
    ...over,
  });

  it('starts each iteration when it is due, makes VUs up to maxVUs, and drops what finds none free', async () => {
    const clock = new VirtualClock(5000);
    const { run, seen, figures } = drive(clock, rate({ maxVUs: 5 }), 950);
    await pass(clock, 3500);
    await run.done;
    // Five VUs of 950 ms: two rounds of five, the other ten arrivals find nobody.
    expect(seen.map(({ at }) => at)).toEqual([0, 100, 200, 300, 400, 1000, 1100, 1200, 1300, 1400]);
    expect(figures).toMatchObject({ dropped: 10, made: 5, most: 5 });
    expect(Math.max(...figures.lags)).toBe(0);
  });

  it('interrupts what runs longer than D + gracefulStop', async () => {
    const clock = new VirtualClock(5000);
    const { run, seen } = drive(clock, rate({ preAllocatedVUs: 30, gracefulStop: '500ms' }), 10_000);
    await pass(clock, 2600);
    await run.done;
    expect(seen).toHaveLength(20);
    expect(seen.every(({ end, interrupted }) => interrupted && end === 2500)).toBe(true);
  });

  it('stops at once when told, and what never came due is not dropped', async () => {
    const clock = new VirtualClock(5000);
    const { run, seen, figures } = drive(clock, rate({ preAllocatedVUs: 30 }), 10_000);
    await pass(clock, 500);
    run.stop('signal');
    await pass(clock, 100);
    await run.done;
    expect(seen.length).toBe(6);
    expect(seen.every(({ interrupted }) => interrupted)).toBe(true);
    expect(figures.dropped).toBe(0);
  });

  it('over any number of workers, plays exactly the iterations of one', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 40 }), async (workers, perSecond) => {
        const clock = new VirtualClock(0);
        const options = rate({ rate: perSecond, preAllocatedVUs: 200 });
        const parts = workerSegments(workers).map((segment) => drive(clock, options, 50, segment));
        await pass(clock, 2200, 50);
        await Promise.all(parts.map(({ run }) => run.done));
        const all = parts.flatMap(({ seen }) => seen.map(({ iteration }) => iteration));
        expect(all.sort((a, b) => a - b)).toEqual(Array.from({ length: perSecond * 2 }, (_, i) => i));
      }),
      { numRuns: 15 },
    );
  });
});

describe('looping VUs', () => {
  it('ramps up and down, the highest-numbered VU stopping first, each within gracefulRampDown', async () => {
    const clock = new VirtualClock(0);
    const options = {
      executor: 'ramping-vus',
      startVUs: 0,
      stages: [
        { duration: '1s', target: 5 },
        { duration: '1s', target: 0 },
      ],
      gracefulRampDown: '300ms',
      gracefulStop: '0s',
    };
    const { run, seen, figures } = drive(clock, options, 100_000);
    await pass(clock, 2600);
    await run.done;
    expect(seen.map(({ vu, at }) => [vu, at])).toEqual([
      [1, 200],
      [2, 400],
      [3, 600],
      [4, 800],
      [5, 1000],
    ]);
    expect(seen.map(({ end }) => end)).toEqual([2000, 2000, 1900, 1700, 1500]);
    expect(figures.most).toBe(5);
  });

  it('numbers the iterations of all loops without gaps, and ends them at D + gracefulStop', async () => {
    const clock = new RealClock();
    const { run, seen } = drive(clock, { executor: 'constant-vus', vus: 4, duration: '400ms', gracefulStop: '100ms' }, 30);
    await run.done;
    expect(seen.map(({ iteration }) => iteration)).toEqual(Array.from({ length: seen.length }, (_, i) => i));
    expect(new Set(seen.map(({ vu }) => vu))).toEqual(new Set([1, 2, 3, 4]));
    expect(seen.every(({ at }) => at < 450)).toBe(true);
  });
});

describe('counted iterations', () => {
  it('shares a heap: quick VUs take more; together exactly the number asked for', async () => {
    const clock = new RealClock();
    const options = { executor: 'shared-iterations', vus: 3, iterations: 20, maxDuration: '10s' };
    const parts = workerSegments(2).map((segment) => drive(clock, options, 10, segment));
    await Promise.all(parts.map(({ run }) => run.done));
    const all = parts.flatMap(({ seen }) => seen.map(({ iteration }) => iteration));
    expect(all.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i));
  });

  it('gives each VU its own number, and counts what maxDuration cuts off as dropped', async () => {
    const clock = new RealClock();
    const { run, seen, figures } = drive(
      clock,
      { executor: 'per-vu-iterations', vus: 3, iterations: 4, maxDuration: '250ms', gracefulStop: '5s' },
      100,
    );
    await run.done;
    const perVu = [1, 2, 3].map((vu) => seen.filter((s) => s.vu === vu).length);
    expect(perVu.every((n) => n >= 2 && n < 4)).toBe(true);
    expect(seen.length + figures.dropped).toBe(12);
    expect(seen.every(({ interrupted }) => !interrupted)).toBe(true);
  });
});

import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/clock.ts';
import { gateFigures, gateState, HOURS_EVERY_MS, releaseWorker, SharedGate } from '../../src/engine/gate.ts';
import { CallsurgeError } from '../../src/errors.ts';

const open = { number: () => undefined, open: () => true };

/** Most instants inside any window of that length. */
function densest(times: number[], windowMs: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  let most = 0;
  for (let from = 0, to = 0; to < sorted.length; to++) {
    while (sorted[to]! - sorted[from]! >= windowMs) from++;
    most = Math.max(most, to - from + 1);
  }
  return most;
}

describe('gate', () => {
  it('lets exactly maxChannels calls be open, whichever worker they are in', () => {
    const clock = new VirtualClock(1e6);
    const state = gateState({ maxCallsPerSecond: 1000, maxChannels: 3 }, 2);
    const [a, b] = [new SharedGate(clock, state, open, 0), new SharedGate(clock, state, open, 1)];
    expect([a.enter(), b.enter(), a.enter()]).toEqual([undefined, undefined, undefined]);
    expect(b.enter()).toMatchObject({ code: 'contract-violation', where: 'contract.maxChannels' });
    a.release();
    expect(b.enter()).toBeUndefined();
    expect(gateFigures(state)).toEqual({ open: 3, refused: 1 });
    releaseWorker(state, 1);
    expect(gateFigures(state).open).toBe(1);
  });

  it('never lets more than the cap through in any second, and loses nothing that comes evenly at the cap', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.array(fc.double({ min: 0, max: 200, noNaN: true }), { maxLength: 300 }),
        (cap, gaps) => {
          const clock = new VirtualClock(1e6);
          const state = gateState({ maxCallsPerSecond: cap, maxChannels: 1e6 }, 1);
          const gate = new SharedGate(clock, state, open, 0);
          const passed: number[] = [];
          for (const gap of gaps) {
            clock.advance(gap);
            if (!gate.enter()) passed.push(clock.now());
          }
          // The ring keeps whole microseconds.
          expect(densest(passed, 999.998)).toBeLessThanOrEqual(cap);
        },
      ),
    );
    const clock = new VirtualClock(1e6);
    const gate = new SharedGate(clock, gateState({ maxCallsPerSecond: 10, maxChannels: 1e6 }, 1), open, 0);
    for (let i = 0; i < 100; i++) {
      expect(gate.enter()).toBeUndefined();
      clock.advance(100);
    }
  });

  it('tells when the next call may go, also for a cap below one a second', () => {
    const clock = new VirtualClock(1e6);
    const gate = new SharedGate(clock, gateState({ maxCallsPerSecond: 0.5, maxChannels: 9 }, 1), open, 0);
    expect(gate.nextAt()).toBeLessThanOrEqual(clock.now());
    gate.enter();
    expect(gate.nextAt()).toBeCloseTo(clock.now() + 2000, 3);
    clock.advance(1999);
    expect(gate.enter()).toBeDefined();
    clock.advance(1);
    expect(gate.enter()).toBeUndefined();
  });

  it('holds between threads that hammer it at the same time', async () => {
    const caps = { maxCallsPerSecond: 37, maxChannels: 1e6 };
    const state = gateState(caps, 2);
    const source = `
      import { parentPort, workerData } from 'node:worker_threads';
      const { SharedGate } = await import(workerData.gate);
      const { RealClock } = await import(workerData.clock);
      const clock = new RealClock(workerData.anchor);
      const gate = new SharedGate(clock, workerData.state, { number: () => undefined, open: () => true }, workerData.worker);
      const passed = [];
      const end = clock.now() + 1500;
      while (clock.now() < end) if (!gate.enter()) passed.push(clock.now());
      parentPort.postMessage(passed);`;
    const { takeAnchor } = await import('../../src/clock.ts');
    const anchor = takeAnchor();
    const results = await Promise.all(
      [0, 1].map(
        (worker) =>
          new Promise<number[]>((resolve, reject) => {
            const thread = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`), {
              execArgv: [],
              workerData: {
                worker,
                state,
                anchor,
                gate: new URL('../../src/engine/gate.ts', import.meta.url).href,
                clock: new URL('../../src/clock.ts', import.meta.url).href,
              },
            });
            thread.on('message', resolve).on('error', reject);
          }),
      ),
    );
    const passed = results.flat();
    expect(passed.length).toBeGreaterThanOrEqual(37);
    expect(passed.length).toBe(gateFigures(state).open);
    // `passed` is read a moment after the gate took its own time: leave room for a thread that was off its core meanwhile.
    expect(densest(passed, 900)).toBeLessThanOrEqual(37);
  });

  it('asks the contract about numbers each time, and about hours once a minute', () => {
    const clock = new VirtualClock(1e6);
    let asked = 0;
    const refused = new CallsurgeError('contract-violation', 'outside');
    const rules = {
      number: (called: string) => (called === '110' ? refused : undefined),
      open: (at: number) => {
        asked++;
        return at < 1e6 + 3 * HOURS_EVERY_MS;
      },
    };
    const gate = new SharedGate(clock, gateState({ maxCallsPerSecond: 1, maxChannels: 1 }, 1), rules, 0);
    expect(gate.check('4001000000', '1')).toBeUndefined();
    expect(gate.check('110', '1')).toBe(refused);
    clock.advance(HOURS_EVERY_MS / 2);
    gate.check('4001000000', '1');
    expect(asked).toBe(1);
    clock.advance(3 * HOURS_EVERY_MS);
    expect(gate.check('4001000000', '1')).toMatchObject({ where: 'contract.hours' });
  });
});

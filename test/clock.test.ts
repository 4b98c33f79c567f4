import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RealClock, sleepOn, takeAnchor, VirtualClock } from '../src/clock.ts';

describe('RealClock', () => {
  it('never fires early, though setTimeout counts whole milliseconds of a cached time', async () => {
    const clock = new RealClock();
    const early: number[] = [];
    await Promise.all(
      Array.from(
        { length: 300 },
        (_, i) =>
          new Promise<void>((resolve) => {
            const at = clock.now() + i / 7;
            clock.at(at, () => {
              if (clock.now() < at) early.push(at - clock.now());
              resolve();
            });
          }),
      ),
    );
    expect(early).toEqual([]);
  });

  it('reads the same time from the same anchor, and never goes back', () => {
    const anchor = takeAnchor();
    const [a, b] = [new RealClock(anchor), new RealClock(anchor)];
    let last = a.now();
    for (let i = 0; i < 1000; i++) {
      const next = (i % 2 ? a : b).now();
      expect(next).toBeGreaterThanOrEqual(last);
      last = next;
    }
    expect(Math.abs(a.now() - Date.now())).toBeLessThan(50);
  });

  it('forgets what was cancelled, and rejects a sleeper with the reason of the abort', async () => {
    const clock = new RealClock();
    let fired = false;
    clock
      .after(5, () => {
        fired = true;
      })
      .cancel();
    const controller = new AbortController();
    const sleeping = sleepOn(clock, 10_000, controller.signal);
    controller.abort(new Error('stopped'));
    await expect(sleeping).rejects.toThrow('stopped');
    await sleepOn(clock, 20);
    expect(fired).toBe(false);
  });
});

describe('VirtualClock', () => {
  it('fires in order of time, then of asking, whatever was scheduled or cancelled on the way', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(50), fc.boolean()), { maxLength: 60 }), (asked) => {
        const clock = new VirtualClock();
        const fired: [at: number, order: number][] = [];
        for (const [order, [at, cancel]] of asked.entries()) {
          const timer = clock.at(at, () => {
            expect(clock.now()).toBe(at);
            fired.push([at, order]);
          });
          if (cancel) timer.cancel();
        }
        clock.advanceTo(50);
        const expected = asked.map(([at, cancel], order) => ({ at, cancel, order })).filter(({ cancel }) => !cancel);
        expected.sort((a, b) => a.at - b.at || a.order - b.order);
        expect(fired).toEqual(expected.map(({ at, order }) => [at, order]));
      }),
    );
  });

  it('fires what a callback schedules inside the window', () => {
    const clock = new VirtualClock(100);
    const times: number[] = [];
    clock.after(10, () => {
      times.push(clock.now());
      clock.after(5, () => times.push(clock.now()));
    });
    clock.advance(20);
    expect(times).toEqual([110, 115]);
    expect(clock.now()).toBe(120);
  });

  it('ends instead of hanging where timers never run out', () => {
    const clock = new VirtualClock();
    const again = () => void clock.after(1, again);
    again();
    expect(() => clock.runAll(1000)).toThrow(RangeError);
  });
});

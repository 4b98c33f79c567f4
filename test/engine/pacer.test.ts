import { describe, expect, it } from 'vitest';
import { RealClock, VirtualClock } from '../../src/clock.ts';
import { HOLD_LIMIT_MS, pace } from '../../src/engine/pacer.ts';

const every = (stepMs: number, n: number) => Array.from({ length: n }, (_, i) => i * stepMs)[Symbol.iterator]();

describe('pacer', () => {
  it('starts each item exactly when it is due on a clock without jitter', () => {
    const clock = new VirtualClock(1000);
    const seen: number[] = [];
    let done = false;
    pace({
      clock,
      items: every(20, 100),
      due: (at) => 1000 + at,
      run: (at) => seen.push(clock.now() - 1000 - at),
      done: () => {
        done = true;
      },
    });
    clock.advance(1979);
    expect(done).toBe(false);
    clock.advance(1);
    expect(seen).toHaveLength(100);
    expect(Math.max(...seen)).toBe(0);
    expect(done).toBe(true);
  });

  it('makes up for a stall at once, in order, without losing any', async () => {
    const clock = new RealClock();
    const start = clock.now();
    const seen: number[] = [];
    await new Promise<void>((resolve) => {
      pace({
        clock,
        items: every(1, 200),
        due: (at) => start + at,
        run: (at) => {
          seen.push(at);
          if (at === 20) while (clock.now() < start + 120);
        },
        done: resolve,
      });
    });
    expect(seen).toEqual(Array.from({ length: 200 }, (_, i) => i));
  });

  it('holds an item back for a few milliseconds where it may not go yet, never for long', () => {
    const clock = new VirtualClock();
    const at: number[] = [];
    let allowed = 105;
    pace({ clock, items: [100, 200].values(), due: (t) => t, run: () => at.push(clock.now()), notBefore: () => allowed, done: () => {} });
    clock.advance(150);
    allowed = 9999;
    clock.advance(1000);
    expect(at).toEqual([105, 200 + HOLD_LIMIT_MS]);
  });

  it('starts nothing after stop, and reports no end', () => {
    const clock = new VirtualClock();
    let n = 0;
    const stop = pace({ clock, items: every(10, 10), due: (t) => t, run: () => n++, done: () => (n = 1000) });
    clock.advance(35);
    stop();
    clock.advance(1000);
    expect(n).toBe(4);
  });
});

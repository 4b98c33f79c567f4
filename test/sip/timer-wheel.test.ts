/** The shared wheel of retransmission timers, and memory that forgets, on virtual time. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { VirtualClock } from '../../src/clock.ts';
import { Recent } from '../../src/sip/recent.ts';
import { TimerWheel } from '../../src/sip/timer-wheel.ts';

test('every timer fires once, never early, at most a tick (10 ms) late; a cancelled one never', () => {
  const timer = fc.record({
    after: fc.integer({ min: 0, max: 20_000 }),
    asked: fc.integer({ min: 0, max: 3000 }),
    cancelled: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(timer, { maxLength: 40 }), (timers) => {
      const clock = new VirtualClock(1000);
      const wheel = new TimerWheel(clock);
      const fired: (number | undefined)[] = timers.map(() => undefined);
      timers.forEach(({ after, asked, cancelled }, i) => {
        clock.at(1000 + asked, () => {
          const handle = wheel.after(after, () => {
            if (fired[i] !== undefined) throw new Error('fired twice');
            fired[i] = clock.now();
          });
          if (cancelled) wheel.cancel(handle);
        });
      });
      clock.advance(30_000);
      timers.forEach(({ after, asked, cancelled }, i) => {
        if (cancelled) {
          expect(fired[i]).toBe(undefined);
          return;
        }
        const late = fired[i]! - (1000 + asked + after);
        expect(late).toBeGreaterThanOrEqual(0);
        expect(late).toBeLessThanOrEqual(10);
      });
    }),
    { numRuns: 300 },
  );
});

test('a timer may ask for another, as retransmission does, and an idle wheel holds no timer of the clock', () => {
  const clock = new VirtualClock();
  const wheel = new TimerWheel(clock);
  const fired: number[] = [];
  const again = (ms: number) =>
    wheel.after(ms, () => {
      fired.push(clock.now());
      if (fired.length < 5) again(ms * 2);
    });
  again(500);
  clock.runAll(100_000);
  expect(fired).toEqual([500, 1500, 3500, 7500, 15_500]);
  wheel.after(5, () => fired.push(clock.now()));
  wheel.close();
  clock.runAll();
  expect(fired.length).toBe(5);
});

test('a late event loop fires everything that is due, in one go', () => {
  const clock = new VirtualClock();
  let stalled = 0;
  const wheel = new TimerWheel({
    now: () => clock.now() + stalled,
    at: (at, run) => clock.at(at, run),
    after: (ms, run) => clock.after(ms, run),
  });
  const fired: number[] = [];
  for (const ms of [20, 400, 900, 6000]) wheel.after(ms, () => fired.push(ms));
  clock.advance(9);
  stalled = 1000;
  clock.advance(11);
  expect(fired).toEqual([20, 400, 900]);
});

test('what is remembered stays at least as long as promised and at most twice that', () => {
  const clock = new VirtualClock();
  const recent = new Recent<number>(clock, 1000);
  const lives: number[] = [];
  for (let i = 0; i < 50; i++) {
    const key = String(i);
    recent.put(key, i);
    const born = clock.now();
    while (recent.get(key) !== undefined) {
      clock.advance(37);
      recent.put('other', 0);
    }
    lives.push(clock.now() - born);
  }
  expect(Math.min(...lives)).toBeGreaterThanOrEqual(1000);
  expect(Math.max(...lives)).toBeLessThanOrEqual(2000 + 2 * 37);
  recent.put('x', 1);
  recent.delete('x');
  expect(recent.get('x')).toBe(undefined);
  // Long silence: nothing old comes back with the next entry.
  recent.put('old', 1);
  clock.advance(10_000);
  recent.put('new', 1);
  expect([recent.get('old'), recent.get('new'), recent.size]).toEqual([undefined, 1, 1]);
});

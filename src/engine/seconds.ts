/** Runs something at the end of every whole second of the clock, the same seconds in every thread of a run. */
import type { Clock, TimerHandle } from '../clock.ts';

/** @param run told the start of the second that has just ended, ms. @returns a function that ends it. */
export function everySecond(clock: Clock, run: (secondMs: number) => void, delayMs = 0): () => void {
  let timer: TimerHandle;
  let stopped = false;
  const arm = () => {
    const next = Math.floor((clock.now() - delayMs) / 1000) * 1000 + 1000;
    timer = clock.at(next + delayMs, () => {
      if (stopped) return;
      run(next - 1000);
      arm();
    });
  };
  arm();
  return () => {
    stopped = true;
    timer.cancel();
  };
}

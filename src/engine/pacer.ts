/**
 * Starts things when they are due. One timer for the next of them, never one a call: a timer wakes about a millisecond late, and after a stall
 * everything that came due meanwhile is started at once, in order, with its lag (k6 fires late ticks at once, too; here the lag is recorded).
 */
import type { Clock, TimerHandle } from '../clock.ts';

/** So many are started before the event loop may turn, so that a backlog does not keep answers from being read. */
const BATCH = 50;
/**
 * An item is held back at most this long beyond its time. After a stall the calls that were made up for fill a moment of the cap on calls/s, and a
 * second later that moment is full again: the hold must outlast a stall.
 */
export const HOLD_LIMIT_MS = 250;

export interface PacerOptions<Item> {
  clock: Clock;
  /** In order of time; read lazily. */
  items: Iterator<Item>;
  /** When an item is due, on the clock's scale. */
  due(item: Item): number;
  run(item: Item): void;
  /** The earliest moment at which something outside lets the next item go; held back for no more than HOLD_LIMIT_MS. Default: any. */
  notBefore?(): number;
  /** All items were started. Not called after `stop`. */
  done(): void;
}

/** @returns a function that stops it: nothing more is started. */
export function pace<Item>(options: PacerOptions<Item>): () => void {
  const { clock, items } = options;
  let next = items.next();
  let timer: TimerHandle | undefined;
  let stopped = false;

  const wake = () => {
    for (let started = 0; !next.done && !stopped; started++) {
      const now = clock.now();
      const due = options.due(next.value);
      if (due > now) return arm(due);
      const allowed = options.notBefore?.() ?? now;
      if (allowed > now && now < due + HOLD_LIMIT_MS) return arm(Math.min(allowed, due + HOLD_LIMIT_MS));
      if (started >= BATCH) return arm(now);
      const item = next.value;
      next = items.next();
      options.run(item);
    }
    if (!stopped) options.done();
  };
  const arm = (at: number) => {
    timer = clock.at(at, wake);
  };

  if (next.done) timer = clock.after(0, wake);
  else arm(options.due(next.value));
  return () => {
    stopped = true;
    timer?.cancel();
  };
}

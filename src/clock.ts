/**
 * The one source of time. Everything that asks "what time is it" or "wake me later" asks a Clock that was handed to it, so the same code
 * runs on real time, and on virtual time in tests and in the simulator's model.
 *
 * Unit everywhere: milliseconds since the Unix epoch as a float (microsecond resolution), monotonic: it never follows a step of the wall clock.
 */

export interface TimerHandle {
  cancel(): void;
}

export interface Clock {
  /** Milliseconds since the Unix epoch, monotonic, fractional. */
  now(): number;
  /** Calls `run` once, at or after the instant `at` (ms, same scale as `now`). A time in the past fires as soon as possible. */
  at(at: number, run: () => void): TimerHandle;
  /** Calls `run` once after `ms`. */
  after(ms: number, run: () => void): TimerHandle;
}

/**
 * Ties the machine's monotonic clock to the wall clock once. Hand the same anchor to every thread of a run, and all of them read the same
 * time to within the cost of the call: the monotonic clock is one for the whole machine.
 */
export interface ClockAnchor {
  /** Wall clock when the anchor was taken, ms since the Unix epoch. */
  readonly wallMs: number;
  /** `process.hrtime` at that moment, ms. */
  readonly monotonicMs: number;
}

const NS_PER_MS = 1e6;
const monotonicMs = () => {
  const [s, ns] = process.hrtime();
  return s * 1000 + ns / NS_PER_MS;
};

export function takeAnchor(): ClockAnchor {
  return { wallMs: performance.timeOrigin + performance.now(), monotonicMs: monotonicMs() };
}

/** Longest delay `setTimeout` takes without overflowing to 1 ms. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

export class RealClock implements Clock {
  readonly anchor: ClockAnchor;
  readonly #offset: number;

  constructor(anchor: ClockAnchor = takeAnchor()) {
    this.anchor = anchor;
    this.#offset = anchor.wallMs - anchor.monotonicMs;
  }

  now(): number {
    return monotonicMs() + this.#offset;
  }

  at(at: number, run: () => void): TimerHandle {
    return new RealTimer(this, at, run);
  }

  after(ms: number, run: () => void): TimerHandle {
    return this.at(this.now() + ms, run);
  }
}

class RealTimer implements TimerHandle {
  readonly #clock: Clock;
  readonly #at: number;
  readonly #run: () => void;
  #timer: NodeJS.Timeout;

  constructor(clock: Clock, at: number, run: () => void) {
    this.#clock = clock;
    this.#at = at;
    this.#run = run;
    this.#timer = this.#arm();
  }

  cancel(): void {
    clearTimeout(this.#timer);
  }

  #arm(): NodeJS.Timeout {
    const left = this.#at - this.#clock.now();
    return setTimeout(() => this.#fire(), Math.min(MAX_TIMEOUT_MS, Math.max(0, Math.ceil(left))));
  }

  /** setTimeout counts whole milliseconds from the loop's cached time: it may fire early, and then waits for the rest. */
  #fire(): void {
    if (this.#clock.now() < this.#at) this.#timer = this.#arm();
    else this.#run();
  }
}

/** Time that moves only when told: `advance` fires what is due, in order of time and then of asking. */
export class VirtualClock implements Clock {
  #now: number;
  #order = 0;
  readonly #heap: { at: number; order: number; run: (() => void) | null }[] = [];

  constructor(start = 0) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  at(at: number, run: () => void): TimerHandle {
    const entry = { at: Math.max(at, this.#now), order: this.#order++, run: run as (() => void) | null };
    this.#push(entry);
    return {
      cancel: () => {
        entry.run = null;
      },
    };
  }

  after(ms: number, run: () => void): TimerHandle {
    return this.at(this.#now + Math.max(0, ms), run);
  }

  /** Moves to `until`, firing everything due on the way; what a callback schedules inside the window fires too. */
  advanceTo(until: number): void {
    for (let next = this.#heap[0]; next && next.at <= until; next = this.#heap[0]) {
      this.#pop();
      this.#now = next.at;
      next.run?.();
    }
    this.#now = Math.max(this.#now, until);
  }

  advance(ms: number): void {
    this.advanceTo(this.#now + ms);
  }

  /** Fires everything until nothing is scheduled any more. @throws RangeError after `limit` callbacks, so that a loop cannot hang a test. */
  runAll(limit = 1e8): void {
    for (let fired = 0; this.#heap.length > 0; fired++) {
      if (fired >= limit) throw new RangeError(`still timers waiting after ${limit} callbacks`);
      this.advanceTo(this.#heap[0]!.at);
    }
  }

  #push(entry: { at: number; order: number; run: (() => void) | null }): void {
    const heap = this.#heap;
    let i = heap.length;
    heap.push(entry);
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!before(entry, heap[parent]!)) break;
      heap[i] = heap[parent]!;
      i = parent;
    }
    heap[i] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (!before(heap[child]!, last)) break;
      heap[i] = heap[child]!;
      i = child;
    }
    heap[i] = last;
  }
}

const before = (a: { at: number; order: number }, b: { at: number; order: number }) => a.at < b.at || (a.at === b.at && a.order < b.order);

/** What waiting needs of an AbortSignal; there is one a caller, and Node's own weigh a kilobyte (call/stop.ts). */
export interface StopSignal {
  readonly aborted: boolean;
  /** What whoever waits rejects with. */
  readonly reason: unknown;
  throwIfAborted(): void;
  addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** Resolves after `ms` on that clock. Rejects with the signal's reason as soon as the signal aborts. */
export function sleepOn(clock: Clock, ms: number, signal?: StopSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = () => {
      timer.cancel();
      signal!.removeEventListener('abort', onAbort);
      reject(signal!.reason);
    };
    const timer = clock.after(ms, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort);
  });
}

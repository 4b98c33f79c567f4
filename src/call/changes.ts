/** Waiting for something about a call to change, however it comes about. */
import type { Clock, StopSignal, TimerHandle } from '../clock.ts';

export interface UntilOptions<T> {
  /** Absent: nothing interrupts. */
  signal?: StopSignal;
  timeoutMs?: number;
  /** What to resolve with, or throw, when the time is up. Without it there is no limit. */
  timedOut?: () => T;
}

export class Changes {
  readonly #clock: Clock;
  /** Mostly one, the story's own. Replaced when it changes: whoever goes through it sees it as it was. */
  #waiters: readonly { look(): void }[] = [];
  readonly #over = (over: { look(): void }) => {
    this.#waiters = this.#waiters.filter((waiter) => waiter !== over);
  };

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Something changed: all who wait look again. */
  happened(): void {
    for (const waiter of this.#waiters) waiter.look();
  }

  /**
   * Resolves with the first value that `check` gives; asked now and after each change. Rejects with what `check` throws and with the signal's
   * reason.
   */
  until<T>(check: () => T | undefined, options: UntilOptions<T> = {}): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    if (options.signal?.aborted) {
      reject(options.signal.reason);
      return promise;
    }
    const waiter = new Waiter(check, options, resolve, reject, this.#over);
    waiter.look();
    if (waiter.done) return promise;
    this.#waiters = [...this.#waiters, waiter];
    waiter.arm(this.#clock);
    return promise;
  }
}

class Waiter<T> {
  readonly #check: () => T | undefined;
  readonly #options: UntilOptions<T>;
  readonly #resolve: (value: T) => void;
  readonly #reject: (reason: unknown) => void;
  readonly #over: (waiter: { look(): void }) => void;
  #onAbort: (() => void) | undefined;
  #timer: TimerHandle | undefined;
  done = false;

  constructor(
    check: () => T | undefined,
    options: UntilOptions<T>,
    resolve: (value: T) => void,
    reject: (reason: unknown) => void,
    over: (waiter: { look(): void }) => void,
  ) {
    this.#check = check;
    this.#options = options;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#over = over;
  }

  look(): void {
    this.#settle(this.#check);
  }

  /** What else than a change may end the wait. */
  arm(clock: Clock): void {
    const { signal, timeoutMs, timedOut } = this.#options;
    if (timeoutMs !== undefined && Number.isFinite(timeoutMs) && timedOut)
      this.#timer = clock.after(timeoutMs, () => this.#settle(timedOut));
    if (!signal) return;
    this.#onAbort = () => {
      this.#end();
      this.#reject(signal.reason);
    };
    signal.addEventListener('abort', this.#onAbort);
  }

  #settle(make: () => T | undefined): void {
    if (this.done) return;
    try {
      const value = make();
      if (value === undefined) return;
      this.#end();
      this.#resolve(value);
    } catch (error) {
      this.#end();
      this.#reject(error);
    }
  }

  #end(): void {
    this.done = true;
    this.#timer?.cancel();
    if (this.#onAbort) this.#options.signal!.removeEventListener('abort', this.#onAbort);
    this.#over(this);
  }
}

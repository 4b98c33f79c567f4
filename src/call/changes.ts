/** Waiting for something about a call to change, however it comes about. */
import type { Clock } from '../clock.ts';

export interface UntilOptions<T> {
  signal: AbortSignal;
  timeoutMs?: number;
  /** What to resolve with, or throw, when the time is up. Without it there is no limit. */
  timedOut?: () => T;
}

export class Changes {
  readonly #clock: Clock;
  readonly #waiters = new Set<() => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Something changed: all who wait look again. */
  happened(): void {
    for (const look of [...this.#waiters]) look();
  }

  /**
   * Resolves with the first value that `check` gives; asked now and after each change. Rejects with what `check` throws and with the signal's
   * reason.
   */
  until<T>(check: () => T | undefined, { signal, timeoutMs, timedOut }: UntilOptions<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const end = () => {
        timer?.cancel();
        signal.removeEventListener('abort', onAbort);
        this.#waiters.delete(look);
      };
      const settle = (make: () => T) => {
        end();
        try {
          resolve(make());
        } catch (error) {
          reject(error);
        }
      };
      const look = () => {
        let value: T | undefined;
        try {
          value = check();
        } catch (error) {
          end();
          return reject(error);
        }
        if (value !== undefined) settle(() => value);
      };
      const onAbort = () => {
        end();
        reject(signal.reason);
      };
      const limited = timeoutMs !== undefined && Number.isFinite(timeoutMs) && timedOut !== undefined;
      const timer = limited ? this.#clock.after(timeoutMs, () => settle(timedOut)) : undefined;
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiters.add(look);
      look();
    });
  }
}

/** The iterations of one scenario that run now in one worker: each can be interrupted, and their end awaited. */
import { Stop } from '../call/stop.ts';
import type { StopSignal } from '../clock.ts';
import { CallsurgeError } from '../errors.ts';

/** Runs one iteration; resolves when it is over and nothing of it is left open. Never rejects. */
export type Iterate = (vu: number, iteration: number, intendedAt: number, signal: StopSignal) => Promise<void>;

export class Running {
  readonly #iterate: Iterate;
  readonly #byVu = new Map<number, Stop>();
  readonly #idle: (() => void)[] = [];

  constructor(iterate: Iterate) {
    this.#iterate = iterate;
  }

  get count(): number {
    return this.#byVu.size;
  }

  async start(vu: number, iteration: number, intendedAt: number): Promise<void> {
    const stop = new Stop();
    this.#byVu.set(vu, stop);
    await this.#iterate(vu, iteration, intendedAt, stop);
    this.#byVu.delete(vu);
    if (this.#byVu.size === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }

  /** Makes every verb of that VU's iteration reject; of all VUs where none is named. */
  interrupt(why: string, vu?: number): void {
    const reason = new CallsurgeError('stopped', `the iteration was stopped: ${why}`);
    if (vu !== undefined) this.#byVu.get(vu)?.abort(reason);
    else for (const stop of this.#byVu.values()) stop.abort(reason);
  }

  /** Resolves when none runs. */
  idle(): Promise<void> {
    return this.#byVu.size === 0 ? Promise.resolve() : new Promise((resolve) => this.#idle.push(resolve));
  }
}

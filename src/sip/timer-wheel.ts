/**
 * Thousands of retransmission timers on one coarse wheel: one clock timer while anything waits, none else. Cancelling is a flag; the entry goes
 * when its slot comes round. Resolution TICK_MS, which is far below what Timers A, E and G need.
 */
import type { Clock, TimerHandle } from '../clock.ts';

const TICK_MS = 10;
const SLOTS = 512;

/** Who is woken: an object that waits often needs no closure for each time. */
export interface Sleeper {
  wake(): void;
}

export interface WheelTimer {
  /** Undefined once fired or cancelled. */
  sleeper: Sleeper | undefined;
  /** Rounds of the wheel still to go. */
  rounds: number;
}

export class TimerWheel {
  readonly #clock: Clock;
  readonly #slots: WheelTimer[][] = Array.from({ length: SLOTS }, () => []);
  #waiting = 0;
  /** Ticks done since `#start`. */
  #tick = 0;
  #start = 0;
  #driver: TimerHandle | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls `run` once, `ms` from now, at most one tick late (and never early). */
  after(ms: number, run: () => void): WheelTimer {
    return this.wake(ms, { wake: run });
  }

  /** The same for an object. */
  wake(ms: number, sleeper: Sleeper): WheelTimer {
    if (this.#driver === undefined) {
      this.#start = this.#clock.now();
      this.#tick = 0;
      this.#drive();
    }
    const due = Math.max(this.#tick + 1, Math.ceil((this.#clock.now() - this.#start + ms) / TICK_MS));
    const timer: WheelTimer = { sleeper, rounds: Math.floor((due - this.#tick - 1) / SLOTS) };
    this.#slots[due % SLOTS]!.push(timer);
    this.#waiting++;
    return timer;
  }

  cancel(timer: WheelTimer | undefined): void {
    if (timer) timer.sleeper = undefined;
  }

  close(): void {
    this.#driver?.cancel();
    this.#driver = undefined;
    for (const slot of this.#slots) slot.length = 0;
    this.#waiting = 0;
  }

  #drive(): void {
    this.#driver = this.#clock.at(this.#start + (this.#tick + 1) * TICK_MS, () => this.#advance());
  }

  #advance(): void {
    const target = Math.floor((this.#clock.now() - this.#start) / TICK_MS);
    while (this.#tick < target && this.#waiting > 0) {
      this.#tick++;
      this.#fire(this.#tick % SLOTS);
    }
    this.#driver = undefined;
    if (this.#waiting === 0) return;
    this.#tick = Math.max(this.#tick, target);
    this.#drive();
  }

  #fire(index: number): void {
    const due = this.#slots[index]!;
    if (due.length === 0) return;
    const later: WheelTimer[] = [];
    this.#slots[index] = later;
    for (const timer of due) {
      if (timer.sleeper !== undefined && timer.rounds > 0) {
        timer.rounds--;
        later.push(timer);
        continue;
      }
      this.#waiting--;
      const { sleeper } = timer;
      timer.sleeper = undefined;
      sleeper?.wake();
    }
  }
}

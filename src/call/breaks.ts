/**
 * Agents who are not ready now and then: they stay registered and answer no call (480), as somebody does who has pressed the button for a break. A break
 * that comes due on a call begins when the call and its wrap-up are over.
 */
import type { Clock, TimerHandle } from '../clock.ts';
import type { Draw, RandomStream } from '../random.ts';

export interface BreakPlan {
  /** From the end of one break to the beginning of the next. */
  every: Draw;
  lasts: Draw;
  /** Its own: breaks must not change how calls are answered. */
  random: RandomStream;
}

export class Breaks {
  readonly #clock: Clock;
  readonly #plan: BreakPlan;
  /** When the agent will be free of what holds it now; now or before: it is free. */
  readonly #freeAt: () => number | undefined;
  readonly #changed: (ready: boolean, at: number) => void;
  #timer: TimerHandle | undefined;
  #away = false;

  constructor(clock: Clock, plan: BreakPlan, freeAt: () => number | undefined, changed: (ready: boolean, at: number) => void) {
    this.#clock = clock;
    this.#plan = plan;
    this.#freeAt = freeAt;
    this.#changed = changed;
  }

  get ready(): boolean {
    return !this.#away;
  }

  /** A shift begins, ready, whatever the last one ended with. */
  start(): void {
    this.#away = false;
    this.#timer?.cancel();
    this.#timer = this.#clock.after(this.#plan.every.draw(this.#plan.random), () => this.#leave());
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #leave(): void {
    const freeAt = this.#freeAt();
    const now = this.#clock.now();
    if (freeAt === undefined || freeAt > now) {
      this.#timer = this.#clock.after(freeAt === undefined ? LOOK_AGAIN_MS : freeAt - now, () => this.#leave());
      return;
    }
    this.#away = true;
    this.#changed(false, now);
    this.#timer = this.#clock.after(this.#plan.lasts.draw(this.#plan.random), () => {
      this.#away = false;
      this.#changed(true, this.#clock.now());
      this.start();
    });
  }
}

/** A call may end at any moment. */
const LOOK_AGAIN_MS = 200;

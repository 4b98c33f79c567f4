/** Tells observers what happens. One that throws is told no more and never breaks the run. */
import { messageOf } from '../errors.ts';
import type { RunObserver } from './request.ts';

type Hook = keyof RunObserver;

export class Watchers {
  readonly #observers: Set<RunObserver>;
  /** What the observers threw, for the record. */
  readonly problems: string[] = [];

  constructor(observers: readonly RunObserver[] = []) {
    this.#observers = new Set(observers);
  }

  tell<H extends Hook>(hook: H, what: Parameters<NonNullable<RunObserver[H]>>[0]): void {
    for (const observer of [...this.#observers]) {
      try {
        (observer[hook] as ((what: unknown) => void) | undefined)?.call(observer, what);
      } catch (thrown) {
        this.#observers.delete(observer);
        this.problems.push(`an observer threw in ${hook} and is told no more: ${messageOf(thrown)}`);
      }
    }
  }
}

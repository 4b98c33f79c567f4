/**
 * The run's phases, in step over all workers, made of the controller's signals alone: the leader says which phase begins, each worker says when it
 * is through, and nobody waits for a worker that is gone.
 */
import type { Controller } from './controller.ts';
import { fromWire, toWire, type WireError } from './wire-error.ts';

const BEGIN = 'phase';
const DONE = 'phase-done';

interface Begin {
  phase: string;
  data: unknown;
}
interface Done {
  worker: number;
  phase: string;
  result?: unknown;
  error?: WireError;
}

export type PhaseHandlers = Record<string, (data: never) => Promise<unknown>>;

/** A worker's side. A phase without a handler is over at once. */
export function followPhases(controller: Controller, worker: number, handlers: PhaseHandlers): void {
  controller.subscribe(BEGIN, (message) => {
    const { phase, data } = message as Begin;
    const handler = handlers[phase];
    const done = (rest: Partial<Done>) => controller.signal(DONE, { worker, phase, ...rest } satisfies Done);
    if (!handler) return done({});
    handler(data as never).then(
      (result) => done({ result }),
      (thrown) => done({ error: toWire(thrown) }),
    );
  });
}

interface Waiting {
  left: Set<number>;
  results: Map<number, unknown>;
  resolve(results: Map<number, unknown>): void;
  reject(error: Error): void;
}

export class PhaseLeader {
  readonly #controller: Controller;
  readonly #members: Set<number>;
  readonly #waiting = new Map<string, Waiting>();

  constructor(controller: Controller, workers: readonly number[]) {
    this.#controller = controller;
    this.#members = new Set(workers);
    controller.subscribe(DONE, (message) => this.#done(message as Done));
  }

  /** Workers still there. */
  get members(): number[] {
    return [...this.#members];
  }

  /**
   * Begins the phase everywhere. Resolves with the workers' results when all that are still there are through; rejects with the first error. One
   * phase of a name at a time.
   */
  run<T>(phase: string, data?: unknown): Promise<Map<number, T>> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = { left: new Set(this.#members), results: new Map(), resolve: resolve as Waiting['resolve'], reject };
      this.#waiting.set(phase, waiting);
      this.#controller.signal(BEGIN, { phase, data } satisfies Begin);
      this.#settle(phase, waiting);
    });
  }

  /** Workers that are not through with that phase. */
  left(phase: string): number[] {
    return [...(this.#waiting.get(phase)?.left ?? [])];
  }

  /** A worker is gone: nobody waits for it any more. */
  gone(worker: number): void {
    this.#members.delete(worker);
    for (const [phase, waiting] of this.#waiting) {
      waiting.left.delete(worker);
      this.#settle(phase, waiting);
    }
  }

  #done({ worker, phase, result, error }: Done): void {
    const waiting = this.#waiting.get(phase);
    if (!waiting?.left.delete(worker)) return;
    if (error) {
      this.#waiting.delete(phase);
      waiting.reject(fromWire(error));
      return;
    }
    waiting.results.set(worker, result);
    this.#settle(phase, waiting);
  }

  #settle(phase: string, waiting: Waiting): void {
    if (waiting.left.size > 0 || this.#waiting.get(phase) !== waiting) return;
    this.#waiting.delete(phase);
    waiting.resolve(waiting.results);
  }
}

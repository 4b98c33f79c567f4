/** What all ways of injecting a fault, or of asking for capacity, have in common. One file each; runner.ts decides when. */
import type { Clock } from '../clock.ts';
import type { OwnFault, RelayFault } from '../scenario/surge.ts';

/** What came of it. */
export interface Effect {
  /** When it took effect, Clock ms: t0 of every figure about it. */
  at: number;
  /** HTTP status or the like, for the record. */
  value?: number;
  detail?: unknown;
  /** How far off `at` may be, ms, where a person said it. */
  errorMs?: number;
}

export interface InjectorContext {
  clock: Clock;
  /** Environment for secrets and commands. */
  env: NodeJS.ProcessEnv;
  /** HTTP API of the embedded vendor, `http://127.0.0.1:5170`. */
  simulatorApi: string | undefined;
  /** Our relay, where this run has one. @returns when the fault began, Clock ms, and what ends it and says when it did. */
  relay: ((fault: RelayFault) => Promise<{ at: number; end(): Promise<number> }>) | undefined;
  /** Our own side: all workers have done it when it resolves. */
  own: ((fault: OwnFault, on: boolean) => Promise<unknown>) | undefined;
  /** Resolves at the operator's mark of that name and action; rejects when the signal aborts. */
  marked(name: string, action: 'started' | 'ended', signal: AbortSignal): Promise<{ at: number; errorMs: number }>;
}

/**
 * Resolves when it took effect; rejects, with an Error that says why, when it did not. `signal` aborts when nobody waits any longer. Every
 * injector has a time limit of its own: none can hang.
 */
export type Injector = (context: InjectorContext, signal: AbortSignal) => Promise<Effect>;

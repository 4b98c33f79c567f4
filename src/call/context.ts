/**
 * Finds the VU on whose behalf a verb runs. The engine enters the context around each iteration; `dial()` and its friends look it up, so that a
 * scenario reads like a story and passes nothing around.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { CallsurgeError } from '../errors.ts';
import type { RandomStream } from '../random.ts';
import type { CallServices } from './services.ts';

export interface VuContext {
  scenario: string;
  exec: string;
  /** 1-based over the whole run, as k6's __VU. */
  vu: number;
  /** Over all workers, from 0, as k6's scenario.iterationInTest. */
  iteration: number;
  /** When the schedule wanted this iteration (Clock ms). */
  intendedAt: number;
  startedAt: number;
  tags: Record<string, string>;
  /** Aborts, with a CallsurgeError `stopped`, when the VU must end: every verb then rejects. */
  signal: AbortSignal;
  /** This caller's own stream: depends on seed, scenario and iteration alone. */
  random: RandomStream;
  services: CallServices;
}

const storage = new AsyncLocalStorage<VuContext>();

export function withVu<T>(context: VuContext, run: () => T): T {
  return storage.run(context, run);
}

/** @throws CallsurgeError `verb-misused` outside an iteration (in init code, or in a callback that lost its context). */
export function currentVu(verb: string): VuContext {
  const context = storage.getStore();
  if (context) return context;
  throw new CallsurgeError('verb-misused', `${verb}() was called outside an iteration`, {
    todo: 'call it from the function that a scenario executes, not from init code',
  });
}

/** The VU that runs here, or undefined outside an iteration. */
export function currentVuOrNone(): VuContext | undefined {
  return storage.getStore();
}

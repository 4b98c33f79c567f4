/**
 * Finds the VU on whose behalf a verb runs. The engine enters the context around each iteration; `dial()` and its friends look it up, so that a
 * scenario reads like a story and passes nothing around.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { StopSignal } from '../clock.ts';
import { CallsurgeError } from '../errors.ts';
import type { RandomStream } from '../random.ts';
import type { CallBack } from './call-back.ts';
import type { CallerLeg } from './leg.ts';
import type { CallServices } from './services.ts';
import type { Purpose } from './streams.ts';

/** What a replayed log tells of one call; null: it does not say. */
export interface LoggedCall {
  /** The caller's number, hashed: equal hashes are one caller. Nothing that could be dialled. */
  caller: string | null;
  intent: string | null;
  vip: boolean | null;
  talkMs: number | null;
}

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
  signal: StopSignal;
  /** Of the run. What a caller is depends on it, the scenario and the iteration alone (streams.ts). */
  seed: number;
  /** Set in a redial: the call that it repeats, and the number of the try. */
  redial?: { of: string | null; try: number };
  /** The iteration that a try is part of. */
  parent?: VuContext;
  /** What the replayed log tells of this call. */
  logged?: LoggedCall | undefined;
  services: CallServices;
  /** What has come of it so far. Here and not in WeakMaps, which cost the garbage collector more than all else of an iteration. */
  legs?: CallerLeg[] | undefined;
  callBacks?: CallBack[] | undefined;
  streams?: Map<Purpose, RandomStream> | undefined;
}

/** A context of its own within that one: a try of a caller, of which nothing has come yet. */
export function within(parent: VuContext, own: Partial<VuContext>): VuContext {
  return { ...parent, legs: undefined, callBacks: undefined, streams: undefined, ...own, parent };
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

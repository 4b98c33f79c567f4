/**
 * Plays a capacity search: trial after trial against one vendor, with a rest between them, until the bounds stand or something ends it. What to try
 * is analysis/search.ts, what a trial showed analysis/trial.ts; here they are only carried out.
 */

import type { CapacitySearch, TrialLength } from '../analysis/search.ts';
import type { PlayedTrial, SearchEnd } from '../analysis/search-result.ts';
import { judgeTrial } from '../analysis/trial.ts';
import { type Clock, sleepOn } from '../clock.ts';
import { CallsurgeError, messageOf } from '../errors.ts';
import { startTrial, type TrialHandle, type TrialRequest, type TrialTerms } from './capacity-trial.ts';

export interface SearchRequest extends Pick<TrialRequest, 'vendor' | 'version' | 'observers' | 'exitCode'> {
  search: CapacitySearch;
  terms: TrialTerms;
  epsilon: number;
  lengthMs: Record<TrialLength, number>;
  /** Between two trials: the vendor's lines clear, and nobody is hammered. */
  pauseMs: number;
  clock: Clock;
  against: PlayedTrial['against'];
  /** Number of the next trial, and its run folder. */
  folderOf(load: number, length: TrialLength): { number: number; folder: string; dir: string };
  onStart?(next: { load: number; length: TrialLength }): void;
  onTrial?(trial: PlayedTrial): void;
}

export interface SearchPlay {
  /** First Ctrl-C: the trial is drained, and no other begins. */
  stop(): void;
  stopNow(): void;
  /** Never rejects. */
  readonly done: Promise<{ trials: PlayedTrial[]; end: SearchEnd; why: string | null; error?: unknown }>;
}

export function playSearch(request: SearchRequest): SearchPlay {
  const stopped = new AbortController();
  let current: TrialHandle | undefined;
  const halt = (now: boolean) => {
    stopped.abort(new CallsurgeError('stopped', 'stopped by a signal'));
    if (now) current?.run.stopNow();
    else current?.run.stop();
  };
  return {
    stop: () => halt(false),
    stopNow: () => halt(true),
    done: play(request, stopped.signal, (handle) => {
      current = handle;
      if (stopped.signal.aborted) handle.run.stop();
    }),
  };
}

async function play(request: SearchRequest, signal: AbortSignal, began: (handle: TrialHandle) => void): SearchPlay['done'] {
  const { search, terms, epsilon, lengthMs, pauseMs, clock, against } = request;
  const trials: PlayedTrial[] = [];
  const ended = (end: SearchEnd, why: string | null = null, error?: unknown) => ({ trials, end, why, error });
  for (;;) {
    if (signal.aborted) return ended('signal', 'stopped by a signal');
    const next = search.next();
    if (!next) return search.finished ? ended('found') : ended('trials', `${search.trials} trials were not enough`);
    if (trials.length > 0) await sleepOn(clock, pauseMs, signal).catch(() => undefined);
    if (signal.aborted) continue;
    const { number, folder, dir } = request.folderOf(next.load, next.length);
    request.onStart?.(next);
    const startMs = clock.now();
    const length = lengthMs[next.length];
    try {
      const handle = await startTrial({ ...request, load: next.load, lengthMs: length, dir });
      began(handle);
      const { result, figures } = await handle.done;
      const { ending } = result;
      if (ending.reason === 'error') return ended(isContract(ending.error) ? 'contract' : 'error', messageOf(ending.error), ending.error);
      if (ending.reason === 'stoppedBySignal') return ended('signal', 'stopped by a signal');
      if (ending.reason === 'aborted') return ended('contract', ending.why);
      if (ending.reason === 'thresholdFailed' && ending.abort) return ended('stop-when', ending.why);
      const judged = judgeTrial(terms.sought, next.load, length, epsilon, figures);
      const trial: PlayedTrial = { ...judged, number, against, ...next, startMs, lengthMs: length, figures, folder };
      trials.push(trial);
      search.add({ ...next, ...judged });
      request.onTrial?.(trial);
    } catch (error) {
      return ended('error', messageOf(error), error);
    }
  }
}

const isContract = (error: unknown) => error instanceof CallsurgeError && error.code === 'contract-violation';

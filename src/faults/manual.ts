/** Somebody pulls the cable. The instruction stands in the record; the operator's mark says when it happened. */
import type { Injector } from './injector.ts';

/** How long the operator may take to do it and to mark it. */
const MARK_WITHIN_MS = 15 * 60_000;

export function manualAction(name: string, action: 'started' | 'ended', instruction: string, withinMs = MARK_WITHIN_MS): Injector {
  return async ({ marked }, signal) => {
    const timeout = AbortSignal.timeout(withinMs);
    try {
      return { ...(await marked(name, action, AbortSignal.any([signal, timeout]))), detail: { instruction } };
    } catch {
      throw new Error(timeout.aborted ? `nobody marked "${instruction}" within ${withinMs / 1000} s` : `nobody marked "${instruction}"`);
    }
  };
}

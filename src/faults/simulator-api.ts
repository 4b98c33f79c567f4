/** The embedded vendor's HTTP API (simulator/truth.ts describes it). */
import { CallsurgeError } from '../errors.ts';
import type { Effect, Injector } from './injector.ts';

const TIMEOUT_MS = 10_000;

/** Stops, freezes or starts a site: at once. */
export function siteAction(site: string, action: 'stop' | 'freeze' | 'start'): Injector {
  return post(`/sites/${encodeURIComponent(site)}/${action}`, {});
}

/** Asks for channels; it is accepted at once and in force after the delay. */
export function scaleRequest(body: { site?: string; channels: number; delayMs?: number }): Injector {
  return post('/scale', body);
}

/** Asks for more of the vendor's own agents: accepted at once, at work after the delay. */
export function seatRequest(body: { skill: string; count: number; delayMs?: number }): Injector {
  return post('/seats', body);
}

function post(path: string, body: unknown): Injector {
  return async ({ clock, simulatorApi }, signal): Promise<Effect> => {
    if (simulatorApi === undefined)
      throw new CallsurgeError('option-invalid', 'this fault is for the embedded vendor, and this run has none', {
        todo: 'use a hook, a request or a command',
      });
    const asked = clock.now();
    const response = await fetch(new URL(path, simulatorApi), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    const now = clock.now();
    const answer = (await response.json().catch(() => ({}))) as { at?: unknown; error?: unknown };
    if (!response.ok) throw new Error(`the embedded vendor answered ${response.status}${answer.error ? `: ${answer.error}` : ''}`);
    // Its own time of the effect, where it can be one of ours: it must lie between asking and the answer.
    const own = typeof answer.at === 'number' && answer.at >= asked && answer.at <= now ? answer.at : now;
    return { at: path === '/scale' || path === '/seats' ? now : own, value: response.status, detail: answer };
  };
}

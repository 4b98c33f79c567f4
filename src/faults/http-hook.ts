/** A request to the vendor's API. Secrets in headers come from the environment and never reach the record. */
import { durationMs } from '../duration.ts';
import { CallsurgeError, messageOf } from '../errors.ts';
import type { Hook, Secret } from '../vendor/profile.ts';
import type { Injector } from './injector.ts';

export type HttpHook = Extract<Hook, { http: string }>;

const TIMEOUT = '10s';

/** It took effect when the answer came. Without `expect`, any 2xx will do. */
export function httpHook(hook: HttpHook): Injector {
  return async ({ clock, env }, signal) => {
    const timeoutMs = durationMs(hook.timeout ?? TIMEOUT, 'hook.timeout');
    const json = hook.body !== undefined && typeof hook.body !== 'string';
    let response: Response;
    try {
      response = await fetch(hook.http, {
        method: hook.method ?? 'POST',
        headers: { ...(json ? { 'content-type': 'application/json' } : {}), ...headersOf(hook, env) },
        body: hook.body === undefined ? undefined : json ? JSON.stringify(hook.body) : (hook.body as string),
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
        // What the vendor's API redirects to is not in the contract.
        redirect: 'error',
      });
    } catch (thrown) {
      if (thrown instanceof CallsurgeError) throw thrown;
      if (thrown instanceof Error && thrown.name === 'TimeoutError') throw new Error(`${hook.http}: no answer within ${timeoutMs} ms`);
      const cause = thrown instanceof Error && thrown.cause ? `: ${messageOf(thrown.cause)}` : '';
      throw new Error(`${hook.http}: ${messageOf(thrown)}${cause}`);
    }
    const at = clock.now();
    const { status } = response;
    await response.body?.cancel();
    const expected = hook.expect === undefined ? status >= 200 && status < 300 : status === hook.expect;
    if (!expected) throw new Error(`${hook.http} answered ${status}${hook.expect === undefined ? '' : `, not ${hook.expect}`}`);
    return { at, value: status };
  };
}

function headersOf(hook: HttpHook, env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(Object.entries(hook.headers ?? {}).map(([name, value]) => [name, secretOf(value, env, name)]));
}

function secretOf(value: string | Secret, env: NodeJS.ProcessEnv, header: string): string {
  if (typeof value === 'string') return value;
  const secret = env[value.env];
  if (secret !== undefined) return secret;
  throw new CallsurgeError('secret-missing', `the environment variable ${value.env} is not set`, { where: `hook header ${header}` });
}

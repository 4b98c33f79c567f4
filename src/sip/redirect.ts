/** The target set of a redirection: RFC 3261 8.1.3.4, 19.1.5. */
import { param, parseNameAddr, parseSipUri } from './message/fields.ts';
import type { SipResponse } from './stack.ts';

/** A chain of redirections longer than this is a loop. */
export const MAX_REDIRECTIONS = 5;

/** Contacts of a 3xx that can be tried, best q first (equal ones in their order), headers of the URI left out. */
export function redirectTargets(response: SipResponse): string[] {
  return response
    .headers('contact')
    .flatMap((value) => {
      const address = parseNameAddr(value);
      if (!address || !parseSipUri(address.uri)) return [];
      const q = Number(param(address.params, 'q') ?? '1');
      return [{ uri: address.uri.split('?', 1)[0]!, q: Number.isFinite(q) ? q : 0 }];
    })
    .sort((a, b) => b.q - a.q)
    .map(({ uri }) => uri);
}

/** Where a redirected call may still go: no Request-URI twice, no endless chain. */
export class TargetSet {
  readonly #tried = new Set<string>();
  #waiting: string[] = [];
  #redirections = 0;

  constructor(first: string) {
    this.#tried.add(first);
  }

  /** A 3xx: its contacts come before what is left of the last one's. */
  redirected(response: SipResponse): void {
    if (++this.#redirections > MAX_REDIRECTIONS) this.#waiting = [];
    else this.#waiting = [...redirectTargets(response), ...this.#waiting];
  }

  /** The next that `allowed` gives a value for. */
  next<T>(allowed: (uri: string) => T | undefined): { uri: string; allowed: T } | undefined {
    for (let uri = this.#waiting.shift(); uri !== undefined; uri = this.#waiting.shift()) {
      if (this.#tried.has(uri)) continue;
      this.#tried.add(uri);
      const value = allowed(uri);
      if (value !== undefined) return { uri, allowed: value };
    }
    return undefined;
  }
}

/**
 * Names as a run sees them, with answers changed by a fault. It lies below the cache (dns.ts, Locator): what was answered before is believed until its
 * TTL is over, the changed answer until its own is, also after the fault has ended.
 */

import { isIPv6 } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NameService } from './dns.ts';

/** Addresses; or that there is no such name (NXDOMAIN); or that no name server says a word. */
export type NameAnswer = readonly string[] | 'not-found' | 'no-answer';

/** As long as node:dns tries for (dns.ts): twice 1.5 s. */
const NO_ANSWER_MS = 3000;

export class NameView implements NameService {
  readonly #real: NameService;
  readonly #changed = new Map<string, { answer: NameAnswer; ttlS: number }>();

  constructor(real: NameService) {
    this.#real = real;
  }

  /** From now on, for whoever asks. @param ttlS of the changed answer */
  change(name: string, answer: NameAnswer, ttlS: number): void {
    this.#changed.set(name.toLowerCase(), { answer, ttlS });
  }

  restore(name: string): void {
    this.#changed.delete(name.toLowerCase());
  }

  async naptr(name: string): Promise<Awaited<ReturnType<NameService['naptr']>>> {
    await this.#orRefuse(name);
    return this.#real.naptr(name);
  }

  /** `_sip._udp.NAME` is of the name. */
  async srv(name: string): Promise<Awaited<ReturnType<NameService['srv']>>> {
    await this.#orRefuse(name.replace(/^(_[^.]+\.)+/, ''));
    return this.#real.srv(name);
  }

  async addresses(name: string, family: 4 | 6): Promise<{ address: string; ttlS: number | undefined }[]> {
    await this.#orRefuse(name);
    const changed = this.#changed.get(name.toLowerCase());
    if (!changed || typeof changed.answer === 'string') return this.#real.addresses(name, family);
    return changed.answer.filter((address) => isIPv6(address) === (family === 6)).map((address) => ({ address, ttlS: changed.ttlS }));
  }

  async #orRefuse(name: string): Promise<void> {
    const answer = this.#changed.get(name.toLowerCase())?.answer;
    if (answer === 'no-answer') await sleep(NO_ANSWER_MS, undefined, { ref: false });
    if (answer === 'not-found') throw refusal('ENOTFOUND', `no such name: ${name}`);
    if (answer === 'no-answer') throw refusal('ETIMEOUT', `no answer for ${name}`);
  }
}

/** `ours`: by a fault of this run, so never the vendor's (connection-words.ts). */
const refusal = (code: string, what: string) => Object.assign(new Error(`${what}, by a fault of this run`), { code, ours: true });

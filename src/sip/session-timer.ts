/**
 * Session timers, RFC 4028: who refreshes a session, and when it has run out.
 *
 *   we refresh    at half the interval: UPDATE, or re-INVITE where the other side knows no UPDATE (7.4, 10)
 *                 2xx → from the beginning; 422 → once more with its Min-SE; 408, 481, silence → BYE; else once more, then BYE at the end
 *   they refresh  nothing came by min(32 s, a third of the interval) before the end → BYE (10)
 */
import type { Clock, TimerHandle } from '../clock.ts';
import { param, uint } from './message/fields.ts';
import { requires, supports } from './option-tags.ts';
import type { HeaderList, SipMessage, TransactionResult } from './stack.ts';

/** RFC 4028 4, 5: no interval may be shorter. */
export const LEAST_SECONDS = 90;
const GUARD_SECONDS = 32;
const MOST_SECONDS = 2 ** 31;

export interface SessionTerms {
  intervalS: number;
  weRefresh: boolean;
}

/** The header, compact form `x` too; undefined where there is none that can be read. */
export function sessionExpires(message: SipMessage): { intervalS: number; refresher: 'uac' | 'uas' | undefined } | undefined {
  const value = message.header('session-expires');
  if (value === undefined) return undefined;
  const semicolon = value.indexOf(';');
  const intervalS = uint((semicolon < 0 ? value : value.slice(0, semicolon)).trim(), MOST_SECONDS);
  if (intervalS === undefined || intervalS === 0) return undefined;
  const refresher = semicolon < 0 ? undefined : param(value.slice(semicolon), 'refresher')?.toLowerCase();
  return { intervalS, refresher: refresher === 'uac' || refresher === 'uas' ? refresher : undefined };
}

export function minSe(message: SipMessage): number | undefined {
  return uint((message.header('min-se') ?? '').split(';', 1)[0]!.trim(), MOST_SECONDS);
}

/**
 * What a 2xx to a request of ours settles (7.2). Without the header there, a timer that we asked for goes on with us as its refresher.
 * @param askedS Session-Expires of the request, if it had one
 */
export function termsOfAnswer(response: SipMessage, askedS: number | undefined): SessionTerms | undefined {
  const said = sessionExpires(response);
  if (said) return { intervalS: said.intervalS, weRefresh: said.refresher !== 'uas' };
  return askedS === undefined ? undefined : { intervalS: askedS, weRefresh: true };
}

export interface TimerPolicy {
  /** The shortest interval that we accept, s. */
  minS: number;
  /** Asked for where the other side can, but does not ask; undefined: no timer then. */
  expiresS: number | undefined;
}

export type Settlement =
  | { kind: 'too-small'; headers: HeaderList }
  /** `terms` undefined: the session has no timer. */
  | { kind: 'settled'; headers: HeaderList; terms: SessionTerms | undefined };

/** What we answer to a session refresh request (9, table 2). */
export function settle(request: SipMessage, policy: TimerPolicy): Settlement {
  const asked = sessionExpires(request);
  const able = supports(request, 'timer') || requires(request, 'timer');
  if (asked && able && asked.intervalS < policy.minS) return { kind: 'too-small', headers: [['Min-SE', String(policy.minS)]] };
  const ours = able && policy.expiresS !== undefined ? Math.max(policy.expiresS, minSe(request) ?? 0) : undefined;
  const intervalS = asked?.intervalS ?? ours;
  if (intervalS === undefined) return { kind: 'settled', headers: [], terms: undefined };
  const refresher = able ? (asked?.refresher ?? 'uac') : 'uas';
  const headers: [string, string][] = [['Session-Expires', `${intervalS};refresher=${refresher}`]];
  if (able) headers.push(['Require', 'timer']);
  return { kind: 'settled', headers, terms: { intervalS, weRefresh: refresher === 'uas' } };
}

/** Interval and Min-SE of the next refresh request (7.4). */
export function refreshHeaders(terms: SessionTerms, leastS: number): { askedS: number; headers: HeaderList } {
  const askedS = Math.max(terms.intervalS, leastS, LEAST_SECONDS);
  const headers: [string, string][] = [['Session-Expires', `${askedS};refresher=${terms.weRefresh ? 'uac' : 'uas'}`]];
  if (leastS > 0) headers.push(['Min-SE', String(leastS)]);
  return { askedS, headers };
}

export class SessionTimer {
  readonly #clock: Clock;
  readonly #secondMs: number;
  readonly #refresh: () => Promise<TransactionResult>;
  readonly #expire: (why: string) => void;
  #terms: SessionTerms | undefined;
  #handle: TimerHandle | undefined;

  constructor(parts: { clock: Clock; secondMs: number; refresh(): Promise<TransactionResult>; expire(why: string): void }) {
    this.#clock = parts.clock;
    this.#secondMs = parts.secondMs;
    this.#refresh = parts.refresh;
    this.#expire = parts.expire;
  }

  get terms(): SessionTerms | undefined {
    return this.#terms;
  }

  /** A 2xx to a session refresh request, whoever sent it: counts anew. Without terms there is no timer. */
  start(terms: SessionTerms | undefined): void {
    this.stop();
    this.#terms = terms;
    if (!terms) return;
    const { intervalS, weRefresh } = terms;
    const guardS = weRefresh ? intervalS / 2 : Math.min(GUARD_SECONDS, intervalS / 3);
    const endsAt = this.#clock.now() + intervalS * this.#secondMs;
    this.#at(endsAt - guardS * this.#secondMs, () => {
      if (weRefresh) void this.#renew(terms, endsAt, 2);
      else this.#over('no session refresh came in time');
    });
  }

  async #renew(terms: SessionTerms, endsAt: number, tries: number): Promise<void> {
    const result = await this.#refresh();
    if (this.#terms !== terms) return;
    const status = result.kind === 'response' ? result.response.status : undefined;
    if (status === undefined) return this.#over('the session refresh was not answered');
    if (status === 408 || status === 481) return this.#over(`the session refresh was answered ${status}`);
    // Any 2xx has started the timer anew; what is refused otherwise is tried once more, half-way to the end.
    const now = this.#clock.now();
    if (tries > 1) this.#at(now + (endsAt - now) / 2, () => void this.#renew(terms, endsAt, tries - 1));
    else this.#at(endsAt, () => this.#over(`the session refresh was refused with ${status}`));
  }

  #at(at: number, run: () => void): void {
    this.#handle?.cancel();
    this.#handle = this.#clock.after(Math.max(0, at - this.#clock.now()), run);
  }

  #over(why: string): void {
    this.stop();
    this.#expire(why);
  }

  stop(): void {
    this.#handle?.cancel();
    this.#handle = undefined;
    this.#terms = undefined;
  }
}

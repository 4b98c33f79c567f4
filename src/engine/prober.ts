/**
 * Days of probing at a low rate: OPTIONS to every trunk each interval, one call now and then. Wall clock decides when, because intervals, days and
 * contract hours are the wall's, and because a machine that slept must see that it did; durations are the monotonic clock's.
 *
 *   answered                       up     (any status but 5xx: RFC 3261 §11.2, OPTIONS is answered as an INVITE would be)
 *   5xx, or no answer              down   then every `fastMs` until it is up again, so that the outage's end is known better than to an interval
 *   our own network refuses        unknown: not observed
 */
import type { LiveTrunk } from '../call/services.ts';
import { type Clock, sleepOn } from '../clock.ts';
import type { ProbeRow } from '../record/schema.ts';
import type { SipFailure, SipStack } from '../sip/stack.ts';
import type { ContractRules } from './gate.ts';

export interface ProbeTerms {
  everyMs: number;
  /** One call so often; null: none. */
  callEveryMs: number | null;
  /** While the vendor is down. */
  fastMs: number;
  untilMs: number;
}

export interface ProberNeeds {
  clock: Clock;
  /** ms since the Unix epoch. Default Date.now. */
  wall?(): number;
  stack: SipStack;
  trunks: readonly LiveTrunk[];
  rules: Pick<ContractRules, 'open'>;
  /** Makes one call and tells how it went. Never rejects. */
  call?(signal: AbortSignal): Promise<CallProbe>;
  /** May throw: the prober then ends. */
  write(row: ProbeRow): void;
  onChange?(up: boolean, at: number, why: string | null): void;
}

export type CallProbe = Pick<ProbeRow, 'result' | 'status' | 'answer_ms' | 'why' | 'trunk'>;

/** Retransmitted as any request, and given up after this or most of an interval. */
const ANSWER_MS = 4000;
/** However short the interval: a machine may be busy for so long. */
const LEAST_ANSWER_MS = 500;
/** The longest sleep in one piece: a wall clock that was set is noticed by then. */
const NAP_MS = 10_000;
/** A call under way when the prober is stopped is hung up, and may take so long. */
const LAST_CALL_MS = 1000;
const USER = 'callsurge';

/** Resolves when the time is over or the signal comes. @throws what `write` throws */
export async function probeUntil(terms: ProbeTerms, needs: ProberNeeds, signal: AbortSignal): Promise<void> {
  const { clock, rules, wall = Date.now } = needs;
  const row = (t_ms: number, cells: Partial<ProbeRow> & Pick<ProbeRow, 'kind'>): ProbeRow => ({
    t_ms,
    time: new Date(t_ms).toISOString(),
    trunk: null,
    result: null,
    status: null,
    answer_ms: null,
    why: null,
    ...cells,
  });
  const until = async (at: number) => {
    while (!signal.aborted && wall() < at) await sleepOn(clock, Math.min(NAP_MS, at - wall()), signal).catch(() => undefined);
  };
  let up: boolean | undefined;
  let nextCall = wall();
  let calling: Promise<void> | undefined;
  let failure: { error: unknown } | undefined;
  const call = async (at: number) => {
    const result = await needs.call!(signal);
    needs.write(row(at, { kind: 'call', ...result }));
  };
  needs.write(row(wall(), { kind: 'start' }));
  try {
    for (let at = wall(); !signal.aborted && at < terms.untilMs; ) {
      await until(at);
      if (failure) throw failure.error;
      if (signal.aborted) break;
      const now = wall();
      if (!rules.open(now)) {
        needs.write(row(now, { kind: 'closed' }));
        up = undefined;
      } else {
        const results = await askAll(needs, Math.max(LEAST_ANSWER_MS, Math.min(ANSWER_MS, terms.everyMs * 0.8)));
        for (const cells of results) needs.write(row(now, { kind: 'options', ...cells }));
        const known = results.filter(({ result }) => result !== 'unknown');
        const before = up;
        if (known.length > 0) up = known.some(({ result }) => result === 'up');
        if (up !== undefined && up !== before) needs.onChange?.(up, now, known.find(({ result }) => result === 'down')?.why ?? null);
        if (needs.call && terms.callEveryMs !== null && now >= nextCall && !calling) {
          nextCall = now + terms.callEveryMs;
          calling = call(wall())
            .catch((error) => {
              failure = { error };
            })
            .finally(() => {
              calling = undefined;
            });
        }
      }
      const next = (Math.floor(now / terms.everyMs) + 1) * terms.everyMs;
      at = up === false ? Math.min(next, Math.max(wall(), now + terms.fastMs)) : next;
    }
    await Promise.race([calling, ...(signal.aborted ? [sleepOn(clock, LAST_CALL_MS)] : [])]);
  } finally {
    needs.write(row(wall(), { kind: 'stop' }));
  }
}

async function askAll(
  { stack, trunks }: ProberNeeds,
  timeoutMs: number,
): Promise<Pick<ProbeRow, 'trunk' | 'result' | 'status' | 'answer_ms' | 'why'>[]> {
  return Promise.all(
    trunks.map(async ({ name, domain, nextHop, route, credentials }) => {
      const result = await stack.send({
        method: 'OPTIONS',
        requestUri: `sip:${domain}`,
        fromUri: `sip:${USER}@${domain}`,
        toUri: `sip:${domain}`,
        nextHop,
        route,
        credentials,
        timeoutMs,
      });
      if (result.kind !== 'response') return { trunk: name, status: null, answer_ms: null, ...failureOf(result) };
      const { status, reason } = result.response;
      const down = status >= 500 && status < 600;
      return {
        trunk: name,
        result: down ? 'down' : 'up',
        status,
        answer_ms: Math.round((result.at - result.sentAt) * 1000) / 1000,
        why: down ? `${status} ${reason}` : null,
      };
    }),
  );
}

/** What the kernel says where our own machine or its network is the reason. */
const OURS = /ENETUNREACH|ENETDOWN|EADDRNOTAVAIL|EPERM|EACCES|ENOBUFS|EAI_AGAIN|ENOTFOUND/;

/** Of something that was not answered. */
export function failureOf(failure: Exclude<SipFailure, { kind: 'response' }>): Pick<ProbeRow, 'result' | 'why'> {
  if (failure.kind === 'timeout') return { result: 'down', why: 'no answer' };
  return { result: failure.local || OURS.test(failure.message) ? 'unknown' : 'down', why: failure.message };
}

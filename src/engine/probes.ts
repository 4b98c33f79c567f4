/**
 * OPTIONS to the trunks from the main thread: once before the run (is anybody there?), and evenly all through it where faults are planned. A probe
 * is never retransmitted, so that each lost one shows: their spacing is the resolution of a measured outage.
 */
import type { LiveTrunk } from '../call/services.ts';
import type { Clock } from '../clock.ts';
import { CallsurgeError } from '../errors.ts';
import { type EventRow, rowOf } from '../record/schema.ts';
import type { SipStack, TransactionResult } from '../sip/stack.ts';
import { pace } from './pacer.ts';

/** A probe without an answer for so long is lost. */
export const PROBE_TIMEOUT_MS = 2000;
/** Before the run OPTIONS is retransmitted as any request, and may take so long. */
const PREFLIGHT_TIMEOUT_MS = 4000;

const USER = 'callsurge';

function options(
  stack: SipStack,
  { domain, nextHop, route, credentials }: LiveTrunk,
  retransmit: boolean,
  timeoutMs: number,
): Promise<TransactionResult> {
  return stack.send({
    method: 'OPTIONS',
    requestUri: `sip:${domain}`,
    fromUri: `sip:${USER}@${domain}`,
    toUri: `sip:${domain}`,
    nextHop,
    route,
    credentials: retransmit ? credentials : undefined,
    retransmit,
    timeoutMs,
  });
}

/** Any answer counts: also a refusal comes from somebody. @returns the trunks that did not answer. @throws CallsurgeError `vendor-unreachable` if none did. */
export async function preflight(stack: SipStack, trunks: readonly LiveTrunk[]): Promise<{ trunk: string; why: string }[]> {
  const results = await Promise.all(trunks.map((trunk) => options(stack, trunk, true, PREFLIGHT_TIMEOUT_MS)));
  const silent = results.flatMap((result, i) =>
    result.kind === 'response'
      ? []
      : [{ trunk: trunks[i]!.name, why: result.kind === 'timeout' ? 'no answer to OPTIONS' : result.message }],
  );
  if (silent.length < trunks.length) return silent;
  throw new CallsurgeError(
    'vendor-unreachable',
    `no trunk of the vendor answers: ${silent.map(({ trunk, why }) => `${trunk}: ${why}`).join('; ')}`,
    {
      where: trunks.map(({ nextHop: { host, port, transport } }) => `${transport}:${host}:${port}`).join(', '),
      todo: 'check host, port, firewall and the address list at the vendor',
    },
  );
}

/** Starts probing each trunk. @returns a function that ends it. */
export function startProbes(
  clock: Clock,
  stack: SipStack,
  trunks: readonly LiveTrunk[],
  perSecond: number,
  event: (row: EventRow) => void,
): () => void {
  const start = clock.now();
  let stopped = false;
  const stops = trunks.map((trunk, k) => {
    // Trunks are probed in turn, not all in the same millisecond.
    const offset = (1000 / perSecond / trunks.length) * k;
    const times = (function* () {
      for (let n = 0; ; n++) yield start + offset + (n * 1000) / perSecond;
    })();
    return pace({
      clock,
      items: times,
      due: (at) => at,
      run: () => {
        void options(stack, trunk, false, PROBE_TIMEOUT_MS).then((result) => {
          // Whether one that was under way at the end would have been answered, nobody knows.
          // And one that our own system would not send says nothing of the vendor.
          const unsent = result.kind === 'transport' && result.local;
          if (result.kind === 'response' || !(stopped || unsent)) event(probeRow(trunk.name, result));
        });
      },
      done: () => {},
    });
  });
  return () => {
    stopped = true;
    for (const stop of stops) stop();
  };
}

function probeRow(trunk: string, result: TransactionResult): EventRow {
  const answered = result.kind === 'response';
  return rowOf('events', {
    t_ms: result.sentAt,
    kind: 'probe',
    name: trunk,
    action: answered ? 'answered' : 'lost',
    by: 'harness',
    value: answered ? Math.round((result.at - result.sentAt) * 1000) / 1000 : null,
    detail: answered ? { status: result.response.status } : null,
  });
}

/**
 * Whether a rate was really offered, and which failures it proves. A vendor that permits R calls in any second rightly refuses one if calls that were
 * sent evenly reach it bunched: a stall of our own, or of the path, is enough. So calls leave a little further apart than 1/R (`guardMs`), and a
 * failure counts against R only if no bunching on the way can explain it:
 *
 *     reached the vendor   in [sent, first answer − the quickest call's round trip], at most 200 ms after it was sent
 *     possible             calls that may have reached it in the second before the failed one: N
 *     sure                 failed ones that reached it in that second whatever the path did: F (with this one)
 *     sound                F > N − R: a vendor that carries R would have refused N − R at most
 *
 * 200 ms: a server answers 100 within it (RFC 3261 17.2.1); what takes longer is the vendor's own slowness and excuses nothing.
 */

/** One call of a rate trial. */
export interface SentCall {
  inviteMs: number;
  /** First response of any kind; null: none came. */
  heardMs: number | null;
  failed: boolean;
}

export interface Bunching {
  /** Of each call, in the order given: it failed, and bunching may be why. */
  excused: boolean[];
  /** Share of the calls that ended a second in which the whole rate was sent; null: too few calls for one. */
  full: number | null;
  /** Largest delay on the way beyond the quickest call's, p95, ms. Null: nothing was answered. */
  pathP95Ms: number | null;
}

const SECOND_MS = 1000;
const TRYING_MS = 200;
const GUARD_MOST_MS = 20;

/** By so much R calls take longer than a second: half the distance of two calls, so that R+1 in a second are still seen. ms. */
export function guardMs(perSecond: number): number {
  return Math.min(GUARD_MOST_MS, Math.max(1, Math.floor(SECOND_MS / 2 / perSecond)));
}

/** Calls that a trial of that rate and length sends. */
export function plannedCalls(perSecond: number, lengthMs: number): number {
  return Math.max(1, Math.ceil((lengthMs * perSecond) / (SECOND_MS + guardMs(perSecond))));
}

export function bunching(calls: readonly SentCall[], perSecond: number): Bunching {
  const order = calls.map((_, i) => i).sort((a, b) => calls[a]!.inviteMs - calls[b]!.inviteMs);
  const sent = Float64Array.from(order, (i) => calls[i]!.inviteMs);
  const trips = calls.flatMap(({ inviteMs, heardMs }) => (heardMs === null ? [] : [heardMs - inviteMs])).sort((a, b) => a - b);
  const quickest = trips[0] ?? 0;
  /** The latest moment at which it may have reached the vendor. */
  const latest = Float64Array.from(order, (i) => {
    const { inviteMs, heardMs } = calls[i]!;
    const late = heardMs === null ? TRYING_MS : heardMs - inviteMs - quickest;
    return inviteMs + Math.min(TRYING_MS, Math.max(0, late));
  });
  const excused = calls.map(() => false);
  let full = 0;
  let ended = 0;
  for (let k = 0; k < order.length; k++) {
    if (k >= perSecond - 1) {
      ended++;
      if (sent[k]! - sent[k - perSecond + 1]! < SECOND_MS) full++;
    }
    if (!calls[order[k]!]!.failed) continue;
    let possible = 0;
    let sure = 0;
    for (let j = k; j >= 0 && sent[j]! > sent[k]! - SECOND_MS - TRYING_MS; j--) {
      if (latest[j]! > sent[k]! - SECOND_MS) possible++;
      if (calls[order[j]!]!.failed && sent[j]! > latest[k]! - SECOND_MS) sure++;
    }
    excused[order[k]!] = sure <= possible - perSecond;
  }
  const p95 = trips[Math.ceil(trips.length * 0.95) - 1];
  return { excused, full: ended === 0 ? null : full / ended, pathP95Ms: p95 === undefined ? null : p95 - quickest };
}

/**
 * Which row of the vendor's record is which call of ours, and how far apart the two clocks stand. One to one: by Call-ID; else by the caller's
 * number, nearest in time after the difference of the clocks is taken off (the median over numbers that both records hold exactly once, and over
 * calls matched by Call-ID).
 */
import type { VendorCall } from '../record/schema.ts';
import { tailOf } from './queue-log.ts';
import type { OurCall } from './reconcile-times.ts';

/** Fewer pairs than this tell nothing of the clocks. */
const FEWEST_PAIRS = 3;

/** The moment of a vendor's row that is best known, and ours for it. */
export function reference(row: VendorCall): { at: number; of: (call: OurCall) => number | null } | null {
  if (row.startMs !== null) return { at: row.startMs, of: ({ inviteMs }) => inviteMs };
  if (row.queueMs !== null) return { at: row.queueMs, of: ({ entryMs, inviteMs }) => entryMs ?? inviteMs };
  if (row.agentMs !== null) return { at: row.agentMs, of: ({ agentMs }) => agentMs };
  if (row.endMs !== null) return { at: row.endMs, of: ({ endMs }) => endMs };
  return null;
}

export function apartMs(ours: OurCall, row: VendorCall): number | null {
  const theirs = reference(row);
  const own = theirs?.of(ours) ?? null;
  return theirs === null || own === null ? null : theirs.at - own;
}

/** The vendor's clock minus ours, ms, median; null where too few calls tell. */
export function clockDifference(
  pairs: ReadonlyMap<VendorCall, OurCall>,
  ours: readonly OurCall[],
  theirs: readonly VendorCall[],
): number | null {
  const [mine, yours] = [group(ours), group(theirs)];
  const apart = [...pairs].map(([row, call]) => apartMs(call, row));
  for (const [number, calls] of mine) {
    const rows = yours.get(number);
    if (calls.length === 1 && rows?.length === 1 && !pairs.has(rows[0]!)) apart.push(apartMs(calls[0]!, rows[0]!));
  }
  const known = apart.filter((value) => value !== null).sort((a, b) => a - b);
  return known.length < FEWEST_PAIRS ? null : known[known.length >> 1]!;
}

/** Adds to `pairs` and `taken`: nearest first; each call and each row once. */
export function pairByNumber(
  pairs: Map<VendorCall, OurCall>,
  taken: Set<OurCall>,
  ours: readonly OurCall[],
  theirs: readonly VendorCall[],
  clockMs: number,
  withinMs: number,
): void {
  const rows = group(theirs.filter((row) => !pairs.has(row)));
  for (const [number, calls] of group(ours.filter((call) => !taken.has(call)))) {
    const near = (rows.get(number) ?? []).flatMap((row) =>
      calls.flatMap((call) => {
        const apart = apartMs(call, row);
        const off = apart === null ? Number.POSITIVE_INFINITY : Math.abs(apart - clockMs);
        return off <= withinMs ? [{ row, call, off }] : [];
      }),
    );
    for (const { row, call } of near.sort((a, b) => a.off - b.off)) {
      if (pairs.has(row) || taken.has(call)) continue;
      pairs.set(row, call);
      taken.add(call);
    }
  }
}

function group<T extends { caller: string }>(calls: readonly T[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const call of calls) {
    const number = tailOf(call.caller);
    if (number === '') continue;
    const known = groups.get(number);
    if (known) known.push(call);
    else groups.set(number, [call]);
  }
  return groups;
}

/** Our record against the ground truth of the embedded vendor: fates call by call, waits, and the peaks of each kind of concurrency. */
import type { CallRow } from '../../src/record/schema.ts';
import type { TruthRow } from '../../src/simulator/truth.ts';
import type { Counting } from '../../src/vendor/profile.ts';
import { type Agreement, agree, type Difference, groupBy, type Seen } from './agreement.ts';
import { decidedMs, type Fate, fateOfRow, waitOf } from './fate.ts';
import { type PeakCheck, peakChecks, peaksOfRows, peaksOfTruth } from './peaks.ts';

/** Waits must agree within this at the 99th percentile. */
export const TRUTH_WAIT_MS = 50;

export interface TruthAgreement extends Agreement {
  peaks: PeakCheck[];
  /** Calls that a fault ended and whose caller had left, or had given up, before it could notice. */
  unnoticed: Difference[];
}

/** Peaks of the report, to be checked instead of peaks counted anew from the rows. */
export type ReportedPeaks = Partial<Record<Counting, number>>;

/** Compares call by call, by Call-ID. Truth rows and our rows must both be complete (after the drain). */
export function agreeWithTruth(rows: readonly CallRow[], truth: readonly TruthRow[], reported?: ReportedPeaks): TruthAgreement {
  // What the vendor originated stands in events.csv, not among the attempts of callers.
  const theirs = groupBy(
    truth.filter((row) => row.back_of === null),
    (row) => row.sip_call_id,
  );
  const found: Difference[] = [];
  const unnoticed: Difference[] = [];
  const seen: Seen[] = [];
  for (const row of rows) {
    if (row.invite_ms === null) continue;
    const key = row.sip_call_id ?? '';
    const caller = row.caller ?? '';
    const known = theirs.get(key);
    theirs.delete(key);
    if (!known) {
      found.push({ key, caller, what: `${row.outcome}, unknown to the vendor` });
      continue;
    }
    const real = known.find((one) => one.agent_ms !== null) ?? known.at(-1)!;
    const ours = fateOfRow(row);
    const theirFate = fateOfTruth(real);
    if (real.outcome === 'lost' && theirFate !== ours && (ours === 'abandoned' || ours === 'ended' || ours === 'unknown'))
      unnoticed.push({ key, caller, what: `${row.outcome}, ended by a fault` });
    seen.push({
      key,
      caller,
      ours,
      theirs: unnoticed.at(-1)?.key === key ? ours : theirFate,
      oursMs: decidedMs(row),
      theirsMs: real.agent_ms ?? real.refused_ms ?? real.ended_ms,
      waits: waitsOf(row, real),
    });
  }
  for (const [key, [row]] of theirs) found.push({ key, caller: row!.caller, what: `${row!.outcome} at the vendor, not in our record` });
  const agreement = agree(seen, found, { ms: TRUTH_WAIT_MS, of: 'p99' });
  const peaks = peakChecks({ ...peaksOfRows(rows), ...reported }, peaksOfTruth(truth));
  const ok = agreement.ok && peaks.every((peak) => peak.ok);
  const lines = peaks.map(({ counting, ours, theirs: real }) => `peak ${counting}: ${ours}, theirs ${real}`);
  const table = [agreement.table, ...lines, ...unnoticed.map(({ key, caller, what }) => `unnoticed ${key} ${caller}: ${what}`)].join('\n');
  return { ...agreement, peaks, unnoticed, ok, table };
}

/** Of a row of the ground truth. */
export function fateOfTruth(row: TruthRow): Fate {
  if (row.agent_ms !== null) return 'answered';
  switch (row.outcome) {
    case 'blocked':
      return 'blocked';
    case 'abandoned':
      return 'abandoned';
    case 'served':
      return 'served';
    case 'failed':
      return 'rejected';
    case 'lost':
    case 'diverted':
      return 'ended';
    default:
      return 'unknown';
  }
}

/** A fault leaves no wait to compare: the two sides saw its end at different times. */
function waitsOf(row: CallRow, real: TruthRow): Seen['waits'] {
  const ours = waitOf(row);
  if (ours === null || real.queued_ms === null || (real.agent_ms === null && real.outcome !== 'abandoned')) return null;
  const end = real.agent_ms ?? real.ended_ms;
  return end === null ? null : { ours, theirs: end - real.queued_ms };
}

/** reconciliation.csv: every call of ours, and every call of our callers that only the vendor knows, with both sides' word. */
import { stringify } from 'csv-stringify/sync';
import type { ReconciledCall } from '../analysis/reconcile.ts';
import {
  type Billing,
  billedS,
  ourBillable,
  ourTalk,
  ourWait,
  vendorBillable,
  vendorTalk,
  vendorWait,
} from '../analysis/reconcile-times.ts';
import { defuse } from '../record/cells.ts';
import { printable } from './markup.ts';

const HEAD = [
  'call',
  'sip_call_id',
  'caller',
  'invite_utc',
  'matched_by',
  'vendor_row',
  'vendor_start_minus_ours_ms',
  'outcome',
  'vendor_outcome',
  'wait_ms',
  'vendor_wait_ms',
  'talk_ms',
  'vendor_talk_ms',
  'billed_s',
  'vendor_billed_s',
  'vendor_stated_billed_s',
  'agent',
  'vendor_agent',
  'vendor_recording',
  /** Evidence of everything whose name begins with `vendor`. */
  'method',
  'differs',
];

export function reconciliationCsv(calls: readonly ReconciledCall[], billing: Billing): string {
  const rows = calls.map(({ ours, theirs, matchedBy, startMs, differs }) => [
    ours && text(ours.call),
    text(ours?.sipCallId ?? theirs?.sipCallId ?? ''),
    text(ours?.caller ?? theirs?.caller ?? ''),
    ours && new Date(ours.inviteMs).toISOString(),
    matchedBy,
    theirs?.row,
    round(startMs),
    ours?.outcome,
    theirs?.outcome,
    round(ours && ourWait(ours)),
    round(theirs && vendorWait(theirs)),
    round(ours && ourTalk(ours)),
    round(theirs && vendorTalk(theirs)),
    ours && billedS(ourBillable(ours, billing), billing),
    theirs && billedS(vendorBillable(theirs, billing), billing),
    theirs?.billedS,
    ours && text(ours.agent ?? ''),
    theirs && text(theirs.agent ?? ''),
    theirs?.recording === null || !theirs ? '' : String(theirs.recording),
    theirs && 'vendor-record',
    differs.join('+'),
  ]);
  return stringify([HEAD, ...rows], { bom: true, record_delimiter: 'windows' });
}

const round = (ms: number | null) => (ms === null ? null : Math.round(ms));

/** What others wrote must not become a formula when a spreadsheet opens the file. */
const text = (value: string) => defuse(printable(value));

/** A call's row for the folds alone: what metrics, thresholds and stop rules look into, as bare cells. A third of the row, cloned from thread to thread. */
import { type CallRow, rowOf } from './schema.ts';

/** Everything that src/metrics reads of a call; a test holds it against what is read. */
export const FOLDED_COLUMNS = [
  'scenario',
  'exec',
  'trunk',
  'called',
  'intent',
  'vip',
  'tags',
  'wants_agent',
  'intended_ms',
  'invite_ms',
  'provisional_ms',
  'ringing_ms',
  'early_media_ms',
  'answer_ms',
  'queue_ms',
  'agent_ms',
  'cancel_ms',
  'bye_sent_ms',
  'bye_received_ms',
  'bye_answered_ms',
  'end_ms',
  'status',
  'invite_retransmissions',
  'outcome',
  'rtp_received',
  'rtp_lost',
  'rtp_jitter_ms',
  'rtp_gap_ms',
  'mos',
] as const satisfies readonly (keyof CallRow)[];

export const fold = (row: CallRow): unknown[] => FOLDED_COLUMNS.map((column) => row[column]);

/** @returns the row, the other cells null. */
export function unfold(cells: readonly unknown[]): CallRow {
  const row = rowOf('calls', {}) as Record<string, unknown>;
  for (const [k, column] of FOLDED_COLUMNS.entries()) row[column] = cells[k];
  return row as CallRow;
}

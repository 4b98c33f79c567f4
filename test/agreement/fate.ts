/**
 * What became of a call in the words that two observers share. Our outcomes say more (completed, dropped, cut …): how a call with an agent
 * ended, and by whose hand, only one side can know.
 */
import type { CallRow } from '../../src/record/schema.ts';

export const FATES = ['answered', 'abandoned', 'blocked', 'served', 'rejected', 'ended', 'unknown'] as const;
/**
 * answered: an agent was on the line · abandoned: the caller left before that · blocked: refused for capacity · served: answered where no agent
 * is meant · rejected: refused otherwise · ended: the vendor ended it before an agent came · unknown: this observer cannot tell
 */
export type Fate = (typeof FATES)[number];

/** Of a row of calls.csv. */
export function fateOfRow(row: CallRow): Fate {
  if (row.agent_ms !== null) return 'answered';
  switch (row.outcome) {
    case 'blocked':
      return 'blocked';
    case 'rejected':
      return 'rejected';
    case 'abandoned':
    case 'cut':
      return 'abandoned';
    case 'completed':
      return row.wants_agent ? 'abandoned' : 'served';
    case 'harness':
      // Late by our own fault, and then a call like any other.
      return row.answer_ms === null || row.bye_sent_ms === null ? 'unknown' : row.wants_agent ? 'abandoned' : 'served';
    case 'dropped':
    case 'diverted':
      return 'ended';
    default:
      return 'unknown';
  }
}

/** When our side decided the fate: the agent heard, or what the caller did or learned. */
export function decidedMs(row: CallRow): number | null {
  return row.agent_ms ?? row.cancel_ms ?? row.bye_sent_ms ?? row.bye_received_ms ?? row.end_ms;
}

/** Wait of a row in ms, from queue entry to the agent or to the caller's leaving; null where it never queued. */
export function waitOf(row: CallRow): number | null {
  const end = row.agent_ms ?? row.cancel_ms ?? row.bye_sent_ms;
  return row.queue_ms === null || end === null ? null : end - row.queue_ms;
}

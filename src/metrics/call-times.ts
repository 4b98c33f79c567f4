/**
 * The moments of a call and what they mean, read from its row in one place, so that thresholds, live view and reports cannot differ
 * (docs/metrics.md, states of a call). Times are Clock ms, durations ms; null where it did not happen or was not observed.
 */
import type { CallRow } from '../record/schema.ts';

const earliest = (...times: (number | null)[]): number | null => {
  let first: number | null = null;
  for (const time of times) if (time !== null && (first === null || time < first)) first = time;
  return first;
};
const between = (from: number | null, to: number | null): number | null => (from === null || to === null ? null : Math.max(0, to - from));

/** In the vendor's ratios: on the wire, and neither ended by us (`cut`) nor failed by us (`harness`). */
export function isAttempt(row: CallRow): boolean {
  return row.invite_ms !== null && row.outcome !== 'cut' && row.outcome !== 'harness';
}

/** First non-100 provisional, or the 200 where none came: end of the session request delay (RFC 6076 4.3.1). */
export function firstStatus(row: CallRow): number | null {
  return row.provisional_ms ?? row.answer_ms;
}

/** Session request delay of an answered call (RFC 6076 4.3.1). */
export function setupDelay(row: CallRow): number | null {
  return row.answer_ms === null ? null : between(row.invite_ms, firstStatus(row));
}

/** The same of an attempt that was refused (4.3.2): to the first provisional, or to the refusal. Timeouts have none. */
export function failedSetupDelay(row: CallRow): number | null {
  if (row.answer_ms !== null || row.status === null || row.status < 300) return null;
  return between(row.invite_ms, row.provisional_ms ?? row.end_ms);
}

/** From the moment the schedule wanted the call, so that a late generator cannot hide. */
export function setupDelayFromIntended(row: CallRow): number | null {
  return row.answer_ms === null ? null : between(row.intended_ms, firstStatus(row));
}

/** Post-dial delay: INVITE to the first 18x. */
export function postDialDelay(row: CallRow): number | null {
  return between(row.invite_ms, earliest(row.ringing_ms, row.early_media_ms, row.provisional_ms));
}

/** BYE to its 2xx (RFC 6076 4.4). Null where Timer F expired. */
export function disconnectDelay(row: CallRow): number | null {
  return between(row.bye_sent_ms, row.bye_answered_ms);
}

/** First BYE of either side, or the end of a call that had none. */
export function hangUp(row: CallRow): number | null {
  return earliest(row.bye_sent_ms, row.bye_received_ms) ?? row.end_ms;
}

/** 200 to BYE (RFC 6076 4.5). */
export function sessionDuration(row: CallRow): number | null {
  return row.answer_ms === null ? null : between(row.answer_ms, hangUp(row));
}

/** Agent on the line to BYE. */
export function talkTime(row: CallRow): number | null {
  return row.agent_ms === null ? null : between(row.agent_ms, hangUp(row));
}

/**
 * Queue entry; where the scenario marks none, the answer, and where there is none, the INVITE: only if an agent came. Null for a blocked call: one that
 * heard "all lines are busy" after the last digit was never let in.
 */
export function queueEntry(row: CallRow): number | null {
  if (row.outcome === 'blocked') return null;
  return row.queue_ms ?? (row.agent_ms === null ? null : (row.answer_ms ?? row.invite_ms));
}

/** When waiting ended, with or without an agent. */
export function queueExit(row: CallRow): number | null {
  return row.agent_ms ?? earliest(row.cancel_ms, row.bye_sent_ms, row.bye_received_ms) ?? row.end_ms;
}

/** Queue entry to the agent, or to the end of the wait. */
export function queueWait(row: CallRow): number | null {
  return between(queueEntry(row), queueExit(row));
}

/** Neither 200, nor refused by the caller: the vendor did not set the session up. A caller who gave up on silence counts. */
export function setupFailed(row: CallRow): boolean {
  if (row.answer_ms !== null) return false;
  const { outcome } = row;
  return (
    outcome === 'blocked' || outcome === 'rejected' || outcome === 'timeout' || (outcome === 'abandoned' && row.provisional_ms === null)
  );
}

/** RTP expected but not received, percent of expected (RFC 3550 A.3). */
export function lossPercent(row: CallRow): number | null {
  if (row.rtp_received === null || row.rtp_lost === null) return null;
  const expected = row.rtp_received + Math.max(0, row.rtp_lost);
  return expected > 0 ? (100 * Math.max(0, row.rtp_lost)) / expected : null;
}

/** What messages and rows say, in the words of the record. */
import { CallsurgeError } from '../errors.ts';
import type { CallRow } from '../record/schema.ts';
import { splitList } from '../sip/index.ts';
import type { SipMessage, SipResponse } from '../sip/stack.ts';

/** Cause of `Reason: Q.850;cause=17` (RFC 3326), or null. */
export function q850Of(message: SipMessage): number | null {
  for (const value of message.headers('reason').flatMap(splitList)) {
    const cause = /^\s*Q\.850\s*;(?:.*;)?\s*cause\s*=\s*(\d+)/i.exec(value);
    if (cause) return Number(cause[1]);
  }
  return null;
}

/** The node that answered, as it names itself; else where it wants to be reached. */
export function siteOf(response: SipResponse): string | null {
  const name = response.header('server') ?? response.header('user-agent');
  if (name) return name;
  return response.contact ?? null;
}

/** Why a verb cannot go on: what the other side or the network did, in words. */
export function endOf(row: CallRow): CallsurgeError {
  const said = row.status !== null ? `${row.status} ${row.reason ?? ''}`.trim() : (row.blame_why ?? 'no answer');
  if (row.answer_ms === null) return new CallsurgeError('call-failed', `the call to ${row.called} was not answered: ${said}`);
  return new CallsurgeError(
    'call-ended',
    `the call to ${row.called} ended${row.bye_received_ms === null ? '' : ': the other side hung up'}`,
  );
}

/**
 * Our record against Asterisk's own: outcomes from queue_log and CDR, waits from AMI events (queue_log and CDR have whole seconds). Calls are
 * joined by their Call-ID, which the lab's dial plan writes into both.
 */
import type { CallRow } from '../../src/record/schema.ts';
import type { CallFact } from '../lab/call-facts.ts';
import type { CdrRow } from '../lab/cdr.ts';
import { type QueueLogRow, type QueueOutcome, queueOutcomes } from '../lab/queue-log.ts';
import { type Agreement, agree, type Difference, groupBy, type Seen } from './agreement.ts';
import { decidedMs, type Fate, fateOfRow, waitOf } from './fate.ts';

/** Waits must agree within this, every one. */
export const ASTERISK_WAIT_MS = 250;

/** What one site says. `LabSite` gives all three. */
export interface SiteRecord {
  facts: CallFact[];
  queueLog: QueueLogRow[];
  cdr: CdrRow[];
}

/** A site's record, read now. */
export const recordOf = (site: { ami: { calls(): CallFact[] }; queueLog(): QueueLogRow[]; cdr(): CdrRow[] }): SiteRecord => ({
  facts: site.ami.calls(),
  queueLog: site.queueLog(),
  cdr: site.cdr(),
});

/**
 * Compares call by call. Rows that never left this machine (`harness` without an INVITE) are no calls. A call that the edge refused by itself
 * (503, no site) is known to the edge alone: agreed.
 */
export function compare(rows: readonly CallRow[], sites: readonly SiteRecord[]): Agreement {
  const theirs = groupBy(
    sites.flatMap((site) => site.facts),
    (fact) => fact.sipCallId,
  );
  const outcomes = new Map(sites.flatMap((site) => [...queueOutcomes(site.queueLog)]));
  const inCdr = new Set(sites.flatMap((site) => site.cdr.map((row) => row.sipCallId)));
  const found: Difference[] = [];
  const seen: Seen[] = [];
  for (const row of rows) {
    if (row.invite_ms === null) continue;
    const key = row.sip_call_id ?? '';
    const caller = row.caller ?? '';
    const facts = theirs.get(key) ?? [];
    theirs.delete(key);
    if (facts.length === 0) {
      if (fateOfRow(row) === 'blocked' && row.status === 503)
        seen.push({ key, caller, ours: 'blocked', theirs: 'blocked', oursMs: null, theirsMs: null, waits: null });
      else found.push({ key, caller, what: `${fateOfRow(row)}, unknown to Asterisk` });
      continue;
    }
    const fact = decisive(facts);
    found.push(...contradictions(fact, outcomes.get(fact.uniqueid)?.outcome, inCdr.has(key)));
    seen.push({
      key,
      caller,
      ours: fateOfRow(row),
      theirs: fateOfFact(fact),
      oursMs: decidedMs(row),
      theirsMs: fact.connectMs ?? fact.abandonMs ?? fact.hangupMs,
      waits: waitsOf(row, fact),
    });
  }
  for (const [key, [fact]] of theirs)
    found.push({ key, caller: fact!.caller, what: `${fateOfFact(fact!)} at ${fact!.site}, not in our record` });
  return agree(seen, found, { ms: ASTERISK_WAIT_MS, of: 'max' });
}

/** Of a call that one site passed on and another took: the site that took it. */
const decisive = (facts: readonly CallFact[]): CallFact =>
  facts.find((fact) => fact.connectMs !== null) ?? facts.find((fact) => fact.refused === null) ?? facts.at(-1)!;

/** Q.850 causes that a refusal for capacity leaves with: busy and congestion. */
const FULL = [17, 34, 38, 41, 42, 44];

/** Of Asterisk's view of a call. */
export function fateOfFact(fact: CallFact): Fate {
  if (fact.connectMs !== null) return 'answered';
  // Hung up by the caller during "all lines are busy", before the vendor's own hangup with cause 17.
  if (fact.refused === 'queue-full' && fact.cause === 16) return 'abandoned';
  if (fact.refused !== null) return 'blocked';
  if (fact.abandonMs !== null) return 'abandoned';
  if (fact.joinMs !== null) return 'ended';
  if (fact.cause !== null && FULL.includes(fact.cause)) return 'blocked';
  if (fact.cause === 1) return 'rejected';
  // 20xx leads to an agent: who hung up before the queue left the menu. The others are meant to be answered by the machine.
  return fact.called.startsWith('20') ? 'abandoned' : 'served';
}

/** Where Asterisk's three records do not say the same of one call. */
function contradictions(fact: CallFact, logged: QueueOutcome | undefined, inCdr: boolean): Difference[] {
  const { sipCallId: key, caller } = fact;
  const found: Difference[] = [];
  const expected = fact.joinMs === null ? undefined : fact.connectMs !== null ? 'answered' : fact.abandonMs !== null ? 'abandoned' : logged;
  if (logged !== expected) found.push({ key, caller, what: `AMI says ${expected ?? 'not queued'}, queue_log ${logged ?? 'not queued'}` });
  if (!inCdr) found.push({ key, caller, what: `${fateOfFact(fact)} by AMI, missing in the CDR` });
  return found;
}

function waitsOf(row: CallRow, fact: CallFact): Seen['waits'] {
  const ours = waitOf(row);
  const end = fact.connectMs ?? fact.abandonMs;
  return ours === null || fact.joinMs === null || end === null ? null : { ours, theirs: end - fact.joinMs };
}

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CallRow, rowOf } from '../../src/record/schema.ts';
import type { CallFact } from '../lab/call-facts.ts';
import type { CdrRow } from '../lab/cdr.ts';
import type { QueueLogRow } from '../lab/queue-log.ts';
import { compare, type SiteRecord } from './with-asterisk.ts';

const T0 = 1_800_000_000_000;

const answered = (n: number, more: Partial<CallRow> = {}): CallRow =>
  rowOf('calls', {
    sip_call_id: `id-${n}`,
    caller: `${4001000000 + n}`,
    wants_agent: true,
    invite_ms: T0 + n * 100,
    answer_ms: T0 + n * 100 + 20,
    queue_ms: T0 + n * 100 + 1000,
    agent_ms: T0 + n * 100 + 4000,
    bye_sent_ms: T0 + n * 100 + 9000,
    end_ms: T0 + n * 100 + 9010,
    status: 200,
    outcome: 'completed',
    ...more,
  });
const abandoned = (n: number, more: Partial<CallRow> = {}): CallRow =>
  answered(n, { agent_ms: null, bye_sent_ms: T0 + n * 100 + 4000, end_ms: T0 + n * 100 + 4010, outcome: 'abandoned', ...more });
const blocked = (n: number, more: Partial<CallRow> = {}): CallRow =>
  rowOf('calls', {
    sip_call_id: `id-${n}`,
    caller: `${4001000000 + n}`,
    invite_ms: T0,
    end_ms: T0 + 5,
    status: 503,
    outcome: 'blocked',
    ...more,
  });

/** What a perfect Asterisk, `late` ms away, says of our row. */
function factOf(row: CallRow, late = 5): CallFact {
  const at = (ms: number | null) => (ms === null ? null : ms + late);
  const gaveUp = row.outcome === 'abandoned';
  return {
    site: 'site-a',
    uniqueid: `site-a-${row.sip_call_id}`,
    sipCallId: row.sip_call_id!,
    caller: row.caller!,
    called: '2000',
    startMs: row.invite_ms! + late,
    answerMs: at(row.answer_ms),
    queue: row.queue_ms === null ? null : 'support',
    joinMs: at(row.queue_ms),
    position: row.queue_ms === null ? null : 1,
    offers: [],
    abandonMs: gaveUp ? at(row.bye_sent_ms) : null,
    agent: row.agent_ms === null ? null : '1001',
    connectMs: at(row.agent_ms),
    bridgeMs: at(row.agent_ms),
    completeMs: row.agent_ms === null ? null : at(row.bye_sent_ms),
    completedBy: null,
    refused: row.outcome === 'blocked' ? 'capacity' : null,
    hangupMs: at(row.end_ms),
    cause: 16,
  };
}

function siteOf(facts: CallFact[]): SiteRecord {
  const queueLog = facts.flatMap((fact): QueueLogRow[] => {
    if (fact.joinMs === null) return [];
    const entry = {
      atS: Math.floor(fact.joinMs / 1000),
      uniqueid: fact.uniqueid,
      queue: 'support',
      agent: 'NONE',
      data: ['', fact.caller],
    };
    const end = fact.connectMs !== null ? 'CONNECT' : 'ABANDON';
    return [
      { ...entry, event: 'ENTERQUEUE' },
      { ...entry, event: end },
    ];
  });
  return { facts, queueLog, cdr: facts.map((fact) => ({ sipCallId: fact.sipCallId }) as CdrRow) };
}

describe('our record against Asterisk', () => {
  test('agrees with itself, whatever the calls and the constant delay', () => {
    const call = fc.tuple(fc.constantFrom(answered, abandoned, blocked), fc.nat({ max: 40 }));
    fc.assert(
      fc.property(fc.array(call, { maxLength: 50 }), (calls) => {
        const rows = calls.map(([make], n) => make(n));
        const result = compare(rows, [siteOf(rows.map((row, n) => factOf(row, calls[n]![1])))]);
        expect(result.ok, result.table).toBe(true);
        expect(result.same).toBe(rows.length);
        // A delay that is the same at both ends of a wait does not change the wait.
        expect(result.waitErrors.max ?? 0).toBeLessThan(0.01);
      }),
    );
  });

  test('finds the one call that Asterisk answered and we call abandoned', () => {
    const rows = [answered(1), abandoned(2), answered(3)];
    const facts = rows.map((row) => factOf(row));
    Object.assign(facts[1]!, { abandonMs: null, agent: '1002', connectMs: rows[1]!.bye_sent_ms! - 800 });
    const result = compare(rows, [siteOf(facts)]);
    expect(result.differences).toEqual([{ key: 'id-2', caller: '4001000002', what: 'abandoned, theirs answered, decided 800.0 ms apart' }]);
    expect(result).toMatchObject({ same: 2, ok: false });
    expect(result.table).toContain('difference id-2');
  });

  test('lists as a race what both decided within 50 ms, and allows one in 500', () => {
    const rows = Array.from({ length: 600 }, (_, n) => abandoned(n));
    const facts = rows.map((row) => factOf(row));
    const connect = (n: number, apart: number) => Object.assign(facts[n]!, { abandonMs: null, connectMs: rows[n]!.bye_sent_ms! + apart });
    connect(7, 50);
    expect(compare(rows, [siteOf(facts)])).toMatchObject({ ok: true, differences: [], races: [{ key: 'id-7' }], racesAllowed: 1 });
    connect(8, -49);
    expect(compare(rows, [siteOf(facts)])).toMatchObject({ ok: false, differences: [], races: [{ key: 'id-7' }, { key: 'id-8' }] });
    connect(8, 51);
    expect(compare(rows, [siteOf(facts)])).toMatchObject({ ok: false, differences: [{ key: 'id-8' }], races: [{ key: 'id-7' }] });
  });

  test('holds every wait to 250 ms', () => {
    const rows = [answered(1), abandoned(2)];
    const facts = rows.map((row) => factOf(row));
    facts[0]!.connectMs! += 250;
    expect(compare(rows, [siteOf(facts)])).toMatchObject({ ok: true, waitErrors: { n: 2, max: 250 } });
    facts[0]!.connectMs! += 0.5;
    expect(compare(rows, [siteOf(facts)])).toMatchObject({ ok: false, waitsBeyond: [{ key: 'id-1' }] });
  });

  test('misses no call of either side', () => {
    const rows = [answered(1), answered(2)];
    const result = compare(rows, [siteOf([factOf(answered(1)), factOf(abandoned(3))])]);
    expect(result.differences.map(({ key, what }) => `${key} ${what}`)).toEqual([
      'id-2 answered, unknown to Asterisk',
      'id-3 abandoned at site-a, not in our record',
    ]);
  });

  test('counts a call that never left this machine as none, and one the edge refused as agreed', () => {
    const rows = [blocked(1), answered(2, { invite_ms: null, agent_ms: null, outcome: 'harness' })];
    expect(compare(rows, [siteOf([])])).toMatchObject({ calls: 1, same: 1, ok: true });
    expect(compare([blocked(1, { status: 486 })], [siteOf([])])).toMatchObject({ ok: false });
  });

  test('takes the site that answered where the other one refused', () => {
    const row = answered(1);
    const refused = { ...factOf(blocked(1)), site: 'site-b', uniqueid: 'site-b-1' };
    expect(compare([row], [siteOf([refused]), siteOf([factOf(row)])])).toMatchObject({ calls: 1, same: 1, ok: true });
  });

  test('a caller that leaves during the announcement of a full queue gave up; one that heard it out was blocked', () => {
    const full = (cause: number) => ({ ...factOf(answered(1)), joinMs: null, connectMs: null, refused: 'queue-full' as const, cause });
    const left = abandoned(1, { end_ms: T0 + 60_000 });
    const busy = answered(1, { agent_ms: null, outcome: 'blocked' });
    expect(compare([left], [siteOf([full(16)])])).toMatchObject({ same: 1, ok: true });
    expect(compare([busy], [siteOf([full(17)])])).toMatchObject({ same: 1, ok: true });
    expect(compare([left], [siteOf([full(17)])])).toMatchObject({ same: 0, ok: false });
  });

  test('believes Asterisk only where its three records say the same', () => {
    const row = answered(1);
    const site = siteOf([factOf(row)]);
    site.queueLog[1]!.event = 'ABANDON';
    expect(compare([row], [site]).differences).toMatchObject([{ what: 'AMI says answered, queue_log abandoned' }]);
    expect(compare([row], [{ ...siteOf([factOf(row)]), cdr: [] }]).differences).toMatchObject([
      { what: 'answered by AMI, missing in the CDR' },
    ]);
  });

  test('a call cut by our drain was answered or not, like any other', () => {
    const rows = [answered(1, { outcome: 'cut' }), abandoned(2, { outcome: 'cut' })];
    const facts = [factOf(answered(1)), factOf(abandoned(2))];
    expect(compare(rows, [siteOf(facts)])).toMatchObject({ same: 2, ok: true });
  });
});

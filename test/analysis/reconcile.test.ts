import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ReconcileOptions, Reconciliation } from '../../src/analysis/reconcile.ts';
import { billedS } from '../../src/analysis/reconcile-times.ts';
import type { CallRow, VendorCall, VendorClass } from '../../src/record/schema.ts';
import { answered, range, T0 } from './synthetic.ts';

const OPTIONS: ReconcileOptions = {
  thresholdMs: 20_000,
  shortMs: 5000,
  withinMs: 10_000,
  sameMs: 1500,
  billing: { everyS: 60, of: 'answered' },
};
const SOURCE = { file: 'vendor.csv', sha256: '', rows: 0, skipped: 0 };

/** Answered 50 ms after its INVITE, queued at once; an agent after `waitMs`, talking `talkMs`; or given up. */
function ours(i: number, at: number, waitMs: number, talkMs: number | null, cells: Partial<CallRow> = {}): CallRow {
  const entry = T0 + at + 50;
  const end = entry + waitMs + (talkMs ?? 0);
  return answered(at, 0, {
    call: `1-${i}`,
    caller: `4009000${String(i).padStart(4, '0')}`,
    sip_call_id: `id-${i}`,
    wants_agent: true,
    queue_ms: entry,
    agent_ms: talkMs === null ? null : entry + waitMs,
    bye_sent_ms: end,
    end_ms: end + 10,
    outcome: talkMs === null ? 'abandoned' : 'completed',
    ...cells,
  });
}

/** The same, as a vendor with its own clock writes it. */
function theirs(row: CallRow, clockMs = 0, cells: Partial<VendorCall> = {}): VendorCall {
  const at = (ms: number | null) => (ms === null ? null : ms + clockMs);
  return {
    row: 2,
    sipCallId: '',
    caller: row.caller!,
    startMs: at(row.invite_ms),
    answerMs: at(row.answer_ms),
    queueMs: at(row.queue_ms),
    agentMs: at(row.agent_ms),
    endMs: at(row.bye_sent_ms),
    waitMs: null,
    talkMs: null,
    billedS: null,
    agent: null,
    recording: null,
    outcome: (row.agent_ms === null ? row.outcome : 'answered') as VendorClass,
    ...cells,
  };
}

function reconcile(rows: CallRow[], vendor: VendorCall[], options: Partial<ReconcileOptions> = {}) {
  const reconciliation = new Reconciliation();
  for (const row of rows) reconciliation.add(row);
  return reconciliation.with(vendor, SOURCE, { ...OPTIONS, ...options });
}

describe('matching', () => {
  const rows = range(20).map((i) => ours(i, i * 1000, 3000, 10_000));

  it('goes by Call-ID where there is one, whatever the clocks say', () => {
    const vendor = rows.map((row) => theirs(row, 3_600_000, { sipCallId: row.sip_call_id!, caller: '' }));
    const { figures } = reconcile(rows, vendor);
    expect(figures).toMatchObject({ byCallId: 20, byCaller: 0, onlyOurs: 0, onlyTheirs: 0, clockMs: 3_600_000 });
    expect(figures.outcomeDiffers).toMatchObject({ part: 0, whole: 20 });
  });

  it('goes by caller and time, after finding how far the clocks are apart', () => {
    const vendor = rows.map((row) => theirs(row, -47_300, { caller: `+86${row.caller}` }));
    expect(reconcile(rows, vendor).figures).toMatchObject({ byCaller: 20, clockMs: -47_300, onlyOurs: 0, onlyTheirs: 0 });
  });

  it('tells calls of one number apart by their time', () => {
    const same = range(5).map((i) => ours(i, i * 30_000, 3000, 10_000, { caller: '40090009999' }));
    const others = rows.slice(10);
    const { calls } = reconcile(
      [...same, ...others],
      [...same, ...others].reverse().map((row) => theirs(row, 2000)),
    );
    for (const { ours: mine, theirs: row } of calls) expect(row!.startMs! - 2000).toBe(mine!.inviteMs);
  });

  it('lists what only one side knows, and leaves out numbers that are not ours', () => {
    const vendor = [...rows.slice(2).map((row) => theirs(row)), theirs(rows[5]!, 400_000), theirs(rows[6]!, 0, { caller: '40081112222' })];
    const { figures, calls } = reconcile(rows, vendor);
    expect(figures).toMatchObject({ byCaller: 18, onlyOurs: 2, onlyTheirs: 1, foreign: 1 });
    expect(calls.filter(({ differs }) => differs.includes('only-ours')).map(({ ours: mine }) => mine!.call)).toEqual(['1-0', '1-1']);
    expect(calls).toHaveLength(21);
  });

  it('uses each call and each row once, whatever the records', () => {
    const call = fc.record({ number: fc.integer({ min: 0, max: 3 }), at: fc.integer({ min: 0, max: 60 }) });
    fc.assert(
      fc.property(fc.array(call, { maxLength: 25 }), fc.array(call, { maxLength: 25 }), (mine, yours) => {
        const own = mine.map(({ number, at }, i) => ours(i, at * 1000, 1000, 1000, { caller: `4009000000${number}` }));
        const vendor = yours.map(({ number, at }, i) => theirs(ours(i, at * 1000, 1000, 1000, { caller: `4009000000${number}` })));
        const { figures, calls } = reconcile(own, vendor);
        const matched = figures.byCallId + figures.byCaller;
        expect(matched + figures.onlyOurs).toBe(own.length);
        expect(matched + figures.onlyTheirs + figures.foreign).toBe(vendor.length);
        const seen = calls.flatMap(({ ours: one }) => (one ? [one.call] : []));
        expect(new Set(seen).size).toBe(own.length);
      }),
    );
  });
});

describe('the two records', () => {
  it('tells no wait where the vendor has no time of an agent', () => {
    const rows = range(30).map((i) => ours(i, i * 1000, i * 1000, i % 6 === 5 ? null : 20_000));
    const { figures } = reconcile(
      rows,
      rows.map((row) => theirs(row, 0, { agentMs: null })),
    );
    // The whole call is no wait.
    expect(figures.waitDiffers.n).toBe(0);
    expect(figures.outcomeDiffers.part).toBe(0);
    expect(figures.theirs).toMatchObject({ asaMs: null, abandonment: { part: 5, whole: 30 } });
    expect(figures.theirs.serviceLevel.map(({ value }) => value)).toEqual([null, null, null, null, null]);
  });

  it('agree where they agree', () => {
    const rows = range(30).map((i) => ours(i, i * 1000, i * 1000, i % 6 === 5 ? null : 20_000));
    const { figures } = reconcile(
      rows,
      rows.map((row) => theirs(row, 700)),
    );
    expect(figures.theirs.serviceLevel).toEqual(figures.ours.serviceLevel);
    expect(figures.ours.serviceLevel[0]).toMatchObject({ whole: 30 });
    expect(figures.theirs.asaMs).toBeCloseTo(figures.ours.asaMs!, 6);
    expect(figures.waitDiffers).toMatchObject({ n: 25, max: 0 });
  });

  it('show how far each formula moves when the vendor forgets those who gave up', () => {
    const rows = range(100).map((i) => ours(i, i * 1000, i < 80 ? 5000 : 30_000, i % 5 === 4 ? null : 20_000));
    const vendor = rows.filter((row) => row.agent_ms !== null).map((row) => theirs(row));
    const { figures } = reconcile(rows, vendor);
    expect(figures.ours.serviceLevel.map(({ value }) => value!.toFixed(4))).toEqual(['0.6400', '0.8000', '0.8000', '0.7619', '0.8000']);
    expect(figures.theirs.serviceLevel.map(({ value }) => value!.toFixed(4))).toEqual(['0.8000', '0.8000', '0.8000', '0.8000', '0.8000']);
    expect(figures.onlyOurs).toBe(20);
  });

  it('differ by outcome, but for races', () => {
    const rows = range(10).map((i) => ours(i, i * 1000, 4000, null));
    const vendor = rows.map((row, i) =>
      i === 3
        ? theirs(row, 0, { outcome: 'answered', agentMs: row.bye_sent_ms! - 30, endMs: row.bye_sent_ms! + 100 })
        : i === 4
          ? theirs(row, 0, { outcome: 'answered', agentMs: row.bye_sent_ms! - 3000 })
          : theirs(row),
    );
    const { figures, calls } = reconcile(rows, vendor);
    expect(figures.outcomeDiffers).toMatchObject({ part: 1, whole: 10 });
    expect(figures.races).toBe(1);
    expect(calls.map(({ differs }) => differs.join()).filter(Boolean)).toEqual(['race', 'outcome']);
    expect(figures.outcomes).toEqual([
      { ours: 'abandoned', theirs: 'abandoned', calls: 8 },
      { ours: 'abandoned', theirs: 'answered', calls: 2 },
    ]);
  });

  it('differ by wait and talk time beyond what whole seconds explain', () => {
    const rows = range(6).map((i) => ours(i, i * 1000, 4000, 60_000));
    const vendor = rows.map((row, i) => theirs(row, 0, { waitMs: i === 2 ? 1000 : 5000, talkMs: i === 4 ? 30_000 : 60_900 }));
    const { calls, figures } = reconcile(rows, vendor);
    expect(calls.map(({ differs }) => differs.join())).toEqual(['', '', 'wait', '', 'talk', '']);
    expect(figures.waitDiffers).toMatchObject({ n: 6, min: -3000, max: 1000 });
  });

  it('count recordings of the calls that had an agent', () => {
    const rows = range(10).map((i) => ours(i, i * 1000, 4000, i < 8 ? 10_000 : null));
    const vendor = rows.map((row, i) => theirs(row, 0, { recording: i !== 0 && i < 8 }));
    expect(reconcile(rows, vendor).figures.recordings).toMatchObject({ part: 7, whole: 8 });
    expect(
      reconcile(
        rows,
        rows.map((row) => theirs(row)),
      ).figures.recordings.whole,
    ).toBe(0);
  });

  it('leave our rows as they are', () => {
    const rows = [ours(1, 0, 4000, null)];
    const before = structuredClone(rows);
    reconcile(rows, [theirs(rows[0]!, 0, { outcome: 'answered', agent: '8001', agentMs: T0 + 3000 })]);
    expect(rows).toEqual(before);
  });
});

describe('billed minutes', () => {
  it.each([
    [0, 60, 0],
    [1, 60, 60],
    [60_000, 60, 60],
    [60_001, 60, 120],
    [6000, 6, 6],
    [6001, 6, 12],
    [90_000, 1, 90],
  ])('%i ms every %i s are %i s', (ms, everyS, seconds) => {
    expect(billedS(ms, { everyS, of: 'answered' })).toBe(seconds);
  });

  it('stand beside each other: ours, by the vendor’s times, and as stated', () => {
    // Answered for 4 s + 57 s each: 2 minutes a call; the vendor's bill says 3.
    const rows = range(5).map((i) => ours(i, i * 1000, 4000, 57_000));
    const vendor = rows.map((row) => theirs(row, 0, { billedS: 180 }));
    expect(reconcile(rows, vendor).figures.billing).toEqual({ everyS: 60, of: 'answered', oursMin: 10, theirsMin: 10, statedMin: 15 });
    const talk = reconcile(rows, vendor, { billing: { everyS: 60, of: 'talk' } }).figures.billing;
    expect(talk).toMatchObject({ oursMin: 5, theirsMin: 5 });
  });

  it('are never below the time itself, nor a whole step above it', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e7, noNaN: true }), fc.constantFrom(1, 6, 30, 60), (ms, everyS) => {
        const billed = billedS(ms, { everyS, of: 'talk' })!;
        expect(billed % everyS === 0).toBe(true);
        expect(billed - ms / 1000).toBeGreaterThan(-0.001);
        expect(billed - ms / 1000).toBeLessThan(everyS);
      }),
    );
  });
});

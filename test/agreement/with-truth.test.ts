import { describe, expect, test } from 'vitest';
import { type CallRow, rowOf } from '../../src/record/schema.ts';
import type { TruthRow } from '../../src/simulator/truth.ts';
import { peakOf } from './peaks.ts';
import { spreadOf } from './spread.ts';
import { agreeWithTruth } from './with-truth.ts';

const T0 = 1_800_000_000_000;

const row = (n: number, more: Partial<CallRow> = {}): CallRow =>
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
    outcome: 'completed',
    ...more,
  });
const truth = (n: number, more: Partial<TruthRow> = {}): TruthRow => ({
  sip_call_id: `id-${n}`,
  back_of: null,
  caller: `${4001000000 + n}`,
  called: '4001000000',
  site: 'a',
  skill: 'support',
  priority: 0,
  received_ms: T0 + n * 100 + 1,
  refused_ms: null,
  status: 200,
  ringing_ms: null,
  answered_ms: T0 + n * 100 + 19,
  queued_ms: T0 + n * 100 + 1001,
  queue_position: 1,
  agent: 'agent-1',
  agent_offers: 1,
  agent_ms: T0 + n * 100 + 3999,
  ended_ms: T0 + n * 100 + 9001,
  ended_by: 'caller',
  outcome: 'answered',
  ...more,
});
const gaveUp = (n: number) =>
  [
    row(n, { agent_ms: null, bye_sent_ms: T0 + n * 100 + 3000, end_ms: T0 + n * 100 + 3005, outcome: 'abandoned' }),
    truth(n, { agent: null, agent_ms: null, ended_ms: T0 + n * 100 + 3001, outcome: 'abandoned' }),
  ] as const;
const range = (n: number) => Array.from({ length: n }, (_, index) => index);

describe('our record against the ground truth', () => {
  test('agrees on answered, abandoned, blocked and served calls', () => {
    const [leftRow, leftTruth] = gaveUp(3);
    const rows = [
      row(1),
      leftRow,
      row(4, { outcome: 'blocked', status: 503, answer_ms: null, queue_ms: null, agent_ms: null }),
      row(5, { wants_agent: false, queue_ms: null, agent_ms: null }),
    ];
    const result = agreeWithTruth(rows, [
      truth(1),
      leftTruth,
      truth(4, {
        outcome: 'blocked',
        status: 503,
        refused_ms: T0 + 402,
        answered_ms: null,
        queued_ms: null,
        agent_ms: null,
        ended_ms: null,
      }),
      truth(5, { outcome: 'served', queued_ms: null, agent_ms: null }),
    ]);
    expect(result).toMatchObject({ calls: 4, same: 4, ok: true, waitErrors: { n: 2 } });
  });

  test('finds a wrong fate, a call too many on either side, and a race', () => {
    const [leftRow, leftTruth] = gaveUp(2);
    expect(agreeWithTruth([row(2)], [leftTruth]).differences).toHaveLength(1);
    expect(agreeWithTruth([row(1), row(2)], [truth(1)])).toMatchObject({ ok: false, differences: [{ key: 'id-2' }] });
    expect(agreeWithTruth([row(1)], [truth(1), truth(2)])).toMatchObject({ ok: false, differences: [{ key: 'id-2' }] });
    const offered = truth(2, { agent_ms: leftRow.bye_sent_ms! + 3 });
    expect(agreeWithTruth([leftRow], [offered])).toMatchObject({ differences: [], races: [{ key: 'id-2' }], ok: true });
  });

  test('holds the 99th percentile of the waits to 50 ms, not the last one', () => {
    const late = (count: number) => range(200).map((n) => truth(n, n < count ? { agent_ms: T0 + n * 100 + 4100 } : {}));
    const rows = range(200).map((n) => row(n));
    expect(agreeWithTruth(rows, late(1))).toMatchObject({ ok: true, waitsBeyond: [{ key: 'id-0' }] });
    expect(agreeWithTruth(rows, late(4))).toMatchObject({ ok: false });
  });

  test('holds each peak to max(1, 1 %), and takes the reported peaks where given', () => {
    const rows = range(300).map((n) => row(n, { invite_ms: T0 + n / 1000, end_ms: T0 + 9000 }));
    const real = range(300).map((n) => truth(n, { received_ms: T0 + n / 1000, ended_ms: T0 + 9000 + n * 100 }));
    expect(agreeWithTruth(rows, real).peaks.find((peak) => peak.counting === 'occupied')).toMatchObject({
      ours: 300,
      theirs: 300,
      ok: true,
    });
    expect(agreeWithTruth(rows, real, { occupied: 297 }).peaks.find((peak) => peak.counting === 'occupied')).toMatchObject({ ok: true });
    const off = agreeWithTruth(rows, real, { occupied: 296 });
    expect(off.peaks.find((peak) => peak.counting === 'occupied')).toMatchObject({ ours: 296, ok: false });
    expect(off.ok).toBe(false);
  });

  test('a caller that left before it could notice a fault is listed, not counted as a difference', () => {
    const [leftRow] = gaveUp(2);
    const lost = truth(2, { agent: null, agent_ms: null, ended_ms: T0 + 1500, ended_by: 'fault', outcome: 'lost' });
    expect(agreeWithTruth([leftRow], [lost])).toMatchObject({ differences: [], unnoticed: [{ key: 'id-2' }] });
    const dropped = row(2, { agent_ms: null, bye_sent_ms: null, bye_received_ms: T0 + 1500, outcome: 'dropped' });
    expect(agreeWithTruth([dropped], [lost])).toMatchObject({ differences: [], unnoticed: [], same: 1 });
  });
});

test('peaks count ends before beginnings, and ignore what never began', () => {
  expect(peakOf([])).toBe(0);
  expect(
    peakOf([
      [0, 10],
      [10, 20],
      [null, 5],
      [12, null],
    ]),
  ).toBe(2);
});

test('percentiles interpolate at p(n−1)', () => {
  expect(spreadOf([4, 1, 3, 2])).toEqual({
    n: 4,
    mean: 2.5,
    min: 1,
    p50: 2.5,
    p90: 3.7,
    p95: 3.8499999999999996,
    p99: 3.9699999999999998,
    max: 4,
  });
  expect(spreadOf([]).p99).toBeNull();
});

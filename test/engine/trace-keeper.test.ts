import { expect, test } from 'vitest';
import { VirtualClock } from '../../src/clock.ts';
import { FIRST, LINGER_MS, SHARE, TraceKeeper } from '../../src/engine/trace-keeper.ts';
import { TraceLimit } from '../../src/engine/trace-limit.ts';
import { type CallRow, type RowSink, rowOf, type TraceRow } from '../../src/record/schema.ts';
import { CallTraces } from '../../src/sip/index.ts';

const REMOTE = { host: '127.0.0.1', port: 5060 };
const AUTHORIZED = 'Authorization: Digest username="u", response="secret"\r\n';

function keeping(seed = 1) {
  const clock = new VirtualClock(1000);
  const rows: TraceRow[] = [];
  const sink: RowSink = { write: (_table, row) => void rows.push(row as TraceRow) };
  const traces = new CallTraces();
  const keeper = new TraceKeeper({ clock, traces, sink, worker: 1, seed });
  const heard = (sent: boolean, start: string, k: number, more = '') =>
    traces.packet(sent, Buffer.from(`${start}\r\nCall-ID: id-${k}\r\n${more}\r\n`), REMOTE, clock.now());
  const call = (k: number, cells: Partial<CallRow>) => {
    heard(true, 'INVITE sip:a SIP/2.0', k, AUTHORIZED);
    keeper.caller(rowOf('calls', { call: `1-${k}`, sip_call_id: `id-${k}`, scenario: 's', iteration: k, ...cells }));
  };
  const calls = () => new Set(rows.map((row) => row.call)).size;
  return { clock, rows, traces, keeper, heard, call, calls };
}

test('a call that failed is written with what came late, without credentials', () => {
  const { clock, rows, traces, heard, call } = keeping();
  call(1, { outcome: 'timeout' });
  expect(rows).toEqual([]);
  clock.advance(LINGER_MS / 2);
  heard(false, 'SIP/2.0 100 Trying', 1)!.handledMs = clock.now() + 0.5;
  clock.advance(LINGER_MS);
  expect(rows).toMatchObject([
    { call: '1-1', party: 'caller', sip_call_id: 'id-1', n: 1, sent: true, remote: '127.0.0.1:5060', socket_ms: 1000, handled_ms: null },
    { call: '1-1', n: 2, sent: false, socket_ms: 1000 + LINGER_MS / 2, handled_ms: 1000.5 + LINGER_MS / 2 },
  ]);
  expect(rows[0]!.message).toContain('Authorization: Digest [redacted]\r\n');
  expect(rows[0]!.message).not.toContain('secret');
  expect(rows[0]!.bytes).toBeGreaterThan(rows[0]!.message!.length);
  expect(traces.calls).toBe(0);
});

test('of each kind of end the first ones, then a share', () => {
  const { keeper, call, calls, rows, traces } = keeping();
  for (let k = 0; k < 5000; k++) call(k, { outcome: 'blocked', status: 503 });
  keeper.flush();
  const of503 = calls();
  expect(of503).toBeGreaterThan(FIRST.others + 4900 * SHARE.others * 0.5);
  expect(of503).toBeLessThan(FIRST.others + 4900 * SHARE.others * 1.7);
  for (let k = 5000; k < 5010; k++) call(k, { outcome: 'rejected', status: 404 });
  keeper.flush();
  expect(calls()).toBe(of503 + 10);
  for (let k = 6000; k < 16_000; k++) call(k, { outcome: 'completed', status: 200 });
  rows.length = 0;
  keeper.flush();
  expect(calls()).toBeGreaterThan(FIRST.completed + 10_000 * SHARE.completed * 0.4);
  expect(calls()).toBeLessThan(FIRST.completed + 10_000 * SHARE.completed * 2);
  expect(traces.calls).toBe(0);
});

test('the same seed keeps the same callers, another seed others', () => {
  const sample = (seed: number) => {
    const { keeper, call, rows } = keeping(seed);
    for (let k = 0; k < 5000; k++) call(k, { outcome: 'completed', status: 200 });
    keeper.flush();
    return rows.map((row) => row.call).join(' ');
  };
  expect(sample(7)).toBe(sample(7));
  expect(sample(7)).not.toBe(sample(8));
});

test('a full file takes no further call, whole calls only, and says so once', () => {
  let told = 0;
  const limit = new TraceLimit(() => told++, 25);
  const row = (call: string) => rowOf('trace', { call, message: 'x'.repeat(10) });
  const admitted = ['a', 'a', 'b', 'b', 'c', 'c'].map((call) => limit.admits(row(call)));
  expect(admitted).toEqual([true, true, true, true, false, false]);
  expect(told).toBe(1);
});

import { describe, expect, it } from 'vitest';
import { BATCH_MS, type RowBatch, RowBatches, receiveRows } from '../../src/engine/row-batches.ts';
import { csvLine } from '../../src/record/csv-line.ts';
import { unfold } from '../../src/record/folded.ts';
import { unpack } from '../../src/record/packed.ts';
import { type RowTypes, rowOf, type TableName } from '../../src/record/schema.ts';
import { portPair } from './ports.ts';

function sink(folded = false) {
  const { hub, worker } = portPair();
  const came: (RowBatch & { at: number })[] = [];
  receiveRows(hub, { take: (batch) => came.push({ ...batch, at: performance.now() }) });
  const text = (table: TableName) =>
    came
      .flatMap(({ lines }) => lines)
      .filter(([of]) => of === table)
      .map(([, lines]) => lines)
      .join('');
  const rows = (table: TableName) =>
    came.flatMap((batch) => batch.rows).flatMap(([of, cells]) => (of === table ? [unpack(of, cells)] : []));
  return { batches: new RowBatches(worker, folded), came, text, rows };
}
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const call = (n: number) => rowOf('calls', { call: `1-${n}`, invite_ms: n, tags: { n: [n] }, outcome: n % 2 ? 'completed' : 'blocked' });
const metric = (n: number) => rowOf('samples', { metric: 'x', value: n, t_ms: n });

describe('rows on their way to the main thread', () => {
  it('arrive as the lines of their files, in the order of writing', async () => {
    const { batches, came, text } = sink();
    for (let i = 0; i < 100; i++) {
      batches.write('calls', call(i));
      batches.write('samples', metric(i));
      if (i === 50) batches.flush();
    }
    await pause(BATCH_MS * 5);
    expect(text('calls')).toBe(Array.from({ length: 100 }, (_, i) => csvLine('calls', call(i))).join(''));
    expect(text('samples')).toBe(Array.from({ length: 100 }, (_, i) => csvLine('samples', metric(i))).join(''));
    expect(came.flatMap(({ lines }) => lines).reduce((sum, [, , rows]) => sum + rows, 0)).toBe(200);
    const total = (outcome: 'completed' | 'blocked') => came.reduce((sum, { outcomes }) => sum + (outcomes[outcome] ?? 0), 0);
    expect([total('completed'), total('blocked')]).toEqual([50, 50]);
    expect(came.flatMap(({ calls, rows }) => [...calls, ...rows])).toEqual([]);
  });

  it('arrive as cells, too, where they are folded', async () => {
    const { batches, came, text, rows } = sink(true);
    const row = rowOf('calls', { call: '1-1', scenario: 'peak', invite_ms: 1.5, outcome: 'completed', tags: { a: 1 }, remote: 'h:1' });
    batches.write('calls', row);
    batches.write('samples', metric(Number.POSITIVE_INFINITY));
    await pause(BATCH_MS * 5);
    expect(text('calls')).toBe(csvLine('calls', row));
    expect(came.flatMap(({ calls }) => calls).map(unfold)).toEqual([{ ...row, call: null, remote: null }]);
    expect(text('samples')).toBe('');
    expect((rows('samples')[0] as RowTypes['samples']).value).toBe(Number.POSITIVE_INFINITY);
  });

  it('arrive whole where the main thread decides about them or tells others', async () => {
    const { batches, rows, text } = sink();
    const event = rowOf('events', { t_ms: 1, kind: 'warning', detail: { why: 'so' } });
    const trace = rowOf('trace', { call: '1-1', n: 1, message: 'a\r\nb' });
    batches.write('events', event);
    batches.write('trace', trace);
    await pause(BATCH_MS * 5);
    expect([rows('events'), rows('trace')]).toEqual([[event], [trace]]);
    expect(text('events') + text('trace')).toBe('');
  });

  it('go sooner where a call is open at the vendor, and say what is open', async () => {
    const [open, other] = [sink(), sink()];
    const row = rowOf('open', { call: '1-1', op: 'open', t_ms: 5 });
    other.batches.write('samples', rowOf('samples', { metric: 'x' }));
    open.batches.write('open', row);
    await pause(BATCH_MS * 5);
    expect(open.came[0]!.at).toBeLessThan(other.came[0]!.at);
    open.batches.write('open', rowOf('open', { call: '1-1', op: 'close', t_ms: 6 }));
    await pause(BATCH_MS * 5);
    expect(open.came.flatMap((batch) => batch.open)).toEqual(['1-1', csvLine('open', row), '1-1', '']);
  });

  it('loses no row to one that cannot be cloned or written', async () => {
    const { batches, came, text } = sink(true);
    const ring: Record<string, unknown> = {};
    ring.ring = ring;
    batches.write('calls', rowOf('calls', { call: '1-1' }));
    batches.write('calls', rowOf('calls', { call: '1-2', tags: { bad: () => 1, good: 'x' } }));
    batches.flush();
    batches.write('calls', rowOf('calls', { call: '1-3', tags: ring }));
    batches.flush();
    await pause(BATCH_MS * 2);
    expect(came.flatMap(({ calls }) => calls).map((cells) => unfold(cells).tags)).toEqual([null, { good: 'x' }, ring]);
    expect(
      text('calls')
        .split('\n')
        .map((line) => line.slice(0, 3)),
    ).toEqual(['1-1', '1-2', '1-3', '']);
  });
});

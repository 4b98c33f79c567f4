import { describe, expect, it } from 'vitest';
import { BATCH_MS, RowBatches, receiveRows } from '../../src/engine/row-batches.ts';
import { type RowTypes, rowOf, type TableName } from '../../src/record/schema.ts';
import { portPair } from './ports.ts';

function sink() {
  const { hub, worker } = portPair();
  const came: { table: TableName; row: RowTypes[TableName]; at: number }[] = [];
  receiveRows(hub, { write: (table, row) => came.push({ table, row, at: performance.now() }) });
  return { batches: new RowBatches(worker), came };
}
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('rows on their way to the main thread', () => {
  it('arrive in the order of writing, over all tables, as they were', async () => {
    const { batches, came } = sink();
    for (let i = 0; i < 100; i++) {
      batches.write('calls', rowOf('calls', { call: `1-${i}`, tags: { n: [i] } }));
      batches.write('samples', rowOf('samples', { metric: 'x', value: Number.POSITIVE_INFINITY, t_ms: i }));
    }
    await pause(BATCH_MS * 5);
    expect(came).toHaveLength(200);
    expect(came.filter(({ table }) => table === 'calls').map(({ row }) => (row as RowTypes['calls']).tags)).toEqual(
      Array.from({ length: 100 }, (_, i) => ({ n: [i] })),
    );
    expect(came.every(({ table }, i) => table === (i % 2 === 0 ? 'calls' : 'samples'))).toBe(true);
    expect((came[1]!.row as RowTypes['samples']).value).toBe(Number.POSITIVE_INFINITY);
  });

  it('go sooner where a call is open at the vendor', async () => {
    const [open, other] = [sink(), sink()];
    other.batches.write('samples', rowOf('samples', { metric: 'x' }));
    open.batches.write('open', rowOf('open', { call: '1-1', op: 'open' }));
    await pause(BATCH_MS * 5);
    expect(open.came[0]!.at).toBeLessThan(other.came[0]!.at);
  });

  it('loses no row to one that cannot be cloned', async () => {
    const { batches, came } = sink();
    batches.write('calls', rowOf('calls', { call: '1-1' }));
    batches.write('calls', rowOf('calls', { call: '1-2', tags: { bad: () => 1, good: 'x' } }));
    batches.flush();
    await pause(BATCH_MS * 2);
    expect(came.map(({ row }) => (row as RowTypes['calls']).call)).toEqual(['1-1', '1-2']);
    expect((came[1]!.row as RowTypes['calls']).tags).toEqual({ good: 'x' });
  });
});

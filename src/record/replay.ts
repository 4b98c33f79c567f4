/**
 * Gives the rows of a run folder to whoever wants them, as if the run were going on. Health and events come first, so that a consumer knows the
 * unsound seconds and the faults when the calls arrive.
 */
import { type ReadReport, readTable } from './read.ts';
import type { RowTypes, TableName } from './schema.ts';

export interface RowConsumer {
  add<T extends TableName>(table: T, row: RowTypes[T]): void;
  /** Told once per table after its last row: what could not be read. */
  read?(report: ReadReport): void;
}

export const REPLAY_ORDER: readonly TableName[] = ['timeline', 'events', 'samples', 'open', 'agents', 'calls', 'trace'];

/** @throws CallsurgeError `run-folder-invalid`; what the consumer throws */
export async function replay(dir: string, consumer: RowConsumer): Promise<ReadReport[]> {
  const reports: ReadReport[] = [];
  for (const table of REPLAY_ORDER) {
    const report = await readTable(dir, table, (row) => consumer.add(table, row));
    consumer.read?.(report);
    reports.push(report);
  }
  return reports;
}

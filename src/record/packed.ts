/** A row as bare cells in the order of its columns: cloned from thread to thread, names would be most of the work. */
import { columnsOf } from './cells.ts';
import { type RowTypes, rowOf, TABLES, type TableName } from './schema.ts';

const NAMES = Object.fromEntries((Object.keys(TABLES) as TableName[]).map((table) => [table, columnsOf(table).map(({ name }) => name)]));

export function pack<T extends TableName>(table: T, row: RowTypes[T]): unknown[] {
  const names = NAMES[table]!;
  const cells = new Array<unknown>(names.length);
  for (let i = 0; i < names.length; i++) cells[i] = (row as Record<string, unknown>)[names[i]!];
  return cells;
}

export function unpack<T extends TableName>(table: T, cells: readonly unknown[]): RowTypes[T] {
  const names = NAMES[table]!;
  const row = rowOf(table, {}) as Record<string, unknown>;
  for (let i = 0; i < names.length; i++) row[names[i]!] = cells[i];
  return row as RowTypes[T];
}

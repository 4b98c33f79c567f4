/**
 * A row as its line of CSV, to the byte what csv-stringify makes of it (a test holds the two against each other). csv-stringify itself is given the
 * cells that need quoting, and no others: of eighty cells a row hardly any does, and asking it about each is ten times the work of all the rest.
 */
import { stringify } from 'csv-stringify/sync';
import Papa from 'papaparse';
import { columnsOf, decodeCell, encodeCell } from './cells.ts';
import { type RowTypes, rowOf, TABLES, type TableName } from './schema.ts';

const COLUMNS = Object.fromEntries((Object.keys(TABLES) as TableName[]).map((table) => [table, columnsOf(table)])) as Record<
  TableName,
  ReturnType<typeof columnsOf>
>;

/** The delimiter, the quote, and the ends of a line. */
const TO_QUOTE = /[",\r\n]/;
/** Tags say the same in row after row. */
const QUOTED_KEPT = 500;
const QUOTED_LENGTH = 200;
const quotedBefore = new Map<string, string>();

/** @returns the line with its end. */
export function csvLine<T extends TableName>(table: T, row: RowTypes[T]): string {
  const columns = COLUMNS[table];
  const cells = new Array<string>(columns.length);
  for (let k = 0; k < columns.length; k++) {
    const { name, type } = columns[k]!;
    const value = (row as Record<string, unknown>)[name];
    if (value === null || value === undefined) cells[k] = '';
    else {
      const cell = encodeCell(type, value);
      cells[k] = (type === 'text' || type === 'json') && TO_QUOTE.test(cell) ? quoted(cell) : cell;
    }
  }
  return `${cells.join(',')}\n`;
}

/** The row of such a line; undefined where it is none. Cells that cannot be read are null. */
export function rowOfLine<T extends TableName>(table: T, line: string): RowTypes[T] | undefined {
  const columns = COLUMNS[table];
  const [cells] = Papa.parse<string[]>(line, { delimiter: ',', newline: '\n', preview: 1 }).data;
  if (cells?.length !== columns.length) return undefined;
  const row = rowOf(table, {}) as Record<string, unknown>;
  for (const [k, { name, type }] of columns.entries()) row[name] = decodeCell(type, cells[k]!) ?? null;
  return row as RowTypes[T];
}

function quoted(cell: string): string {
  const known = quotedBefore.get(cell);
  if (known !== undefined) return known;
  const made = stringify([[cell]], { eof: false });
  if (cell.length <= QUOTED_LENGTH && quotedBefore.size < QUOTED_KEPT) quotedBefore.set(cell, made);
  return made;
}

/**
 * Reads a run folder back, row by row, also one whose run was killed in the middle of a line. What cannot be read is counted and told, never
 * guessed.
 */
import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import Papa from 'papaparse';
import { columnsOf, decodeCell } from './cells.ts';
import { invalidFolder as invalid } from './read-meta.ts';
import { type RowTypes, rowOf, TABLES, type TableName } from './schema.ts';

export interface ReadReport {
  table: TableName;
  rows: number;
  /** The last line was cut off (the run was killed while writing it) and left out. */
  torn: boolean;
  /** Lines with a wrong number of cells, left out. */
  badLines: number;
  /** Cells that were not of their column's type, read as null. */
  badCells: number;
  /** Columns of the schema that the file lacks: null in every row. */
  missingColumns: string[];
  /** Columns that this version does not know: left out. */
  unknownColumns: string[];
  /** There is no such file: a table without rows. */
  absent: boolean;
}

/**
 * Calls `onRow` for each row of a table, in the order of writing.
 * @throws CallsurgeError `run-folder-invalid` where the file is not that table, or there are no calls at all; what `onRow` throws
 */
export async function readTable<T extends TableName>(dir: string, table: T, onRow: (row: RowTypes[T]) => void): Promise<ReadReport> {
  const file = join(dir, TABLES[table].file);
  const report: ReadReport = {
    table,
    rows: 0,
    torn: false,
    badLines: 0,
    badCells: 0,
    missingColumns: [],
    unknownColumns: [],
    absent: false,
  };
  if (!existsSync(file)) {
    if (table === 'calls') throw invalid(dir, `there is no ${TABLES.calls.file} in it`);
    return { ...report, absent: true };
  }

  let columns: { index: number; name: string; type: ReturnType<typeof columnsOf>[number]['type'] }[] | undefined;
  let width = 0;
  const start = (header: string[]) => {
    const known = columnsOf(table);
    columns = known.map((column) => ({ ...column, index: header.indexOf(column.name) })).filter(({ index }) => index >= 0);
    if (columns.length * 2 < known.length) throw invalid(file, `its header line is not that of ${TABLES[table].file}`);
    report.missingColumns = known.map(({ name }) => name).filter((name) => !header.includes(name));
    report.unknownColumns = header.filter((name) => !known.some((column) => column.name === name));
    width = header.length;
  };
  const take = (cells: string[]) => {
    if (!columns) return start(cells);
    if (cells.length !== width) {
      report.badLines++;
      return;
    }
    const row = rowOf(table, {}) as Record<string, unknown>;
    for (const { index, name, type } of columns) {
      const value = decodeCell(type, cells[index]!);
      if (value === undefined) report.badCells++;
      else row[name] = value;
    }
    report.rows++;
    onRow(row as RowTypes[T]);
  };

  const { last, complete } = await parseLines(file, take).catch((cause) => {
    // The system's own errors have a code and are the file's; anything else is what a row's reader threw.
    throw cause instanceof Error && 'syscall' in cause ? invalid(file, `it cannot be read: ${cause.message}`, cause) : cause;
  });
  if (last) {
    // Whatever stands after the last line break, or inside a quote that never closed, may be half of something.
    if (complete && (!columns || last.length === width)) take(last);
    else if (!columns) throw invalid(file, 'its header line is cut off');
    else report.torn = true;
  } else if (!columns) throw invalid(file, 'it is empty');
  return report;
}

/** Gives every line but the last to `take`; the last one is held back until it is known to be whole. */
async function parseLines(file: string, take: (cells: string[]) => void): Promise<{ last: string[] | undefined; complete: boolean }> {
  const stream = createReadStream(file, { encoding: 'utf8', highWaterMark: 1 << 20 });
  let lastCharacter = '';
  stream.on('data', (chunk) => {
    if (chunk.length > 0) lastCharacter = chunk.at(-1) as string;
  });
  let held: string[] | undefined;
  let openQuote = false;
  try {
    await new Promise<void>((done, fail) => {
      Papa.parse<string[]>(stream, {
        delimiter: ',',
        newline: '\n',
        skipEmptyLines: true,
        chunk: ({ data, errors }, parser) => {
          openQuote = errors.some(({ code }) => code === 'MissingQuotes');
          try {
            for (const cells of data) {
              if (held) take(held);
              held = cells;
            }
          } catch (thrown) {
            // In this order: aborting completes at once.
            fail(thrown);
            parser.abort();
          }
        },
        complete: () => done(),
        error: fail,
      });
    });
  } finally {
    stream.destroy();
  }
  return { last: held, complete: lastCharacter === '\n' && !openQuote };
}

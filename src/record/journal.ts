/**
 * Writes a run folder while the run goes on, so that whatever kills the run, at most the last half second of rows is missing. Only the main
 * thread has one; workers send it their rows.
 *
 * Rows are gathered for at most `flushMs` or `flushRows` and then handed to the kernel by one append per file: from then on they survive a
 * `kill -9` of the process.
 */
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmdirSync, rmSync, unlinkSync, writeFileSync, writeSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { CallsurgeError } from '../errors.ts';
import { columnsOf } from './cells.ts';
import { csvLine } from './csv-line.ts';
import { type RowSink, type RowTypes, type RunMeta, TABLES, type TableName } from './schema.ts';

export const META_FILE = 'run.json';
const TABLE_NAMES = Object.keys(TABLES) as TableName[];

export interface RunFolderOptions {
  /** Longest time a row waits, ms. Default 250. */
  flushMs?: number;
  /** Rows of one table that are written at once without waiting. Default 2000. */
  flushRows?: number;
  /** The disk refused (full, gone): told once; rows are dropped and counted from then on. */
  onProblem?(error: CallsurgeError): void;
}

interface OpenTable {
  file: string;
  fd: number;
  /** Lines, one or more in a piece, and how many. */
  waiting: string[];
  rows: number;
}

export class RunFolder implements RowSink {
  readonly dir: string;
  readonly #tables: Map<TableName, OpenTable>;
  readonly #flushRows: number;
  readonly #onProblem: ((error: CallsurgeError) => void) | undefined;
  readonly #timer: NodeJS.Timeout;
  #problem: CallsurgeError | undefined;
  #rowsLost = 0;
  #closed = false;

  /**
   * Makes the folder, with its parents, and every file with its header line.
   * @throws CallsurgeError `folder-unwritable`; nothing is left behind then.
   */
  static create(dir: string, options: RunFolderOptions = {}): RunFolder {
    const path = resolve(dir);
    const made: string[] = [];
    const tables = new Map<TableName, OpenTable>();
    let firstMade: string | undefined;
    try {
      firstMade = mkdirSync(path, { recursive: true });
      for (const name of TABLE_NAMES) {
        const file = join(path, TABLES[name].file);
        const fd = openSync(file, 'ax');
        made.push(file);
        tables.set(name, { file, fd, waiting: [], rows: 0 });
        append(
          fd,
          `${columnsOf(name)
            .map((column) => column.name)
            .join(',')}\n`,
        );
      }
    } catch (cause) {
      for (const { fd } of tables.values()) closeSync(fd);
      for (const file of made) unlinkSync(file);
      removeEmpty(path, firstMade);
      throw unwritable(path, cause);
    }
    return new RunFolder(path, tables, options);
  }

  private constructor(dir: string, tables: Map<TableName, OpenTable>, options: RunFolderOptions) {
    this.dir = dir;
    this.#tables = tables;
    this.#flushRows = options.flushRows ?? 2000;
    this.#onProblem = options.onProblem;
    this.#timer = setInterval(() => this.flush(), options.flushMs ?? 250);
    this.#timer.unref();
  }

  /** The first thing that went wrong with the disk. */
  get problem(): CallsurgeError | undefined {
    return this.#problem;
  }

  /** Rows that could not be written. */
  get rowsLost(): number {
    return this.#rowsLost;
  }

  write<T extends TableName>(table: T, row: RowTypes[T]): void {
    this.writeLines(table, csvLine(table, row), 1);
  }

  /** Rows that are lines already (csv-line.ts), each with its end. */
  writeLines(table: TableName, lines: string, rows: number): void {
    if (this.#closed || this.#problem) {
      this.#rowsLost += rows;
      return;
    }
    const open = this.#tables.get(table)!;
    open.waiting.push(lines);
    open.rows += rows;
    if (open.rows >= this.#flushRows) this.#flushTable(open);
  }

  /** Hands every waiting row to the kernel. Never throws: see `problem`. */
  flush(): void {
    for (const table of this.#tables.values()) this.#flushTable(table);
  }

  /** Writes `run.json` whole or not at all. @throws CallsurgeError `folder-unwritable` */
  writeMeta(meta: RunMeta): void {
    const file = join(this.dir, META_FILE);
    const temporary = `${file}.new`;
    try {
      writeFileSync(temporary, `${JSON.stringify(meta, null, 2)}\n`, { flush: true });
      renameSync(temporary, file);
    } catch (cause) {
      rmSync(temporary, { force: true });
      throw unwritable(file, cause);
    }
  }

  /** Flushes, reaches the disk and closes. May be called twice. @throws CallsurgeError `folder-unwritable` where rows were lost on the way. */
  close(): void {
    if (this.#closed) return;
    clearInterval(this.#timer);
    this.flush();
    this.#closed = true;
    for (const { fd, file } of this.#tables.values()) {
      try {
        fsyncSync(fd);
      } catch (cause) {
        this.#problem ??= unwritable(file, cause);
      }
      closeSync(fd);
    }
    if (this.#problem) throw this.#problem;
  }

  #flushTable(table: OpenTable): void {
    if (table.rows === 0 || this.#closed) return;
    const { waiting, rows } = table;
    table.waiting = [];
    table.rows = 0;
    try {
      if (this.#problem) this.#rowsLost += rows;
      else append(table.fd, waiting.join(''));
    } catch (cause) {
      this.#rowsLost += rows;
      this.#problem = unwritable(table.file, cause);
      this.#onProblem?.(this.#problem);
    }
  }
}

/** The kernel may take less than it was given. */
function append(fd: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
}

/** Removes the folders just made, from the innermost up to `first`. */
function removeEmpty(path: string, first: string | undefined): void {
  if (first === undefined) return;
  try {
    for (let dir = path; dir.length >= first.length; dir = dirname(dir)) rmdirSync(dir);
  } catch {
    // Somebody else has put something there: leave it.
  }
}

function unwritable(path: string, cause: unknown): CallsurgeError {
  const code = (cause as NodeJS.ErrnoException).code;
  const what =
    code === 'EEXIST'
      ? 'a run is already recorded there, or a file stands in the way'
      : code === 'EACCES' || code === 'EPERM' || code === 'EROFS'
        ? 'it may not be written to'
        : code === 'ENOSPC'
          ? 'the disk is full'
          : (cause as Error).message;
  return new CallsurgeError('folder-unwritable', `the run folder cannot be written, ${what}`, {
    where: path,
    todo: 'choose another folder with --out, or make room',
    cause,
  });
}

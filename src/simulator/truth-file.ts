/** Ground truth on disk: a CSV with a line for each call, or offer, that has ended, at most half a second behind. */
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { stringify } from 'csv-stringify/sync';
import { CallsurgeError } from '../errors.ts';

const FLUSH_MS = 500;

export class TruthFile<Row extends object> {
  readonly #columns: readonly (keyof Row & string)[];
  readonly #file: number;
  readonly #timer: NodeJS.Timeout;
  #rows: (string | number | null)[][] = [];

  /** Makes the file anew, with its folder. @throws CallsurgeError `folder-unwritable`. */
  constructor(path: string, columns: readonly (keyof Row & string)[]) {
    this.#columns = columns;
    try {
      mkdirSync(dirname(path), { recursive: true });
      this.#file = openSync(path, 'w');
    } catch (error) {
      throw new CallsurgeError('folder-unwritable', `the ground truth cannot be written: ${(error as Error).message}`, {
        where: path,
        todo: 'name a file in a folder that can be written',
        cause: error,
      });
    }
    writeSync(this.#file, stringify([[...columns]]));
    this.#timer = setInterval(() => this.#flush(), FLUSH_MS);
  }

  add(row: Row): void {
    this.#rows.push(this.#columns.map((column) => cell(row[column] as string | number | null)));
  }

  close(): void {
    clearInterval(this.#timer);
    this.#flush();
    closeSync(this.#file);
  }

  #flush(): void {
    if (this.#rows.length > 0) writeSync(this.#file, stringify(this.#rows.splice(0)));
  }
}

/** Times to a microsecond. */
const cell = (value: string | number | null) => (typeof value === 'number' ? Math.round(value * 1000) / 1000 : value);

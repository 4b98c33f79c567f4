/**
 * A probe folder: `probe.json`, and a CSV file for each day (UTC). Rows are appended and handed to the kernel one by one, so a prober that was
 * killed loses at most the line it was writing, and the next one goes on in the same folder. One prober at a time: `probe.lock` holds its process id.
 */
import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'csv-stringify/sync';
import Papa from 'papaparse';
import { CallsurgeError, messageOf } from '../errors.ts';
import { decodeCell, encodeCell } from './cells.ts';
import { PROBE_COLUMNS, type ProbeRow } from './schema.ts';

export interface ProbeMeta {
  format: 1;
  kind: 'probe';
  callsurge: string;
  vendor: { name: string; title: string | null; timezone: string | null };
  promise: { monthly: number; words: string | null } | null;
  everyMs: number;
  callEveryMs: number | null;
  number: string | null;
  /** When the first prober of this folder began, and when the last is to end. */
  startMs: number;
  untilMs: number;
}

const META_FILE = 'probe.json';
const LOCK_FILE = 'probe.lock';
const DAY_FILE = /^probes-\d{4}-\d\d-\d\d\.csv$/;
const COLUMNS = Object.entries(PROBE_COLUMNS).map(([name, { type }]) => ({ name, type }));
const HEADER = `${COLUMNS.map(({ name }) => name).join(',')}\n`;

export const isProbe = (dir: string): boolean => existsSync(join(dir, META_FILE));

/** @throws CallsurgeError `run-folder-invalid` */
export function readProbeMeta(dir: string): ProbeMeta {
  const file = join(dir, META_FILE);
  try {
    const meta = JSON.parse(readFileSync(file, 'utf8')) as ProbeMeta;
    if (meta.kind !== 'probe' || meta.format !== 1 || !(meta.everyMs > 0)) throw new Error('it is not the record of a prober');
    return meta;
  } catch (cause) {
    throw new CallsurgeError('run-folder-invalid', `the probes cannot be read: ${messageOf(cause)}`, { where: file, cause });
  }
}

/**
 * Every row of the folder, day by day. Lines that are no rows (cut off by a kill) are counted and left out.
 * @throws CallsurgeError `run-folder-invalid` where a file cannot be read
 */
export function readProbes(dir: string, onRow: (row: ProbeRow) => void): { rows: number; badLines: number } {
  const report = { rows: 0, badLines: 0 };
  for (const name of readdirSync(dir)
    .filter((name) => DAY_FILE.test(name))
    .sort()) {
    const { data } = Papa.parse<string[]>(readFileSync(join(dir, name), 'utf8'), { delimiter: ',', newline: '\n', skipEmptyLines: true });
    for (const cells of data.slice(1)) {
      const row = rowOf(cells);
      if (!row) report.badLines++;
      else {
        report.rows++;
        onRow(row);
      }
    }
  }
  return report;
}

function rowOf(cells: readonly string[]): ProbeRow | undefined {
  if (cells.length !== COLUMNS.length) return undefined;
  const row: Record<string, unknown> = {};
  for (const [i, { name, type }] of COLUMNS.entries()) {
    const value = decodeCell(type, cells[i]!);
    if (value === undefined) return undefined;
    row[name] = value;
  }
  return row.t_ms === null || row.kind === null ? undefined : (row as ProbeRow);
}

export class ProbeFolder {
  readonly dir: string;
  readonly meta: ProbeMeta;
  /** Whether there were probes in it before. */
  readonly resumed: boolean;
  #day = '';
  #fd: number | undefined;

  /**
   * Makes the folder, or goes on in it.
   * @throws CallsurgeError `usage` where it is another prober's, or one is at work in it; `folder-unwritable`
   */
  static open(dir: string, meta: ProbeMeta): ProbeFolder {
    try {
      mkdirSync(dir, { recursive: true });
    } catch (cause) {
      throw unwritable(dir, cause);
    }
    const resumed = isProbe(dir);
    const before = resumed ? readProbeMeta(dir) : undefined;
    if (before) refuseOther(dir, before, meta);
    lock(dir);
    // The end is counted from the first start; a resumed prober may be told to go on for longer.
    const merged = before ? { ...meta, startMs: before.startMs, untilMs: before.startMs + (meta.untilMs - meta.startMs) } : meta;
    try {
      const beside = join(dir, `${META_FILE}.new`);
      writeFileSync(beside, `${JSON.stringify(merged, null, 2)}\n`);
      renameSync(beside, join(dir, META_FILE));
    } catch (cause) {
      throw unwritable(dir, cause);
    }
    return new ProbeFolder(dir, merged, resumed);
  }

  private constructor(dir: string, meta: ProbeMeta, resumed: boolean) {
    this.dir = dir;
    this.meta = meta;
    this.resumed = resumed;
  }

  /** @throws CallsurgeError `folder-unwritable` */
  write(row: ProbeRow): void {
    const day = new Date(row.t_ms!).toISOString().slice(0, 10);
    try {
      if (day !== this.#day || this.#fd === undefined) this.#roll(day);
      writeSync(this.#fd!, stringify([COLUMNS.map(({ name, type }) => encodeCell(type, row[name as keyof ProbeRow]))]));
    } catch (cause) {
      throw unwritable(this.dir, cause);
    }
  }

  /** Lets another prober into the folder. */
  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
    rmSync(join(this.dir, LOCK_FILE), { force: true });
  }

  #roll(day: string): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = openSync(join(this.dir, `probes-${day}.csv`), 'a+');
    this.#day = day;
    const { size } = fstatSync(this.#fd);
    if (size === 0) writeSync(this.#fd, HEADER);
    else if (!endsLine(this.#fd, size)) writeSync(this.#fd, '\n');
  }
}

/** A prober that was killed may have left half a line: the next row begins one of its own. */
function endsLine(fd: number, size: number): boolean {
  const last = Buffer.alloc(1);
  readSync(fd, last, 0, 1, size - 1);
  return last[0] === 0x0a;
}

function refuseOther(dir: string, before: ProbeMeta, now: ProbeMeta): void {
  const differs =
    before.vendor.name !== now.vendor.name ? 'another vendor' : before.everyMs !== now.everyMs ? 'another interval' : undefined;
  if (differs)
    throw new CallsurgeError('usage', `there are probes of ${differs} in that folder`, {
      where: dir,
      todo: `choose another folder with --out, or go on with --every ${before.everyMs / 1000}s and ${before.vendor.name}`,
    });
}

function lock(dir: string): void {
  const file = join(dir, LOCK_FILE);
  for (let tries = 0; tries < 2; tries++) {
    try {
      writeFileSync(file, `${process.pid}\n`, { flag: 'wx' });
      return;
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw unwritable(dir, cause);
      const pid = Number.parseInt(readFileSync(file, 'utf8'), 10);
      // In a container the one before may have had our own number.
      if (pid !== process.pid && alive(pid))
        throw new CallsurgeError('usage', `a prober is at work in that folder already, process ${pid}`, {
          where: dir,
          todo: `end it first, or remove ${LOCK_FILE} if that is another program`,
        });
      // It was killed.
      rmSync(file, { force: true });
    }
  }
}

function alive(pid: number): boolean {
  if (!(pid > 0)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

const unwritable = (where: string, cause: unknown) =>
  new CallsurgeError('folder-unwritable', `the probes cannot be written: ${messageOf(cause)}`, {
    where,
    todo: 'choose another folder with --out, or make room',
    cause,
  });

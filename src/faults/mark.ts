/**
 * What people say happened, and when: typed marks by buyer or vendor, with the error that whoever marks admits. During a run they go to it over its
 * local mark address (`mark.url` in the run folder: some manual steps wait for one); afterwards they are appended to events.csv, never changed.
 */
import { appendFileSync, closeSync, existsSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'csv-stringify/sync';
import { durationMs } from '../duration.ts';
import { CallsurgeError } from '../errors.ts';
import { columnsOf, encodeCell } from '../record/cells.ts';
import { type EventRow, rowOf, TABLES } from '../record/schema.ts';

/** `fault`: it broke now; ends a wait for a person who pulls a cable. `fixed`: it is put right. */
export const MARK_TYPES = ['fault', 'alarm', 'ticket', 'engineer', 'workaround', 'fixed'] as const;
export type MarkType = (typeof MARK_TYPES)[number];

export interface Mark {
  type: MarkType;
  by: 'buyer' | 'vendor';
  /** Clock ms. */
  at: number;
  /** ± of `at`, ms. */
  errorMs: number;
  note?: string;
  /** The fault it belongs to, by name; default: the one before it. */
  fault?: string;
}

/** Somebody looks up and presses a key. */
export const BY_HAND_ERROR_MS = 1000;
/** In the run folder while the run goes on. */
export const MARK_URL_FILE = 'mark.url';
const ANSWER_MS = 3000;
const TEXT_LIMIT = 500;
/** Clocks differ by so much. */
const AHEAD_MS = 60_000;

export function markRow({ type, by, at, errorMs, note, fault }: Mark): EventRow {
  return rowOf('events', {
    t_ms: at,
    kind: 'mark',
    action: type,
    by,
    name: fault ?? null,
    value: errorMs,
    detail: note === undefined ? null : { note },
  });
}

/** What somebody wrote, as a mark. @throws CallsurgeError `usage`, naming what is wrong. */
export function readMark(raw: unknown, now: number): Mark {
  const said = (typeof raw === 'object' && raw !== null ? raw : {}) as Record<string, unknown>;
  const wrong = (what: string, todo: string) => new CallsurgeError('usage', what, { where: 'mark', todo });
  const text = (name: string) => {
    const value = said[name];
    if (value === undefined || value === null || value === '') return {};
    if (typeof value !== 'string' || value.length > TEXT_LIMIT) throw wrong(`${name} is too long or no text`, 'write a short text');
    return { [name]: value };
  };
  if (!(MARK_TYPES as readonly unknown[]).includes(said.type))
    throw wrong(`there is no mark "${said.type}"`, `use ${MARK_TYPES.join(', ')}`);
  const by = said.by ?? 'buyer';
  if (by !== 'buyer' && by !== 'vendor') throw wrong(`"${by}" cannot mark`, 'buyer or vendor');
  const errorMs = said.error === undefined ? BY_HAND_ERROR_MS : durationMs(said.error as string, 'mark.error');
  return {
    type: said.type as MarkType,
    by,
    at: said.at === undefined ? now : timeOf(said.at, now),
    errorMs,
    ...text('note'),
    ...text('fault'),
  };
}

/** An ISO time, ms since the epoch, or `-90s`: so long ago. */
function timeOf(raw: unknown, now: number): number {
  if (typeof raw === 'number' && Number.isFinite(raw)) return raw;
  const text = String(raw).trim();
  if (/^-\S+$/.test(text)) return now - durationMs(text.slice(1), 'mark.at');
  // A local time without a date: when the clock last showed it. Just after midnight that is yesterday.
  const clock = /^([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d(?:\.\d+)?))?$/.exec(text);
  if (clock) {
    const at = (daysAgo: number) => {
      const day = new Date(now);
      day.setDate(day.getDate() - daysAgo);
      day.setHours(Number(clock[1]), Number(clock[2]), 0, 0);
      return day.getTime() + Number(clock[3] ?? 0) * 1000;
    };
    return at(0) <= now + AHEAD_MS ? at(0) : at(1);
  }
  const at = /^\d{4}-/.test(text) ? Date.parse(text) : Number.NaN;
  if (at > now + AHEAD_MS)
    throw new CallsurgeError('usage', `"${text}" is still to come`, { where: '--at', todo: 'mark what has happened, in your time zone' });
  if (Number.isFinite(at)) return at;
  throw new CallsurgeError('usage', `"${text}" is no time`, { where: '--at', todo: 'write 2026-11-11T00:12:30+08:00, 00:12:30 or -90s' });
}

/** To the run that goes on in that folder, if one does. @returns whether it took the mark. */
export async function sendMark(dir: string, mark: Mark): Promise<boolean> {
  const file = join(dir, MARK_URL_FILE);
  if (!existsSync(file)) return false;
  const { type, by, at, errorMs, note, fault } = mark;
  try {
    const response = await fetch(readFileSync(file, 'utf8').trim(), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ type, by, at, error: `${errorMs}ms`, note, fault }),
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    return response.ok;
  } catch {
    // The run was killed: its folder is all there is.
    return false;
  }
}

/** One line at the end of events.csv, in one write. A line that was cut off by a kill is closed first. @throws CallsurgeError `run-folder-invalid` */
export function appendMark(dir: string, mark: Mark): void {
  const file = join(dir, TABLES.events.file);
  if (!existsSync(file))
    throw new CallsurgeError('run-folder-invalid', `there is no ${TABLES.events.file} in it`, {
      where: dir,
      todo: 'give a folder that `callsurge run` has written',
    });
  const row = markRow(mark) as Record<string, unknown>;
  const line = stringify([columnsOf('events').map(({ name, type }) => encodeCell(type, row[name]))]);
  appendFileSync(file, endsWhole(file) ? line : `\n${line}`);
}

function endsWhole(file: string): boolean {
  const fd = openSync(file, 'r');
  try {
    const { size } = fstatSync(fd);
    const last = Buffer.alloc(1);
    return size === 0 || (readSync(fd, last, 0, 1, size - 1) === 1 && last[0] === 10);
  } finally {
    closeSync(fd);
  }
}

/**
 * Last year's log, as a call centre or a PBX exports it, into arrivals that a scenario can replay. Nothing that could be dialled gets through:
 * callers' numbers are hashed with a key that is thrown away, and a text with a number in it is refused.
 */
import { createHmac, randomBytes } from 'node:crypto';
import Papa from 'papaparse';
import { CallsurgeError } from '../errors.ts';
import type { ReplayLog } from '../schedule/replay.ts';
import type { CheckedMapping, Column } from './log-mapping.ts';
import { timeReader } from './log-times.ts';

export interface ImportOptions {
  /** The log's name for messages. */
  name: string;
  /** Window in the log's own time: 2025-11-10T23:30. Default: all of it, from the minute of its first call to that after its last. */
  from?: string | undefined;
  to?: string | undefined;
}

export interface Imported {
  log: ReplayLog;
  /** Rows read, left out by `where`, and outside the window. */
  rows: number;
  filtered: number;
  outside: number;
  calls: number;
  callers: number;
  /** Calls in the window whose intent the mapping does not name. */
  unnamed: number;
}

interface Entry {
  at: number;
  count: number;
  caller: string | null;
  intent: string | null;
  vip: boolean | null;
  talkMs: number | null;
  unnamed: boolean;
}

const MINUTE_MS = 60_000;
/** Rows that the delimiter is guessed from. */
const GUESS_ROWS = 50;
/** Seven digits in a row might be somebody's number. */
const LIKE_A_NUMBER = /\d(?:[ -]?\d){6}/;

/** @throws CallsurgeError `log-invalid`, naming row and column; `mapping-invalid` for a column that the log does not have; `option-invalid` for a window. */
export function importLog(content: Uint8Array, mapping: CheckedMapping, options: ImportOptions): Imported {
  const table = readTable(content, mapping, options.name);
  const entries: Entry[] = [];
  let filtered = 0;
  const read = rowReader(mapping, table);
  let rows = 0;
  for (const [row, cells] of table.rows.entries()) {
    if (isBlank(cells)) continue;
    rows++;
    const entry = read(row);
    if (entry) entries.push(entry);
    else filtered++;
  }
  if (entries.length === 0 && filtered > 0) {
    const wanted = mapping.where.map(({ column, values }) => `${column} = ${values.join(' or ')}`).join(', ');
    throw new CallsurgeError('log-invalid', `none of its ${filtered} rows has what where asks for: ${wanted}`, { where: options.name });
  }
  if (entries.length === 0) throw new CallsurgeError('log-invalid', 'the log has no call', { where: options.name });
  entries.sort((a, b) => a.at - b.at);

  const resolutionMs = resolutionOf(entries, mapping);
  const window = windowOf(entries, resolutionMs, mapping, options);
  const inside = entries.filter(({ at }) => at >= window.from && at < window.to);
  if (inside.length === 0) throw new CallsurgeError('option-invalid', 'no call of the log lies in the window', { where: '--from, --to' });
  const calls = inside.reduce((sum, { count }) => sum + count, 0);
  return {
    log: {
      callsurge: 'arrivals',
      version: 1,
      about: `${calls} calls of ${options.name}`,
      from: new Date(window.from).toISOString(),
      durationMs: window.to - window.from,
      resolutionMs,
      at: inside.map(({ at }) => at - window.from),
      ...(mapping.count === undefined ? {} : { count: inside.map(({ count }) => count) }),
      ...(mapping.caller === undefined ? {} : { caller: inside.map(({ caller }) => caller) }),
      ...(mapping.intent === undefined ? {} : { intent: inside.map(({ intent }) => intent) }),
      ...(mapping.vip === undefined ? {} : { vip: inside.map(({ vip }) => vip) }),
      ...(mapping.talk === undefined ? {} : { talkMs: inside.map(({ talkMs }) => talkMs) }),
    },
    rows,
    filtered,
    outside: entries.length - inside.length,
    calls,
    unnamed: inside.reduce((sum, { unnamed, count }) => sum + (unnamed ? count : 0), 0),
    callers: new Set(inside.map(({ caller }) => caller).filter((caller) => caller !== null)).size,
  };
}

interface Table {
  name: string;
  header: string[] | undefined;
  /** Lines up to and with the header. */
  skipped: number;
  /** Blank lines too, so that rows are counted as a spreadsheet does. */
  rows: string[][];
}

const isBlank = (cells: readonly string[]) => cells.every((cell) => cell.trim() === '');

function readTable(content: Uint8Array, { encoding, header, delimiter }: CheckedMapping, name: string): Table {
  let text: string;
  try {
    text = new TextDecoder(encoding, { fatal: true }).decode(content);
  } catch (cause) {
    const todo = 'set "encoding" in the mapping: gb18030 for what Excel writes in Chinese';
    throw new CallsurgeError('log-invalid', `the log is not ${encoding}`, { where: name, todo, cause });
  }
  // Blank lines would mislead the guess, and are wanted in the rows.
  const guessed = delimiter ?? Papa.parse<string[]>(text, { skipEmptyLines: 'greedy', preview: GUESS_ROWS }).meta.delimiter;
  const parsed = Papa.parse<string[]>(text, { delimiter: guessed });
  const broken = parsed.errors.find(({ type }) => type === 'Quotes');
  if (broken)
    throw new CallsurgeError('log-invalid', `a quote is not closed: ${broken.message}`, { where: `${name} row ${(broken.row ?? 0) + 1}` });
  const rows = parsed.data;
  const first = rows.findIndex((cells) => !isBlank(cells));
  if (!header || first < 0) return { name, header: header ? [] : undefined, rows, skipped: 0 };
  return { name, header: rows[first]!.map((cell) => cell.trim()), rows: rows.slice(first + 1), skipped: first + 1 };
}

/** @returns a function from a row to its entry; undefined where `where` leaves it out. */
function rowReader(mapping: CheckedMapping, table: Table): (row: number) => Entry | undefined {
  const key = randomBytes(32);
  const { header, rows, name, skipped } = table;
  const place = (column: Column, of: string) => {
    const index = header ? header.indexOf(String(column)) : Number(column) - 1;
    const width = header?.length ?? rows.find((cells) => !isBlank(cells))?.length ?? 0;
    if (index >= 0 && index < width) return { index, column };
    throw new CallsurgeError('mapping-invalid', `the log has no column ${JSON.stringify(column)}`, {
      where: of,
      todo: header ? `it has ${header.join(', ')}` : `it has ${width} columns`,
    });
  };
  type Place = { index: number; column: Column };
  const optional = (column: Column | undefined, of: string) => (column === undefined ? undefined : place(column, of));
  const times = mapping.times.map((column) => place(column, 'time'));
  const [caller, intent, count] = [
    optional(mapping.caller, 'caller'),
    optional(mapping.intent, 'intent'),
    optional(mapping.count, 'count'),
  ];
  const [vip, talk] = [optional(mapping.vip?.column, 'vip'), optional(mapping.talk?.column, 'talk')];
  const where = mapping.where.map(({ column, values }) => ({ ...place(column, 'where'), values }));
  const cell = (row: number, of: Place) => {
    const text = rows[row]![of.index];
    if (text === undefined) throw refuse(row, of, `the row ends before this column: it has ${rows[row]!.length}`);
    return text.trim();
  };
  // Counted as a spreadsheet does: the header is row 1.
  const refuse = (row: number, { column }: Place, what: string, todo?: string) =>
    new CallsurgeError('log-invalid', what, { where: `${name} row ${row + skipped + 1}, column ${JSON.stringify(column)}`, todo });

  return (row) => {
    if (where.some((one) => !one.values.includes(cell(row, one)))) return undefined;
    const written = times.map((one) => cell(row, one)).join(' ');
    const at = mapping.reader.read(written);
    if (at === undefined)
      throw refuse(row, times[0]!, `"${shorten(written)}" is no time as ${mapping.timeFormat}`, 'set timeFormat in the mapping');
    const entry: Entry = { at, count: 1, caller: null, intent: null, vip: null, talkMs: null, unnamed: false };
    if (count) {
      const text = cell(row, count);
      if (!/^\d+$/.test(text)) throw refuse(row, count, `"${shorten(text)}" is no number of calls`);
      entry.count = Number(text);
    }
    if (caller) entry.caller = hashed(cell(row, caller), key);
    if (intent) {
      const text = cell(row, intent);
      entry.intent = mapping.intents ? (mapping.intents[text] ?? null) : text || null;
      entry.unnamed = entry.intent === null && text !== '';
      if (entry.intent !== null && LIKE_A_NUMBER.test(entry.intent))
        throw refuse(row, intent, 'an intent looks like a telephone number', 'name what it means under intents in the mapping');
    }
    if (vip) entry.vip = mapping.vip!.values.includes(cell(row, vip));
    if (talk) {
      const text = cell(row, talk);
      const ms = talkMs(text, mapping.talk!.unit);
      if (ms === undefined) throw refuse(row, talk, `"${shorten(text)}" is no talk time in ${mapping.talk!.unit}`);
      entry.talkMs = ms;
    }
    return entry;
  };
}

const shorten = (text: string) =>
  (text.length > 40 ? `${text.slice(0, 40)}…` : text).replace(/\d{7,}/g, (digits) => '*'.repeat(digits.length));

/** Digits alone, so that two writings of a number are one caller. The key dies with the import: nobody can try out all numbers. */
function hashed(number: string, key: Buffer): string | null {
  const digits = number.replace(/\D/g, '');
  return digits === '' ? null : createHmac('sha256', key).update(digits).digest('base64url').slice(0, 16);
}

/** '' is no talk at all: null. */
function talkMs(text: string, unit: 's' | 'ms' | 'hms'): number | null | undefined {
  if (text === '') return null;
  if (unit !== 'hms') return /^\d+(\.\d+)?$/.test(text) ? Number(text) * (unit === 's' ? 1000 : 1) : undefined;
  const parts = /^(?:(\d+):)?(\d{1,2}):(\d{2})(?:\.\d+)?$/.exec(text);
  return parts ? ((Number(parts[1] ?? 0) * 60 + Number(parts[2])) * 60 + Number(parts[3])) * 1000 : undefined;
}

/** The finest unit that the log really tells: a format with seconds in which every call begins at :00 has minutes. */
function resolutionOf(entries: readonly Entry[], { everyMs, reader }: CheckedMapping): number {
  if (everyMs !== undefined) return everyMs;
  const units = [MINUTE_MS, 1000, 1].filter((unit) => unit >= Math.min(reader.finestMs, MINUTE_MS));
  // A handful of calls may well have come on the stroke of a minute.
  const found = units.find(
    (unit) => (unit < MINUTE_MS || entries.length >= 20 || reader.finestMs >= unit) && entries.every(({ at }) => at % unit === 0),
  );
  return Math.max(reader.finestMs, found ?? 1);
}

function windowOf(entries: readonly Entry[], resolutionMs: number, { timezone }: CheckedMapping, { from, to }: ImportOptions) {
  const iso = timeReader('iso', timezone)!;
  const at = (text: string, flag: string) => {
    const time = iso.read(text);
    if (time !== undefined) return time;
    throw new CallsurgeError('option-invalid', `"${text}" is no time`, {
      where: flag,
      todo: 'write it as 2025-11-10T23:30, in the log’s time zone',
    });
  };
  // To the minute, or to the rows' own unit where that is finer than an hour's half: counts begin where their row does.
  const first = Math.floor(entries[0]!.at / MINUTE_MS) * MINUTE_MS;
  const last = Math.ceil((entries.at(-1)!.at + Math.max(1, resolutionMs)) / MINUTE_MS) * MINUTE_MS;
  const window = { from: from === undefined ? first : at(from, '--from'), to: to === undefined ? last : at(to, '--to') };
  if (window.to > window.from) return window;
  throw new CallsurgeError('option-invalid', 'the window ends before it begins', { where: '--to' });
}

/** Which column of a log is what: the mapping file of `callsurge import`, checked. */
import { CallsurgeError } from '../errors.ts';
import { Fields } from '../schedule/fields.ts';
import { type TimeReader, timeReader } from './log-times.ts';

/** As written. Columns by the name in the log's first row; by number, from 1, where it has none (`header: false`). */
export interface LogMapping {
  /** Column of the call's start; several are joined by a space (date and time apart). */
  time: Column | Column[];
  /** Default iso. */
  timeFormat?: string;
  /** Default UTC. */
  timezone?: string;
  /** Caller's number: hashed, so that one caller stays one caller, and never kept. */
  caller?: Column;
  /** What the caller wanted: queue, skill, menu path. `intents` says what its values mean to the scenario. */
  intent?: Column;
  intents?: Record<string, string>;
  /** VIP where the column has one of the values. */
  vip?: { column: Column; values: string[] };
  /** Talk time: a number of the unit, or h:mm:ss. */
  talk?: { column: Column; unit?: 's' | 'ms' | 'hms' };
  /** Calls of each row, where the log only counts (per hour, say); `every` is what a row covers. */
  count?: Column;
  every?: string;
  /** Rows that have these values; all others are left out (a CDR holds outgoing calls, too). */
  where?: Record<string, string | string[]>;
  /** Default true. */
  header?: boolean;
  /** Default: found out. */
  delimiter?: string;
  /** Default utf-8; gb18030 for what Excel writes in Chinese. */
  encoding?: string;
}

export type Column = string | number;

export interface CheckedMapping {
  times: Column[];
  reader: TimeReader;
  timeFormat: string;
  timezone: string;
  caller: Column | undefined;
  intent: Column | undefined;
  intents: Record<string, string> | undefined;
  vip: { column: Column; values: string[] } | undefined;
  talk: { column: Column; unit: 's' | 'ms' | 'hms' } | undefined;
  count: Column | undefined;
  everyMs: number | undefined;
  where: { column: Column; values: string[] }[];
  header: boolean;
  delimiter: string | undefined;
  encoding: string;
}

/** @throws CallsurgeError `mapping-invalid`, naming the field. */
export function checkMapping(raw: unknown, file: string): CheckedMapping {
  try {
    return check(raw);
  } catch (thrown) {
    if (!(thrown instanceof CallsurgeError)) throw thrown;
    throw new CallsurgeError('mapping-invalid', thrown.message, {
      where: `${file}${thrown.where ? `: ${thrown.where}` : ''}`,
      todo: thrown.todo,
      cause: thrown,
    });
  }
}

function check(raw: unknown): CheckedMapping {
  const fields = new Fields(raw, '');
  const header = fields.boolean('header', true);
  const column = (of: Fields, name: string, value: unknown = of.raw(name)): Column => {
    if (header ? typeof value === 'string' && value !== '' : Number.isInteger(value) && (value as number) >= 1) return value as Column;
    throw of.invalid(name, header ? 'must name a column' : 'must be the number of a column, from 1: the log has no header');
  };
  const optional = (name: string) => (fields.has(name) ? column(fields, name) : undefined);
  const time = fields.raw('time');
  if (time === undefined) throw fields.missing('time');
  const timeFormat = fields.string('timeFormat', 'iso');
  const timezone = fields.string('timezone', 'UTC');
  let reader: TimeReader | undefined;
  try {
    reader = timeReader(timeFormat, timezone);
  } catch {
    throw fields.invalid('timezone', `is ${timezone}, no time zone`, 'write it as Asia/Shanghai');
  }
  if (!reader) throw fields.invalid('timeFormat', `is "${timeFormat}"`, 'write it as YYYY-MM-DD HH:mm:ss, iso, epoch-s or epoch-ms');
  const encoding = fields.string('encoding', 'utf-8');
  if (!isEncoding(encoding)) throw fields.invalid('encoding', `is ${encoding}, unknown here`, 'use utf-8, gb18030 or utf-16le');
  const checked: CheckedMapping = {
    times: (Array.isArray(time) ? time : [time]).map((one) => column(fields, 'time', one)),
    reader,
    timeFormat,
    timezone,
    caller: optional('caller'),
    intent: optional('intent'),
    intents: fields.has('intents') ? fields.texts('intents') : undefined,
    vip: checkVip(fields, column),
    talk: checkTalk(fields, column),
    count: optional('count'),
    everyMs: fields.has('every') ? fields.duration('every', undefined, 1) : undefined,
    where: checkWhere(fields, header),
    header,
    delimiter: fields.has('delimiter') ? fields.string('delimiter') : undefined,
    encoding,
  };
  fields.end();
  if (checked.count !== undefined && checked.everyMs === undefined)
    throw fields.invalid('every', 'is missing beside count', 'say what time a row covers, as "1h"');
  return checked;
}

type ReadColumn = (of: Fields, name: string) => Column;

function checkVip(fields: Fields, column: ReadColumn): CheckedMapping['vip'] {
  if (!fields.has('vip')) return undefined;
  const vip = new Fields(fields.raw('vip'), fields.path('vip'));
  const values = vip.raw('values');
  if (!Array.isArray(values) || !values.every((value) => typeof value === 'string')) throw vip.invalid('values', 'must be a list of texts');
  const checked = { column: column(vip, 'column'), values };
  vip.end();
  return checked;
}

function checkTalk(fields: Fields, column: ReadColumn): CheckedMapping['talk'] {
  if (!fields.has('talk')) return undefined;
  const talk = new Fields(fields.raw('talk'), fields.path('talk'));
  const checked = { column: column(talk, 'column'), unit: talk.oneOf('unit', ['s', 'ms', 'hms'], 's') };
  talk.end();
  return checked;
}

function checkWhere(fields: Fields, header: boolean): CheckedMapping['where'] {
  const raw = fields.raw('where');
  if (raw === undefined) return [];
  const where = new Fields(raw, fields.path('where'));
  return Object.keys(raw as object).map((name) => {
    const value = where.raw(name);
    const values = (Array.isArray(value) ? value : [value]) as string[];
    if (!values.every((one) => typeof one === 'string')) throw where.invalid(name, 'must be a text or a list of texts');
    return { column: header ? name : Number(name), values };
  });
}

function isEncoding(name: string): boolean {
  try {
    return Boolean(new TextDecoder(name));
  } catch {
    return false;
  }
}

/** Which column of a vendor's queue or CDR report is what: the mapping file of `callsurge reconcile`, checked. */
import { CallsurgeError } from '../errors.ts';
import { VENDOR_CLASSES, type VendorClass } from '../record/schema.ts';
import { type TimeReader, timeReader } from '../scenario/log-times.ts';
import { Fields } from '../schedule/fields.ts';
import { type CheckedRule, checkRules, checkWhen, type OutcomeRule } from './record-outcome.ts';

export type Column = string | number;
const DURATION_UNITS = ['s', 'ms', 'min', 'hms'] as const;
export type DurationUnit = (typeof DURATION_UNITS)[number];
export interface DurationColumn {
  column: Column;
  /** Default s; hms: h:mm:ss. */
  unit?: DurationUnit;
}

/** As written. Columns by the name in the report's first row; by number, from 1, where it has none (`header: false`). */
export interface VendorMapping {
  /** Default csv; asterisk-queue-log needs no columns. */
  format?: 'csv' | 'asterisk-queue-log';
  /** At least one of the two. */
  callId?: Column;
  caller?: Column;
  /** Rows with the same value here are one call: reports with a row for each leg or each agent that was rung. Default: each row is a call. */
  sameCall?: Column;
  /** Times: call arrived, picked up (200, menu), queue entered, agent on the line, over. At least one; several columns are joined by a space. */
  start?: Column | Column[];
  answer?: Column | Column[];
  queue?: Column | Column[];
  agentAnswer?: Column | Column[];
  end?: Column | Column[];
  /** Default iso, as in `callsurge import`. */
  timeFormat?: string;
  /** IANA name. Default UTC. */
  timezone?: string;
  wait?: DurationColumn;
  talk?: DurationColumn;
  /** What the vendor bills for the call. */
  billed?: DurationColumn;
  /** What the column's values mean: `{ '已接听': 'answered', … }`, or rules over several columns. A value or row that is not here is refused. */
  outcome?: { column: Column; values: Record<string, VendorClass> } | OutcomeRule[];
  agent?: Column;
  /** Present where the cell is neither empty nor one of `absent`. */
  recording?: { column: Column; absent?: string[] };
  /** Rows that have these values; all others are left out. */
  where?: Record<string, string | string[]>;
  header?: boolean;
  delimiter?: string;
  encoding?: string;
  /** The vendor's rule: each call is rounded up to this. Default 60s of answered time. */
  billing?: { every?: string; of?: 'answered' | 'talk' };
  /** Furthest apart that one call may stand in the two records. Default 10s. */
  within?: string;
  /** Waits and talk times that differ by no more are the same. Default 1500ms: reports have whole seconds. */
  same?: string;
}

export const TIME_COLUMNS = ['start', 'answer', 'queue', 'agentAnswer', 'end'] as const;
export const DURATION_COLUMNS = ['wait', 'talk', 'billed'] as const;

export interface CheckedVendorMapping {
  format: 'csv' | 'asterisk-queue-log';
  callId: Column | undefined;
  caller: Column | undefined;
  sameCall: Column | undefined;
  times: Partial<Record<(typeof TIME_COLUMNS)[number], Column[]>>;
  reader: TimeReader;
  timeFormat: string;
  durations: Partial<Record<(typeof DURATION_COLUMNS)[number], Required<DurationColumn>>>;
  outcome: { column: Column; values: Record<string, VendorClass> } | { rules: CheckedRule[] } | undefined;
  agent: Column | undefined;
  recording: { column: Column; absent: string[] } | undefined;
  where: CheckedRule['when'];
  header: boolean;
  delimiter: string | undefined;
  encoding: string;
  billing: { everyS: number; of: 'answered' | 'talk' };
  withinMs: number;
  sameMs: number;
}

/** @throws CallsurgeError `mapping-invalid`, naming the field. */
export function checkVendorMapping(raw: unknown, file: string): CheckedVendorMapping {
  try {
    return check(raw);
  } catch (thrown) {
    if (!(thrown instanceof CallsurgeError)) throw thrown;
    const where = `${file}${thrown.where ? `: ${thrown.where}` : ''}`;
    throw new CallsurgeError('mapping-invalid', thrown.message, { where, todo: thrown.todo, cause: thrown });
  }
}

function check(raw: unknown): CheckedVendorMapping {
  const fields = new Fields(raw, '');
  const format = fields.oneOf('format', ['csv', 'asterisk-queue-log'], 'csv');
  const header = fields.boolean('header', true);
  const column = (of: Fields, name: string, value: unknown = of.raw(name)): Column => {
    if (header ? typeof value === 'string' && value !== '' : Number.isInteger(value) && (value as number) >= 1) return value as Column;
    throw of.invalid(name, header ? 'must name a column' : 'must be the number of a column, from 1: the report has no header');
  };
  const optional = (name: string) => (fields.has(name) ? column(fields, name) : undefined);
  const timeFormat = fields.string('timeFormat', 'iso');
  const times: CheckedVendorMapping['times'] = {};
  for (const name of TIME_COLUMNS) {
    const value = fields.raw(name);
    if (value !== undefined) times[name] = (Array.isArray(value) ? value : [value]).map((one) => column(fields, name, one));
  }
  const durations: CheckedVendorMapping['durations'] = {};
  for (const name of DURATION_COLUMNS) {
    if (!fields.has(name)) continue;
    const duration = new Fields(fields.raw(name), fields.path(name));
    durations[name] = { column: column(duration, 'column'), unit: duration.oneOf('unit', DURATION_UNITS, 's') };
    duration.end();
  }
  const checked: CheckedVendorMapping = {
    format,
    callId: optional('callId'),
    caller: optional('caller'),
    sameCall: optional('sameCall'),
    times,
    reader: readerOf(fields, timeFormat),
    timeFormat,
    durations,
    outcome: outcomeOf(fields, column, header),
    agent: optional('agent'),
    recording: recordingOf(fields, column),
    where: checkWhen(fields, 'where', header),
    header,
    delimiter: fields.has('delimiter') ? fields.string('delimiter') : undefined,
    encoding: encodingOf(fields),
    billing: billingOf(fields),
    withinMs: fields.duration('within', '10s', 1),
    sameMs: fields.duration('same', '1500ms'),
  };
  fields.end();
  if (format === 'csv') {
    if (checked.callId === undefined && checked.caller === undefined)
      throw fields.invalid('caller', 'is missing', 'name the column of the caller’s number, or callId');
    if (Object.keys(times).length === 0)
      throw fields.invalid('start', 'is missing', 'name at least one time: start, answer, queue, agentAnswer or end');
    if (!checked.outcome) throw fields.invalid('outcome', 'is missing', 'write { "column": …, "values": { "…": "answered" } }');
  }
  return checked;
}

type ReadColumn = (of: Fields, name: string) => Column;

function readerOf(fields: Fields, timeFormat: string): TimeReader {
  const timezone = fields.string('timezone', 'UTC');
  let reader: TimeReader | undefined;
  try {
    reader = timeReader(timeFormat, timezone);
  } catch {
    throw fields.invalid('timezone', `is ${timezone}, no time zone`, 'write it as Asia/Shanghai');
  }
  if (!reader) throw fields.invalid('timeFormat', `is "${timeFormat}"`, 'write it as YYYY-MM-DD HH:mm:ss, iso, epoch-s or epoch-ms');
  return reader;
}

function encodingOf(fields: Fields): string {
  const encoding = fields.string('encoding', 'utf-8');
  try {
    return new TextDecoder(encoding).encoding;
  } catch {
    throw fields.invalid('encoding', `is ${encoding}, unknown here`, 'use utf-8, gb18030 or utf-16le');
  }
}

function outcomeOf(fields: Fields, column: ReadColumn, header: boolean): CheckedVendorMapping['outcome'] {
  if (!fields.has('outcome')) return undefined;
  if (Array.isArray(fields.raw('outcome'))) return { rules: checkRules(fields.list('outcome'), header, fields) };
  const outcome = new Fields(fields.raw('outcome'), 'outcome');
  const values = new Fields(outcome.raw('values') ?? {}, 'outcome.values');
  const names = Object.keys((outcome.raw('values') as object | undefined) ?? {});
  if (names.length === 0) throw outcome.invalid('values', 'must say what the column’s values mean');
  const checked = {
    column: column(outcome, 'column'),
    values: Object.fromEntries(names.map((name) => [name, values.oneOf(name, VENDOR_CLASSES)])),
  };
  outcome.end();
  return checked;
}

function recordingOf(fields: Fields, column: ReadColumn): CheckedVendorMapping['recording'] {
  if (!fields.has('recording')) return undefined;
  const recording = new Fields(fields.raw('recording'), 'recording');
  const absent = recording.raw('absent') ?? [];
  if (!Array.isArray(absent) || !absent.every((value) => typeof value === 'string'))
    throw recording.invalid('absent', 'must be a list of texts');
  const checked = { column: column(recording, 'column'), absent };
  recording.end();
  return checked;
}

function billingOf(fields: Fields): CheckedVendorMapping['billing'] {
  const billing = new Fields(fields.raw('billing') ?? {}, 'billing');
  const checked = {
    everyS: billing.duration('every', '60s', 1) / 1000,
    of: billing.oneOf('of', ['answered', 'talk'], 'answered'),
  };
  billing.end();
  return checked;
}

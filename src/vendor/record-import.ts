/**
 * A vendor's queue or CDR report into rows. A bad cell is named by its row and column, counted as a spreadsheet counts them; numbers of callers, who
 * may be anybody's customers, are masked in messages.
 */
import Papa from 'papaparse';
import { CallsurgeError } from '../errors.ts';
import type { VendorCall, VendorClass } from '../record/schema.ts';
import { queueLogCalls } from './asterisk-queue-log.ts';
import { joinLegs } from './record-legs.ts';
import { type CheckedVendorMapping, type Column, DURATION_COLUMNS, type DurationUnit, TIME_COLUMNS } from './record-mapping.ts';
import { fits } from './record-outcome.ts';

export interface VendorRecord {
  calls: VendorCall[];
  /** One line for each row that could not be read, with `skipBad`. */
  skipped: string[];
}

/**
 * @param name the file's name for messages
 * @throws CallsurgeError `log-invalid`, naming row and column; `mapping-invalid` for a column that the report does not have
 */
export function importVendorRecord(
  content: Uint8Array,
  mapping: CheckedVendorMapping,
  { name, skipBad = false }: { name: string; skipBad?: boolean },
): VendorRecord {
  const text = decode(content, mapping.encoding, name);
  const skipped: string[] = [];
  const bad = (problem: CallsurgeError) => {
    if (!skipBad) throw problem;
    skipped.push(problem.oneLine());
  };
  const calls = mapping.format === 'asterisk-queue-log' ? queueLogCalls(text, name, bad) : csvCalls(text, mapping, name, bad);
  if (calls.length === 0) throw new CallsurgeError('log-invalid', 'the report has no call', { where: name });
  return { calls, skipped };
}

function decode(content: Uint8Array, encoding: string, name: string): string {
  // What begins with a byte-order mark says itself what it is.
  const marked = content[0] === 0xff && content[1] === 0xfe ? 'utf-16le' : content[0] === 0xef && content[1] === 0xbb ? 'utf-8' : encoding;
  try {
    return new TextDecoder(marked, { fatal: true }).decode(content);
  } catch (cause) {
    const todo = 'set "encoding" in the mapping: gb18030 for what Excel writes in Chinese';
    throw new CallsurgeError('log-invalid', `the report is not ${marked}`, { where: name, todo, cause });
  }
}

type Place = { index: number; column: Column };

function csvCalls(text: string, mapping: CheckedVendorMapping, name: string, bad: (problem: CallsurgeError) => void): VendorCall[] {
  const { delimiter, header } = mapping;
  const parsed = Papa.parse<string[]>(text, delimiter === undefined ? {} : { delimiter });
  const broken = parsed.errors.find(({ type }) => type === 'Quotes');
  if (broken) {
    const where = `${name} row ${(broken.row ?? 0) + 1}`;
    throw new CallsurgeError('log-invalid', `a quote is not closed: ${broken.message}`, { where });
  }
  const rows = parsed.data;
  const first = header ? rows.findIndex((cells) => !isBlank(cells)) : -1;
  const heads = first >= 0 ? rows[first]!.map((cell) => cell.trim()) : undefined;
  const width = heads?.length ?? rows[0]?.length ?? 0;
  const place = (column: Column, of: string): Place => {
    const index = heads ? heads.indexOf(String(column)) : Number(column) - 1;
    if (index >= 0 && index < width) return { index, column };
    throw new CallsurgeError('mapping-invalid', `the report has no column ${JSON.stringify(column)}`, {
      where: of,
      todo: heads ? `it has ${heads.join(', ')}` : `it has ${width} columns`,
    });
  };
  const read = rowReader(mapping, place, name);
  const sameCall = mapping.sameCall === undefined ? undefined : place(mapping.sameCall, 'sameCall');
  const calls: VendorCall[] = [];
  const keys: string[] = [];
  for (let i = first + 1; i < rows.length; i++) {
    if (isBlank(rows[i]!)) continue;
    try {
      const call = read(rows[i]!, i + 1);
      if (!call) continue;
      calls.push(call);
      if (sameCall) keys.push(rows[i]![sameCall.index]?.trim() ?? '');
    } catch (thrown) {
      if (!(thrown instanceof CallsurgeError)) throw thrown;
      bad(thrown);
    }
  }
  return sameCall ? joinLegs(calls, keys) : calls;
}

const isBlank = (cells: readonly string[]) => cells.every((cell) => cell.trim() === '');

/** @returns a function from a row to its call; undefined where `where` leaves it out. */
function rowReader(mapping: CheckedVendorMapping, place: (column: Column, of: string) => Place, name: string) {
  const optional = (column: Column | undefined, of: string) => (column === undefined ? undefined : place(column, of));
  const [callId, caller, agent] = [
    optional(mapping.callId, 'callId'),
    optional(mapping.caller, 'caller'),
    optional(mapping.agent, 'agent'),
  ];
  const recording = optional(mapping.recording?.column, 'recording');
  const outcome = outcomeReader(mapping.outcome!, place);
  const times = TIME_COLUMNS.map((of) => mapping.times[of]?.map((column) => place(column, of)));
  const durations = DURATION_COLUMNS.map((of) => {
    const duration = mapping.durations[of];
    return duration && { ...place(duration.column, of), unit: duration.unit };
  });
  const where = mapping.where.map(({ column, values }) => ({ ...place(column, 'where'), values }));
  const cellOf =
    (cells: readonly string[]) =>
    ({ index }: Place) =>
      cells[index]?.trim() ?? '';

  return (cells: readonly string[], row: number): VendorCall | undefined => {
    const cell = cellOf(cells);
    const refuse = ({ column }: Place, what: string, todo?: string) =>
      new CallsurgeError('log-invalid', what, { where: `${name} row ${row}, column ${JSON.stringify(column)}`, todo });
    if (where.some((one) => !one.values.some((value) => fits(cell(one), value)))) return undefined;
    const [startMs, answerMs, queueMs, agentMs, endMs] = times.map((places) => {
      const written = places?.map(cell).join(' ').trim();
      if (!places || !written) return null;
      const at = mapping.reader.read(written);
      if (at !== undefined) return at;
      throw refuse(places[0]!, `"${masked(written)}" is no time as ${mapping.timeFormat}`, 'set timeFormat in the mapping');
    }) as (number | null)[];
    const [waitMs, talkMs, billedMs] = durations.map((one) => {
      if (!one || cell(one) === '') return null;
      const ms = durationOf(cell(one), one.unit);
      if (ms !== undefined) return ms;
      throw refuse(one, `"${masked(cell(one))}" is no time in ${one.unit}`, 'set unit in the mapping');
    }) as (number | null)[];
    if ([startMs, queueMs, agentMs, endMs].every((at) => at === null) && !(callId && cell(callId)))
      throw refuse(times.find((places) => places !== undefined)![0]!, 'the row has no time', 'leave such rows out by "where"');
    return {
      row,
      sipCallId: callId ? cell(callId) : '',
      caller: caller ? cell(caller) : '',
      startMs: startMs!,
      answerMs: answerMs!,
      queueMs: queueMs!,
      agentMs: agentMs!,
      endMs: endMs!,
      waitMs: waitMs!,
      talkMs: talkMs!,
      billedS: billedMs! === null ? null : billedMs! / 1000,
      agent: agent ? cell(agent) || null : null,
      recording: recording ? cell(recording) !== '' && !mapping.recording!.absent.includes(cell(recording)) : null,
      outcome: outcome(cell, refuse),
    };
  };
}

type Refuse = (place: Place, what: string, todo?: string) => CallsurgeError;

/** @returns what says of a row what became of its call, or refuses it. */
function outcomeReader(
  outcome: NonNullable<CheckedVendorMapping['outcome']>,
  place: (column: Column, of: string) => Place,
): (cell: (place: Place) => string, refuse: Refuse) => VendorClass {
  if ('rules' in outcome) {
    const rules = outcome.rules.map(({ when, is }) => ({
      is,
      when: when.map((one) => ({ ...place(one.column, 'outcome'), values: one.values })),
    }));
    const columns = [...new Map(rules.flatMap(({ when }) => when).map((one) => [one.index, one])).values()];
    return (cell, refuse) => {
      const rule = rules.find(({ when }) => when.every((one) => one.values.some((value) => fits(cell(one), value))));
      if (rule) return rule.is;
      const row = columns.map((one) => `${one.column} "${masked(cell(one))}"`).join(', ');
      throw refuse(columns[0]!, `no rule of outcome fits ${row}`, 'add one to the mapping, or leave such rows out by "where"');
    };
  }
  const column = place(outcome.column, 'outcome');
  return (cell, refuse) => {
    const written = cell(column);
    if (Object.hasOwn(outcome.values, written)) return outcome.values[written]!;
    const known = Object.keys(outcome.values).join(', ');
    throw refuse(column, `"${masked(written)}" is not among outcome.values`, `the mapping knows ${known}`);
  };
}

const PER_UNIT: Record<Exclude<DurationUnit, 'hms'>, number> = { s: 1000, ms: 1, min: 60_000 };

/** @returns ms; undefined where the text is no such duration. */
function durationOf(text: string, unit: DurationUnit): number | undefined {
  if (unit !== 'hms') return /^\d+(\.\d+)?$/.test(text) ? Number(text) * PER_UNIT[unit] : undefined;
  const parts = /^(?:(\d+):)?(\d{1,2}):(\d{2}(?:\.\d+)?)$/.exec(text);
  return parts ? ((Number(parts[1] ?? 0) * 60 + Number(parts[2])) * 60 + Number(parts[3])) * 1000 : undefined;
}

const masked = (text: string) =>
  (text.length > 40 ? `${text.slice(0, 40)}…` : text).replace(/\d{7,}/g, (digits) => '*'.repeat(digits.length));

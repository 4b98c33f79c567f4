/** `surge.arrivals: { replay: 'data/last-year.json', … }`: checked, and the imported log read. */
import { readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { CallsurgeError, messageOf } from '../errors.ts';
import { Fields } from '../schedule/fields.ts';
import type { Replay, ReplayLog } from '../schedule/replay.ts';
import type { ReplayOptions } from './surge.ts';

/** As run: plain data for run.json; the log itself stays in its file. */
export interface CheckedReplay {
  file: string;
  scale: number;
  compress: number;
  fromMs: number;
  /** null: to the end of the log. */
  toMs: number | null;
  scenario: string | null;
}

/** Arrivals of an imported log: `arrivals: replay('data/last-year.json', { scale: 1.5 })`. */
export function replay(file: string, options: Omit<ReplayOptions, 'replay'> = {}): ReplayOptions {
  return { replay: file, ...options };
}

/** @param folder of the scenario file: what `replay` is relative to. @throws CallsurgeError `option-invalid`, naming the field. */
export function checkReplay(raw: unknown, where: string, folder: string): CheckedReplay {
  const fields = new Fields(raw, where);
  const file = fields.string('replay');
  const checked: CheckedReplay = {
    file: isAbsolute(file) ? file : join(folder, file),
    scale: factor(fields, 'scale'),
    compress: factor(fields, 'compress'),
    fromMs: fields.duration('from', 0),
    toMs: fields.has('to') ? fields.duration('to', undefined, 1) : null,
    scenario: fields.has('scenario') ? fields.string('scenario') : null,
  };
  fields.end();
  if (checked.toMs !== null && checked.toMs <= checked.fromMs) throw fields.invalid('to', 'must lie after from');
  return checked;
}

function factor(fields: Fields, name: string): number {
  const value = fields.raw(name) ?? 1;
  if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0) throw fields.invalid(name, 'must be a number above 0');
  return value;
}

/** @throws CallsurgeError `option-invalid` where the file is not what `callsurge import` writes, or nothing of it is played. */
export function readReplay(checked: CheckedReplay): Replay {
  const { file, scale, compress, fromMs, scenario } = checked;
  const log = readLog(file);
  const toMs = Math.min(checked.toMs ?? log.durationMs, log.durationMs);
  if (fromMs >= toMs)
    throw new CallsurgeError('option-invalid', `the log lasts ${log.durationMs}ms and the window begins at ${fromMs}ms`, {
      where: 'surge.arrivals.from',
      todo: 'begin inside the log',
    });
  return { log, scale, compress, fromMs, toMs, ...(scenario === null ? {} : { scenario }) };
}

function readLog(file: string): ReplayLog {
  const refuse = (what: string, cause?: unknown) =>
    new CallsurgeError('option-invalid', what, { where: file, todo: 'make it with callsurge import', cause });
  let log: ReplayLog;
  try {
    log = JSON.parse(readFileSync(file, 'utf8')) as ReplayLog;
  } catch (cause) {
    throw refuse(`the replayed log cannot be read: ${messageOf(cause)}`, cause);
  }
  if (log?.callsurge !== 'arrivals' || log.version !== 1 || !Array.isArray(log.at)) throw refuse('this is no imported log');
  const { at, durationMs, resolutionMs } = log;
  if (!(durationMs > 0) || !(resolutionMs > 0)) throw refuse('the log has no duration or no resolution');
  const wrong = at.findIndex((ms, i) => typeof ms !== 'number' || !(ms >= (at[i - 1] ?? 0)) || ms >= durationMs);
  if (wrong >= 0) throw refuse(`at[${wrong}] is ${at[wrong]}: times must rise and lie inside the log`);
  for (const name of ['count', 'caller', 'intent', 'vip', 'talkMs'] as const)
    if (log[name] !== undefined && log[name].length !== at.length)
      throw refuse(`${name} has ${log[name].length} entries, at has ${at.length}`);
  const counted = log.count?.findIndex((n) => !Number.isInteger(n) || n < 0) ?? -1;
  if (counted >= 0) throw refuse(`count[${counted}] is ${log.count![counted]}, no number of calls`);
  return log;
}

/**
 * Times as logs write them, in the log's own time zone, to ms since the Unix epoch.
 *
 *     YYYY-MM-DD HH:mm:ss.SSS   any order and separators; M D H m s without leading zeros
 *     iso                       2025-11-10T23:59:59.123+08:00, or without a zone
 *     epoch-s, epoch-ms
 */
export interface TimeReader {
  /** @returns ms since the Unix epoch, or undefined where the text is no such time. */
  read(text: string): number | undefined;
  /** The finest unit that the format can tell, ms. */
  finestMs: number;
}

const TOKENS: Record<string, { name: string; digits: string; unitMs: number }> = {
  YYYY: { name: 'year', digits: '\\d{4}', unitMs: 0 },
  MM: { name: 'month', digits: '\\d{2}', unitMs: 0 },
  M: { name: 'month', digits: '\\d{1,2}', unitMs: 0 },
  DD: { name: 'day', digits: '\\d{2}', unitMs: 86_400_000 },
  D: { name: 'day', digits: '\\d{1,2}', unitMs: 86_400_000 },
  HH: { name: 'hour', digits: '\\d{2}', unitMs: 3_600_000 },
  H: { name: 'hour', digits: '\\d{1,2}', unitMs: 3_600_000 },
  mm: { name: 'minute', digits: '\\d{2}', unitMs: 60_000 },
  m: { name: 'minute', digits: '\\d{1,2}', unitMs: 60_000 },
  ss: { name: 'second', digits: '\\d{2}', unitMs: 1000 },
  s: { name: 'second', digits: '\\d{1,2}', unitMs: 1000 },
  SSS: { name: 'fraction', digits: '\\d{1,9}', unitMs: 1 },
};
const TOKEN = /YYYY|MM|M|DD|D|HH|H|mm|m|SSS|ss|s/g;
const ISO = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(Z|[+-]\d\d:?\d\d)?$/;

/** @returns undefined where the format has no year, month or day, names a part twice, or has letters (but T and Z) that are no part. */
export function timeReader(format: string, timezone: string): TimeReader | undefined {
  const zone = zoneOf(timezone);
  if (format === 'epoch-s' || format === 'epoch-ms') {
    const factor = format === 'epoch-s' ? 1000 : 1;
    return { finestMs: 1, read: (text) => (/^\d+(\.\d+)?$/.test(text) ? Math.round(Number(text) * factor) : undefined) };
  }
  if (format === 'iso') return { finestMs: 1, read: (text) => readIso(text, zone) };
  const names: string[] = [];
  let finestMs = Number.POSITIVE_INFINITY;
  let last = 0;
  let source = '';
  for (const { 0: token, index } of format.matchAll(TOKEN)) {
    const { name, digits, unitMs } = TOKENS[token]!;
    source += `${escapeText(format.slice(last, index))}(${digits})`;
    last = index + token.length;
    names.push(name);
    if (unitMs > 0) finestMs = Math.min(finestMs, unitMs);
  }
  // What is left over of a format is separators; hh or A would never match a time, and say nothing of why.
  if (/[A-SU-Ya-z]/.test(format.replace(TOKEN, ''))) return undefined;
  if (new Set(names).size !== names.length || !['year', 'month', 'day'].every((name) => names.includes(name))) return undefined;
  const pattern = new RegExp(`^${source}${escapeText(format.slice(last))}$`);
  return {
    finestMs,
    read(text) {
      const match = pattern.exec(text);
      if (!match) return undefined;
      const parts = Object.fromEntries(names.map((name, i) => [name, match[i + 1]!]));
      return toEpoch(parts, zone);
    },
  };
}

function readIso(text: string, zone: Zone): number | undefined {
  const match = ISO.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second = '0', fraction = '0', offset] = match;
  const parts = { year, month, day, hour, minute, second, fraction } as Record<string, string>;
  if (offset === undefined) return toEpoch(parts, zone);
  const [, sign, hours, minutes] = /^([+-])(\d\d):?(\d\d)$/.exec(offset === 'Z' ? '+00:00' : offset)!;
  const offsetMs = (Number(hours) * 60 + Number(minutes)) * 60_000 * (sign === '-' ? -1 : 1);
  return toEpoch(parts, () => offsetMs);
}

function toEpoch(parts: Record<string, string>, zone: Zone): number | undefined {
  const n = (name: string) => Number(parts[name] ?? 0);
  const fraction = Math.floor(Number(`0.${parts.fraction ?? 0}`) * 1000);
  const local = Date.UTC(n('year'), n('month') - 1, n('day'), n('hour'), n('minute'), n('second'), fraction);
  const written = new Date(local);
  // Date.UTC carries the 31st of February over into March.
  const same = written.getUTCMonth() === n('month') - 1 && written.getUTCDate() === n('day') && n('hour') < 24 && n('minute') < 60;
  return same && n('second') < 60 ? local - zone(local) : undefined;
}

/** Offset from UTC, ms, of a wall-clock time given as if it were UTC. */
type Zone = (local: number) => number;

function zoneOf(timezone: string): Zone {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: timezone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const offsetAt = (utc: number) => {
    const p = Object.fromEntries(format.formatToParts(utc).map(({ type, value }) => [type, Number(value)]));
    return Date.UTC(p.year!, p.month! - 1, p.day!, p.hour!, p.minute!, p.second!) - Math.floor(utc / 1000) * 1000;
  };
  // Offsets change on whole quarters of an hour: one question of the calendar for each.
  const known = new Map<number, number>();
  return (local) => {
    const quarter = Math.floor(local / 900_000);
    let offset = known.get(quarter);
    if (offset === undefined) {
      const start = quarter * 900_000;
      // Twice: the first guess is wrong only within hours of a change.
      offset = offsetAt(start - offsetAt(start));
      known.set(quarter, offset);
    }
    return offset;
  };
}

const escapeText = (text: string) => text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');

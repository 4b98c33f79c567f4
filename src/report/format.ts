/**
 * Numbers as people read them. Everything here is the same in every language: digits, SI symbols, signs. `null` never comes here: it is
 * "not measured", in words (table.ts).
 */

/** Number and unit stay on one line. */
const NB = '\u00a0';

/** `12,345`; a fraction keeps up to `decimals`. */
export function count(value: number, decimals = 2): string {
  return new Intl.NumberFormat('en-US', { maximumFractionDigits: decimals }).format(value === 0 ? 0 : value);
}

/** Milliseconds in the unit that reads best: `0.42 ms`, `38 ms`, `1.24 s`, `12.3 s`, `3 min 05 s`, `2 h 05 min`. */
export function duration(ms: number): string {
  const sign = ms < 0 ? '−' : '';
  const size = Math.abs(ms);
  if (size === 0) return `0${NB}ms`;
  if (size < 9.995) return `${sign}${size.toFixed(2)}${NB}ms`;
  if (size < 99.95) return `${sign}${size.toFixed(1)}${NB}ms`;
  if (size < 999.5) return `${sign}${Math.round(size)}${NB}ms`;
  if (size < 9995) return `${sign}${(size / 1000).toFixed(2)}${NB}s`;
  if (size < 59_950) return `${sign}${(size / 1000).toFixed(1)}${NB}s`;
  const seconds = Math.round(size / 1000);
  if (seconds < 3600) return `${sign}${Math.floor(seconds / 60)}${NB}min${NB}${two(seconds % 60)}${NB}s`;
  const minutes = Math.round(seconds / 60);
  return `${sign}${Math.floor(minutes / 60)}${NB}h${NB}${two(minutes % 60)}${NB}min`;
}

/** A round figure without its zeros, as a promise is worded: `15 min`, `5 s`, `80 %`. */
export function plain(text: string): string {
  return text
    .replace(/(\.\d*?)0+(?=\D|$)/, '$1')
    .replace(/\.(?=\D|$)/, '')
    .replace(/\u00a000\u00a0(s|min)$/, '');
}

/**
 * A share as percent: `81.1 %`. Never rounded to 0 % or 100 % unless it is exactly that: 0.99995 is `99.995 %`, because that is what a claim of
 * 99.99 % is about.
 */
export function percent(share: number): string {
  const percents = share * 100;
  if (percents === 0 || percents === 100) return `${percents}${NB}%`;
  const distance = Math.min(Math.abs(percents), Math.abs(100 - percents));
  const decimals = distance >= 1 ? 1 : Math.min(6, Math.max(1, 1 - Math.floor(Math.log10(distance) + 1e-9)));
  return `${percents.toFixed(decimals)}${NB}%`;
}

/** A MOS has two decimals. */
export function mos(value: number): string {
  return value.toFixed(2);
}

export type Unit = 'calls' | 'calls/s' | 'share' | 'percent' | 'ms' | 'mos' | 'count';

/** The value with its unit's symbol. `calls` and `count` are bare numbers: their name says what they count. */
export function inUnit(value: number, unit: Unit): string {
  switch (unit) {
    case 'share':
      return percent(value);
    case 'percent':
      return percent(value / 100);
    case 'ms':
      return duration(value);
    case 'mos':
      return mos(value);
    case 'calls/s':
      return `${count(value, 1)}/s`;
    default:
      return count(value);
  }
}

/** Time since the load began, as on the charts' axis: `0:05`, `12:30`, `1:02:30`. */
export function elapsed(ms: number): string {
  const sign = ms < 0 ? '−' : '';
  const seconds = Math.round(Math.abs(ms) / 1000);
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const rest = two(seconds % 60);
  return hours > 0 ? `${sign}${hours}:${two(minutes)}:${rest}` : `${sign}${minutes}:${rest}`;
}

/** `2026-11-11 00:00:05` in that time zone (IANA name). */
export function wallClock(ms: number, timeZone: string): string {
  if (!Number.isFinite(ms) || Math.abs(ms) > 8.64e15) return '–';
  const parts: Record<string, string> = {};
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
  for (const part of format.formatToParts(ms)) parts[part.type] = part.value;
  return `${parts.year}-${parts.month}-${parts.day} ${parts.hour}:${parts.minute}:${parts.second}`;
}

/** `UTC+08:00`: the zone's offset at that instant. */
export function zoneOffset(ms: number, timeZone: string): string {
  const format = new Intl.DateTimeFormat('en-GB', { timeZone, timeZoneName: 'longOffset' });
  const name = format.formatToParts(Number.isFinite(ms) ? ms : 0).find((part) => part.type === 'timeZoneName')?.value ?? 'GMT';
  return name.replace('GMT', 'UTC');
}

/** Whether Intl knows the zone: a profile's own text is not trusted to be one. */
export function isTimeZone(name: unknown): name is string {
  if (typeof name !== 'string') return false;
  try {
    new Intl.DateTimeFormat('en-GB', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

const two = (value: number) => String(value).padStart(2, '0');

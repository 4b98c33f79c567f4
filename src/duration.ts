/**
 * Durations as k6 writes them: a bare number or numeric string is milliseconds; Go units `ns us µs ms s m h`, and `d` for days, in any
 * sequence ("1h30m", "1.5s", "2d").
 */
import { CallsurgeError } from './errors.ts';

export type Duration = string | number;

const UNIT_MS: Record<string, number> = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const PART = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h|d)/gy;

/** @returns milliseconds, never negative. @throws CallsurgeError `option-invalid`, naming the field. */
export function durationMs(value: Duration, field = 'duration'): number {
  const ms = typeof value === 'number' ? value : parse(value.trim());
  if (Number.isFinite(ms) && ms >= 0) return ms;
  throw new CallsurgeError('option-invalid', `"${value}" is not a duration`, {
    where: field,
    todo: 'write milliseconds or units, as 90s, 1m30s, 250ms',
  });
}

function parse(text: string): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  PART.lastIndex = 0;
  let total = 0;
  while (PART.lastIndex < text.length) {
    const part = PART.exec(text);
    if (!part) return Number.NaN;
    total += Number(part[1]) * UNIT_MS[part[2]!]!;
  }
  return text.length > 0 ? total : Number.NaN;
}

/** As k6 prints it: `2m0s`, `30s`, `1h0m0s`, `250ms`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${trim(ms)}ms`;
  // Rounded before it is split, or 59.9999s would print as 60s.
  const s = Math.round(ms) / 1000;
  const h = Math.floor(s / 3600);
  const m = Math.floor((s % 3600) / 60);
  const rest = `${trim(s - h * 3600 - m * 60)}s`;
  return h > 0 ? `${h}h${m}m${rest}` : m > 0 ? `${m}m${rest}` : rest;
}

const trim = (value: number) => String(Math.round(value * 1000) / 1000);

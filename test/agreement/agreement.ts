/** Two observers' views of the same calls, held against each other (docs/metrics.md, agreement with somebody else's record). */
import type { Spread } from '../../src/analysis/model.ts';
import type { Fate } from './fate.ts';
import { spreadOf } from './spread.ts';

/** Decisions closer than this may be seen in either order: a race, not a difference. */
export const RACE_MS = 50;
/** Share of the calls that may be races; one always may. */
export const RACE_SHARE = 0.002;

/** One call as the two sides saw it. */
export interface Seen {
  /** Call-ID. */
  key: string;
  caller: string;
  ours: Fate;
  theirs: Fate;
  /** When each side decided, ms; null where it cannot say. */
  oursMs: number | null;
  theirsMs: number | null;
  /** Waits in ms, where both sides have one. */
  waits: { ours: number; theirs: number } | null;
}

export interface Difference {
  key: string;
  caller: string;
  /** What differs, for people. */
  what: string;
}

export interface Agreement {
  calls: number;
  /** Calls of the same fate on both sides. */
  same: number;
  differences: Difference[];
  races: Difference[];
  racesAllowed: number;
  /** Absolute difference of the waits, ms. */
  waitErrors: Spread;
  /** Calls whose waits differ by more than the limit. */
  waitsBeyond: Difference[];
  /** No difference, no more races than allowed, waits within the limit. */
  ok: boolean;
  /** All of it as text: our fate against theirs, then what is to be explained. */
  table: string;
}

export interface WaitLimit {
  ms: number;
  /** Which of the errors must be within: every one, or the 99th percentile. */
  of: 'max' | 'p99';
}

/** Sorts calls into same, races and differences; `found` are differences that no pair shows (a call that one side does not know). */
export function agree(seen: readonly Seen[], found: readonly Difference[], limit: WaitLimit): Agreement {
  const differences = [...found];
  const races: Difference[] = [];
  const waitsBeyond: Difference[] = [];
  const errors: number[] = [];
  let same = 0;
  for (const call of seen) {
    const { key, caller, ours, theirs, oursMs, theirsMs, waits } = call;
    if (ours === theirs) {
      same++;
      if (!waits) continue;
      const error = Math.abs(waits.ours - waits.theirs);
      errors.push(error);
      if (error > limit.ms)
        waitsBeyond.push({ key, caller, what: `wait ${waits.ours.toFixed(1)} ms, theirs ${waits.theirs.toFixed(1)} ms` });
      continue;
    }
    const apart = oursMs === null || theirsMs === null ? null : Math.abs(oursMs - theirsMs);
    const what = `${ours}, theirs ${theirs}${apart === null ? '' : `, decided ${apart.toFixed(1)} ms apart`}`;
    (apart !== null && apart <= RACE_MS ? races : differences).push({ key, caller, what });
  }
  const calls = new Set([...seen, ...found].map(({ key }) => key)).size;
  const racesAllowed = Math.max(1, Math.floor(calls * RACE_SHARE));
  const waitErrors = spreadOf(errors);
  const waitsOk = limit.of === 'max' ? waitsBeyond.length === 0 : (waitErrors.p99 ?? 0) <= limit.ms;
  const ok = differences.length === 0 && races.length <= racesAllowed && waitsOk;
  const agreement = { calls, same, differences, races, racesAllowed, waitErrors, waitsBeyond, ok };
  return { ...agreement, table: tableOf(seen, agreement) };
}

function tableOf(seen: readonly Seen[], { calls, same, differences, races, waitErrors, waitsBeyond }: Omit<Agreement, 'table'>): string {
  const columns = [...new Set(seen.map((call) => call.theirs))].sort();
  const rows = [...new Set(seen.map((call) => call.ours))].sort();
  const cell = (text: string | number) => String(text).padStart(11);
  const count = (ours: Fate, theirs: Fate) => seen.filter((call) => call.ours === ours && call.theirs === theirs).length;
  const ms = (value: number | null) => (value === null ? '-' : value.toFixed(1));
  return [
    `${calls} calls, ${same} the same, ${differences.length} differences, ${races.length} races`,
    `${'ours \\ theirs'.padEnd(14)}${columns.map(cell).join('')}`,
    ...rows.map((ours) => `${ours.padEnd(14)}${columns.map((theirs) => cell(count(ours, theirs))).join('')}`),
    `waits: n ${waitErrors.n}, differ by p50 ${ms(waitErrors.p50)}, p99 ${ms(waitErrors.p99)}, max ${ms(waitErrors.max)} ms`,
    ...differences.map(({ key, caller, what }) => `difference ${key} ${caller}: ${what}`),
    ...races.map(({ key, caller, what }) => `race ${key} ${caller}: ${what}`),
    ...waitsBeyond.map(({ key, caller, what }) => `beyond ${key} ${caller}: ${what}`),
  ].join('\n');
}

/** Rows by key; several rows of one key stay together. */
export function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group) group.push(item);
    else groups.set(key(item), [item]);
  }
  return groups;
}

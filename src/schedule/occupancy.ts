/**
 * How many calls are open over time, as a list of changes in order of time. Plain arrays of numbers: a plan of millions of calls is looked at in a
 * second. At one moment, what ends comes before what begins.
 */

export interface Changes {
  at: Float64Array;
  by: Float64Array;
}

export interface Spell {
  from: number;
  to: number;
  calls: number;
}

/** One call for each start (ascending), all of one length, none beyond `until`. */
export function changesOfStarts(starts: Float64Array, length: number, until: number): Changes {
  const n = starts.length;
  const changes = { at: new Float64Array(2 * n), by: new Float64Array(2 * n) };
  for (let begun = 0, ended = 0, i = 0; i < 2 * n; i++) {
    const end = ended < begun || begun === n ? Math.min(starts[ended]! + length, until) : Number.POSITIVE_INFINITY;
    const begins = begun < n && starts[begun]! < end;
    changes.at[i] = begins ? starts[begun++]! : end;
    changes.by[i] = begins ? 1 : -1;
    if (!begins) ended++;
  }
  return changes;
}

/** Several calls at a time, in spells. */
export function changesOfSpells(spells: readonly Spell[]): Changes {
  const list = spells
    .filter(({ from, to, calls }) => calls > 0 && to > from)
    .flatMap(({ from, to, calls }) => [
      [from, calls],
      [to, -calls],
    ])
    .sort((a, b) => a[0]! - b[0]! || a[1]! - b[1]!);
  return { at: Float64Array.from(list, ([at]) => at!), by: Float64Array.from(list, ([, by]) => by!) };
}

export function mergeChanges(all: readonly Changes[]): Changes {
  return all.reduce(mergeTwo, { at: new Float64Array(), by: new Float64Array() });
}

function mergeTwo(a: Changes, b: Changes): Changes {
  if (a.at.length === 0) return b;
  const n = a.at.length + b.at.length;
  const merged = { at: new Float64Array(n), by: new Float64Array(n) };
  for (let i = 0, j = 0, k = 0; k < n; k++) {
    const first = j >= b.at.length || (i < a.at.length && (a.at[i]! < b.at[j]! || (a.at[i] === b.at[j] && a.by[i]! <= b.by[j]!)));
    merged.at[k] = first ? a.at[i]! : b.at[j]!;
    merged.by[k] = first ? a.by[i++]! : b.by[j++]!;
  }
  return merged;
}

export function peakOf({ at, by }: Changes): { value: number; at: number } {
  const peak = { value: 0, at: 0 };
  for (let i = 0, open = 0; i < at.length; i++) {
    open += by[i]!;
    if (open <= peak.value) continue;
    peak.value = open;
    peak.at = at[i]!;
  }
  return peak;
}

/** The most calls open within each of `steps` steps; what comes after them counts to the last. */
export function mostWithin({ at, by }: Changes, stepMs: number, steps: number): number[] {
  const most = Array.from({ length: steps }, () => 0);
  let open = 0;
  let step = 0;
  for (let i = 0; i < at.length; i++) {
    const now = Math.min(steps - 1, Math.floor(at[i]! / stepMs));
    while (step < now) most[++step] = open;
    open += by[i]!;
    most[step] = Math.max(most[step]!, open);
  }
  return most;
}

export function minutesOf({ at, by }: Changes): number {
  let ms = 0;
  for (let i = 0; i < at.length; i++) ms -= at[i]! * by[i]!;
  return ms / 60_000;
}

/** Two moments a whole second apart are not in one second; a millionth of a ms is rounding. */
const SECOND = 1000 - 1e-6;

/** The most of these moments (ascending) that lie within any one second. */
export function busiestSecond(times: Float64Array): number {
  let most = 0;
  for (let first = 0, last = 0; last < times.length; last++) {
    while (times[last]! - times[first]! >= SECOND) first++;
    most = Math.max(most, last - first + 1);
  }
  return most;
}

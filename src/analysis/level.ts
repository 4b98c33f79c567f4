/**
 * How many intervals are open at each moment, exactly: sorted starts against sorted ends, no sampling. An interval is [from, to): at the instant
 * at which one ends and another begins, only one is counted.
 */
import { countBelow, NumberColumn } from '../metrics/column.ts';
import type { Series } from './model.ts';
import { type Steps, series } from './steps.ts';

/** Intervals gathered in any order: 16 bytes each. */
export class Intervals {
  readonly #starts = new NumberColumn();
  readonly #ends = new NumberColumn();

  get length(): number {
    return this.#starts.length;
  }

  /** Empty intervals are nothing. */
  add(from: number | null, to: number | null): void {
    if (from === null || to === null || !(to > from)) return;
    this.#starts.push(from);
    this.#ends.push(to);
  }

  append(other: Intervals): void {
    this.#starts.append(other.#starts);
    this.#ends.append(other.#ends);
  }

  /** The interval's [from, to) by order of adding. */
  at(index: number): [from: number, to: number] {
    return [this.#starts.at(index), this.#ends.at(index)];
  }

  level(): Level {
    return new Level(this.#starts.sorted(), this.#ends.sorted());
  }
}

/** A step function of time. */
export class Level {
  /** Moments at which the level changes, ascending, and the level from there on. */
  readonly times: Float64Array;
  readonly values: Float64Array;

  constructor(starts: Float64Array, ends: Float64Array) {
    const times: number[] = [];
    const values: number[] = [];
    let level = 0;
    for (let s = 0, e = 0; e < ends.length; ) {
      const at = Math.min(starts[s] ?? Number.POSITIVE_INFINITY, ends[e]!);
      while (e < ends.length && ends[e] === at) {
        level--;
        e++;
      }
      while (s < starts.length && starts[s] === at) {
        level++;
        s++;
      }
      if (values.at(-1) === level) continue;
      times.push(at);
      values.push(level);
    }
    this.times = Float64Array.from(times);
    this.values = Float64Array.from(values);
  }

  /** Level at that instant. */
  at(ms: number): number {
    const i = this.#indexAt(ms);
    return i < 0 ? 0 : this.values[i]!;
  }

  /** Largest level and when it was first reached. */
  peak(): { value: number; atMs: number | null } {
    let value = 0;
    let atMs: number | null = null;
    for (let i = 0; i < this.values.length; i++) {
      if (this.values[i]! <= value) continue;
      value = this.values[i]!;
      atMs = this.times[i]!;
    }
    return { value, atMs };
  }

  /** Largest level in [from, to). */
  maxIn(from: number, to: number): number {
    let max = this.at(from);
    for (let i = this.#indexAt(from) + 1; i < this.times.length && this.times[i]! < to; i++) max = Math.max(max, this.values[i]!);
    return max;
  }

  /** Mean over time in [from, to); null for an empty interval. */
  meanIn(from: number, to: number): number | null {
    if (!(to > from)) return null;
    let area = 0;
    let at = from;
    let value = this.at(from);
    for (let i = this.#indexAt(from) + 1; i < this.times.length && this.times[i]! < to; i++) {
      area += value * (this.times[i]! - at);
      at = this.times[i]!;
      value = this.values[i]!;
    }
    return (area + value * (to - at)) / (to - from);
  }

  /** First moment from `from` on, before `to`, at which the level is at least `least`. */
  firstAtLeast(least: number, from: number, to = Number.POSITIVE_INFINITY): number | null {
    return this.spansAtLeast(least, from, to).next().value?.[0] ?? null;
  }

  /** Spans inside [from, to) during which the level is at least `least`. */
  *spansAtLeast(least: number, from: number, to: number): Generator<[from: number, to: number], undefined> {
    let open: number | null = this.at(from) >= least ? from : null;
    for (let i = this.#indexAt(from) + 1; i < this.times.length && this.times[i]! < to; i++) {
      if (this.values[i]! >= least) open ??= this.times[i]!;
      else if (open !== null) {
        yield [open, this.times[i]!];
        open = null;
      }
    }
    if (open !== null && open < to) yield [open, to];
  }

  /** Largest level inside each step. */
  seriesMax(steps: Steps): Series {
    const values: number[] = [];
    let i = this.#indexAt(steps.startMs);
    let level = i < 0 ? 0 : this.values[i]!;
    for (let step = 0; step < steps.count; step++) {
      const start = steps.startMs + step * steps.stepMs;
      const end = start + steps.stepMs;
      // What changes on the stroke of the step no longer holds inside it.
      while (i + 1 < this.times.length && this.times[i + 1]! <= start) level = this.values[++i]!;
      let max = level;
      while (i + 1 < this.times.length && this.times[i + 1]! < end) {
        level = this.values[++i]!;
        max = Math.max(max, level);
      }
      values.push(max);
    }
    return series(steps, values);
  }

  /** Index of the last change at or before `ms`; −1 before the first. */
  #indexAt(ms: number): number {
    let i = countBelow(this.times, ms);
    if (i < this.times.length && this.times[i] === ms) i++;
    return i - 1;
  }
}

/**
 * Every sampled metric of a run (k6's own and the scenario's) as k6's end-of-test summary has them, and each check by its name. Limited in names,
 * so that a scenario which makes names in a loop cannot grow it.
 */
import type { SampleRow } from '../record/schema.ts';
import { type Accumulator, accumulator, METRIC_TYPES, type Method, type MetricType } from './accumulator.ts';
import { sampleTags } from './builtin.ts';
import type { Fold } from './fold.ts';

export interface SampledMetric {
  type: MetricType;
  /** Samples. */
  n: number;
  /** By k6's names: count, rate · value · rate, passes, fails · avg, min, med, max, p(90), p(95), p(99). What has no value is left out. */
  values: Record<string, number>;
}

export interface CheckFigures {
  name: string;
  passes: number;
  fails: number;
}

export interface SampleFigures {
  metrics: Record<string, SampledMetric>;
  /** In the order of their first sample. */
  checks: CheckFigures[];
}

const MOST_NAMES = 1000;

const ASKED: Record<MetricType, readonly (readonly [name: string, method: Method, percentile: number])[]> = {
  counter: [
    ['count', 'count', 0],
    ['rate', 'rate', 0],
  ],
  gauge: [['value', 'value', 0]],
  rate: [['rate', 'rate', 0]],
  trend: [
    ['avg', 'avg', 0],
    ['min', 'min', 0],
    ['med', 'med', 0],
    ['max', 'max', 0],
    ['p(90)', 'p', 90],
    ['p(95)', 'p', 95],
    ['p(99)', 'p', 99],
  ],
};

export class SampleMetrics implements Fold<SampleRow, SampleFigures> {
  readonly #metrics = new Map<string, Accumulator>();
  readonly #checks = new Map<string, CheckFigures>();
  readonly #startMs: number;
  #lastMs: number;

  /** @param startMs when the load began: a counter's rate counts from here, and samples from before (setup) are left out. */
  constructor(startMs: number) {
    this.#startMs = startMs;
    this.#lastMs = startMs;
  }

  add(row: SampleRow): void {
    const type = METRIC_TYPES.find((name) => name === row.type);
    if (row.metric === null || row.value === null || row.t_ms === null || !type || row.t_ms < this.#startMs) return;
    this.#lastMs = Math.max(this.#lastMs, row.t_ms);
    this.#metric(row.metric, type)?.add(row.value, row.t_ms);
    if (row.metric !== 'checks') return;
    const name = sampleTags(row).check;
    if (typeof name === 'string') this.#check({ name, passes: Number(row.value !== 0), fails: Number(row.value === 0) });
  }

  merge(other: this): void {
    this.#lastMs = Math.max(this.#lastMs, other.#lastMs);
    for (const [name, theirs] of other.#metrics) this.#metric(name, theirs.type)?.merge(theirs);
    for (const check of other.#checks.values()) this.#check(check);
  }

  figures(nowMs = this.#lastMs): SampleFigures {
    const seconds = Math.max(0, nowMs - this.#startMs) / 1000;
    const metrics: Record<string, SampledMetric> = {};
    for (const [name, seen] of this.#metrics) {
      const values: Record<string, number> = {};
      for (const [key, method, percentile] of ASKED[seen.type]) {
        const value = seen.ask(method, percentile, seconds);
        if (value !== null) values[key] = value;
      }
      if (seen.type === 'rate') {
        values.passes = Math.round((values.rate ?? 0) * seen.n);
        values.fails = seen.n - values.passes;
      }
      metrics[name] = { type: seen.type, n: seen.n, values };
    }
    return { metrics, checks: [...this.#checks.values()].map((check) => ({ ...check })) };
  }

  #metric(name: string, type: MetricType): Accumulator | undefined {
    const known = this.#metrics.get(name);
    if (known) return known.type === type ? known : undefined;
    if (this.#metrics.size >= MOST_NAMES) return undefined;
    const made = accumulator(type);
    this.#metrics.set(name, made);
    return made;
  }

  #check({ name, passes, fails }: CheckFigures): void {
    const known = this.#checks.get(name);
    if (known) {
      known.passes += passes;
      known.fails += fails;
    } else if (this.#checks.size < MOST_NAMES) this.#checks.set(name, { name, passes, fails });
  }
}

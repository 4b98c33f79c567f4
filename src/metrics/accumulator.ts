/** The four metric types of k6: what each keeps of its samples, and what it can be asked. */
import { Trend } from './trend.ts';

export const METRIC_TYPES = ['counter', 'gauge', 'rate', 'trend'] as const;
export type MetricType = (typeof METRIC_TYPES)[number];

/** What a threshold or a summary may ask of each type. */
export const METHODS: Record<MetricType, readonly string[]> = {
  counter: ['count', 'rate'],
  gauge: ['value'],
  rate: ['rate'],
  trend: ['avg', 'min', 'max', 'med', 'p(N)'],
};

export type Method = 'count' | 'rate' | 'value' | 'avg' | 'min' | 'max' | 'med' | 'p';

export interface Accumulator {
  readonly type: MetricType;
  /** Samples seen. */
  readonly n: number;
  add(value: number, tMs: number): void;
  merge(other: this): void;
  /** Null where nothing has been seen. @param percentile 0…100, for `p`. @param seconds length of the run so far, for a counter's rate. */
  ask(method: Method, percentile: number, seconds: number): number | null;
}

/** Sum of what was added; `rate` is the sum per second of the run. */
export class Counter implements Accumulator {
  readonly type = 'counter';
  n = 0;
  #sum = 0;

  add(value: number): void {
    this.n++;
    this.#sum += value;
  }

  merge(other: this): void {
    this.n += other.n;
    this.#sum += other.#sum;
  }

  ask(method: Method, _percentile: number, seconds: number): number | null {
    if (method === 'count') return this.#sum;
    return method === 'rate' && seconds > 0 ? this.#sum / seconds : null;
  }
}

/** The latest value by its own time. */
export class Gauge implements Accumulator {
  readonly type = 'gauge';
  n = 0;
  #value = 0;
  #at = Number.NEGATIVE_INFINITY;

  add(value: number, tMs: number): void {
    this.n++;
    if (tMs < this.#at) return;
    this.#value = value;
    this.#at = tMs;
  }

  merge(other: this): void {
    if (other.n > 0) this.add(other.#value, other.#at);
    this.n += Math.max(0, other.n - 1);
  }

  ask(method: Method): number | null {
    return method === 'value' && this.n > 0 ? this.#value : null;
  }
}

/** Share of the samples that are not zero. */
export class Rate implements Accumulator {
  readonly type = 'rate';
  n = 0;
  #hits = 0;

  add(value: number): void {
    this.n++;
    if (value !== 0) this.#hits++;
  }

  merge(other: this): void {
    this.n += other.n;
    this.#hits += other.#hits;
  }

  ask(method: Method): number | null {
    return method === 'rate' && this.n > 0 ? this.#hits / this.n : null;
  }
}

class TrendAccumulator implements Accumulator {
  readonly type = 'trend';
  readonly #trend = new Trend();

  get n(): number {
    return this.#trend.n;
  }

  add(value: number): void {
    this.#trend.add(value);
  }

  merge(other: this): void {
    this.#trend.merge(other.#trend);
  }

  ask(method: Method, percentile: number): number | null {
    switch (method) {
      case 'avg':
        return this.#trend.mean;
      case 'min':
        return this.#trend.min;
      case 'max':
        return this.#trend.max;
      case 'med':
        return this.#trend.percentile(50);
      case 'p':
        return this.#trend.percentile(percentile);
      default:
        return null;
    }
  }
}

export function accumulator(type: MetricType): Accumulator {
  switch (type) {
    case 'counter':
      return new Counter();
    case 'gauge':
      return new Gauge();
    case 'rate':
      return new Rate();
    case 'trend':
      return new TrendAccumulator();
  }
}

/** Whether that method may be asked of that type. */
export function answers(type: MetricType, method: Method): boolean {
  return METHODS[type].includes(method === 'p' ? 'p(N)' : method);
}

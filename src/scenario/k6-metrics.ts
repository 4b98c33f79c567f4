/** `k6/metrics` for scenarios: custom metrics, declared in init code, added to from anywhere. Percentiles and thresholds are the analysis' own. */
import { CallsurgeError } from '../errors.ts';
import type { MetricType } from '../metrics/accumulator.ts';
import { BUILTIN_METRICS } from '../metrics/builtin.ts';
import { emitSample } from './sample-sink.ts';

export interface DeclaredMetric {
  name: string;
  type: MetricType;
  /** Its values are ms. */
  time: boolean;
}

const declared = new Map<string, DeclaredMetric>();

/** The metrics that the scenario's init code made, for checking thresholds before anything is sent. */
export function declaredMetrics(): DeclaredMetric[] {
  return [...declared.values()];
}

const NAME = /^[a-zA-Z_][a-zA-Z0-9_]{0,127}$/;

class Metric {
  readonly name: string;
  readonly #type: MetricType;

  constructor(type: MetricType, name: string, time: boolean) {
    if (typeof name !== 'string' || !NAME.test(name))
      throw new CallsurgeError('scenario-invalid', `"${name}" is not a metric name`, {
        todo: 'begin with a letter, then letters, digits and _',
      });
    if (BUILTIN_METRICS.some((builtin) => builtin.name === name))
      throw new CallsurgeError('scenario-invalid', `metric ${name} is callsurge's own`, { todo: 'give yours another name' });
    const before = declared.get(name);
    if (before && (before.type !== type || before.time !== time))
      throw new CallsurgeError('scenario-invalid', `metric ${name} is already a ${before.type}`, { todo: 'give one of them another name' });
    declared.set(name, { name, type, time });
    this.name = name;
    this.#type = type;
  }

  /** @throws CallsurgeError `verb-misused` for anything but a number or a boolean. */
  add(value: number | boolean, tags?: Record<string, string>): void {
    const number = typeof value === 'boolean' ? Number(value) : value;
    if (typeof number !== 'number' || !Number.isFinite(number))
      throw new CallsurgeError('verb-misused', `${this.name}.add() takes a number or a boolean, not ${String(value)}`);
    if (this.#type === 'counter' && number < 0)
      throw new CallsurgeError('verb-misused', `${this.name} is a counter: it cannot go down by ${number}`);
    emitSample(this.name, this.#type, this.#type === 'rate' ? Number(number !== 0) : number, tags);
  }
}

/** Adds up. */
export class Counter extends Metric {
  constructor(name: string, isTime = false) {
    super('counter', name, isTime);
  }
}

/** Keeps the last value, the smallest and the largest. */
export class Gauge extends Metric {
  constructor(name: string, isTime = false) {
    super('gauge', name, isTime);
  }
}

/** The share of values that are not zero. */
export class Rate extends Metric {
  constructor(name: string, isTime = false) {
    super('rate', name, isTime);
  }
}

/** Mean, extremes and percentiles. */
export class Trend extends Metric {
  constructor(name: string, isTime = false) {
    super('trend', name, isTime);
  }
}

export default { Counter, Gauge, Rate, Trend };

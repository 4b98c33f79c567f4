/**
 * Thresholds as a fold over what was recorded: every 2 s during a run, at its end, and in each report the same figures come out.
 *
 * A threshold without a sample is `no data`, and that fails (k6 lets it pass). One exception that is none: a counter that callsurge itself
 * keeps (`calls`, `dropped_iterations` …) stands at 0, measured, as soon as anything with the tags asked for has been recorded.
 */
import type { CallRow, SampleRow } from '../record/schema.ts';
import { type Accumulator, accumulator, answers, METRIC_TYPES, type MetricType } from './accumulator.ts';
import { BUILTIN_METRICS, CALL_METRICS, callTags, SERVICE_LEVEL_MS, sampleTags, type Tags } from './builtin.ts';
import type { Fold } from './fold.ts';
import type { Operator, ThresholdSpec } from './threshold-grammar.ts';

export interface ThresholdResult {
  /** Key as written: metric and tags. */
  metric: string;
  expression: string;
  state: 'ok' | 'failed' | 'no data';
  value: number | null;
  abortOnFail: boolean;
}

/** What one key (metric and tags) has seen. */
interface Selection {
  metric: string;
  tags: [name: string, value: string][];
  accumulator: Accumulator | null;
  /** Anything at all was recorded with these tags. */
  touched: boolean;
}

const OPERATORS: Record<Operator, (a: number, b: number) => boolean> = {
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
  '==': (a, b) => a === b,
  '===': (a, b) => a === b,
  '!=': (a, b) => a !== b,
};

const BUILTIN_TYPES = new Map<string, MetricType>(BUILTIN_METRICS.map(({ name, type }) => [name, type]));

export interface ThresholdFoldOptions {
  /** When the load began, Clock ms: rates and `delayAbortEval` count from here, and what ended before (setup) counts nowhere. Default: the first row. */
  startMs?: number | null;
  serviceLevelMs?: number;
}

export class ThresholdFold implements Fold<SampleRow, ThresholdResult[]> {
  readonly #specs: readonly ThresholdSpec[];
  readonly #selections = new Map<string, Selection>();
  readonly #callMetrics: typeof CALL_METRICS;
  readonly #serviceLevelMs: number;
  readonly #startMs: number | null;
  #firstMs = Number.POSITIVE_INFINITY;
  #lastMs = Number.NEGATIVE_INFINITY;

  constructor(specs: readonly ThresholdSpec[], options: ThresholdFoldOptions = {}) {
    this.#specs = specs;
    this.#startMs = options.startMs ?? null;
    this.#serviceLevelMs = options.serviceLevelMs ?? SERVICE_LEVEL_MS;
    for (const { key, metric, tags } of specs)
      this.#selections.set(key, { metric, tags: Object.entries(tags), accumulator: null, touched: false });
    const asked = new Set(specs.map(({ metric }) => metric));
    this.#callMetrics = CALL_METRICS.filter(({ name }) => asked.has(name));
  }

  /** A sample of a custom metric or of k6's own. */
  add(row: SampleRow): void {
    if (row.t_ms === null || this.#beforeLoad(row.t_ms)) return;
    this.#seen(row.t_ms);
    const tags = sampleTags(row);
    const type = METRIC_TYPES.find((name) => name === row.type);
    for (const selection of this.#selections.values()) {
      if (!matches(selection, tags)) continue;
      selection.touched = true;
      if (type && selection.metric === row.metric && row.value !== null) take(selection, type, row.value, row.t_ms);
    }
  }

  /** A call that is over. */
  addCall(row: CallRow): void {
    const at = row.end_ms ?? row.invite_ms ?? row.intended_ms;
    if (at === null || this.#beforeLoad(at)) return;
    if (row.invite_ms !== null) this.#seen(row.invite_ms);
    this.#seen(at);
    const tags = callTags(row);
    for (const selection of this.#selections.values()) {
      if (!matches(selection, tags)) continue;
      selection.touched = true;
      for (const metric of this.#callMetrics) {
        if (metric.name !== selection.metric) continue;
        const value = metric.of(row, this.#serviceLevelMs);
        if (value !== null) take(selection, metric.type, value, at);
      }
    }
  }

  merge(other: this): void {
    this.#firstMs = Math.min(this.#firstMs, other.#firstMs);
    this.#lastMs = Math.max(this.#lastMs, other.#lastMs);
    for (const [key, theirs] of other.#selections) {
      const mine = this.#selections.get(key);
      if (!mine) continue;
      mine.touched ||= theirs.touched;
      if (!theirs.accumulator) continue;
      mine.accumulator ??= accumulator(theirs.accumulator.type);
      if (mine.accumulator.type === theirs.accumulator.type) mine.accumulator.merge(theirs.accumulator);
    }
  }

  /** @param nowMs end of the time looked at; default: the last row. */
  figures(nowMs = this.#lastMs): ThresholdResult[] {
    const seconds = Math.max(0, (nowMs - (this.#startMs ?? this.#firstMs)) / 1000);
    return this.#specs.map((spec) => {
      const value = this.#value(spec, seconds);
      const state = value === null ? 'no data' : OPERATORS[spec.operator](value, spec.bound) ? 'ok' : 'failed';
      return { metric: spec.key, expression: spec.expression, state, value, abortOnFail: spec.abortOnFail };
    });
  }

  /** Those that failed and ask for the run's abort now. `no data` never aborts: what is not there yet may still come. */
  aborting(nowMs: number): ThresholdResult[] {
    const start = this.#startMs ?? this.#firstMs;
    return this.figures(nowMs).filter(
      ({ state }, i) => state === 'failed' && this.#specs[i]!.abortOnFail && nowMs - start >= this.#specs[i]!.delayAbortEvalMs,
    );
  }

  #value(spec: ThresholdSpec, seconds: number): number | null {
    const selection = this.#selections.get(spec.key)!;
    const seen =
      selection.accumulator ?? (selection.touched && BUILTIN_TYPES.get(spec.metric) === 'counter' ? accumulator('counter') : null);
    return seen && answers(seen.type, spec.method) ? seen.ask(spec.method, spec.percentile, seconds) : null;
  }

  #beforeLoad(at: number): boolean {
    return this.#startMs !== null && at < this.#startMs;
  }

  #seen(at: number): void {
    this.#firstMs = Math.min(this.#firstMs, at);
    this.#lastMs = Math.max(this.#lastMs, at);
  }
}

function take(selection: Selection, type: MetricType, value: number, at: number): void {
  selection.accumulator ??= accumulator(type);
  if (selection.accumulator.type === type) selection.accumulator.add(value, at);
}

function matches(selection: Selection, tags: Tags): boolean {
  return selection.tags.every(([name, value]) => String(tags[name] ?? '') === value);
}

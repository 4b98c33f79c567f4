/**
 * Thresholds as k6 writes them, in `options.thresholds`:
 *
 *   thresholds  = { key: [entry, …], … }
 *   entry       = expression | { threshold: expression, abortOnFail?: boolean, delayAbortEval?: duration }
 *   key         = metric | metric "{" tag ":" value { "," tag ":" value } "}"
 *   expression  = method operator number
 *   method      = count | rate (counter) · value (gauge) · rate (rate) · avg | min | max | med | p(N) (trend)
 *   operator    = < <= > >= == === !=
 */
import { durationMs } from '../duration.ts';
import { CallsurgeError } from '../errors.ts';
import { answers, METHODS, type Method, type MetricType } from './accumulator.ts';
import type { MetricDefinition } from './builtin.ts';

export type Operator = '<' | '<=' | '>' | '>=' | '==' | '===' | '!=';

export interface ThresholdExpression {
  method: Method;
  /** For `p`: 0…100. */
  percentile: number;
  operator: Operator;
  bound: number;
}

export interface MetricKey {
  metric: string;
  tags: Readonly<Record<string, string>>;
}

/** One threshold, checked. */
export interface ThresholdSpec extends ThresholdExpression, MetricKey {
  /** As written. */
  key: string;
  expression: string;
  abortOnFail: boolean;
  /** ms from the load's start before which a failure does not abort. */
  delayAbortEvalMs: number;
}

const EXPRESSION =
  /^\s*(?:(count|rate|value|avg|min|max|med)|p\(\s*(\d+(?:\.\d+)?)\s*\))\s*(<=|>=|===|==|!=|<|>)\s*([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)\s*$/;
const KEY = /^\s*([A-Za-z_][A-Za-z0-9_]*)\s*(?:\{(.*)\})?\s*$/s;

const invalid = (what: string, where: string, todo: string) => new CallsurgeError('threshold-invalid', what, { where, todo });

/** @throws CallsurgeError `threshold-invalid` */
export function parseThreshold(expression: string, where = 'options.thresholds'): ThresholdExpression {
  const match = EXPRESSION.exec(expression);
  if (!match) throw invalid(`"${expression}" is not a threshold`, where, 'write method, operator and number, as p(95)<500 or rate>=0.99');
  const percentile = match[2] === undefined ? 0 : Number(match[2]);
  if (percentile > 100) throw invalid(`there is no percentile ${percentile}`, where, 'write p(N) with N from 0 to 100');
  return { method: (match[1] ?? 'p') as Method, percentile, operator: match[3] as Operator, bound: Number(match[4]) };
}

/** @throws CallsurgeError `threshold-invalid` */
export function parseMetricKey(key: string, where = 'options.thresholds'): MetricKey {
  const match = KEY.exec(key);
  if (!match) throw invalid(`"${key}" is not the name of a metric`, where, 'write metric or metric{tag:value}');
  const tags: Record<string, string> = {};
  if (match[2] !== undefined) {
    for (const pair of match[2].split(',')) {
      const colon = pair.indexOf(':');
      const name = unquoted(pair.slice(0, colon));
      if (colon < 0 || name === '')
        throw invalid(`"${pair.trim()}" in "${key}" is not a tag`, where, 'write tag:value, separated by commas');
      tags[name] = unquoted(pair.slice(colon + 1));
    }
  }
  return { metric: match[1]!, tags };
}

const unquoted = (text: string) => {
  const trimmed = text.trim();
  return /^(["']).*\1$/.test(trimmed) && trimmed.length > 1 ? trimmed.slice(1, -1) : trimmed;
};

/**
 * Checks `options.thresholds` whole, before anything is sent. With `known`, a metric that nobody defines and a method that its type does not
 * have are refused; without (a record read back), only the grammar is.
 * @throws CallsurgeError `threshold-invalid`, naming the field
 */
export function parseThresholds(thresholds: unknown, known?: readonly Pick<MetricDefinition, 'name' | 'type'>[]): ThresholdSpec[] {
  if (thresholds === undefined || thresholds === null) return [];
  if (typeof thresholds !== 'object' || Array.isArray(thresholds))
    throw invalid('thresholds are not an object', 'options.thresholds', 'write { metric: [expression] }');
  return Object.entries(thresholds).flatMap(([key, entries]) => {
    const where = `options.thresholds["${key}"]`;
    const name = parseMetricKey(key, where);
    const type = known && typeOf(name.metric, known, where);
    if (!Array.isArray(entries)) throw invalid('its thresholds are not a list', where, 'write ["p(95)<500"]');
    return entries.map((entry: unknown, i) => ({ key, ...name, ...parseEntry(entry, type, `${where}[${i}]`) }));
  });
}

function parseEntry(entry: unknown, type: MetricType | undefined, where: string): Omit<ThresholdSpec, 'key' | keyof MetricKey> {
  const full = typeof entry === 'string' ? { threshold: entry } : entry;
  if (typeof full !== 'object' || full === null || typeof (full as { threshold?: unknown }).threshold !== 'string')
    throw invalid('a threshold is a text or { threshold, abortOnFail, delayAbortEval }', where, 'write "rate<0.01"');
  const { threshold, abortOnFail = false, delayAbortEval = 0, ...rest } = full as Record<string, unknown>;
  const unknown = Object.keys(rest)[0];
  if (unknown !== undefined)
    throw invalid(`"${unknown}" is not a field of a threshold`, where, 'use threshold, abortOnFail, delayAbortEval');
  if (typeof abortOnFail !== 'boolean') throw invalid('abortOnFail is not true or false', where, 'write true or false');
  const expression = parseThreshold(threshold as string, where);
  if (type && !answers(type, expression.method))
    throw invalid(
      `a ${type} has no ${expression.method === 'p' ? 'percentiles' : `"${expression.method}"`}`,
      where,
      `ask it for ${METHODS[type].join(', ')}`,
    );
  return { expression: threshold as string, ...expression, abortOnFail, delayAbortEvalMs: delay(delayAbortEval, where) };
}

function delay(value: unknown, where: string): number {
  if (typeof value === 'string' || typeof value === 'number') {
    try {
      return durationMs(value, where);
    } catch (cause) {
      throw new CallsurgeError('threshold-invalid', `delayAbortEval "${value}" is not a duration`, {
        where,
        todo: 'write 10s or 1m',
        cause,
      });
    }
  }
  throw invalid('delayAbortEval is not a duration', where, 'write 10s or 1m');
}

function typeOf(metric: string, known: readonly Pick<MetricDefinition, 'name' | 'type'>[], where: string): MetricType {
  const found = known.find(({ name }) => name === metric);
  if (found) return found.type;
  const near = known.map(({ name }) => ({ name, d: distance(metric, name) })).sort((a, b) => a.d - b.d)[0];
  const hint =
    near && near.d <= Math.max(2, metric.length / 3)
      ? `did you mean ${near.name}?`
      : 'use a built-in metric, or make it with k6/metrics in init code';
  throw invalid(`no metric is called "${metric}"`, where, hint);
}

/** Levenshtein distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) next.push(Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + Number(a[i - 1] !== b[j - 1])));
    row = next;
  }
  return row[b.length]!;
}

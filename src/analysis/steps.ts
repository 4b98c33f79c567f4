/** Equal steps of time for charts: at most 1500, however long the run. */
import { type NumberColumn, percentileOf } from '../metrics/column.ts';
import type { Series } from './model.ts';

export const MOST_STEPS = 1500;

/** A step that people can read on an axis. */
const NICE_S = [1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400];

export interface Steps {
  startMs: number;
  stepMs: number;
  count: number;
}

/** Steps that cover [startMs, endMs], the last one included. */
export function stepsOver(startMs: number, endMs: number): Steps {
  const span = Math.max(0, endMs - startMs);
  const fits = (s: number) => Math.floor(span / (s * 1000)) + 1 <= MOST_STEPS;
  const stepMs = 1000 * (NICE_S.find(fits) ?? Math.ceil(span / (MOST_STEPS - 1) / 86_400_000) * 86_400);
  return { startMs, stepMs, count: Math.floor(span / stepMs) + 1 };
}

/** Index of the step that holds `at`, or −1 outside. */
export function stepOf(steps: Steps, at: number): number {
  const index = Math.floor((at - steps.startMs) / steps.stepMs);
  return index >= 0 && index < steps.count ? index : -1;
}

export function series(steps: Steps, values: (number | null)[]): Series {
  return { startMs: steps.startMs, stepMs: steps.stepMs, values };
}

/** Events per second in each step. */
export function rateSeries(steps: Steps, times: NumberColumn): Series {
  const counts = new Array<number>(steps.count).fill(0);
  for (const at of times.values()) {
    const i = stepOf(steps, at);
    if (i >= 0) counts[i]!++;
  }
  return series(
    steps,
    counts.map((count) => (count * 1000) / steps.stepMs),
  );
}

/** Percentiles of the values whose time falls into each step; null where none does. */
export function percentileSeries(steps: Steps, times: NumberColumn, values: NumberColumn, ps: readonly number[]): Series[] {
  const buckets: number[][] = Array.from({ length: steps.count }, () => []);
  for (let k = 0; k < times.length; k++) {
    const i = stepOf(steps, times.at(k));
    if (i >= 0) buckets[i]!.push(values.at(k));
  }
  const sorted = buckets.map((bucket) => Float64Array.from(bucket).sort());
  return ps.map((p) =>
    series(
      steps,
      sorted.map((bucket) => percentileOf(bucket, p)),
    ),
  );
}

/** Series as the charts need them. */
import type { Series } from '../../analysis/model.ts';

export const endOf = (series: Series): number => series.startMs + series.values.length * series.stepMs;

export function largest(...series: Series[]): number {
  let top = 0;
  for (const { values } of series) for (const value of values) if (value !== null && value > top) top = value;
  return top;
}

export const isEmpty = (series: Series): boolean => series.values.every((value) => value === null);

/** Value of the step that holds `ms`. */
export function at(series: Series, ms: number): number | null {
  return series.values[Math.floor((ms - series.startMs) / series.stepMs)] ?? null;
}

/** Events per second as events per step. */
export const countsOf = (series: Series): Series => ({
  ...series,
  values: series.values.map((rate) => (rate === null ? null : Math.round(((rate * series.stepMs) / 1000) * 1e6) / 1e6)),
});

export type Reduce = 'sum' | 'max' | 'mean';

/**
 * Wider steps: of sums (counts), largest values (concurrency), or means (rates). A wide step is null only where all its parts are. Parts are
 * taken by where they begin, so no count is split or lost.
 */
export function widened(series: Series, stepMs: number, reduce: Reduce, startMs = series.startMs): Series {
  if (stepMs <= series.stepMs && startMs === series.startMs) return series;
  const steps = Math.max(0, Math.ceil((endOf(series) - startMs) / stepMs));
  const values: (number | null)[] = new Array(steps).fill(null);
  const parts = new Array<number>(steps).fill(0);
  series.values.forEach((value, i) => {
    const to = Math.floor((series.startMs + i * series.stepMs - startMs) / stepMs);
    if (value === null || to < 0 || to >= steps) return;
    const soFar = values[to] ?? null;
    parts[to]!++;
    values[to] = soFar === null ? value : reduce === 'max' ? Math.max(soFar, value) : soFar + value;
  });
  if (reduce === 'mean') for (let i = 0; i < steps; i++) if (parts[i]! > 0) values[i] = values[i]! / parts[i]!;
  return { startMs, stepMs, values };
}

/** The run minute by minute, for the table in the page and for minutes.csv. Minutes count from the start of the load. */
import type { RunAnalysis, Series } from '../analysis/model.ts';
import { OUTCOMES, type Outcome } from '../record/schema.ts';
import { countsOf, endOf } from './charts/series.ts';

export interface Minute {
  /** Since the start of the load; the last may be short, and −1 is the minute before it. */
  minute: number;
  startMs: number;
  /** Largest within the minute; null where not measured. */
  occupied: number | null;
  answered: number | null;
  queued: number | null;
  talking: number | null;
  legs: number | null;
  outcomes: Record<Outcome, number>;
  /** By their intended start: the outcomes' sum. */
  calls: number;
  /** Largest of the steps' p95, ms: percentiles of steps cannot be joined into the minute's own. */
  srdP95Ms: number | null;
  waitP95Ms: number | null;
  longestWaitMs: number | null;
  unhealthySeconds: number;
  /** Of the callers who began to wait in it; null where not measured. */
  asked: number | null;
  answeredByAgent: number | null;
  gaveUp: number | null;
  serviceLevel: number | null;
  asaMs: number | null;
}

const MINUTE = 60_000;

export function minutesOf(analysis: RunAnalysis, zeroMs: number): Minute[] {
  const { concurrency, outcomeSeries, queue, srdSeries, waitSeries, health } = analysis;
  const all = [...Object.values(concurrency.series), ...Object.values(outcomeSeries)];
  const slices = new Map((queue.measured ? (analysis.routing?.byMinute ?? []) : []).map((slice) => [Number(slice.key), slice]));
  const filled = all.filter((series) => series.values.length > 0);
  if (filled.length === 0) return [];
  const first = Math.floor((Math.min(...filled.map((series) => series.startMs)) - zeroMs) / MINUTE);
  const last = Math.ceil((Math.max(...filled.map(endOf)) - zeroMs) / MINUTE);
  const minutes: Minute[] = [];
  for (let minute = first; minute < last && minutes.length < 100_000; minute++) {
    const startMs = zeroMs + minute * MINUTE;
    const top = (series: Series) =>
      within(series, startMs).reduce<number | null>((most, value) => (most === null || value > most ? value : most), null);
    const sum = (series: Series) => Math.round(within(countsOf(series), startMs).reduce((total, value) => total + value, 0));
    const outcomes = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, sum(outcomeSeries[outcome])])) as Record<Outcome, number>;
    const slice = slices.get(startMs);
    minutes.push({
      minute,
      startMs,
      occupied: top(concurrency.series.occupied),
      answered: top(concurrency.series.answered),
      queued: queue.measured ? top(concurrency.series.queued) : null,
      talking: queue.measured ? top(concurrency.series.talking) : null,
      legs: top(concurrency.series.legs),
      outcomes,
      calls: OUTCOMES.reduce((total, outcome) => total + outcomes[outcome], 0),
      srdP95Ms: top(srdSeries.p95),
      waitP95Ms: top(waitSeries.p95),
      longestWaitMs: queue.measured ? top(queue.longest) : null,
      unhealthySeconds: overlap(health.unhealthy, startMs) / 1000,
      asked: slice?.asked ?? null,
      answeredByAgent: slice?.answered ?? null,
      gaveUp: slice?.abandoned ?? null,
      serviceLevel: slice?.serviceLevel.value ?? null,
      asaMs: slice?.asaMs ?? null,
    });
  }
  return minutes;
}

/** Values of the steps that begin in the minute; a step longer than a minute counts in the minute where it begins. */
function within(series: Series, startMs: number): number[] {
  const from = Math.max(0, Math.ceil((startMs - series.startMs) / series.stepMs - 1e-9));
  const to = Math.ceil((startMs + MINUTE - series.startMs) / series.stepMs - 1e-9);
  return series.values.slice(from, Math.max(from, to)).filter((value) => value !== null);
}

function overlap(spans: readonly { fromMs: number; toMs: number }[], startMs: number): number {
  return spans.reduce((total, span) => total + Math.max(0, Math.min(span.toMs, startMs + MINUTE) - Math.max(span.fromMs, startMs)), 0);
}

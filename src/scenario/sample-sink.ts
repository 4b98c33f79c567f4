/**
 * Where samples of k6-like metrics go. One sink a thread, set by the engine before the scenario is loaded; without one (plan, tests of a
 * scenario) samples are dropped.
 */
import { currentVuOrNone } from '../call/context.ts';
import type { MetricType } from '../metrics/accumulator.ts';

export interface MetricSample {
  metric: string;
  type: MetricType;
  value: number;
  /** The sample's own over the VU's; `scenario` among them while an iteration runs. */
  tags: Record<string, string>;
}

let sink: ((sample: MetricSample) => void) | undefined;

/** Set undefined to drop samples. */
export function setSampleSink(to: ((sample: MetricSample) => void) | undefined): void {
  sink = to;
}

/** The value goes to the sink with the tags of the VU that runs. */
export function emitSample(metric: string, type: MetricType, value: number, tags: Record<string, unknown> = {}): void {
  if (!sink) return;
  const vu = currentVuOrNone();
  const own = Object.fromEntries(Object.entries(tags).map(([name, tag]) => [name, String(tag)]));
  sink({ metric, type, value, tags: { ...vu?.tags, ...(vu ? { scenario: vu.scenario } : {}), ...own } });
}

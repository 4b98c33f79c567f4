/** What the plan intended, for comparison with what was done. */
import type { RunMeta } from '../record/schema.ts';
import type { Series } from './model.ts';
import type { Steps } from './steps.ts';

/** Samples of the plan's curve that one step averages, at most. */
const MOST_SAMPLES = 200;

/**
 * Planned calls per second, from `plan.series` of run.json: `{ stepMs, rate }`, calls/s from the load's start. Null where the run has no plan.
 */
export function plannedSeries(meta: RunMeta, steps: Steps): Series | null {
  const plan = (meta.plan as { series?: { stepMs?: unknown; rate?: unknown } } | null)?.series;
  if (!plan || typeof plan.stepMs !== 'number' || !(plan.stepMs > 0) || !Array.isArray(plan.rate)) return null;
  const { stepMs } = plan;
  const rates = plan.rate as unknown[];
  const startMs = meta.loadStartMs ?? meta.startMs;
  const rateAt = (ms: number) => {
    const rate = rates[Math.floor((ms - startMs) / stepMs)];
    return typeof rate === 'number' ? rate : 0;
  };
  const samples = Math.max(1, Math.min(MOST_SAMPLES, Math.round(steps.stepMs / stepMs)));
  const meanIn = (step: number) => {
    let sum = 0;
    for (let k = 0; k < samples; k++) sum += rateAt(steps.startMs + (step + (k + 0.5) / samples) * steps.stepMs);
    return sum / samples;
  };
  return { startMs: steps.startMs, stepMs: steps.stepMs, values: Array.from({ length: steps.count }, (_, step) => meanIn(step)) };
}

/**
 * constant-arrival-rate: `rate` iterations start per `timeUnit`, whatever the callers before them do (open model). Iteration n starts at n·T,
 * T = timeUnit/rate, the first at 0 and the last before the duration's end.
 *
 *     │ │ │ │ │ │ │ │
 *     └─┴─┴─┴─┴─┴─┴─┴──┤ D
 */
import { formatDuration } from '../duration.ts';
import { type ArrivalVus, arrivalDrive, checkArrivalVus, describeVus } from './arrival-vus.ts';
import { RateCurve } from './curve.ts';
import type { ScenarioPlan } from './executor.ts';
import type { Fields } from './fields.ts';
import { checkBase, describe, planBase, type ScenarioBase, type Spacing } from './scenario-base.ts';
import { indicesOf, type Segment } from './segment.ts';

export interface ConstantArrivalRate extends ScenarioBase, ArrivalVus {
  executor: 'constant-arrival-rate';
  /** Iterations per `timeUnitMs`. */
  rate: number;
  timeUnitMs: number;
  durationMs: number;
}

export function check(name: string, fields: Fields): ConstantArrivalRate {
  return {
    executor: 'constant-arrival-rate',
    ...checkBase(name, fields),
    rate: fields.integer('rate', 1),
    timeUnitMs: fields.duration('timeUnit', '1s', Number.MIN_VALUE),
    durationMs: fields.duration('duration', undefined, 1),
    ...checkArrivalVus(fields),
  };
}

export function plan(config: ConstantArrivalRate, spacing: Spacing): ScenarioPlan {
  const { rate, timeUnitMs, durationMs } = config;
  const curve = new RateCurve(rate, [{ durationMs, target: rate }], timeUnitMs);
  const count = Math.ceil((durationMs * rate) / timeUnitMs);
  const even = {
    count,
    *arrivals(segment: Segment) {
      for (const index of indicesOf(segment)) {
        if (index >= count) return;
        yield { index, at: (index * timeUnitMs) / rate };
      }
    },
  };
  return {
    ...planBase(config),
    executor: 'constant-arrival-rate',
    durationMs,
    drive: arrivalDrive(config, curve, even, spacing),
    description: describe(`${curve.peakPerSecond.toFixed(2)} iterations/s for ${formatDuration(durationMs)}`, config, describeVus(config)),
  };
}

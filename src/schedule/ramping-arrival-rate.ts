/**
 * ramping-arrival-rate: the rate of arrivals goes linearly from one stage's target to the next; iteration i = 1, 2, … starts when the area under
 * the rate reaches i. Fractions carry over from stage to stage, and the first iteration is at area 1, not at 0. A stage of 0s is a jump.
 *
 *     rate │     ╱‾‾‾‾╲
 *          │   ╱       ╲
 *          └─│──│─│││││─│──│── t
 */
import { type ArrivalVus, arrivalDrive, checkArrivalVus, describeVus } from './arrival-vus.ts';
import { RateCurve } from './curve.ts';
import type { ScenarioPlan } from './executor.ts';
import type { Fields } from './fields.ts';
import { checkBase, checkStages, describe, overStages, planBase, type ScenarioBase, type Spacing, type Stage } from './scenario-base.ts';
import { indicesOf, type Segment } from './segment.ts';

export interface RampingArrivalRate extends ScenarioBase, ArrivalVus {
  executor: 'ramping-arrival-rate';
  startRate: number;
  timeUnitMs: number;
  /** Targets per `timeUnitMs`. */
  stages: Stage[];
}

export function check(name: string, fields: Fields): RampingArrivalRate {
  return {
    executor: 'ramping-arrival-rate',
    ...checkBase(name, fields),
    startRate: fields.integer('startRate', 0, 0),
    timeUnitMs: fields.duration('timeUnit', '1s', Number.MIN_VALUE),
    stages: checkStages(fields),
    ...checkArrivalVus(fields),
  };
}

export function plan(config: RampingArrivalRate, spacing: Spacing): ScenarioPlan {
  const curve = new RateCurve(config.startRate, config.stages, config.timeUnitMs);
  const even = {
    count: Math.floor(curve.area),
    *arrivals(segment: Segment) {
      const timeOf = curve.inverse();
      for (const index of indicesOf(segment)) {
        const at = timeOf(index + 1);
        if (at === undefined) return;
        yield { index, at };
      }
    },
  };
  return {
    ...planBase(config),
    executor: 'ramping-arrival-rate',
    durationMs: curve.durationMs,
    drive: arrivalDrive(config, curve, even, spacing),
    description: describe(
      `Up to ${curve.peakPerSecond.toFixed(2)} iterations/s for ${overStages(config.stages)}`,
      config,
      describeVus(config),
    ),
  };
}

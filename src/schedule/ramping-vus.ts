/**
 * ramping-vus: the number of looping VUs goes linearly from stage to stage. The count c is reached at S + d·(c−from)/(to−from), S the stage's
 * start, d its length; going down, the highest-numbered VU stops first, and has `gracefulRampDown` to finish its iteration.
 *
 *     VUs │    ┌─┐
 *         │  ┌─┘ └─┐
 *         └──────────── t
 */
import { formatDuration } from '../duration.ts';
import type { ScenarioPlan, VuStep } from './executor.ts';
import type { Fields } from './fields.ts';
import { checkBase, checkStages, describe, overStages, planBase, type ScenarioBase, type Stage, stagesMs } from './scenario-base.ts';
import { countOf, type Segment } from './segment.ts';

export interface RampingVus extends ScenarioBase {
  executor: 'ramping-vus';
  startVus: number;
  stages: Stage[];
  gracefulRampDownMs: number;
}

export function check(name: string, fields: Fields): RampingVus {
  const config: RampingVus = {
    executor: 'ramping-vus',
    ...checkBase(name, fields),
    startVus: fields.integer('startVUs', 0, 1),
    stages: checkStages(fields),
    gracefulRampDownMs: fields.duration('gracefulRampDown', '30s'),
  };
  if (peak(config) === 0) throw fields.invalid('stages', 'never has a VU: startVUs or one target must be above 0');
  return config;
}

export function plan(config: RampingVus): ScenarioPlan {
  const own = [
    ...(config.startVus === 1 ? [] : [`startVUs: ${config.startVus}`]),
    ...(config.gracefulRampDownMs > 0 ? [`gracefulRampDown: ${formatDuration(config.gracefulRampDownMs)}`] : []),
  ];
  return {
    ...planBase(config),
    executor: 'ramping-vus',
    durationMs: stagesMs(config.stages),
    drive: {
      kind: 'vus',
      steps: (segment) => steps(config, segment),
      maxVus: peak(config),
      gracefulRampDownMs: config.gracefulRampDownMs,
    },
    description: describe(`Up to ${peak(config)} looping VUs for ${overStages(config.stages)}`, config, own),
  };
}

const peak = ({ startVus, stages }: RampingVus) => stages.reduce((most, { target }) => Math.max(most, target), startVus);

/** A segment's count changes only where the whole run's count passes one of its slots; of several changes at one moment the last one stands. */
function steps({ startVus, stages }: RampingVus, segment: Segment): VuStep[] {
  const result: VuStep[] = [{ at: 0, vus: countOf(segment, startVus) }];
  const reach = (at: number, count: number) => {
    const vus = countOf(segment, count);
    const last = result.at(-1)!;
    if (vus === last.vus) return;
    if (last.at === at) last.vus = vus;
    else result.push({ at, vus });
  };
  let start = 0;
  let from = startVus;
  for (const { durationMs, target } of stages) {
    if (durationMs === 0) reach(start, target);
    else
      for (let n = 1; n <= Math.abs(target - from); n++)
        reach(start + (durationMs * n) / Math.abs(target - from), from + n * Math.sign(target - from));
    start += durationMs;
    from = target;
  }
  return result;
}

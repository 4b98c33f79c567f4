/** constant-vus: a fixed number of VUs, each starting the next iteration when its last one ends (closed model), until the duration is over. */
import { formatDuration } from '../duration.ts';
import type { ScenarioPlan } from './executor.ts';
import type { Fields } from './fields.ts';
import { checkBase, describe, planBase, type ScenarioBase } from './scenario-base.ts';
import { countOf } from './segment.ts';

export interface ConstantVus extends ScenarioBase {
  executor: 'constant-vus';
  vus: number;
  durationMs: number;
}

export function check(name: string, fields: Fields): ConstantVus {
  return {
    executor: 'constant-vus',
    ...checkBase(name, fields),
    vus: fields.integer('vus', 1, 1),
    durationMs: fields.duration('duration', undefined, 1),
  };
}

export function plan(config: ConstantVus): ScenarioPlan {
  const { vus, durationMs } = config;
  return {
    ...planBase(config),
    executor: 'constant-vus',
    durationMs,
    drive: { kind: 'vus', steps: (segment) => [{ at: 0, vus: countOf(segment, vus) }], maxVus: vus, gracefulRampDownMs: 0 },
    description: describe(`${vus} looping VUs for ${formatDuration(durationMs)}`, config),
  };
}

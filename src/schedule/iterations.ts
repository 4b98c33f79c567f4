/**
 * shared-iterations: a number of iterations that VUs take from a common heap, the quick ones more. per-vu-iterations: each VU makes as many. What
 * has not started by `maxDuration` counts as dropped.
 *
 * Iteration i is dealt to VU i mod vus, and the VUs to the segments, so that no segment gets iterations without a VU to make them.
 */
import { formatDuration } from '../duration.ts';
import type { Drive, ScenarioPlan } from './executor.ts';
import type { Fields } from './fields.ts';
import { checkBase, describe, planBase, type ScenarioBase } from './scenario-base.ts';
import { countOf, indexAt, type Segment } from './segment.ts';

export interface Iterations extends ScenarioBase {
  executor: 'shared-iterations' | 'per-vu-iterations';
  vus: number;
  /** Of all VUs together, or of each. */
  iterations: number;
  maxDurationMs: number;
}

function check(executor: Iterations['executor'], name: string, fields: Fields): Iterations {
  return {
    executor,
    ...checkBase(name, fields),
    vus: fields.integer('vus', 1, 1),
    iterations: fields.integer('iterations', 1, 1),
    maxDurationMs: fields.duration('maxDuration', '10m', 1),
  };
}

export function checkShared(name: string, fields: Fields): Iterations {
  const config = check('shared-iterations', name, fields);
  if (config.iterations >= config.vus) return config;
  throw fields.invalid('iterations', `is ${config.iterations}, less than vus ${config.vus}: some would have nothing to do`);
}

export function checkPerVu(name: string, fields: Fields): Iterations {
  return check('per-vu-iterations', name, fields);
}

export function plan(config: Iterations): ScenarioPlan {
  const { executor, vus, iterations } = config;
  const shared = executor === 'shared-iterations';
  return {
    ...planBase(config),
    executor,
    durationMs: config.maxDurationMs,
    drive: drive(shared, vus, shared ? iterations : iterations * vus),
    description: describe(
      shared ? `${iterations} iterations shared among ${vus} VUs` : `${iterations} iterations for each of ${vus} VUs`,
      config,
      [`maxDuration: ${formatDuration(config.maxDurationMs)}`],
    ),
  };
}

function drive(shared: boolean, vus: number, total: number): Drive {
  const own = (segment: Segment) => countOf(segment, vus);
  return {
    kind: 'iterations',
    shared,
    maxVus: vus,
    vus: own,
    iterations: (segment) => Math.floor(total / vus) * own(segment) + countOf(segment, total % vus),
    index(segment, k) {
      const round = Math.floor(k / own(segment));
      return round * vus + indexAt(segment, k - round * own(segment));
    },
  };
}

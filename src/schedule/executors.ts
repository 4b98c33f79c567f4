/** The six executors by name. */
import { CallsurgeError } from '../errors.ts';
import * as constantArrivalRate from './constant-arrival-rate.ts';
import * as constantVus from './constant-vus.ts';
import type { ExecutorName, ScenarioPlan } from './executor.ts';
import { Fields } from './fields.ts';
import * as iterations from './iterations.ts';
import * as rampingArrivalRate from './ramping-arrival-rate.ts';
import * as rampingVus from './ramping-vus.ts';
import { replayPlan } from './replay.ts';
import type { Spacing } from './scenario-base.ts';

/** A scenario of k6's `options.scenarios`, checked, defaults filled in, durations in ms. Plain data. */
export type ScenarioConfig =
  | constantArrivalRate.ConstantArrivalRate
  | rampingArrivalRate.RampingArrivalRate
  | constantVus.ConstantVus
  | rampingVus.RampingVus
  | iterations.Iterations;

const CHECKS: Record<ExecutorName, (name: string, fields: Fields) => ScenarioConfig> = {
  'constant-arrival-rate': constantArrivalRate.check,
  'ramping-arrival-rate': rampingArrivalRate.check,
  'constant-vus': constantVus.check,
  'ramping-vus': rampingVus.check,
  'shared-iterations': iterations.checkShared,
  'per-vu-iterations': iterations.checkPerVu,
};

const EXECUTOR_NAMES = Object.keys(CHECKS) as ExecutorName[];

/** @throws CallsurgeError `option-invalid`: the first thing that is wrong, by the name of its field. */
export function checkScenario(name: string, raw: unknown): ScenarioConfig {
  const where = `scenarios.${name}`;
  if (!/^[0-9a-zA-Z_-]+$/.test(name))
    throw new CallsurgeError('option-invalid', `"${name}" is not a scenario name`, { where, todo: 'use letters, digits, _ and - alone' });
  const fields = new Fields(raw, where);
  const executor = fields.raw('executor');
  if (executor === 'externally-controlled')
    throw fields.invalid('executor', 'must not be "externally-controlled"', 'k6 has dropped it; use ramping-vus or an arrival rate');
  const config = CHECKS[fields.oneOf('executor', EXECUTOR_NAMES)](name, fields);
  fields.end();
  return config;
}

export function planScenario(config: ScenarioConfig, spacing: Spacing): ScenarioPlan {
  const { replay, seed } = spacing;
  if (replay?.scenario === config.name && (config.executor === 'constant-arrival-rate' || config.executor === 'ramping-arrival-rate'))
    return replayPlan(config, replay, seed);
  switch (config.executor) {
    case 'constant-arrival-rate':
      return constantArrivalRate.plan(config, spacing);
    case 'ramping-arrival-rate':
      return rampingArrivalRate.plan(config, spacing);
    case 'constant-vus':
      return constantVus.plan(config);
    case 'ramping-vus':
      return rampingVus.plan(config);
    case 'shared-iterations':
    case 'per-vu-iterations':
      return iterations.plan(config);
  }
}

/** All scenarios of one run: what starts when, before anything is sent. Pure: the same options and seed give the same plan everywhere. */
import { formatDuration } from '../duration.ts';
import { CallsurgeError } from '../errors.ts';
import type { ScenarioPlan } from './executor.ts';
import { planScenario, type ScenarioConfig } from './executors.ts';
import { replayedScenario } from './replay.ts';
import type { Spacing } from './scenario-base.ts';

export interface RunPlan extends Spacing {
  scenarios: ScenarioPlan[];
  /** End of the last scenario's load, ms from the load's start. */
  loadMs: number;
  /** The same with gracefulStop: by then every iteration has ended or was interrupted. */
  totalMs: number;
  /** Most VUs that scenarios which overlap in time can use together. */
  maxVus: number;
}

/** Beyond these a plan does not fit into the memory of one machine: a slip of the pen rather than a load. */
const MOST_CALLS = 100_000_000;
const MOST_VUS = 1_000_000;

/** @throws CallsurgeError `machine-limit` where no single machine could hold the plan. */
export function planScenarios(configs: readonly ScenarioConfig[], { arrivals, seed, replay: given }: Spacing): RunPlan {
  const replay = given && { ...given, scenario: replayedScenario(configs, given) };
  const spacing: Spacing = { arrivals, seed, replay };
  // Even spacing counts without walking through the arrivals, so that this ends at once however many there are.
  for (const config of configs) refuseHuge(planScenario(config, { arrivals: 'even', seed, replay }));
  const scenarios = configs.map((config) => planScenario(config, spacing));
  return {
    ...spacing,
    scenarios,
    loadMs: Math.max(0, ...scenarios.map((s) => s.startTimeMs + s.durationMs)),
    totalMs: Math.max(0, ...scenarios.map(endMs)),
    maxVus: mostTogether(scenarios),
  };
}

/**
 * Worker threads that make sense: no more than any scenario has VUs, because slots are dealt to workers whether they have a VU or not. At least 1.
 */
export function usefulWorkers(plan: RunPlan, cores: number): number {
  return Math.max(1, Math.min(cores, ...plan.scenarios.map(({ drive }) => drive.maxVus)));
}

/** k6's header: how many scenarios, VUs and minutes, then a line for each. */
export function header(plan: RunPlan): string[] {
  const n = plan.scenarios.length;
  return [
    `scenarios: (100.00%) ${n} scenario${n === 1 ? '' : 's'}, ${plan.maxVus} max VUs, ${formatDuration(plan.totalMs)} max duration (incl. graceful stop):`,
    ...plan.scenarios.map(({ name, description }) => `  * ${name}: ${description}`),
  ];
}

function refuseHuge({ name, drive }: ScenarioPlan): void {
  const refuse = (what: string, most: number) => {
    throw new CallsurgeError('machine-limit', `${what}, more than the ${most} that one machine can hold`, {
      where: `scenarios.${name}`,
      todo: 'check rate, duration and VUs',
    });
  };
  if (drive.kind === 'arrivals' && !(drive.count <= MOST_CALLS)) refuse(`the plan has ${drive.count} arrivals`, MOST_CALLS);
  if (!(drive.maxVus <= MOST_VUS)) refuse(`the plan has ${drive.maxVus} VUs`, MOST_VUS);
}

const endMs = (s: ScenarioPlan) => s.startTimeMs + s.durationMs + s.gracefulStopMs;

/** The sum can only rise where a scenario starts. */
function mostTogether(scenarios: ScenarioPlan[]): number {
  const at = (ms: number) => scenarios.filter((s) => s.startTimeMs <= ms && ms < endMs(s)).reduce((sum, s) => sum + s.drive.maxVus, 0);
  return Math.max(0, ...scenarios.map((s) => at(s.startTimeMs)));
}

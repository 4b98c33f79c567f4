/** All scenarios of one run: what starts when, before anything is sent. Pure: the same options and seed give the same plan everywhere. */
import { formatDuration } from '../duration.ts';
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

export function planScenarios(configs: readonly ScenarioConfig[], { arrivals, seed, replay: given }: Spacing): RunPlan {
  const replay = given && { ...given, scenario: replayedScenario(configs, given) };
  const spacing: Spacing = { arrivals, seed, replay };
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

const endMs = (s: ScenarioPlan) => s.startTimeMs + s.durationMs + s.gracefulStopMs;

/** The sum can only rise where a scenario starts. */
function mostTogether(scenarios: ScenarioPlan[]): number {
  const at = (ms: number) => scenarios.filter((s) => s.startTimeMs <= ms && ms < endMs(s)).reduce((sum, s) => sum + s.drive.maxVus, 0);
  return Math.max(0, ...scenarios.map((s) => at(s.startTimeMs)));
}

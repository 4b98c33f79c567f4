/** One worker's part of the load: its slots of every scenario of the plan, what came of them, and what `k6/execution` tells a script of it. */
import type { CallServices } from '../call/services.ts';
import type { ExecutionState } from '../scenario/execution-state.ts';
import { functionFor, type LoadedScenario } from '../scenario/load.ts';
import type { ScenarioPlan } from '../schedule/executor.ts';
import { planScenarios, type RunPlan } from '../schedule/plan.ts';
import { countOf, indexAt } from '../schedule/segment.ts';
import { type IterationCounts, type IterationSource, runIteration, sample } from './iteration-runner.ts';
import { runScenarioPlan, type ScenarioRun } from './scenario-run.ts';
import type { WorkerHealth } from './worker-health.ts';
import type { WorkerInit } from './worker-init.ts';

export interface WorkerLoadParts {
  init: WorkerInit;
  scenario: LoadedScenario;
  services: CallServices;
  /** The contract's cap on calls/s. */
  gate: { nextAt(): number };
  health: WorkerHealth;
}

export class WorkerLoad {
  readonly #parts: WorkerLoadParts;
  readonly #plan: RunPlan;
  readonly #counts: Record<string, IterationCounts> = {};
  /** Iterations begun: by scenario, by VU. */
  readonly #begun = new Map<string, Map<number, number>>();
  #runs: ScenarioRun[] = [];
  #startMs = Number.NaN;
  #stopped: string | undefined;

  constructor(parts: WorkerLoadParts) {
    this.#parts = parts;
    this.#plan = planScenarios(parts.init.configs, parts.init);
  }

  /** VUs in an iteration now. */
  get vus(): number {
    return this.#runs.reduce((sum, { running }) => sum + running.count, 0);
  }

  /** Plays all of it from that moment on, Clock ms. @param data what setup() returned @returns what came of each scenario's iterations. */
  async play(startMs: number, data: unknown): Promise<Record<string, IterationCounts>> {
    this.#startMs = startMs;
    let firstVu = 1;
    for (const plan of this.#plan.scenarios) {
      this.#runs.push(this.#start(plan, firstVu, data));
      firstVu += plan.drive.maxVus;
    }
    // A stop that came in the same moment.
    if (this.#stopped !== undefined) for (const run of this.#runs) run.stop(this.#stopped);
    await Promise.all(this.#runs.map(({ done }) => done));
    return this.#counts;
  }

  /** No new iterations; those running are interrupted. */
  stop(why: string): void {
    this.#stopped = why;
    for (const run of this.#runs) run.stop(why);
  }

  /** @param abort ends the whole run. */
  execution(abort: ExecutionState['abort']): ExecutionState {
    const { init, services, health } = this.#parts;
    const plans = new Map(this.#plan.scenarios.map((plan) => [plan.name, plan]));
    const total = (key: keyof IterationCounts) => Object.values(this.#counts).reduce((sum, counts) => sum + counts[key], 0);
    return {
      options: init.merged,
      scenario: (name) => {
        const plan = plans.get(name);
        if (!plan) return undefined;
        const startTime = this.#startMs + plan.startTimeMs;
        const progress = Math.min(1, Math.max(0, (services.clock.now() - startTime) / Math.max(1, plan.durationMs)));
        return { executor: plan.executor, startTime, progress, env: plan.env };
      },
      instance: () => ({
        iterationsInterrupted: total('interrupted'),
        iterationsCompleted: total('complete'),
        vusActive: this.vus,
        vusInitialized: health.vusMade || this.#plan.scenarios.reduce((sum, { drive }) => sum + countOf(init.segment, drive.maxVus), 0),
        currentTestRunDuration: services.clock.now() - this.#startMs,
      }),
      vu: (vu, scenario) => {
        const all = [...this.#begun.values()].reduce((sum, byVu) => sum + (byVu.get(vu) ?? 0), 0);
        const here = this.#begun.get(scenario)?.get(vu) ?? 0;
        return { iterationInInstance: Math.max(0, all - 1), iterationInScenario: Math.max(0, here - 1) };
      },
      abort,
    };
  }

  #start(plan: ScenarioPlan, firstVu: number, data: unknown): ScenarioRun {
    const { init, scenario, services, gate, health } = this.#parts;
    const { segment, seed, tags, minIterationMs } = init;
    const counts: IterationCounts = { complete: 0, interrupted: 0, dropped: 0, exceptions: 0 };
    this.#counts[plan.name] = counts;
    const begun = new Map<number, number>();
    this.#begun.set(plan.name, begun);
    const source: IterationSource = {
      plan: { ...plan, tags: { ...tags, ...plan.tags } },
      run: functionFor(scenario, plan.exec, plan.name),
      data,
      seed,
      services,
      counts,
      minIterationMs,
    };
    return runScenarioPlan(plan, {
      clock: services.clock,
      segment,
      startAt: this.#startMs + plan.startTimeMs,
      vuNumber: (k) => firstVu + indexAt(segment, k),
      lag: (ms) => health.lag(ms),
      made: (n) => health.made(n),
      dropped: (n) => {
        counts.dropped += n;
        health.dropped(n);
        sample(services, services.clock.now(), 'dropped_iterations', 'counter', n, source.plan);
      },
      notBefore: () => gate.nextAt(),
      iterate: (vu, iteration, intendedAt, signal) => {
        begun.set(vu, (begun.get(vu) ?? 0) + 1);
        return runIteration(source, vu, iteration, intendedAt, signal);
      },
    });
  }
}

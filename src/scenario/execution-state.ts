/** What `k6/execution` and k6's globals can tell, asked of the engine. One a thread; the engine sets it before the scenario is loaded. */

export interface ScenarioState {
  executor: string;
  /** ms since the Unix epoch. */
  startTime: number;
  /** 0…1. */
  progress: number;
  env: Record<string, string>;
}

export interface ExecutionState {
  /** k6 options as run, after precedence. */
  options: unknown;
  scenario(name: string): ScenarioState | undefined;
  instance(): {
    iterationsInterrupted: number;
    iterationsCompleted: number;
    vusActive: number;
    vusInitialized: number;
    /** ms. */
    currentTestRunDuration: number;
  };
  /** Iterations that this VU has begun before: of all scenarios, and of that one. */
  vu(vu: number, scenario: string): { iterationInInstance: number; iterationInScenario: number };
  /** Ends the run: exit 108. */
  abort(reason: string): void;
}

let state: ExecutionState | undefined;

export function setExecutionState(to: ExecutionState | undefined): void {
  state = to;
}

export function executionState(): ExecutionState | undefined {
  return state;
}

/** What a run is asked for, what it answers, and who may watch it. */
import type { ClockAnchor } from '../clock.ts';
import type { AlarmReceiver } from '../faults/alarms.ts';
import type { Mark } from '../faults/mark.ts';
import type { ThresholdResult } from '../metrics/thresholds.ts';
import type { EventRow, Outcome, RunMeta } from '../record/schema.ts';
import type { CheckedSurge } from '../scenario/check-surge.ts';
import type { LoadedScenario } from '../scenario/load.ts';
import type { CheckedOptions } from '../scenario/options.ts';
import type { RunPlan } from '../schedule/plan.ts';
import type { VendorProfile } from '../vendor/profile.ts';
import type { IterationCounts } from './iteration-runner.ts';
import type { RunSnapshot } from './snapshot.ts';

export interface RunRequest {
  /** Run folder to make; must not exist. */
  dir: string;
  scenario: LoadedScenario;
  options: CheckedOptions;
  surge: CheckedSurge;
  plan: RunPlan;
  /** Validated. */
  vendor: VendorProfile;
  /** Worker threads, at least 1 (schedule/plan.ts, `usefulWorkers`). */
  workers: number;
  /** Version of callsurge, for run.json. */
  version: string;
  /** The plan's figures as printed, for run.json. */
  planFigures?: unknown;
  /** HTTP API of the embedded vendor, where this run has one. */
  simulatorApi?: string;
  /** Opened before, because the vendor must know its URL; closed by whoever opened it. */
  alarms?: AlarmReceiver;
  observers?: readonly RunObserver[];
  /** The one time of the run; share it with an embedded vendor to compare times exactly. */
  anchor?: ClockAnchor;
  /** Exit code for an ending (cli/exit-codes.ts): the record names it. */
  exitCode(ending: RunEnding): number;
}

/** Why a run ended, in order of precedence. */
export type RunEnding =
  | { reason: 'error'; error: unknown }
  | { reason: 'stoppedBySignal' }
  | { reason: 'aborted'; why: string }
  /** `abort`: it ended the run before its time. */
  | { reason: 'thresholdFailed'; abort: boolean; why: string }
  | { reason: 'runNotValid'; why: string }
  | { reason: 'ok' };

export interface RunResult {
  dir: string;
  meta: RunMeta;
  ending: RunEnding;
  exitCode: number;
  thresholds: ThresholdResult[];
  outcomes: Record<Outcome, number>;
  /** By scenario. */
  iterations: Record<string, IterationCounts>;
  warnings: string[];
  /** Calls that the journal shows open: `sweep` ends them. 0 after a drain. */
  openCalls: number;
  /** What `setup()` returned. */
  setupData: unknown;
}

/** All hooks are optional; one that throws never breaks the run. */
export interface RunObserver {
  onPhase?(phase: string): void;
  onSecond?(snapshot: RunSnapshot): void;
  onEvent?(event: EventRow): void;
  onWarning?(text: string): void;
  onEnd?(result: RunResult): void;
}

export interface RunHandle {
  /** Never rejects: what went wrong is the ending. */
  readonly done: Promise<RunResult>;
  /** First Ctrl-C: no new calls, hang up all, wait, teardown, reports. Again: nothing. */
  stop(): void;
  /** Second Ctrl-C: one CANCEL or BYE per open call, unawaited; done within a second. */
  stopNow(): void;
  /** The operator marks something: `started` or `ended` of a manual fault or scaling step; else a mark of the record. */
  mark(mark: { name: string; action: string; by?: 'buyer' | 'vendor'; at?: number; plusMinusMs?: number }): void;
  /** Somebody's typed mark. `fault` and `fixed` also tell a manual fault that waits for a person that it has begun, or is over. */
  typedMark(mark: Mark): void;
}

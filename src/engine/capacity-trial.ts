/**
 * One trial of a capacity search: a run of its own, in a folder of its own, of that many callers.
 *
 *   concurrency   N callers dial at `rampPerSecond`, stay, and hang up together `lengthMs` after the last has dialled
 *   rate          r callers a second, evenly and half a call less than that (analysis/bunching.ts), for `lengthMs`; each hangs up `holdMs` after the
 *                 answer
 *
 * With a scenario of the user's own its function plays the caller: N looping VUs, or r iterations a second.
 */
import { fileURLToPath } from 'node:url';
import { guardMs, plannedCalls } from '../analysis/bunching.ts';
import { type Sought, type TrialFigures, TrialFold } from '../analysis/trial.ts';
import { readTable } from '../record/read.ts';
import { checkSurge, planRun } from '../scenario/check-surge.ts';
import { type LoadedScenario, loadScenario } from '../scenario/load.ts';
import { checkOptions, type RawOptions } from '../scenario/options.ts';
import { usefulWorkers } from '../schedule/plan.ts';
import type { VendorProfile } from '../vendor/profile.ts';
import type { RunHandle, RunObserver, RunRequest, RunResult } from './request.ts';
import { startRun } from './run.ts';

export interface TrialTerms {
  sought: Sought;
  /** Digits, or a key of the profile's numbers. */
  number: string;
  /** Keys pressed after the answer; calls then wait wherever that leads. */
  press?: string;
  holdMs: number;
  /** Calls/s at which so many callers dial. */
  rampPerSecond(load: number): number;
  media: 'rtp' | 'none';
  seed: number;
  /** Worker threads at most. */
  workers: number;
  /** A caller of the user's own instead of ours. */
  own?: { scenario: LoadedScenario; exec: string };
  /** k6 thresholds, each of which ends the search when it fails. */
  stopWhen?: Record<string, string[]>;
}

export interface TrialRequest {
  terms: TrialTerms;
  vendor: VendorProfile;
  /** Run folder to make. */
  dir: string;
  load: number;
  lengthMs: number;
  version: string;
  observers?: readonly RunObserver[];
  exitCode: RunRequest['exitCode'];
}

export interface TrialHandle {
  readonly run: Pick<RunHandle, 'stop' | 'stopNow'>;
  /** Never rejects for what the vendor does; `result.ending` says how it ended. @throws CallsurgeError `run-folder-invalid` */
  readonly done: Promise<{ result: RunResult; figures: TrialFigures }>;
}

/** An answer may take so long after the last INVITE; then the hold, and Timer F for the BYE. */
const ANSWER_MS = 20_000;

/** Looping callers begin no more than one call in this time each. */
const REDIAL_MS = 2000;
/** Calls/s that one thread sends without strain. */
const ONE_WORKER = 150;

const SCENARIO = fileURLToPath(new URL(`../scenario/built-in/capacity${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url));

/** Checks options and starts the run. @throws CallsurgeError for options, scenario or profile that cannot be used; nothing was sent then. */
export async function startTrial(request: TrialRequest): Promise<TrialHandle> {
  const { terms, dir, load, lengthMs, version, observers, exitCode } = request;
  const scenario = terms.own?.scenario ?? (await loadScenario(SCENARIO));
  const options = checkOptions(scenario, { env: {}, cli: trialOptions(terms, load, lengthMs) });
  const surge = {
    ...checkSurge({ seed: terms.seed, media: terms.media, drain: '10s' }),
    callLengthMs: { '': lengthMs },
  };
  const plan = planRun(options, surge);
  const workers = usefulWorkers(plan, workersFor(terms, load));
  // Agents of ours would register anew for each trial, and our own callers never ask for one.
  const vendor = terms.own || terms.press ? request.vendor : { ...request.vendor, agents: [] };
  const run = startRun({
    dir,
    scenario,
    options,
    surge,
    plan,
    vendor,
    workers,
    version,
    observers,
    exitCode,
  });
  return {
    run,
    done: run.done.then(async (result) => ({
      result,
      figures: await trialFigures(dir, result, terms.sought === 'rate' ? load : undefined),
    })),
  };
}

/** k6 options of a trial. */
export function trialOptions(terms: TrialTerms, load: number, lengthMs: number): RawOptions {
  const { sought, number, press, holdMs, own, stopWhen = {} } = terms;
  const ramp = rateOf(terms.rampPerSecond(load));
  const rampMs = (load * ramp.unitMs) / ramp.rate;
  const env = {
    CALLSURGE_NUMBER: number,
    CALLSURGE_UNTIL_MS: String(Math.round(rampMs + lengthMs)),
    CALLSURGE_HOLD_MS: String(holdMs),
    CALLSURGE_PER_SECOND: String(Math.ceil(load / workersFor(terms, load))),
    CALLSURGE_SECOND_MS: String(1000 + guardMs(load)),
    ...(press ? { CALLSURGE_PRESS: press } : {}),
  };
  const graceful = { gracefulStop: ANSWER_MS + lengthMs + holdMs };
  const scenario: RawOptions =
    sought === 'rate'
      ? {
          executor: 'constant-arrival-rate',
          rate: load,
          timeUnit: 1000 + guardMs(load),
          duration: lengthMs,
          ...pool(plannedCalls(load, lengthMs)),
        }
      : own
        ? { executor: 'ramping-vus', startVUs: 0, stages: [stage(rampMs, load), stage(lengthMs, load)], gracefulRampDown: 0 }
        : // Half a call short of a whole one more: exactly `load` of them.
          {
            executor: 'constant-arrival-rate',
            rate: ramp.rate,
            timeUnit: ramp.unitMs,
            duration: Math.max(1, rampMs * (1 - 0.5 / load)),
            ...pool(load),
          };
  const exec = own?.exec ?? (sought === 'rate' ? 'oneByOne' : 'together');
  return {
    // A caller of the user's own who is refused comes again: not at once.
    ...(own && sought === 'concurrency' ? { minIterationDuration: REDIAL_MS } : {}),
    scenarios: { capacity: { ...scenario, ...graceful, exec, ...(own ? {} : { env }) } },
    thresholds: Object.fromEntries(
      Object.entries(stopWhen).map(([metric, all]) => [metric, all.map((threshold) => ({ threshold, abortOnFail: true }))]),
    ),
  };
}

/** Threads count their calls each for itself, so one is better than several as long as it is not strained. */
const workersFor = ({ sought, workers }: TrialTerms, load: number) => (sought === 'rate' && load <= ONE_WORKER ? 1 : workers);

const pool = (vus: number) => ({ preAllocatedVUs: vus, maxVUs: vus });
const stage = (ms: number, target: number) => ({ duration: Math.max(1, Math.round(ms)), target });

/** k6 knows whole rates only: half a call a second is one in two seconds. */
function rateOf(perSecond: number): { rate: number; unitMs: number } {
  return perSecond >= 1 ? { rate: Math.floor(perSecond), unitMs: 1000 } : { rate: 1, unitMs: Math.ceil(1000 / perSecond) };
}

async function trialFigures(dir: string, { ending }: RunResult, perSecond: number | undefined): Promise<TrialFigures> {
  const fold = new TrialFold();
  // A run that could not even make its folder has no rows.
  if (ending.reason !== 'error') {
    await readTable(dir, 'timeline', (row) => fold.addSecond(row));
    await readTable(dir, 'calls', (row) => fold.addCall(row));
  }
  return fold.figures(perSecond);
}

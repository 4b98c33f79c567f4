/**
 * A run on this machine, from the run folder to the last row. It is a list of tasks, set up in this order and taken down in the opposite one:
 *
 *   record      run folder and journal
 *   relay       our own, between us and the vendor, where a fault needs it    ⟂ close
 *   preflight   does any trunk answer? nothing else has been sent before
 *   workers     threads, SIP and RTP ports                                    ⟂ end
 *   agents      register, at a bounded rate                                   ⟂ unregister, last of all that is sent
 *   scenario    setup(), once                                                 ⟂ teardown()
 *   load        common start; arrivals, faults, probes until the last ends    ⟂ drain: hang up what is left, take faults back
 *
 * Whatever stops a run (a signal, a threshold, the contract's hours, the script, an error) only ends the going forward; the taking down is the same.
 */
import { messageOf } from '../errors.ts';
import { type Mark, markRow } from '../faults/mark.ts';
import type { RunHandle, RunRequest, RunResult } from './request.ts';
import { finishRun } from './run-result.ts';
import { RunState } from './run-state.ts';
import { within } from './run-workers.ts';
import { agentsTask } from './task-agents.ts';
import { loadTask } from './task-load.ts';
import { preflightTask } from './task-preflight.ts';
import { recordTask } from './task-record.ts';
import { relayTask } from './task-relay.ts';
import { scenarioTask } from './task-scenario.ts';
import { workersTask } from './task-workers.ts';
import { runTasks } from './tasks.ts';
import { PHASES } from './worker-init.ts';

const TASKS = [recordTask, relayTask, preflightTask, workersTask, agentsTask, scenarioTask, loadTask];

/** A second Ctrl-C ends within a second: this for one CANCEL or BYE a call, the rest for the files. */
const NOW_MS = 500;
/** And this for our own address to be back. */
const OWN_MS = 100;

/** Runs it to its end. Never rejects: what went wrong is the result's `ending`. */
export function runScenario(request: RunRequest): Promise<RunResult> {
  return startRun(request).done;
}

export function startRun(request: RunRequest): RunHandle {
  const run = new RunState(request);
  const now = Promise.withResolvers<void>();
  return {
    done: play(run, now.promise),
    stop: () => run.end({ reason: 'stoppedBySignal' }),
    stopNow: () => {
      run.end({ reason: 'stoppedBySignal' });
      now.resolve();
    },
    mark: ({ name, action, by, at, plusMinusMs }) => {
      const t_ms = at ?? run.clock.now();
      if ((action === 'started' || action === 'ended') && run.faults?.mark(name, action, t_ms)) return;
      run.record?.event({ t_ms, kind: 'mark', name, action, by: by ?? 'buyer', value: plusMinusMs ?? null });
    },
    typedMark: (mark) => takeMark(run, mark),
  };
}

/** A fault that waits for a person begins with the mark, ± and all; one that nobody planned is written down as it is. */
function takeMark(run: RunState, mark: Mark): void {
  const { faults, record } = run;
  if (mark.type === 'fault' && faults?.markAny('started', mark)) return;
  record?.write('events', markRow(mark));
  if (mark.type === 'fixed') faults?.markAny('ended', mark);
}

async function play(run: RunState, now: Promise<void>): Promise<RunResult> {
  const tasks = runTasks(
    TASKS.map((task) => task(run)),
    {
      stopped: () => run.stopped,
      began: (task) => run.enter(task),
      ended: (task) => run.record?.event({ kind: 'phase', name: task, action: 'end' }),
      teardownFailed: (task, thrown) => {
        run.record?.warn('teardown', `${task}: ${messageOf(thrown)}`);
        run.end({ reason: 'error', error: thrown });
      },
    },
  ).catch((error) => run.end({ reason: 'error', error }));
  const atOnce = await Promise.race([tasks.then(() => false), now.then(() => true)]);
  if (atOnce) await abandon(run);
  return finishRun(run);
}

/** Second Ctrl-C: nothing is awaited that a vendor could delay. */
async function abandon(run: RunState): Promise<void> {
  run.enter('stop-now');
  const { workers, faults, stack, relay } = run;
  if (faults) await within(OWN_MS, faults.stopOwn());
  await Promise.all([workers && within(NOW_MS, workers.leader.run(PHASES.now)), faults && within(NOW_MS, faults.stop(NOW_MS))]);
  run.seconds?.stop();
  await within(NOW_MS, Promise.all([workers?.kill(), stack?.close(), relay?.kill()]));
}

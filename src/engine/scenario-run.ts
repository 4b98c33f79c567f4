/**
 * One scenario of the plan in one worker, from its start to the end of its last iteration:
 *
 *     startAt                    D                gracefulStop
 *       ├── new iterations ──────┤── those running ──┤ interrupted: their calls end with BYE or CANCEL, recorded as cut
 */
import type { ScenarioPlan } from '../schedule/executor.ts';
import type { DriveRun, DriveScope } from './drive.ts';
import { driveArrivals } from './drive-arrivals.ts';
import { driveIterations } from './drive-iterations.ts';
import { driveVus } from './drive-vus.ts';
import { Running } from './running.ts';

export interface ScenarioRun {
  readonly running: Running;
  /** Resolves when the last iteration is over and nothing of it is left open. */
  readonly done: Promise<void>;
  /** No new iterations, and those running are interrupted at once. */
  stop(why: string): void;
}

export type RunScope = Omit<DriveScope, 'running'> & { iterate: ConstructorParameters<typeof Running>[0] };

export function runScenarioPlan(plan: ScenarioPlan, scope: RunScope): ScenarioRun {
  const { clock, startAt } = scope;
  const running = new Running(scope.iterate);
  const drive = start(plan, { ...scope, running });
  const end = startAt + plan.durationMs;
  // An arrival may be due exactly at D, and a timer is late: the open model ends with its own list.
  const over = plan.drive.kind === 'arrivals' ? undefined : clock.at(end, () => drive.stop(true));
  const graceful = clock.at(end + plan.gracefulStopMs, () => {
    drive.stop(true);
    running.interrupt('gracefulStop is over');
  });
  const done = (async () => {
    await drive.issued;
    await running.idle();
    over?.cancel();
    graceful.cancel();
  })();
  return {
    running,
    done,
    stop(why) {
      drive.stop(false);
      running.interrupt(why);
    },
  };
}

function start(plan: ScenarioPlan, scope: DriveScope): DriveRun {
  switch (plan.drive.kind) {
    case 'arrivals':
      return driveArrivals(plan.drive, scope);
    case 'vus':
      return driveVus(plan.drive, scope);
    case 'iterations':
      return driveIterations(plan.drive, scope);
  }
}

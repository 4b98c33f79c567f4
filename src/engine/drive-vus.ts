/**
 * Closed model: a changing number of VUs, each starting its next iteration when the last one is over. Going down, the highest-numbered VU stops
 * first: it starts no further iteration, and the one it is in is interrupted after gracefulRampDown.
 */
import type { TimerHandle } from '../clock.ts';
import type { ScenarioPlan } from '../schedule/executor.ts';
import { indexAt } from '../schedule/segment.ts';
import type { DriveRun, DriveScope } from './drive.ts';
import { pace } from './pacer.ts';

type Vus = Extract<ScenarioPlan['drive'], { kind: 'vus' }>;

export function driveVus(drive: Vus, scope: DriveScope): DriveRun {
  const { clock, segment, startAt, running } = scope;
  const steps = drive.steps(segment);
  scope.made(Math.max(0, ...steps.map((step) => step.vus)));
  const issued = Promise.withResolvers<void>();
  /** Loops that are alive, by k: also those asked to stop, until their iteration is over. */
  const alive = new Set<number>();
  const rampDowns = new Map<number, TimerHandle>();
  let target = 0;
  let iterations = 0;
  let stopped = false;
  let stepsLeft = true;

  const loop = async (k: number) => {
    alive.add(k);
    const vu = scope.vuNumber(k);
    while (k < target && !stopped) {
      const now = clock.now();
      scope.lag(0);
      await running.start(vu, indexAt(segment, iterations++), now);
      // An iteration that waits for nothing must not keep the sockets from being read.
      await new Promise((resolve) => setImmediate(resolve));
    }
    alive.delete(k);
    rampDowns.get(k)?.cancel();
    rampDowns.delete(k);
    settle();
  };
  const settle = () => {
    if (alive.size === 0 && (stopped || (!stepsLeft && target === 0))) issued.resolve();
  };
  const set = (vus: number) => {
    for (let k = target; k < vus; k++) {
      rampDowns.get(k)?.cancel();
      rampDowns.delete(k);
    }
    for (let k = vus; k < target; k++) {
      const why = 'gracefulRampDown is over';
      rampDowns.set(
        k,
        clock.after(drive.gracefulRampDownMs, () => running.interrupt(why, scope.vuNumber(k))),
      );
    }
    target = vus;
    for (let k = 0; k < target; k++) if (!alive.has(k)) void loop(k);
  };
  const stopPacing = pace({
    clock,
    items: steps[Symbol.iterator](),
    due: (step) => startAt + step.at,
    run: (step) => set(step.vus),
    done: () => {
      stepsLeft = false;
      settle();
    },
  });
  return {
    issued: issued.promise,
    stop() {
      stopped = true;
      stopPacing();
      settle();
    },
  };
}

/**
 * A given number of iterations: taken from a common heap by whichever VU is free (shared), or the same number for each VU. Workers never share a
 * heap: the plan deals the iterations to them beforehand.
 */
import type { ScenarioPlan } from '../schedule/executor.ts';
import type { DriveRun, DriveScope } from './drive.ts';

type Iterations = Extract<ScenarioPlan['drive'], { kind: 'iterations' }>;

export function driveIterations(drive: Iterations, scope: DriveScope): DriveRun {
  const { clock, segment, startAt, running } = scope;
  const vus = drive.vus(segment);
  const total = drive.iterations(segment);
  scope.made(vus);
  const issued = Promise.withResolvers<void>();
  let started = 0;
  let stopped = false;
  let active = vus;

  /** The k-th iteration of this segment for that VU's n-th turn; k ≥ total: none is left. */
  const turn = (vu: number, n: number) => (drive.shared ? started : n * vus + vu);
  const loop = async (vu: number) => {
    for (let n = 0, k = turn(vu, 0); k < total && !stopped; k = turn(vu, ++n)) {
      started++;
      scope.lag(n === 0 ? clock.now() - startAt : 0);
      await running.start(scope.vuNumber(vu), drive.index(segment, k), n === 0 ? startAt : clock.now());
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (--active === 0) issued.resolve();
  };
  const timer = clock.at(startAt, () => {
    if (vus === 0) issued.resolve();
    for (let vu = 0; vu < vus; vu++) void loop(vu);
  });
  return {
    issued: issued.promise,
    stop(drop) {
      if (stopped) return;
      stopped = true;
      timer.cancel();
      if (drop && started < total) scope.dropped(total - started);
      issued.resolve();
    },
  };
}

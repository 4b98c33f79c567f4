/**
 * Open model: iterations start when the schedule says, whatever the VUs do.
 *
 *     schedule  |  |  |  |  |  |  |  |
 *     VU 1      ├──────────┤     ├────
 *     VU 2         ├─────────┤
 *     dropped            ×  (no VU free)
 */
import type { Arrival, ScenarioPlan } from '../schedule/executor.ts';
import { countOf } from '../schedule/segment.ts';
import type { DriveRun, DriveScope } from './drive.ts';
import { pace } from './pacer.ts';
import { VuPool } from './vu-pool.ts';

type Arrivals = Extract<ScenarioPlan['drive'], { kind: 'arrivals' }>;

export function driveArrivals(drive: Arrivals, scope: DriveScope): DriveRun {
  const { clock, segment, startAt, running } = scope;
  const pool = new VuPool(countOf(segment, drive.preAllocatedVus), countOf(segment, drive.maxVus), scope.vuNumber);
  let made = pool.made;
  scope.made(made);
  const issued = Promise.withResolvers<void>();

  const start = (arrival: Arrival) => {
    const vu = pool.take();
    if (vu === undefined) return scope.dropped(1);
    scope.made(pool.made - made);
    made = pool.made;
    const intendedAt = startAt + arrival.at;
    scope.lag(clock.now() - intendedAt);
    void running.start(vu, arrival.index, intendedAt).then(() => pool.give(vu));
  };
  const stopPacing = pace({
    clock,
    items: drive.arrivals(segment)[Symbol.iterator](),
    due: (arrival) => startAt + arrival.at,
    run: start,
    notBefore: scope.notBefore,
    done: issued.resolve,
  });
  return {
    issued: issued.promise,
    // What the end of the run cuts off was never due.
    stop() {
      stopPacing();
      issued.resolve();
    },
  };
}

/** Capacity that comes so long after it was asked for, under a flash crowd: callers who redial until they get through. */
import type { ScaleFigures } from '../../src/analysis/model.ts';
import { randomStream } from '../../src/random.ts';
import { VirtualRun } from './virtual-run.ts';

const BEFORE = 40;
const AFTER = 80;
const CROWD = 66;
export const TARGET = 60;
const REDIAL_MS = 200;

/** @returns the analysis's figures; the truth is the delay. */
export function scaleUp(seed: number, delayMs: number): ScaleFigures {
  const aims = { scaling: [{ name: 'more', target: TARGET, holdMs: 10_000 }] };
  const run = new VirtualRun({
    seed,
    perSecond: 0,
    untilMs: 30_000 + delayMs + 20_000,
    talkMs: 30_000 + delayMs + 60_000,
    config: { sites: [{ name: 'a', channels: BEFORE }] },
    meta: { surge: aims },
  });
  const luck = randomStream(seed, 'crowd');
  const untilMs = 30_000 + delayMs + 20_000;
  const dial = () =>
    run.dial('main', ({ outcome }) => {
      if (outcome === 'blocked' && run.clock.now() < untilMs) run.clock.after(REDIAL_MS * (0.5 + luck.next()), dial);
    });
  for (let k = 0; k < CROWD; k++) run.clock.at(1000 + luck.next() * 2000, dial);
  run.clock.at(20_000 + luck.next() * 1000, () => {
    run.tell({ kind: 'scale', action: 'trigger', name: 'more', target: String(AFTER) });
    run.vendor.operator.scale(null, AFTER, delayMs);
    run.tell({ kind: 'scale', action: 'accepted', name: 'more', target: String(AFTER), value: 0 });
  });
  return run.run().scaling[0]!;
}

/** Half an hour of load without a fault, and one fault on paper that does nothing: whatever is called an outage there is false. */
import { VirtualRun } from './virtual-run.ts';

export const HALF_HOUR_MS = 30 * 60_000;

export function falseOutages(seed: number, forMs = HALF_HOUR_MS): { calls: number; probes: number; unprovoked: number; provoked: number } {
  const run = new VirtualRun({ seed, perSecond: 10, untilMs: forMs, probesPerSecond: 10 });
  run.fault(
    'nothing',
    forMs / 2,
    60_000,
    () => {},
    () => {},
  );
  const { faults, unprovoked, outcomes } = run.run();
  const provoked = [...faults[0]!.firstTry.outages, ...faults[0]!.eventual.outages].length;
  return {
    calls: outcomes.attempts,
    probes: run.record.filter(({ kind }) => kind === 'probe').length,
    unprovoked: unprovoked!.length,
    provoked,
  };
}

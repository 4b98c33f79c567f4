/**
 * What redials make of the plan: the retry storm over its curve (analysis/storm.ts), and the load if its peak lasted (analysis/redials.ts). The run is
 * checked against it: more calls a second than the contract allows are no fault of the vendor's.
 */
import { type RedialledLoad, redialled } from '../analysis/redials.ts';
import { type Storm, stormOver } from '../analysis/storm.ts';
import { formatDuration } from '../duration.ts';
import type { CheckedSurge } from '../scenario/check-surge.ts';
import type { PlanFigures } from '../schedule/figures.ts';
import type { VendorProfile } from '../vendor/profile.ts';
import type { PlannedQueue } from './plan-queue.ts';

export interface PlannedRedials {
  storm: Storm;
  /** If the peak lasted. */
  steady: RedialledLoad;
  firstPerSecond: number;
  /** Callers and talks that the vendor has room for, and who says so; Infinity: nobody does. */
  places: number;
  placesFrom: 'embedded' | 'claim' | null;
  /** VUs busy at once, those included whose caller waits to call again. */
  vus: number;
}

/** Null where the scenario expects none, or no queue could be computed. */
export function plannedRedials(
  vendor: VendorProfile,
  surge: CheckedSurge,
  figures: PlanFigures,
  queue: PlannedQueue | null,
): PlannedRedials | null {
  const redials = surge.expect?.redials;
  if (!redials || !queue || redials.tries < 2 || redials.probability === 0) return null;
  const { load, agents, ringMs } = queue;
  const { places, placesFrom } = roomOf(vendor, agents);
  const { stepMs, rate, starts } = figures.series;
  const arrivals = { stepMs, rate: starts?.map((n) => (n * 1000) / stepMs) ?? rate };
  const storm = stormOver(arrivals, { agents, handlingMs: load.handlingMs, ringMs, patienceMs: load.patienceMs, places }, redials);
  // What a call does besides waiting and talking (setup, menu) it does for all who are inside.
  const vus = Math.max(figures.peakConcurrent, Math.ceil(storm.peakInside + storm.peakOutside - 1e-6));
  return { storm, steady: redialled(load, agents, places, redials), firstPerSecond: load.perSecond, places, placesFrom, vus };
}

/** Talking and waiting together: its lines, and not more than its queue takes. */
function roomOf({ embedded, claims }: VendorProfile, agents: number): Pick<PlannedRedials, 'places' | 'placesFrom'> {
  if (embedded) {
    const lines = embedded.edgeChannels ?? embedded.sites.reduce((sum, { channels }) => sum + channels, 0);
    return { places: Math.min(lines, agents + (embedded.queue?.maxLength ?? Number.POSITIVE_INFINITY)), placesFrom: 'embedded' };
  }
  const claimed = claims?.concurrentCalls?.atLeast;
  return { places: claimed ?? Number.POSITIVE_INFINITY, placesFrom: claimed === undefined ? null : 'claim' };
}

export function redialWarnings(
  redials: PlannedRedials | null,
  { contract }: VendorProfile,
  { scenarios }: Pick<PlanFigures, 'scenarios'>,
): string[] {
  if (!redials) return [];
  const { storm, vus } = redials;
  const planned = scenarios.reduce((sum, { vusPlanned }) => sum + vusPlanned, 0);
  return [
    ...(storm.peakRate > contract.maxCallsPerSecond
      ? [
          `with redials about ${one(storm.peakRate)} calls/s come at the peak, and the contract allows ${contract.maxCallsPerSecond}: those above it are not sent`,
        ]
      : []),
    ...(vus > planned
      ? [`about ${vus} callers call or wait to call again at once, and ${planned} VUs are planned: arrivals will be dropped`]
      : []),
  ];
}

const one = (value: number) => (Math.round(value * 10) / 10).toString();
const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

/** Lines of `callsurge plan`. */
export function redialLines(redials: PlannedRedials | null, { expect }: CheckedSurge, figures: PlanFigures): string[] {
  if (!redials || !expect?.redials) return [];
  const { storm, steady, places, placesFrom, firstPerSecond } = redials;
  const { probability, tries, afterMs } = expect.redials;
  const room = Number.isFinite(places)
    ? `${places} places (${placesFrom === 'embedded' ? 'the embedded vendor' : 'claims.concurrentCalls'})`
    : 'room for all';
  const { blocked, abandoned } = steady.lost;
  return [
    `redials           ${percent(probability).replace('.0', '')} of those refused or out of patience call again after ${formatDuration(afterMs)}, ${tries} calls at most; ${room}`,
    `                  over this timeline: about ${Math.round(storm.calls)} calls of ${figures.calls} callers, at most ${one(storm.peakRate)} calls/s (at ${formatDuration(Math.round(storm.peakAtMs))}) and ${Math.ceil(storm.peakInside - 1e-6)} channels; ${percent(storm.lost / storm.callers)} of the callers get nowhere`,
    `                  if the peak lasted: ${one(steady.perSecond)} calls/s in place of ${one(firstPerSecond)}, of each ${percent(blocked)} refused and ${percent(abandoned)} out of patience`,
  ];
}

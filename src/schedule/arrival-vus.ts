/** What both arrival-rate executors share: their VUs, and the choice between even spacing and Poisson. */
import { randomStream } from '../random.ts';
import type { RateCurve } from './curve.ts';
import type { Arrival, Drive } from './executor.ts';
import type { Fields } from './fields.ts';
import { poissonArrivals } from './poisson.ts';
import type { ScenarioBase, Spacing } from './scenario-base.ts';
import type { Segment } from './segment.ts';

export interface ArrivalVus {
  preAllocatedVus: number;
  /** An arrival that finds this many busy is dropped. */
  maxVus: number;
}

export function checkArrivalVus(fields: Fields): ArrivalVus {
  const preAllocatedVus = fields.integer('preAllocatedVUs', 0);
  const maxVus = fields.integer('maxVUs', 1, Math.max(1, preAllocatedVus));
  if (maxVus < preAllocatedVus) throw fields.invalid('maxVUs', `is ${maxVus}, less than preAllocatedVUs ${preAllocatedVus}`);
  return { preAllocatedVus, maxVus };
}

export const describeVus = ({ preAllocatedVus, maxVus }: ArrivalVus) => [
  `maxVUs: ${preAllocatedVus === maxVus ? maxVus : `${preAllocatedVus}-${maxVus}`}`,
];

export function arrivalDrive(
  config: ScenarioBase & ArrivalVus,
  curve: RateCurve,
  even: { count: number; arrivals(segment: Segment): Iterable<Arrival> },
  spacing: Spacing,
): Drive {
  const timeline =
    spacing.arrivals === 'even' ? even : poissonArrivals(curve, () => randomStream(spacing.seed, `arrivals of ${config.name}`));
  return {
    kind: 'arrivals',
    preAllocatedVus: config.preAllocatedVus,
    maxVus: config.maxVus,
    arrivals: timeline.arrivals,
    count: timeline.count,
    rateAt: (ms) => curve.rateAt(ms),
    peakPerSecond: curve.peakPerSecond,
  };
}

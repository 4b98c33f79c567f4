/**
 * The peaks that call centres fear, as stages of a `ramping-arrival-rate` scenario. Rates are calls per the scenario's `timeUnit` (1s unless it
 * says otherwise), whole numbers; the scenario's `startRate` should be the curve's `base`.
 */
import { type Duration, durationMs } from '../duration.ts';

export interface CurveStage {
  duration: string;
  target: number;
}

const stage = (duration: Duration, target: number): CurveStage => ({ duration: `${durationMs(duration)}ms`, target: Math.round(target) });

/**
 * 11.11, 00:00: quiet until the hour, nearly all at once, then a long decay (halving in each quarter of it).
 *
 *     peak      ┌──╮
 *               │   ╲__
 *     base ─────┘      ‾‾──___
 *          lead ramp hold decay
 */
function midnightSpike(shape: {
  base: number;
  peak: number;
  lead?: Duration;
  ramp: Duration;
  hold: Duration;
  decay: Duration;
}): CurveStage[] {
  const { base, peak } = shape;
  const quarter = durationMs(shape.decay) / 4;
  const decay = [1, 2, 3].map((n) => stage(quarter, base + (peak - base) / 2 ** n));
  return [
    ...(shape.lead ? [stage(shape.lead, base)] : []),
    stage(shape.ramp, peak),
    stage(shape.hold, peak),
    ...decay,
    stage(quarter, base),
  ];
}

/**
 * A flash sale (秒杀): the flood begins in an instant, stands while the stock lasts, and is gone as quickly.
 *
 *     peak      ┌────┐
 *     base ─────┘    └─────
 *          before  sale  after
 */
function flashSale(shape: { base: number; peak: number; before: Duration; sale: Duration; after: Duration }): CurveStage[] {
  const { base, peak } = shape;
  return [stage(shape.before, base), stage(0, peak), stage(shape.sale, peak), stage(0, base), stage(shape.after, base)];
}

/**
 * Lunch (午间用餐高峰): up gently, a plateau, down gently.
 *
 *     peak     ╱‾‾‾‾╲
 *     base ___╱      ╲___
 *            rise hold fall
 */
function lunchRush(shape: { base: number; peak: number; rise: Duration; hold: Duration; fall: Duration }): CurveStage[] {
  return [stage(shape.rise, shape.peak), stage(shape.hold, shape.peak), stage(shape.fall, shape.base)];
}

/**
 * Live streaming (直播): each time the host names a product, a burst.
 *
 *     peak    ╷╲   ╷╲   ╷╲
 *     base ___│ ╲__│ ╲__│ ╲__
 */
function liveBursts(shape: { base: number; peak: number; bursts: number; every: Duration; burst: Duration }): CurveStage[] {
  const { base, peak } = shape;
  const rest = durationMs(shape.every) - durationMs(shape.burst);
  return Array.from({ length: shape.bursts }, () => [stage(Math.max(0, rest), base), stage(0, peak), stage(shape.burst, base)]).flat();
}

/**
 * A working day: a morning peak, a lull, an afternoon peak (`second`, default as high as the first), in five equal parts.
 *
 *     peak   ╱╲  ╱╲
 *     lull  ╱  ‾‾  ╲
 *     base ╱        ╲
 */
function twoPeaks(shape: { base: number; peak: number; second?: number; lull: number; duration: Duration }): CurveStage[] {
  const part = durationMs(shape.duration) / 5;
  return [shape.peak, shape.lull, shape.lull, shape.second ?? shape.peak, shape.base].map((target) => stage(part, target));
}

/**
 * Equal steps, each held: where a vendor scales, or breaks.
 *
 *     peak           ┌──
 *                 ┌──┘
 *     base ____┌──┘
 */
function steps(shape: { base: number; peak: number; steps: number; each: Duration }): CurveStage[] {
  const { base, peak, steps: count, each } = shape;
  return Array.from({ length: count + 1 }, (_, n) => base + ((peak - base) * n) / count).flatMap((target) => [
    stage(0, target),
    stage(each, target),
  ]);
}

export const curves = { steps, midnightSpike, flashSale, lunchRush, liveBursts, twoPeaks };

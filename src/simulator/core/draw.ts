/** Draws of the vendor's own chance: answer, handling and wrap-up times. Each purpose has a stream of its own, so adding one shifts no other. */
import type { RandomStream } from '../../random.ts';
import type { DrawMs } from '../config.ts';

/** One value in ms, never negative. */
export function drawMs(draw: DrawMs, random: RandomStream): number {
  if (typeof draw === 'number') return draw;
  if ('exponential' in draw) return -Math.log(1 - random.next()) * draw.exponential;
  if ('uniform' in draw) return draw.uniform[0] + random.next() * (draw.uniform[1] - draw.uniform[0]);
  // E[e^(µ+σZ)] = e^(µ+σ²/2): µ such that the mean is the mean asked for.
  const { mean, sigma } = draw.lognormal;
  return mean * Math.exp(sigma * standardNormal(random) - (sigma * sigma) / 2);
}

/** Box–Muller, the cosine half: two uniforms per value, so that the stream's position does not depend on earlier values. */
function standardNormal(random: RandomStream): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
}

/**
 * Quantities drawn anew for each caller: `patience.exponential('60s')`, `talkTime.lognormal({ mean: '40s', sigma: 0.6 })`. Each is given by its
 * mean where it has one, because that is what queueing formulas and people speak of. `drawFrom` makes one from a vendor profile's plain data.
 */
import { type Duration, durationMs, formatDuration } from '../duration.ts';
import { CallsurgeError } from '../errors.ts';
import type { Draw, RandomStream } from '../random.ts';
import type { DrawSpec } from '../vendor/profile.ts';

/** The given time, always. */
export function fixed(duration: Duration): Draw {
  const ms = durationMs(duration, 'fixed()');
  return { draw: () => ms, label: formatDuration(ms), meanMs: ms };
}

/** Never: a caller who waits for ever. */
export function none(): Draw {
  return { draw: () => Number.POSITIVE_INFINITY, label: 'never', meanMs: Number.POSITIVE_INFINITY };
}

/** Memoryless; what Erlang's formulas assume of talk times and Palm's of patience. */
export function exponential(mean: Duration): Draw {
  const meanMs = positiveMs(mean, 'exponential(mean)');
  return { draw: (random) => meanMs * unitExponential(random), label: `exponential, mean ${formatDuration(meanMs)}`, meanMs };
}

/**
 * What talk times of call centres look like (Brown et al. 2005). `mean` is the distribution's own mean, `sigma` that of the logarithm:
 * exp(ln(mean) − sigma²/2 + sigma·Z).
 */
export function lognormal({ mean, sigma }: { mean: Duration; sigma: number }): Draw {
  const meanMs = positiveMs(mean, 'lognormal({ mean })');
  positive(sigma, 'lognormal({ sigma })');
  const mu = Math.log(meanMs) - (sigma * sigma) / 2;
  return {
    draw: (random) => Math.exp(mu + sigma * normal(random)),
    label: `lognormal, mean ${formatDuration(meanMs)}, sigma ${sigma}`,
    meanMs,
  };
}

/** scale·E^(1/shape): shape below 1, many give up at once and the rest stay long; above 1, patience runs out together. */
export function weibull({ scale, shape }: { scale: Duration; shape: number }): Draw {
  const scaleMs = positiveMs(scale, 'weibull({ scale })');
  positive(shape, 'weibull({ shape })');
  return {
    draw: (random) => scaleMs * unitExponential(random) ** (1 / shape),
    label: `Weibull, scale ${formatDuration(scaleMs)}, shape ${shape}`,
    meanMs: scaleMs * gamma(1 + 1 / shape),
  };
}

export function uniform(from: Duration, to: Duration): Draw {
  const [low, high] = [durationMs(from, 'uniform(from)'), durationMs(to, 'uniform(to)')];
  if (high < low)
    throw new CallsurgeError('option-invalid', `${to} is less than ${from}`, { where: 'uniform(from, to)', todo: 'swap them' });
  return {
    draw: (random) => low + random.next() * (high - low),
    label: `uniform, ${formatDuration(low)} to ${formatDuration(high)}`,
    meanMs: (low + high) / 2,
  };
}

const draws = { exponential, lognormal, weibull, uniform, fixed, none };
/** How long a caller waits for an agent, from queue entry. */
export const patience = draws;
/** How long a caller talks, from the moment the agent is on the line. */
export const talkTime = draws;
/** Any other time drawn anew: thinking before a key is pressed, waiting before a redial. */
export const pause = draws;

/** A draw from a profile's plain data. @throws CallsurgeError `option-invalid`. */
export function drawFrom(spec: DrawSpec): Draw {
  if (typeof spec !== 'object') return fixed(spec);
  if ('exponential' in spec) return exponential(spec.exponential);
  if ('lognormal' in spec) return lognormal(spec.lognormal);
  if ('weibull' in spec) return weibull(spec.weibull);
  return uniform(...spec.uniform);
}

function positive(value: number, where: string): number {
  if (Number.isFinite(value) && value > 0) return value;
  throw new CallsurgeError('option-invalid', `${value} must be above 0`, { where });
}

const positiveMs = (value: Duration, where: string) => positive(durationMs(value, where), where);

/** −ln(1 − u): u may be 0, never 1. */
const unitExponential = (random: RandomStream) => -Math.log(1 - random.next());

/** Box and Muller 1958, one of the pair: always two draws, so that a stream's later numbers do not depend on earlier values. */
function normal(random: RandomStream): number {
  const radius = Math.sqrt(2 * unitExponential(random));
  return radius * Math.cos(2 * Math.PI * random.next());
}

/** Lanczos' approximation with g = 7, n = 9 (Godfrey's coefficients); here for arguments above 1, good to 1e-13. */
function gamma(x: number): number {
  const [first, ...rest] = LANCZOS;
  const t = x + 6.5;
  const series = rest.reduce((sum, c, i) => sum + c / (x + i), first);
  return Math.sqrt(2 * Math.PI) * t ** (x - 0.5) * Math.exp(-t) * series;
}

const LANCZOS: [number, ...number[]] = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905,
  -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];

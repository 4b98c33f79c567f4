/**
 * What redials add to the load: whoever is refused or gives up calls again with some probability, a few times at most, and so makes it likelier that
 * others are refused or give up (J. W. Cohen, "Basic problems of telephone traffic theory and the influence of repeated calls", Philips
 * Telecommunication Review 18 (1957), 49–100; here with the tries bounded).
 *
 * In steady state, with F(λ) the share of calls lost at the offered rate λ, p the probability of another try and r tries at most:
 *
 *   λ' = λ · Σ_{i<r} (p·F(λ'))^i
 *
 * F rises with λ', so the least solution is reached by iteration from λ' = λ; it lies between λ and λ·Σ_{i<r} p^i.
 */
import type { QueueLoad } from './erlang.ts';

export interface Redials {
  /** Share of callers who call again after a call that came to nothing, 0…1. */
  probability: number;
  /** Calls in all, the first one too. */
  tries: number;
  /** Mean time from the end of a call to the next try. */
  afterMs: number;
}

/** Shares of the calls offered. */
export interface Lost {
  /** Found no channel free, or the queue full. */
  blocked: number;
  abandoned: number;
}

export interface RedialledLoad {
  /** λ', tries per second. */
  perSecond: number;
  /** Of a single try, at that rate. */
  lost: Lost;
  /** Share of callers who get an agent in one of their tries. */
  served: number;
}

const MOST_STATES = 5_000_000;
const NEGLIGIBLE = Math.log(1e-16);

/**
 * M/M/n/K+M: states 0…K, upwards λ, downwards min(k, n)µ + max(k − n, 0)θ; blocked = π(K), abandoned = Σ max(k − n, 0)θ·π(k)/λ.
 * @param places K: callers and talks together that fit in; Infinity: nobody is refused.
 */
export function lostOf({ perSecond, handlingMs, patienceMs }: QueueLoad, agents: number, places: number): Lost {
  const [lambda, mu, theta] = [perSecond / 1000, 1 / handlingMs, 1 / patienceMs];
  let top = 0;
  let log = 0;
  let sum = 1;
  let leaving = 0;
  let last = 1;
  for (let k = 1; k <= places; k++) {
    if (k > MOST_STATES) return { blocked: 0, abandoned: leaving / (lambda * sum) };
    const down = Math.min(k, agents) * mu + Math.max(k - agents, 0) * theta;
    const ratio = lambda / down;
    log += Math.log(ratio);
    if (log > top + 100) {
      const scale = Math.exp(top - log);
      sum *= scale;
      leaving *= scale;
      top = log;
    }
    last = Math.exp(log - top);
    sum += last;
    leaving += Math.max(k - agents, 0) * theta * last;
    if (ratio < 1 && places === Number.POSITIVE_INFINITY && log - Math.log1p(-ratio) - top - Math.log(sum) < NEGLIGIBLE) {
      last = 0;
      break;
    }
    // Nobody gives up and more come than can be served: no steady state, and nobody is lost while it grows.
    if (theta === 0 && k > agents && ratio >= 1 && places === Number.POSITIVE_INFINITY) return { blocked: 0, abandoned: 0 };
  }
  return { blocked: Number.isFinite(places) ? last / sum : 0, abandoned: leaving / (lambda * sum) };
}

const MOST_ROUNDS = 2000;

/** Steady state. @param load of first tries. */
export function redialled(load: QueueLoad, agents: number, places: number, { probability, tries }: Redials): RedialledLoad {
  const triesEach = (again: number) => {
    let all = 1;
    for (let i = 1, share = again; i < tries; i++, share *= again) all += share;
    return all;
  };
  let perSecond = load.perSecond;
  let lost = lostOf(load, agents, places);
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const next = load.perSecond * triesEach(probability * (lost.blocked + lost.abandoned));
    const settled = next - perSecond < 1e-9 * perSecond;
    perSecond = Math.max(perSecond, next);
    lost = lostOf({ ...load, perSecond }, agents, places);
    if (settled) break;
  }
  const all = lost.blocked + lost.abandoned;
  return { perSecond, lost, served: (1 - all) * triesEach(probability * all) };
}

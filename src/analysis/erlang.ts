/**
 * What queueing theory expects of a queue with Poisson arrivals and exponential service in steady state: Erlang C, where callers wait for ever
 * (A. K. Erlang 1917), and Erlang A, where each has an exponential patience (C. Palm 1946; the notation is that of O. Garnett, A. Mandelbaum and
 * M. Reiman, "Designing a call center with impatient customers", M&SOM 4 (2002), 208–227).
 *
 *   λ arrivals · µ = 1/AHT · θ = 1/patience · a = λ/µ erlangs · n agents
 *   state k leaves downwards at min(k, n)µ + max(k − n, 0)θ
 *
 * The sums run upwards from n in the logarithm of their largest term, so that nothing overflows for thousands of agents.
 */

export interface QueueLoad {
  /** λ, calls that ask for an agent per second. */
  perSecond: number;
  /** AHT: talk and wrap-up. */
  handlingMs: number;
  /** Mean patience; Infinity: nobody gives up (Erlang C). */
  patienceMs: number;
}

export interface QueueExpectation {
  agents: number;
  /** a = λ·AHT. */
  erlangs: number;
  /** P(wait > 0). */
  waiting: number;
  /** Mean wait of all, whether they got an agent or gave up. */
  meanWaitMs: number;
  /** Mean wait of those who got an agent. */
  asaMs: number;
  /** An≤T / (An + Ab). */
  serviceLevel: number;
  /** P(ab) = θ·Lq/λ. */
  abandonment: number;
  /** Busy share of the agents. */
  occupancy: number;
  /** Lq = λ·W (Little). */
  queueLength: number;
}

/** Terms are summed until they no longer count, and never more than this. */
const MOST_TERMS = 20_000_000;
const NEGLIGIBLE = Math.log(1e-18);

/** Erlang A; Erlang C where patience is endless. @returns null where no steady state exists (C with a ≥ n), or there is nothing to compute. */
export function expectation(load: QueueLoad, agents: number, thresholdMs: number): QueueExpectation | null {
  const { perSecond, handlingMs, patienceMs } = load;
  if (!(perSecond > 0 && handlingMs > 0 && patienceMs > 0 && agents >= 1) || !Number.isInteger(agents)) return null;
  if (!Number.isFinite(perSecond * handlingMs)) return null;
  return Number.isFinite(patienceMs) ? erlangA(load, agents, thresholdMs) : erlangC(load, agents, thresholdMs);
}

function erlangC({ perSecond, handlingMs }: QueueLoad, agents: number, thresholdMs: number): QueueExpectation | null {
  const erlangs = (perSecond * handlingMs) / 1000;
  if (erlangs >= agents) return null;
  // C = 1 / (1 + (1 − ρ)(1/B − 1)): no difference of nearly equal numbers.
  const waiting = 1 / (1 + (1 - erlangs / agents) * inverseBlockingMinusOne(erlangs, agents));
  const drainMs = handlingMs / (agents - erlangs);
  const meanWaitMs = waiting * drainMs;
  return {
    agents,
    erlangs,
    waiting,
    meanWaitMs,
    asaMs: meanWaitMs,
    serviceLevel: 1 - waiting * Math.exp(-thresholdMs / drainMs),
    abandonment: 0,
    occupancy: erlangs / agents,
    queueLength: (perSecond * meanWaitMs) / 1000,
  };
}

/**
 * With m callers before it, a caller's offered wait V is the time of m + 1 departures at rates nµ + jθ, j = m…0, so that e^(−θV) is
 * Beta(c, m + 1), c = nµ/θ; it is served within T if V ≤ T and its own patience outlasts V:
 *
 *   E[e^(−θV); V ≤ T] = c/(c + m + 1) · (1 − I_x(c + 1, m + 1)),  x = e^(−θT)
 *
 * and I_x(c + 1, m + 1) is a sum of negative binomial terms, one more for each m.
 */
function erlangA({ perSecond, handlingMs, patienceMs }: QueueLoad, agents: number, thresholdMs: number): QueueExpectation {
  const lambda = perSecond / 1000;
  const erlangs = lambda * handlingMs;
  const c = (agents * patienceMs) / handlingMs;
  const perPatience = lambda * patienceMs;
  const cut = Math.max(0, thresholdMs) / patienceMs;
  const logLate = Math.log(-Math.expm1(-cut));

  let top = 0;
  let logTerm = 0;
  let states = 0;
  let queued = 0;
  let served = 0;
  let servedWait = 0;
  let inTime = 0;
  let logBinomial = -(c + 1) * cut;
  let late = Math.exp(logBinomial);
  let harmonic = 1 / (c + 1);
  for (let m = 0; m < MOST_TERMS; m++) {
    if (logTerm > top + 100) {
      const scale = Math.exp(top - logTerm);
      states *= scale;
      queued *= scale;
      served *= scale;
      servedWait *= scale;
      inTime *= scale;
      top = logTerm;
    }
    const term = Math.exp(logTerm - top);
    const stays = c / (c + m + 1);
    states += term;
    queued += m * term;
    served += stays * term;
    servedWait += harmonic * stays * term;
    inTime += stays * Math.max(0, 1 - late) * term;
    // m + 1 waiting in place of m.
    const ratio = perPatience / (c + m + 1);
    logTerm += Math.log(ratio);
    if (ratio < 1 && logTerm - Math.log1p(-ratio) - top - Math.log(states) < NEGLIGIBLE) break;
    logBinomial += logLate + Math.log((c + 1 + m) / (m + 1));
    late += Math.exp(logBinomial);
    harmonic += 1 / (c + m + 2);
  }
  const waiting = 1 / (1 + Math.exp(Math.log(inverseBlockingMinusOne(erlangs, agents)) - top - Math.log(states)));
  const queueLength = (waiting * queued) / states;
  const abandonment = queueLength / perPatience;
  const answered = 1 - waiting + (waiting * served) / states;
  return {
    agents,
    erlangs,
    waiting,
    meanWaitMs: queueLength / lambda,
    asaMs: (patienceMs * ((waiting * servedWait) / states)) / answered,
    serviceLevel: 1 - waiting + (waiting * inTime) / states,
    abandonment,
    occupancy: (erlangs * (1 - abandonment)) / agents,
    queueLength,
  };
}

/**
 * 1/B − 1 by the recursion 1/B(n) = 1 + (n/a)·1/B(n−1): sums of positive terms alone. Infinity far below load, where nobody waits.
 */
function inverseBlockingMinusOne(erlangs: number, agents: number): number {
  let below = 0;
  for (let k = 1; k <= agents; k++) below = (k / erlangs) * (1 + below);
  return below;
}

/** Fewest agents that reach the level within T, and not more than `most`; null where even those do not. */
export function agentsFor(load: QueueLoad, target: { thresholdMs: number; level: number }, most = 100_000): number | null {
  const reaches = (agents: number) => (expectation(load, agents, target.thresholdMs)?.serviceLevel ?? 0) >= target.level;
  if (expectation(load, most, target.thresholdMs) === null) return null;
  let low = 1;
  let high = 1;
  while (!reaches(high)) {
    if (high >= most) return null;
    low = high + 1;
    high = Math.min(most, high * 2);
  }
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (reaches(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

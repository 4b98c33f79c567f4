/** How large a mean may be of which only so many events were seen: the exact upper bound of a Poisson mean (F. Garwood, Biometrika 28 (1936)). */

/** P(X ≤ k) for a Poisson of that mean. */
function atMost(k: number, mean: number): number {
  let term = Math.exp(-mean);
  let sum = term;
  for (let i = 1; i <= k; i++) {
    term *= mean / i;
    sum += term;
  }
  return sum;
}

/** Above this many events the exponential underflows; the normal approximation with continuity (Wilson & Hilferty) is then exact to a thousandth. */
const EXACT_TO = 400;
const Z95_ONE_SIDED = 1.6448536269514722;

/**
 * Upper 95 % bound of the mean of which `events` were seen. For none it is −ln 0.05 = 2.996, the "3" of the rule of three; 1: 4.744; 2: 6.296.
 * @param events whole, from 0
 */
export function poissonUpper(events: number): number {
  if (events > EXACT_TO) {
    const n = events + 1;
    return n * (1 - 1 / (9 * n) + Z95_ONE_SIDED / (3 * Math.sqrt(n))) ** 3;
  }
  let [low, high] = [events, events + 4 + 4 * Math.sqrt(events + 1)];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (atMost(events, middle) > 0.05) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/**
 * A share and how far it can be trusted: the score interval of E. B. Wilson, "Probable inference, the law of succession, and statistical
 * inference", JASA 22 (1927), 209–212, at 95 %.
 */

/** Quantile of the normal distribution for a two-sided 95 %. */
export const Z95 = 1.959963984540054;

export interface Share {
  part: number;
  whole: number;
  value: number | null;
  low: number | null;
  high: number | null;
}

/** @returns bounds in 0…1. @param whole > 0 */
export function wilson(part: number, whole: number, z = Z95): { low: number; high: number } {
  const p = part / whole;
  const z2 = z * z;
  const middle = p + z2 / (2 * whole);
  const half = z * Math.sqrt((p * (1 - p)) / whole + z2 / (4 * whole * whole));
  const scale = 1 + z2 / whole;
  return { low: part === 0 ? 0 : Math.max(0, (middle - half) / scale), high: part === whole ? 1 : Math.min(1, (middle + half) / scale) };
}

/** `part` of `whole` with its interval; all null where there is no whole. */
export function share(part: number, whole: number): Share {
  if (whole === 0) return { part, whole, value: null, low: null, high: null };
  return { part, whole, value: part / whole, ...wilson(part, whole) };
}

/**
 * Zero failures in `n` independent trials prove only a failure share of at most 3/n at 95 % ("rule of three": J. A. Hanley and
 * A. Lippman-Hand, JAMA 249 (1983), 1743–1745).
 */
export function ruleOfThree(n: number): number {
  return n <= 0 ? 1 : Math.min(1, 3 / n);
}

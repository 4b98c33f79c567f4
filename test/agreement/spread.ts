import type { Spread } from '../../src/analysis/model.ts';

/** Percentiles by linear interpolation at p(n−1). Written apart from src/, which it helps to check. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const n = sorted.length;
  const at = (p: number): number | null => {
    if (n === 0) return null;
    const low = Math.floor(p * (n - 1));
    return sorted[low]! + (p * (n - 1) - low) * ((sorted[low + 1] ?? sorted[low]!) - sorted[low]!);
  };
  const mean = n === 0 ? null : sorted.reduce((sum, value) => sum + value, 0) / n;
  return { n, mean, min: at(0), p50: at(0.5), p90: at(0.9), p95: at(0.95), p99: at(0.99), max: at(1) };
}

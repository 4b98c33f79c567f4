/**
 * The distribution of a quantity. Exact up to 100 000 values, with percentiles interpolated linearly at p(n−1) as k6 does; beyond that an HDR
 * histogram of three significant digits (relative error below 0.1 %) keeps memory bounded. Count, mean, deviation, minimum and maximum stay
 * exact. Values finer than 0.0001 are not told apart by the histogram; values that are not finite are refused.
 */
import { build, type Histogram } from 'hdr-histogram-js';
import { countBelow, NumberColumn, percentileOf } from './column.ts';
import type { Fold } from './fold.ts';

export const EXACT_LIMIT = 100_000;
const SCALE = 1e4;
const LARGEST = 2 ** 52;

/** Percentiles interpolate linearly at p(n−1). */
export interface TrendFigures {
  n: number;
  mean: number | null;
  min: number | null;
  p50: number | null;
  p90: number | null;
  p95: number | null;
  p99: number | null;
  max: number | null;
}

export class Trend implements Fold<number, TrendFigures> {
  #exact: NumberColumn | null = new NumberColumn();
  #sorted: Float64Array | null = null;
  #positive: Histogram | null = null;
  /** Magnitudes of negative values. */
  #negative: Histogram | null = null;
  #negatives = 0;
  #n = 0;
  #sum = 0;
  #squares = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;

  get n(): number {
    return this.#n;
  }

  get mean(): number | null {
    return this.#n === 0 ? null : this.#sum / this.#n;
  }

  get min(): number | null {
    return this.#n === 0 ? null : this.#min;
  }

  get max(): number | null {
    return this.#n === 0 ? null : this.#max;
  }

  /** Standard deviation of the sample (n − 1); null below two values. */
  get deviation(): number | null {
    if (this.#n < 2) return null;
    return Math.sqrt(Math.max(0, this.#squares - (this.#sum * this.#sum) / this.#n) / (this.#n - 1));
  }

  /** True while no histogram had to be used. */
  get exact(): boolean {
    return this.#exact !== null;
  }

  add(value: number | null): void {
    if (value === null || !Number.isFinite(value)) return;
    this.#n++;
    this.#sum += value;
    this.#squares += value * value;
    this.#min = Math.min(this.#min, value);
    this.#max = Math.max(this.#max, value);
    this.#sorted = null;
    if (!this.#exact) this.#record(value);
    else {
      this.#exact.push(value);
      if (this.#exact.length > EXACT_LIMIT) this.#toHistogram();
    }
  }

  merge(other: this): void {
    this.#n += other.#n;
    this.#sum += other.#sum;
    this.#squares += other.#squares;
    this.#min = Math.min(this.#min, other.#min);
    this.#max = Math.max(this.#max, other.#max);
    this.#sorted = null;
    if (this.#exact && other.#exact) {
      this.#exact.append(other.#exact);
      if (this.#exact.length > EXACT_LIMIT) this.#toHistogram();
      return;
    }
    this.#toHistogram();
    if (other.#exact) for (const value of other.#exact.values()) this.#record(value);
    else {
      this.#negatives += other.#negatives;
      this.#positive!.add(other.#positive!);
      this.#negative!.add(other.#negative!);
    }
  }

  /** @param p 0…100. @returns null without values. */
  percentile(p: number): number | null {
    if (this.#n === 0) return null;
    if (this.#exact) return percentileOf(this.#sort(), p / 100);
    if (p <= 0) return this.#min;
    if (p >= 100) return this.#max;
    const rank = Math.max(1, Math.ceil((p / 100) * this.#n));
    // Negative magnitudes count downwards: the smallest value is the largest magnitude.
    const value =
      rank <= this.#negatives
        ? -this.#negative!.getValueAtPercentile((100 * (this.#negatives - rank + 1)) / this.#negatives) / SCALE
        : this.#positive!.getValueAtPercentile((100 * (rank - this.#negatives)) / (this.#n - this.#negatives)) / SCALE;
    return Math.min(this.#max, Math.max(this.#min, value));
  }

  /** Share of values at or below `limit`; null without values. Exact up to 100 000 values, else to the histogram's resolution. */
  shareAtMost(limit: number): number | null {
    if (this.#n === 0) return null;
    if (this.#exact) {
      const sorted = this.#sort();
      let count = countBelow(sorted, limit);
      while (count < sorted.length && sorted[count] === limit) count++;
      return count / this.#n;
    }
    let low = 0;
    let high = 100;
    for (let i = 0; i < 40; i++) {
      const middle = (low + high) / 2;
      if (this.percentile(middle)! <= limit) low = middle;
      else high = middle;
    }
    return low / 100;
  }

  figures(): TrendFigures {
    return {
      n: this.#n,
      mean: this.mean,
      min: this.min,
      p50: this.percentile(50),
      p90: this.percentile(90),
      p95: this.percentile(95),
      p99: this.percentile(99),
      max: this.max,
    };
  }

  #sort(): Float64Array {
    this.#sorted ??= this.#exact!.sorted();
    return this.#sorted;
  }

  #toHistogram(): void {
    const values = this.#exact;
    if (!values) return;
    const make = () => build({ bitBucketSize: 32, autoResize: true, lowestDiscernibleValue: 1, numberOfSignificantValueDigits: 3 });
    this.#exact = null;
    this.#positive = make();
    this.#negative = make();
    for (const value of values.values()) this.#record(value);
  }

  #record(value: number): void {
    const scaled = Math.min(LARGEST, Math.round(Math.abs(value) * SCALE));
    if (value < 0) {
      this.#negatives++;
      this.#negative!.recordValue(scaled);
    } else this.#positive!.recordValue(scaled);
  }
}

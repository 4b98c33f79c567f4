/**
 * Which part of a run is ours. Every worker, and every machine, computes the whole timeline and keeps its own slots, so that the union is exactly
 * one machine's run with no traffic between them (k6's execution segments).
 *
 * The iterations 0, 1, 2 … are dealt in a repeating pattern of `period` slots; `slots` are ours, ascending. Plain data: it can be sent to a worker.
 *
 *     0:1/2 of 0,1/2,3/4,1     slot  0 1 2 3   0 1 2 3
 *                              owner 0 1 0 2   0 1 0 2     → { period: 4, slots: [0, 2] }
 */
import { CallsurgeError } from '../errors.ts';

export interface Segment {
  readonly period: number;
  readonly slots: readonly number[];
}

export const fullSegment: Segment = { period: 1, slots: [0] };

/** How many of the first `n` indices (0 … n−1) are ours. */
export function countOf(segment: Segment, n: number): number {
  const rounds = Math.floor(n / segment.period);
  return rounds * segment.slots.length + slotsBelow(segment, n - rounds * segment.period);
}

export function owns(segment: Segment, index: number): boolean {
  const slot = index % segment.period;
  return segment.slots[slotsBelow(segment, slot)] === slot;
}

/** The index over all segments of our k-th slot, k from 0: numbers VUs and iterations without asking the other workers. */
export function indexAt(segment: Segment, k: number): number {
  const round = Math.floor(k / segment.slots.length);
  return round * segment.period + segment.slots[k - round * segment.slots.length]!;
}

/** Our indices, ascending, without end (none at all for an empty segment). */
export function* indicesOf(segment: Segment): Generator<number, void> {
  if (segment.slots.length === 0) return;
  for (let base = 0; ; base += segment.period) for (const slot of segment.slots) yield base + slot;
}

/** Deals a segment to `n` workers in turn: worker k gets every n-th of its slots, the k-th first. */
export function split(segment: Segment, n: number): Segment[] {
  const workers = Array.from({ length: n }, () => [] as number[]);
  for (let k = 0; k < n * segment.slots.length; k++) workers[k % n]!.push(indexAt(segment, k));
  return workers.map((slots) => ({ period: segment.period * n, slots }));
}

/** `n` equal parts of a whole run: worker k owns i mod n = k. */
export function workerSegments(n: number): Segment[] {
  return split(fullSegment, n);
}

/** Longest pattern we lay out: a finer division is a typing error (`0.3333333333:0.6666666667`). */
const MAX_PERIOD = 1_000_000n;

/**
 * k6's `executionSegment` and `executionSegmentSequence`: `1/4:1/2` of `0,1/4,1/2,1`; a single value is `0:value`; fractions, decimals or per
 * cent. Without a sequence, it is what lies before, the segment itself, and what lies after.
 * @throws CallsurgeError `option-invalid`, naming the option.
 */
export function parseSegment(segment: string, sequence?: string): Segment {
  const [from, to] = parseBounds(segment);
  const points = sequence ? parseSequence(sequence) : implied(from, to);
  const mine = points.findIndex((point, i) => i + 1 < points.length && equal(point, from) && equal(points[i + 1]!, to));
  if (mine < 0) throw invalid('executionSegment', `${segment} is not a part of the sequence ${sequence}`);

  const period = points.reduce((lcm, { d }) => (lcm / gcd(lcm, d)) * d, 1n);
  if (period > MAX_PERIOD)
    throw invalid('executionSegment', `${segment} divides the run into ${period} slots`, 'write fractions, as 1/3:2/3');
  const sizes = points.slice(1).map((point, i) => Number((point.n * period) / point.d - (points[i]!.n * period) / points[i]!.d));
  return { period: Number(period), slots: deal(sizes, Number(period))[mine]! };
}

/**
 * Deals `period` slots to parts of these sizes (their sum is the period): over the slots in turn, the largest part first, a part of size m takes
 * slot i when taken·period/m ≤ i. Some part always takes it: were all ahead of i, their sum would be too.
 */
function deal(sizes: number[], period: number): number[][] {
  const parts = sizes.map((size) => ({ size, slots: [] as number[] }));
  const largestFirst = [...parts].sort((a, b) => b.size - a.size);
  for (let slot = 0; slot < period; slot++) largestFirst.find((part) => part.slots.length * period <= slot * part.size)!.slots.push(slot);
  return parts.map((part) => part.slots);
}

function slotsBelow(segment: Segment, slot: number): number {
  let low = 0;
  let high = segment.slots.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (segment.slots[middle]! < slot) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** n/d in lowest terms, 0 ≤ n/d ≤ 1. */
interface Fraction {
  n: bigint;
  d: bigint;
}

const ZERO: Fraction = { n: 0n, d: 1n };
const ONE: Fraction = { n: 1n, d: 1n };
const equal = (a: Fraction, b: Fraction) => a.n === b.n && a.d === b.d;
const less = (a: Fraction, b: Fraction) => a.n * b.d < b.n * a.d;
const gcd = (a: bigint, b: bigint): bigint => (b === 0n ? a : gcd(b, a % b));

const implied = (from: Fraction, to: Fraction): Fraction[] => [
  ...(equal(from, ZERO) ? [] : [ZERO]),
  from,
  to,
  ...(equal(to, ONE) ? [] : [ONE]),
];

function parseBounds(text: string): [Fraction, Fraction] {
  const parts = text.split(':');
  if (parts.length > 2) throw invalid('executionSegment', `"${text}" is not a segment`, 'write from:to, as 0:1/4');
  const to = parseFraction(parts.at(-1)!, 'executionSegment');
  const from = parts.length === 2 ? parseFraction(parts[0]!, 'executionSegment') : ZERO;
  if (!less(from, to)) throw invalid('executionSegment', `"${text}" is empty`, 'its end must lie above its start');
  return [from, to];
}

function parseSequence(text: string): Fraction[] {
  const where = 'executionSegmentSequence';
  const points = text.split(',').map((part) => parseFraction(part, where));
  if (points.length < 2 || !equal(points[0]!, ZERO) || !equal(points.at(-1)!, ONE))
    throw invalid(where, `"${text}" does not go from 0 to 1`, 'write it as 0,1/3,2/3,1');
  if (points.some((point, i) => i > 0 && !less(points[i - 1]!, point)))
    throw invalid(where, `"${text}" does not rise`, 'write it as 0,1/3,2/3,1');
  return points;
}

function parseFraction(raw: string, where: string): Fraction {
  const match = /^(\d{1,18})(?:\.(\d{1,18}))?(?:\/(\d{1,18})|(%))?$/.exec(raw.trim());
  const [, whole, decimals = '', divisor, percent] = match ?? [];
  let d = 10n ** BigInt(decimals.length) * BigInt(divisor ?? 1) * (percent ? 100n : 1n);
  let n = BigInt((whole ?? '0') + decimals);
  if (!match || d === 0n || (divisor && decimals) || n > d)
    throw invalid(where, `"${raw}" is not a part of the run`, 'write a fraction, as 1/4, 0.25 or 25%');
  const common = gcd(n, d);
  n /= common;
  d /= common;
  return { n, d };
}

const invalid = (where: string, what: string, todo?: string) => new CallsurgeError('option-invalid', what, { where, todo });

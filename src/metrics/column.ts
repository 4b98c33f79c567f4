/** A growing column of numbers, 8 bytes each: what an exact figure keeps instead of rows. */
export class NumberColumn {
  #values: Float64Array<ArrayBuffer> = new Float64Array(64);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    this.#reserve(this.#length + 1);
    this.#values[this.#length++] = value;
  }

  at(index: number): number {
    return this.#values[index]!;
  }

  append(other: NumberColumn): void {
    this.#reserve(this.#length + other.#length);
    this.#values.set(other.#values.subarray(0, other.#length), this.#length);
    this.#length += other.#length;
  }

  /** A view of the values, in order of arrival. Valid until the next `push`; not to be changed. */
  values(): Float64Array<ArrayBuffer> {
    return this.#values.subarray(0, this.#length);
  }

  /** A sorted copy. */
  sorted(): Float64Array<ArrayBuffer> {
    return this.values().slice().sort();
  }

  #reserve(length: number): void {
    if (length <= this.#values.length) return;
    const larger = new Float64Array(Math.max(length, this.#values.length * 2));
    larger.set(this.#values.subarray(0, this.#length));
    this.#values = larger;
  }
}

/** Number of values in `sorted` that are below `limit`. */
export function countBelow(sorted: ArrayLike<number>, limit: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Interpolates linearly at p(n−1), p in 0…1, as k6 does. @returns null without values. */
export function percentileOf(sorted: ArrayLike<number>, p: number): number | null {
  if (sorted.length === 0) return null;
  const position = Math.min(1, Math.max(0, p)) * (sorted.length - 1);
  const below = Math.floor(position);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (high - low) * (position - below);
}

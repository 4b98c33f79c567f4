/** Stretches of time, asked often whether a moment falls into one. */
import { countBelow } from '../metrics/column.ts';

/** [fromMs, toMs) */
export interface Stretch {
  fromMs: number;
  toMs: number;
}

/** O(log n) for each question, in whatever order the stretches come, also where they overlap. */
export function within(stretches: readonly Stretch[]): (ms: number) => boolean {
  const from: number[] = [];
  const to: number[] = [];
  for (const { fromMs, toMs } of [...stretches].sort((a, b) => a.fromMs - b.fromMs)) {
    if (from.length > 0 && fromMs <= to.at(-1)!) to[to.length - 1] = Math.max(to.at(-1)!, toMs);
    else {
      from.push(fromMs);
      to.push(toMs);
    }
  }
  const starts = Float64Array.from(from);
  return (ms) => {
    let i = countBelow(starts, ms);
    if (starts[i] !== ms) i--;
    return i >= 0 && ms < to[i]!;
  };
}

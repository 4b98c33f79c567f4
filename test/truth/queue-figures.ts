/** The figures of a queue from the vendor's ground truth, by the definitions of docs/metrics.md and apart from src/analysis, which they are held against. */
import type { Series } from '../../src/analysis/model.ts';
import type { OfferTruth, TruthRow } from '../../src/simulator/truth.ts';

export interface TrueQueue {
  answered: number;
  abandoned: number;
  /** Parts and wholes of the five formulas, in their order. */
  levels: [part: number, whole: number][];
  asaMs: number;
  longestMs: number;
  /** Waits of everybody who queued, and whether an agent ended them. */
  waits: { ms: number; served: boolean }[];
  /** Waits this near to a threshold may fall on either side. */
  borderline(ms: number): number;
}

export function trueQueue(truth: readonly TruthRow[], thresholdMs: number, shortMs: number): TrueQueue {
  const waits = truth.flatMap((row) =>
    row.queued_ms === null ? [] : [{ ms: (row.agent_ms ?? row.ended_ms!) - row.queued_ms, served: row.agent_ms !== null }],
  );
  const served = waits.filter((wait) => wait.served);
  const left = waits.filter((wait) => !wait.served);
  const within = (list: typeof waits, ms: number) => list.filter((wait) => wait.ms <= ms).length;
  const all = waits.length;
  const inTime = within(served, thresholdMs);
  return {
    answered: served.length,
    abandoned: left.length,
    levels: [
      [inTime, all],
      [inTime + within(left, thresholdMs), all],
      [inTime, served.length],
      [inTime, served.length + left.length - within(left, thresholdMs)],
      [inTime + within(left, shortMs), all],
    ],
    asaMs: served.reduce((sum, { ms }) => sum + ms, 0) / served.length,
    longestMs: Math.max(...waits.map(({ ms }) => ms)),
    waits,
    borderline: (near) => waits.filter(({ ms }) => Math.abs(ms - thresholdMs) <= near || Math.abs(ms - shortMs) <= near).length,
  };
}

/** P(wait > ms) by the product-limit estimate, from all waits at once: quadratic, and plain. */
export function survivalAt(waits: TrueQueue['waits'], ms: number): number {
  const times = [...new Set(waits.filter((wait) => wait.served && wait.ms <= ms).map((wait) => wait.ms))];
  return times.reduce((share, time) => {
    const atRisk = waits.filter((wait) => wait.ms >= time).length;
    const events = waits.filter((wait) => wait.served && wait.ms === time).length;
    return share * (1 - events / atRisk);
  }, 1);
}

/** Most callers in the queue in each step, counted from the vendor's times. */
export function queueLengths(truth: readonly TruthRow[], { startMs, stepMs, values }: Series): number[] {
  const changes = truth.flatMap((row): [number, number][] =>
    row.queued_ms === null
      ? []
      : [
          [row.queued_ms, 1],
          [row.agent_ms ?? row.ended_ms!, -1],
        ],
  );
  changes.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  let [length, next] = [0, 0];
  return values.map((_, step) => {
    const [from, to] = [startMs + step * stepMs, startMs + (step + 1) * stepMs];
    for (; next < changes.length && changes[next]![0] <= from; next++) length += changes[next]![1];
    let most = length;
    for (; next < changes.length && changes[next]![0] < to; next++) {
      length += changes[next]![1];
      most = Math.max(most, length);
    }
    return most;
  });
}

/** What each agent was offered and did, as text to be compared: offered, answered, missed, rejected. */
export function agentTallies<Row>(
  rows: readonly Row[],
  of: (row: Row) => { agent: string; did: 'answered' | 'missed' | 'rejected' },
): Map<string, string> {
  const tallies = new Map<string, { offered: number; answered: number; missed: number; rejected: number }>();
  for (const row of rows) {
    const { agent, did } = of(row);
    const tally = tallies.get(agent) ?? { offered: 0, answered: 0, missed: 0, rejected: 0 };
    tallies.set(agent, tally);
    tally.offered++;
    tally[did]++;
  }
  return new Map(
    [...tallies].map(([agent, { offered, answered, missed, rejected }]) => [agent, `${offered}/${answered}/${missed}/${rejected}`]),
  );
}

export const DID: Record<OfferTruth['how'], 'answered' | 'missed' | 'rejected'> = {
  answered: 'answered',
  refused: 'rejected',
  timeout: 'missed',
  withdrawn: 'missed',
};

/** Peaks of concurrency, exact: every beginning and end is an event. Written apart from src/analysis, which it helps to check. */
import type { CallRow } from '../../src/record/schema.ts';
import type { TruthRow } from '../../src/simulator/truth.ts';
import type { CallFact } from '../lab/call-facts.ts';
import { groupBy } from './agreement.ts';

export const KINDS = ['occupied', 'answered', 'queued', 'talking'] as const;
export type Peaks = Record<(typeof KINDS)[number], number>;

export interface PeakCheck {
  counting: (typeof KINDS)[number];
  ours: number;
  theirs: number;
  /** Within max(1, 1 %). */
  ok: boolean;
}

type Interval = readonly [from: number | null, to: number | null];

/** Largest number of intervals open at a time; one without a beginning is none, one without an end stays open. Ends come before beginnings. */
export function peakOf(intervals: readonly Interval[]): number {
  const events: [at: number, step: number][] = [];
  for (const [from, to] of intervals) {
    if (from === null || (to !== null && to <= from)) continue;
    events.push([from, 1]);
    if (to !== null) events.push([to, -1]);
  }
  events.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  let open = 0;
  let peak = 0;
  for (const [, step] of events) {
    open += step;
    peak = Math.max(peak, open);
  }
  return peak;
}

/** The four counts of the census (docs/metrics.md) from our rows. */
export function peaksOfRows(rows: readonly CallRow[]): Peaks {
  const left = (row: CallRow) => row.bye_sent_ms ?? row.bye_received_ms ?? row.cancel_ms ?? row.end_ms;
  return {
    occupied: peakOf(rows.map((row) => [row.invite_ms, row.end_ms])),
    answered: peakOf(rows.map((row) => [row.answer_ms, left(row)])),
    // One that heard "the queue is full" after the last digit was never in it; only its end tells.
    queued: peakOf(rows.filter(({ outcome }) => outcome !== 'blocked').map((row) => [row.queue_ms, row.agent_ms ?? left(row)])),
    talking: peakOf(rows.map((row) => [row.agent_ms, left(row)])),
  };
}

/** The same from the vendor's ground truth. */
export function peaksOfTruth(rows: readonly TruthRow[]): Peaks {
  return {
    occupied: peakOf(rows.map((row) => [row.received_ms, row.ended_ms ?? row.refused_ms])),
    answered: peakOf(rows.map((row) => [row.answered_ms, row.ended_ms])),
    queued: peakOf(rows.map((row) => [row.queued_ms, row.agent_ms ?? row.ended_ms])),
    talking: peakOf(rows.map((row) => [row.agent_ms, row.ended_ms])),
  };
}

/** The same from Asterisk's events. A call that a full site passed on is one, from its first site to its last. */
export function peaksOfFacts(facts: readonly CallFact[]): Peaks {
  const calls = [...groupBy(facts, (fact) => fact.sipCallId).values()];
  const last = (fact: CallFact) => fact.connectMs ?? fact.abandonMs ?? fact.hangupMs;
  return {
    occupied: peakOf(
      calls.map((legs) => [Math.min(...legs.map(({ startMs }) => startMs)), Math.max(...legs.map(({ hangupMs }) => hangupMs ?? Infinity))]),
    ),
    answered: peakOf(facts.map((fact) => [fact.answerMs, fact.hangupMs])),
    queued: peakOf(facts.map((fact) => [fact.joinMs, last(fact)])),
    talking: peakOf(facts.map((fact) => [fact.connectMs, fact.hangupMs])),
  };
}

export function peakChecks(ours: Peaks, theirs: Peaks): PeakCheck[] {
  return KINDS.map((counting) => {
    const apart = Math.abs(ours[counting] - theirs[counting]);
    return { counting, ours: ours[counting], theirs: theirs[counting], ok: apart <= Math.max(1, 0.01 * theirs[counting]) };
  });
}

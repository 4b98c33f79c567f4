/** What a finished (or stopped) capacity search says: two bounds, what kind of limit it is, and what that means for the vendor's promise. */
import type { VerdictState } from './model.ts';
import type { Bounds, TrialLength } from './search.ts';
import type { Judged, Sought, TrialFigures } from './trial.ts';

/** One trial as it was played: a row of trials.csv. */
export interface PlayedTrial extends Judged {
  /** From 1, over the whole search. */
  number: number;
  /** baseline: against our own vendor without limits (RFC 7502 §6.1). */
  against: 'baseline' | 'vendor';
  load: number;
  length: TrialLength;
  /** ms since the Unix epoch. */
  startMs: number;
  lengthMs: number;
  figures: TrialFigures;
  /** Run folder of the trial, relative to the search's. */
  folder: string;
}

/**
 * configured limit: everything above is refused as busy, the same number is carried whatever is offered, and nothing gets worse below it.
 * degrades: it fails in other ways, or gets slow before. not reached: the largest load permitted was carried. harness limit: ours came first.
 * inconclusive: calls failed above the lower bound, but perhaps only because they came bunched.
 */
export type LimitKind = 'configured limit' | 'degrades' | 'not reached' | 'harness limit' | 'inconclusive';

/** Why the search ended. */
export type SearchEnd = 'found' | 'trials' | 'signal' | 'stop-when' | 'contract' | 'error';

export interface SearchResult extends Bounds {
  sought: Sought;
  epsilon: number;
  /** Largest load that was allowed to be tried, and by whom. */
  max: number;
  maxBy: 'contract.maxChannels' | 'contract.maxCallsPerSecond' | '--max';
  /** Null: not over. */
  end: SearchEnd | null;
  /** Words of whoever ended it early. */
  endWhy: string | null;
  kind: LimitKind | null;
  /** Our own ceiling, from the baseline; `atLeast`: it was not reached. Null: not measured. */
  ceiling: { load: number; atLeast: boolean } | null;
  /** A bound above 70 % of our own ceiling supports no verdict. */
  valid: boolean;
  /** Long trials agreed on both bounds. */
  confirmed: boolean;
}

/** docs/metrics.md, capacity search. */
export const CEILING_SHARE = 0.7;

/** Carried loads of failed trials that differ by less are the same: a call or this share. Calls per second have the edges of their seconds. */
const SAME: Record<Sought, number> = { concurrency: 0.01, rate: 0.1 };
/** Setup delay below the limit, against that of the lightest trial. */
const SLOWER = 2;
const SLOWER_MS = 100;

/** @param trials against the vendor alone */
export function limitKind(sought: Sought, bounds: Bounds, trials: readonly PlayedTrial[]): LimitKind | null {
  if (bounds.upper === null) return 'not reached';
  if (bounds.upperIs === 'harness') return 'harness limit';
  if (bounds.upperIs === 'unclear') return 'inconclusive';
  const bad = trials.filter(({ verdict, why }) => verdict === 'bad' && why === 'lost');
  const good = trials.filter(({ verdict, load }) => verdict === 'good' && load <= bounds.lower);
  if (bad.length === 0 || good.length === 0) return 'degrades';
  const plain = bad.every(({ figures }) => figures.refused === figures.failed);
  const near = Math.max(1, SAME[sought] * bounds.lower);
  const same = bad.every(({ held }) => held !== null && Math.abs(held - bounds.lower) <= near);
  return plain && same && !slowedDown(good) ? 'configured limit' : 'degrades';
}

/** The quickest trial at the largest load carried against the quickest at the smallest: what only some of them show is noise. */
function slowedDown(good: readonly PlayedTrial[]): boolean {
  const loads = good.map(({ load }) => load);
  const quickest = (load: number) =>
    Math.min(...good.flatMap((trial) => (trial.load === load && trial.figures.srdP95Ms !== null ? [trial.figures.srdP95Ms] : [])));
  const [lightest, heaviest] = [quickest(Math.min(...loads)), quickest(Math.max(...loads))];
  return Number.isFinite(heaviest) && heaviest > SLOWER * lightest + SLOWER_MS;
}

/** Whether the bounds are far enough below our own ceiling to be the vendor's. */
export function withinCeiling({ lower, upper }: Bounds, ceiling: SearchResult['ceiling']): boolean {
  return ceiling !== null && (upper ?? lower) <= CEILING_SHARE * ceiling.load + 1e-9;
}

export interface SearchVerdict {
  state: VerdictState;
  promised: number;
  /** A key of the report's texts. */
  why: 'carried' | 'fails-below' | 'between' | 'cap' | 'ceiling' | 'early' | 'counting' | 'nothing-passed' | 'loss' | 'unclear';
}

/** @param promised calls at a time or calls/s. @param counting how the vendor counts; our held calls are answered, never queued or talking */
export function searchVerdict(result: SearchResult, promised: number, counting: string | null): SearchVerdict {
  const verdict = (state: VerdictState, why: SearchVerdict['why']): SearchVerdict => ({ state, promised, why });
  if (counting === 'queued' || counting === 'talking' || counting === 'legs') return verdict('not measured', 'counting');
  // What was carried was carried, whatever our own ceiling is.
  if (result.lower >= promised && result.confirmed) return result.epsilon > 0 ? verdict('not proven', 'loss') : verdict('pass', 'carried');
  if (result.upperIs === 'unclear') return verdict('not proven', 'unclear');
  if (!result.valid) return verdict('not valid', 'ceiling');
  if (result.upper !== null && result.upper <= promised) {
    return result.confirmed ? verdict('fail', result.lower === 0 ? 'nothing-passed' : 'fails-below') : verdict('not proven', 'early');
  }
  if (result.end !== 'found') return verdict('not proven', 'early');
  if (result.upper === null && result.max < promised) return verdict('not measured', 'cap');
  return verdict('not proven', 'between');
}

/** `search.json`: everything that the report of a search is made from. Written after each trial, so that a search that was killed is still one. */
export interface SearchRecord {
  format: 1;
  kind: 'search';
  callsurge: string;
  startMs: number;
  endMs: number | null;
  /** Name, title and time zone, claim and its counting: no more of the profile is needed. */
  vendor: { name: string; title: string | null; timezone: string | null };
  promise: { atLeast: number; counting: string | null; words: string | null } | null;
  terms: {
    number: string;
    scenario: string | null;
    exec: string | null;
    press: string | null;
    media: 'rtp' | 'none';
    shortMs: number;
    longMs: number;
    pauseMs: number;
    holdMs: number;
    repeats: number;
    width: number;
    seed: number;
    stopWhen: string[];
  };
  result: SearchResult;
  verdict: SearchVerdict | null;
  trials: PlayedTrial[];
}

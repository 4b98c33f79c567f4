/** What one trial of a capacity search showed, from its calls' own rows, and whether the vendor carried the load. */
import { hangUp, setupDelay } from '../metrics/call-times.ts';
import { Trend } from '../metrics/trend.ts';
import type { CallRow, TimelineRow } from '../record/schema.ts';
import { bunching, plannedCalls } from './bunching.ts';
import { HealthFold } from './health.ts';
import { Intervals } from './level.ts';
import type { TrialVerdict } from './search.ts';

/** What is searched: calls at a time, or new calls per second. */
export type Sought = 'concurrency' | 'rate';

export interface TrialFigures {
  /** Calls sent, but those that we cut or failed ourselves. */
  attempts: number;
  answered: number;
  /** Refused, diverted, failed, not answered, or dropped by the vendor. */
  failed: number;
  /** Of these: refused with 503 or 486. */
  refused: number;
  /** Failed calls that touch no unhealthy second of ours and, of a rate, that no bunching on the way explains. */
  failedSound: number;
  /** Of a rate: failed calls that reached the vendor bunched, or may have. */
  bunched?: number;
  /** Of a rate: share of its seconds in which all of it was really sent. Null: too few calls. */
  full?: number | null;
  /** Of a rate: delay on the way beyond the quickest call's, p95, ms. */
  pathP95Ms?: number | null;
  /** Dropped after they had been answered. */
  dropped: number;
  /** Our own failures: never in the vendor's figures. */
  harness: number;
  /** Most calls answered, and in progress in whatever way, at one moment. */
  peakAnswered: number;
  peakOccupied: number;
  /** Setup delay of answered calls (RFC 6076 §4.3), p95, ms. */
  srdP95Ms: number | null;
  unhealthySeconds: number;
  /** The commonest final status among the failed, as `503 Service Unavailable`. */
  commonest: string | null;
}

/** Share of our own failures above which a trial says nothing (as of a run). */
const HARNESS_SHARE = 0.001;
/** A rate counts as offered if so much of it was sent, */
const OFFERED_SHARE = 0.99;
/** and in so many of its seconds all of it. */
const FULL_SHARE = 0.1;

export class TrialFold {
  readonly #rows: CallRow[] = [];
  readonly #health = new HealthFold();

  addCall(row: CallRow): void {
    this.#rows.push(row);
  }

  addSecond(row: TimelineRow): void {
    this.#health.add(row);
  }

  /** @param perSecond the rate that was sent, where it was one */
  figures(perSecond?: number): TrialFigures {
    const rate = perSecond === undefined ? undefined : this.#bunching(perSecond);
    const answered = new Intervals();
    const occupied = new Intervals();
    const srd = new Trend();
    const statuses = new Map<string, number>();
    const figures = { attempts: 0, answered: 0, failed: 0, refused: 0, failedSound: 0, dropped: 0, harness: 0 };
    let bunched = 0;
    for (const row of this.#rows) {
      if (row.outcome === 'harness') figures.harness++;
      if (row.invite_ms === null) continue;
      occupied.add(row.invite_ms, row.end_ms);
      answered.add(row.answer_ms, hangUp(row));
      if (!counted(row)) continue;
      figures.attempts++;
      if (row.answer_ms !== null) figures.answered++;
      const delay = setupDelay(row);
      if (delay !== null) srd.add(delay);
      if (!failed(row)) continue;
      figures.failed++;
      if (row.outcome === 'dropped') figures.dropped++;
      if (row.outcome === 'blocked' && (row.status === 503 || row.status === 486)) figures.refused++;
      if (rate?.excused.has(row)) bunched++;
      else if (this.#health.sound(row.invite_ms, row.end_ms ?? row.invite_ms)) figures.failedSound++;
      const status = row.outcome === 'dropped' ? 'dropped' : row.status === null ? 'no answer' : `${row.status} ${row.reason ?? ''}`.trim();
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
    return {
      ...figures,
      ...(rate ? { bunched, full: rate.full, pathP95Ms: rate.pathP95Ms } : {}),
      peakAnswered: answered.level().peak().value,
      peakOccupied: occupied.level().peak().value,
      srdP95Ms: srd.percentile(95),
      unhealthySeconds: this.#health.figures().unhealthySeconds,
      commonest: [...statuses].sort((a, b) => b[1] - a[1])[0]?.[0] ?? null,
    };
  }

  #bunching(perSecond: number): { excused: Set<CallRow>; full: number | null; pathP95Ms: number | null } {
    const rows = this.#rows.filter(({ invite_ms }) => invite_ms !== null);
    const sent = rows.map((row) => ({ inviteMs: row.invite_ms!, heardMs: firstHeard(row), failed: counted(row) && failed(row) }));
    const { excused, full, pathP95Ms } = bunching(sent, perSecond);
    return { excused: new Set(rows.filter((_, i) => excused[i])), full, pathP95Ms };
  }
}

const counted = ({ outcome }: CallRow) => outcome !== 'harness' && outcome !== 'cut';

/** First response of any kind. */
function firstHeard(row: CallRow): number | null {
  const refused = row.answer_ms === null && row.status !== null && row.cancel_ms === null ? row.end_ms : null;
  const times = [row.trying_ms, row.provisional_ms, row.answer_ms, refused].filter((at) => at !== null);
  return times.length === 0 ? null : Math.min(...times);
}

/** Carried is what was answered and not taken away again; everything else is not, also what nobody can explain. */
function failed({ outcome, answer_ms }: CallRow): boolean {
  return answer_ms === null || !(outcome === 'completed' || outcome === 'abandoned');
}

export interface Judged {
  verdict: TrialVerdict;
  /** What the vendor carried, where it was less than offered. */
  held: number | null;
  /** Failed calls of those sent. */
  loss: number;
  why: 'carried' | 'lost' | 'not-together' | 'harness-failed' | 'not-offered' | 'unhealthy' | 'bunched';
}

/** @param lengthMs of a rate trial; its planned calls follow from that (bunching.ts). @param epsilon loss ratio that is still good, 0…1 */
export function judgeTrial(sought: Sought, load: number, lengthMs: number, epsilon: number, figures: TrialFigures): Judged {
  const { attempts, failed, failedSound, refused, harness, peakAnswered } = figures;
  const planned = sought === 'rate' ? plannedCalls(load, lengthMs) : load;
  const loss = attempts === 0 ? 0 : failed / attempts;
  const judged = (verdict: TrialVerdict, why: Judged['why'], held: number | null = null): Judged => ({ verdict, held, loss, why });
  if (harness > HARNESS_SHARE * (attempts + harness)) return judged('unfit', 'harness-failed');
  if (attempts < (sought === 'rate' ? OFFERED_SHARE * planned : planned)) return judged('unfit', 'not-offered');
  if (loss <= epsilon) {
    if (sought === 'rate' && (figures.full ?? 1) < FULL_SHARE) return judged('unfit', 'not-offered');
    if (sought === 'rate' || peakAnswered >= Math.ceil(load * (1 - epsilon))) return judged('good', 'carried');
    return judged('bad', 'not-together', peakAnswered);
  }
  // A channel that is refused as busy is refused, however late our own timers fire; anything else may have been our doing.
  const sound = sought === 'concurrency' ? Math.max(failedSound, refused) : failedSound;
  if (sound / attempts <= epsilon) return (figures.bunched ?? 0) > 0 ? judged('unclear', 'bunched') : judged('unfit', 'unhealthy');
  return judged('bad', 'lost', sought === 'concurrency' ? peakAnswered : ((attempts - failed) * 1000) / lengthMs);
}

/**
 * Availability from days of probes. Pure: rows in any order, figures out.
 *
 *   interval   [k·every, (k+1)·every) of the wall clock; what n counts. Down if any round in it was down, up if one was up and none down,
 *              closed where the contract forbade probing, else not observed: neither up nor down, in no ratio
 *   round      OPTIONS to every trunk at one moment (up if one answers), or one call. Up when it was answered, down when it was sent
 *   outage     rounds in a row that were down: from the first of them to the first up one after it. A gap in the record cuts it: then it lasted
 *              at least until its last down round, and counts in no mean
 *
 * A month's promise (docs/metrics.md, verdict): it can fail on any day; it passes only after thirty days of observed time, with a sample large enough
 * (at most x failures expected where k were seen, exact Poisson bound; the rule of three where k = 0) and no month in which even the longest
 * reading of every outage is more than it allows.
 */
import { Trend } from '../metrics/trend.ts';
import { type Share, share } from '../metrics/wilson.ts';
import type { ProbeRow } from '../record/schema.ts';
import { type AvailabilityWhy, judgeMonths, type Needed, neededFor } from './availability-verdict.ts';
import type { VerdictState } from './model.ts';
import { outagesOf, type ProbeOutage, type Round } from './probe-outages.ts';

export interface Period {
  /** `2026-11-21 09`, `2026-11-21`, `2026-11`, in the time zone of the report. */
  key: string;
  startMs: number;
  up: number;
  down: number;
  closed: number;
  missing: number;
  /** Of the observed intervals; Wilson 95 %. */
  availability: Share;
  /** Of outages that began in it. */
  outages: number;
  downMs: number;
}

export interface AvailabilityFigures {
  everyMs: number;
  firstMs: number | null;
  lastMs: number | null;
  total: Period;
  months: Period[];
  days: Period[];
  hours: Period[];
  outages: ProbeOutage[];
  /** Mean of the outages that were seen to end; null without one. */
  mttrMs: number | null;
  /** How many that were. */
  mttrN: number;
  longest: ProbeOutage | null;
  calls: Share;
  /** Rounds that told nothing. */
  unknown: number;
  answerMs: { n: number; p50: number | null; p95: number | null; max: number | null };
  restarts: number;
  needed: Needed[];
  verdict: { state: VerdictState; promised: number; why: AvailabilityWhy } | null;
}

export interface AvailabilityTerms {
  everyMs: number;
  /** IANA name; default UTC. Hours, days and months are its own. */
  timeZone?: string;
  /** Promised monthly availability, 0…1. */
  promised?: number | null;
}

/** Rounds further apart than so many intervals, and than an unanswered one takes, leave a gap between them. */
const GAP_INTERVALS = 2.5;
const GAP_MS = 1000;
const TARGETS = [0.99, 0.999, 0.9999, 0.99999];

export class AvailabilityFold {
  readonly #terms: AvailabilityTerms;
  /** OPTIONS rounds by their time: up if one trunk was. */
  readonly #rounds = new Map<number, Round>();
  readonly #callRounds: Round[] = [];
  readonly #closed = new Set<number>();
  readonly #answers = new Trend();
  #first = Number.POSITIVE_INFINITY;
  #last = Number.NEGATIVE_INFINITY;
  #unknown = 0;
  #starts = 0;

  constructor(terms: AvailabilityTerms) {
    if (!(terms.everyMs > 0)) throw new RangeError('an interval must last');
    this.#terms = terms;
  }

  add(row: ProbeRow): void {
    const at = row.t_ms;
    if (at === null) return;
    if (row.kind === 'start') this.#starts++;
    if (row.kind !== 'options' && row.kind !== 'call' && row.kind !== 'closed') return;
    this.#first = Math.min(this.#first, at);
    this.#last = Math.max(this.#last, at);
    if (row.kind === 'closed') this.#closed.add(this.#slot(at));
    else if (row.result !== 'up' && row.result !== 'down') this.#unknown++;
    else {
      const up = row.result === 'up';
      // What is answered after seconds, sent again on the way, says that the vendor was there then, not when it was asked.
      const seen: Round = { at: up ? at + (row.answer_ms ?? 0) : at, sentMs: at, up, why: row.why };
      if (row.kind === 'call') this.#callRounds.push(seen);
      else {
        if (up) this.#answers.add(row.answer_ms);
        const round = this.#rounds.get(at);
        // One trunk of several is enough: the first that answered.
        if (!round || (up && (!round.up || seen.at < round.at))) this.#rounds.set(at, seen);
      }
    }
  }

  figures(): AvailabilityFigures {
    const { everyMs, timeZone = 'UTC', promised = null } = this.#terms;
    const rounds = [...this.#rounds.values(), ...this.#callRounds].sort((a, b) => a.at - b.at);
    const outages = outagesOf(rounds, Math.max(GAP_INTERVALS * everyMs, everyMs + GAP_MS));
    const keyOf = localKeys(timeZone);
    const total = period('', this.#first);
    const periods = { months: new Map<string, Period>(), days: new Map<string, Period>(), hours: new Map<string, Period>() };
    const each = (at: number, change: (period: Period) => void) => {
      change(total);
      const { hour } = keyOf(at);
      for (const [map, length] of [
        [periods.hours, 13],
        [periods.days, 10],
        [periods.months, 7],
      ] as const) {
        const key = hour.slice(0, length);
        const found = map.get(key) ?? period(key, at);
        map.set(key, found);
        change(found);
      }
    };
    this.#intervals(rounds, (at, state) => each(at, (one) => one[state]++));
    for (const outage of outages)
      each(outage.startMs, (one) => {
        one.outages++;
        one.downMs += outage.ms;
      });
    const done = (one: Period): Period => ({ ...one, availability: share(one.up, one.up + one.down) });
    const list = (map: Map<string, Period>) => [...map.values()].map(done).sort((a, b) => (a.key < b.key ? -1 : 1));
    const ended = outages.filter(({ endMs }) => endMs !== null);
    const whole = done(total);
    const months = list(periods.months);
    const answer = this.#answers;
    const seen = rounds.length > 0 || this.#closed.size > 0;
    return {
      everyMs,
      firstMs: seen ? this.#first : null,
      lastMs: seen ? this.#last : null,
      total: whole,
      months,
      days: list(periods.days),
      hours: list(periods.hours),
      outages,
      mttrMs: ended.length === 0 ? null : ended.reduce((sum, { ms }) => sum + ms, 0) / ended.length,
      mttrN: ended.length,
      longest: outages.reduce<ProbeOutage | null>((longest, one) => (longest === null || one.ms > longest.ms ? one : longest), null),
      calls: share(this.#callRounds.filter(({ up }) => up).length, this.#callRounds.length),
      unknown: this.#unknown,
      answerMs: { n: answer.n, p50: answer.percentile(50), p95: answer.percentile(95), max: answer.max },
      restarts: Math.max(0, this.#starts - 1),
      needed: neededFor([...new Set([...TARGETS, ...(promised !== null && promised < 1 ? [promised] : [])])].sort(), whole, everyMs),
      verdict:
        promised === null ? null : { promised, ...judgeMonths(promised, whole, outages, everyMs, (at) => keyOf(at).hour.slice(0, 7)) },
    };
  }

  #slot(at: number): number {
    return Math.floor(at / this.#terms.everyMs);
  }

  /** Every interval from the first row's to the last one's, in order. */
  #intervals(rounds: readonly Round[], tell: (startMs: number, state: 'up' | 'down' | 'closed' | 'missing') => void): void {
    if (!Number.isFinite(this.#first)) return;
    const { everyMs } = this.#terms;
    let next = 0;
    for (let slot = this.#slot(this.#first); slot <= this.#slot(this.#last); slot++) {
      let up = false;
      let down = false;
      for (; next < rounds.length && this.#slot(rounds[next]!.at) === slot; next++) {
        if (rounds[next]!.up) up = true;
        else down = true;
      }
      tell(slot * everyMs, down ? 'down' : up ? 'up' : this.#closed.has(slot) ? 'closed' : 'missing');
    }
  }
}

const period = (key: string, startMs: number): Period => ({
  key,
  startMs,
  up: 0,
  down: 0,
  closed: 0,
  missing: 0,
  availability: share(0, 0),
  outages: 0,
  downMs: 0,
});

/** `2026-11-21 09` of an instant. Offsets of time zones are whole quarters of an hour, so one look for each quarter is enough. */
function localKeys(timeZone: string): (at: number) => { hour: string } {
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
  });
  const known = new Map<number, { hour: string }>();
  return (at) => {
    const quarter = Math.floor(at / 900_000);
    let key = known.get(quarter);
    if (!key) {
      const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
      key = { hour: `${parts.year}-${parts.month}-${parts.day} ${parts.hour}` };
      known.set(quarter, key);
    }
    return key;
  };
}

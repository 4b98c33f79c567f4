/**
 * What waiting was like (docs/metrics.md, queue metrics). Over attempts that asked for an agent:
 *
 *   An = an agent came · Ab = gave up in the queue · T = service-level threshold
 *   wait = queue entry to agent, or to giving up
 *
 * Callers blocked before the queue stand beside, in no formula but the connect rate. `cut` calls only censor the Kaplan–Meier estimate.
 */
import { isAttempt, queueEntry, queueExit, queueWait } from '../metrics/call-times.ts';
import { NumberColumn } from '../metrics/column.ts';
import type { Fold } from '../metrics/fold.ts';
import { Trend } from '../metrics/trend.ts';
import { share } from '../metrics/wilson.ts';
import { type CallRow, CORRELATION_METHODS, type CorrelationMethod } from '../record/schema.ts';
import { Intervals } from './level.ts';
import type { QueueFigures, Ratio, Series } from './model.ts';
import { percentileSeries, type Steps, series, stepOf } from './steps.ts';
import { kaplanMeier } from './survival.ts';

export interface QueueOptions {
  /** T. Default 20 s, or what the vendor's claim says. */
  thresholdMs: number;
  /** Abandonment within this is "short". */
  shortMs: number;
  /** Some method can show an agent on the line in this trial, even if none ever came. */
  correlated: boolean;
}

export interface QueueCounts {
  answered: number;
  answeredInTime: number;
  abandoned: number;
  abandonedInTime: number;
  abandonedShort: number;
}

/** The five service levels, in the order of docs/metrics.md; the first is the primary one. */
export function serviceLevels(c: QueueCounts): [Ratio, Ratio, Ratio, Ratio, Ratio] {
  const all = c.answered + c.abandoned;
  return [
    share(c.answeredInTime, all),
    share(c.answeredInTime + c.abandonedInTime, all),
    share(c.answeredInTime, c.answered),
    share(c.answeredInTime, c.answered + c.abandoned - c.abandonedInTime),
    share(c.answeredInTime + c.abandonedShort, all),
  ];
}

export class QueueFold implements Fold<CallRow, QueueFigures> {
  readonly #options: QueueOptions;
  readonly #methods: Partial<Record<CorrelationMethod, number>> = {};
  readonly #counts: QueueCounts = { answered: 0, answeredInTime: 0, abandoned: 0, abandonedInTime: 0, abandonedShort: 0 };
  readonly #answeredWait = new Trend();
  readonly #abandonedWait = new Trend();
  readonly #waits = new NumberColumn();
  readonly #served = new NumberColumn();
  readonly #answeredAt = new NumberColumn();
  readonly #answeredWaits = new NumberColumn();
  readonly #queued = new Intervals();
  #asked = 0;
  #entered = 0;
  #blocked = 0;
  #diverted = 0;
  #longest = 0;

  constructor(options: QueueOptions) {
    this.#options = options;
  }

  /** Waits of the answered: for intervals around their mean. */
  get answeredWait(): Trend {
    return this.#answeredWait;
  }

  add(row: CallRow): void {
    if (row.wants_agent !== true || row.invite_ms === null) return;
    const wait = queueWait(row);
    const served = row.agent_ms !== null;
    if (row.outcome !== 'harness' && wait !== null) {
      this.#waits.push(wait);
      this.#served.push(Number(served));
      this.#queued.add(queueEntry(row), queueExit(row));
    }
    if (!isAttempt(row)) return;
    this.#asked++;
    const method = CORRELATION_METHODS.find((name) => name === row.correlation);
    if (method) this.#methods[method] = (this.#methods[method] ?? 0) + 1;
    if (wait === null) {
      if (row.outcome === 'blocked') this.#blocked++;
      if (row.outcome === 'diverted') this.#diverted++;
      return;
    }
    this.#entered++;
    this.#longest = Math.max(this.#longest, wait);
    if (served) this.#addAnswered(row, wait);
    else if (row.outcome === 'abandoned') this.#addAbandoned(wait);
    else if (row.outcome === 'diverted') this.#diverted++;
    else if (row.outcome === 'blocked') this.#blocked++;
  }

  merge(other: this): void {
    for (const method of CORRELATION_METHODS) {
      const theirs = other.#methods[method];
      if (theirs) this.#methods[method] = (this.#methods[method] ?? 0) + theirs;
    }
    for (const key of Object.keys(this.#counts) as (keyof QueueCounts)[]) this.#counts[key] += other.#counts[key];
    this.#answeredWait.merge(other.#answeredWait);
    this.#abandonedWait.merge(other.#abandonedWait);
    this.#waits.append(other.#waits);
    this.#served.append(other.#served);
    this.#answeredAt.append(other.#answeredAt);
    this.#answeredWaits.append(other.#answeredWaits);
    this.#queued.append(other.#queued);
    this.#asked += other.#asked;
    this.#entered += other.#entered;
    this.#blocked += other.#blocked;
    this.#diverted += other.#diverted;
    this.#longest = Math.max(this.#longest, other.#longest);
  }

  /** Without `steps` the two series are empty. Where nothing could see an agent, all but the blocked and diverted is null or zero. */
  figures(steps: Steps = { startMs: 0, stepMs: 1000, count: 0 }): QueueFigures {
    const { thresholdMs, shortMs } = this.#options;
    const seen = Object.entries(this.#methods).some(([method, n]) => method !== 'none' && n > 0);
    const measured = this.#asked > 0 && (seen || this.#options.correlated);
    const c = measured ? this.#counts : { answered: 0, answeredInTime: 0, abandoned: 0, abandonedInTime: 0, abandonedShort: 0 };
    return {
      measured,
      methods: { ...this.#methods },
      thresholdMs,
      shortMs,
      answered: c.answered,
      abandoned: c.abandoned,
      abandonedShort: c.abandonedShort,
      blocked: this.#blocked,
      diverted: this.#diverted,
      serviceLevel: serviceLevels(c),
      asaMs: measured ? this.#answeredWait.mean : null,
      waitAnswered: measured ? this.#answeredWait.figures() : new Trend().figures(),
      waitAbandoned: measured ? this.#abandonedWait.figures() : new Trend().figures(),
      abandonment: share(c.abandoned, measured ? this.#entered : 0),
      connectRate: share(c.answered, measured ? this.#asked : 0),
      longestWaitMs: measured && this.#entered > 0 ? this.#longest : null,
      survival: measured ? kaplanMeier(this.#waits.values(), this.#served.values()) : [],
      longest: this.#longestSeries(steps),
      length: this.#queued.level().seriesMax(steps),
    };
  }

  /** Waits of the answered by the time at which the agent came. */
  seriesOf(steps: Steps): { p50: Series; p95: Series } {
    const [p50, p95] = percentileSeries(steps, this.#answeredAt, this.#answeredWaits, [0.5, 0.95]);
    return { p50: p50!, p95: p95! };
  }

  #addAnswered(row: CallRow, wait: number): void {
    this.#counts.answered++;
    if (wait <= this.#options.thresholdMs) this.#counts.answeredInTime++;
    this.#answeredWait.add(wait);
    this.#answeredAt.push(row.agent_ms!);
    this.#answeredWaits.push(wait);
  }

  #addAbandoned(wait: number): void {
    this.#counts.abandoned++;
    if (wait <= this.#options.thresholdMs) this.#counts.abandonedInTime++;
    if (wait <= this.#options.shortMs) this.#counts.abandonedShort++;
    this.#abandonedWait.add(wait);
  }

  /** The longest that anybody waiting in a step has waited by its end, or by leaving in it. */
  #longestSeries(steps: Steps): Series {
    const longest = new Array<number>(steps.count).fill(0);
    if (steps.count === 0) return series(steps, longest);
    const endMs = steps.startMs + steps.count * steps.stepMs;
    for (let i = 0; i < this.#queued.length; i++) {
      const [from, to] = this.#queued.at(i);
      const first = stepOf(steps, Math.max(from, steps.startMs));
      const last = stepOf(steps, Math.min(to, endMs - 1));
      if (first < 0) continue;
      for (let step = first; step <= last; step++) {
        const end = Math.min(to, steps.startMs + (step + 1) * steps.stepMs);
        longest[step] = Math.max(longest[step]!, end - from);
      }
    }
    return series(steps, longest);
  }
}

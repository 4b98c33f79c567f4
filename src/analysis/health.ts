/**
 * The instrument's own health, second by second, from timeline.csv. A second in which it was not well supports no verdict against a vendor; more
 * than 0.1 % of calls failed by our own fault, and the whole run supports none.
 */
import type { Fold } from '../metrics/fold.ts';
import { Trend } from '../metrics/trend.ts';
import { share } from '../metrics/wilson.ts';
import type { CallRow, TimelineRow } from '../record/schema.ts';
import type { HealthFigures } from './model.ts';

/** Share of calls failed by our own fault above which a run is not valid. */
export const HARNESS_LIMIT = 0.001;

/** What is known per second: worst of all threads. */
interface Second {
  lag: number | null;
  loop: number | null;
  late: number | null;
  /** Of single threads, and of the whole run (which repeats theirs). */
  why: Set<string>;
  whole: string | null;
  healthy: boolean;
}

/** A figure that the main thread may give for the whole run, or each worker for itself: never both added up. */
class Either {
  #whole = 0;
  #parts = 0;
  #given = false;

  add(worker: number | null, value: number | null): void {
    if (value === null) return;
    if (worker === null) {
      this.#given = true;
      this.#whole += value;
    } else this.#parts += value;
  }

  merge(other: Either): void {
    this.#whole += other.#whole;
    this.#parts += other.#parts;
    this.#given ||= other.#given;
  }

  get value(): number {
    return this.#given ? this.#whole : this.#parts;
  }
}

/** As sip/address-switch.ts, sip/name-view.ts and call/leg.ts say it. */
const PLANNED = /by a fault of this run/;

const worst = (a: number | null, b: number | null) => (a === null ? b : b === null ? a : Math.max(a, b));
const secondOf = (ms: number) => Math.floor(ms / 1000);

export class HealthFold implements Fold<TimelineRow, HealthFigures> {
  /** By start of the second, ms. */
  readonly #seconds = new Map<number, Second>();
  /** Seconds of the Unix epoch touched by an unhealthy one. */
  readonly #unsound = new Set<number>();
  /** Worst delay of our own by second of the Unix epoch, ms. */
  readonly #slack = new Map<number, number>();
  readonly #drops = new Either();
  readonly #dropped = new Either();
  #calls = 0;
  #harness = 0;
  #planned = 0;

  add(row: TimelineRow): void {
    if (row.t_ms === null) return;
    const known = this.#seconds.get(row.t_ms);
    const second = known ?? { lag: null, loop: null, late: null, why: new Set(), whole: null, healthy: true };
    if (!known) this.#seconds.set(row.t_ms, second);
    second.lag = worst(second.lag, row.lag_p99_ms);
    second.loop = worst(second.loop, row.loop_p99_ms);
    second.late = worst(second.late, row.rtp_late_p99_ms);
    if (row.healthy === false) this.#spoil(row.t_ms, second, row.worker, row.unhealthy);
    this.#delay(row.t_ms, Math.max(row.loop_p99_ms ?? 0, row.lag_max_ms ?? 0, row.gc_ms ?? 0));
    this.#drops.add(row.worker, row.socket_drops);
    this.#dropped.add(row.worker, row.dropped);
  }

  addCall(row: CallRow): void {
    this.#calls++;
    if (row.outcome !== 'harness') return;
    this.#harness++;
    if (PLANNED.test(row.blame_why ?? '')) this.#planned++;
  }

  merge(other: this): void {
    for (const [at, theirs] of other.#seconds) {
      const mine = this.#seconds.get(at);
      if (!mine) {
        this.#seconds.set(at, { ...theirs, why: new Set(theirs.why) });
        continue;
      }
      mine.lag = worst(mine.lag, theirs.lag);
      mine.loop = worst(mine.loop, theirs.loop);
      mine.late = worst(mine.late, theirs.late);
      mine.healthy &&= theirs.healthy;
      mine.whole ??= theirs.whole;
      for (const why of theirs.why) mine.why.add(why);
    }
    for (const second of other.#unsound) this.#unsound.add(second);
    for (const [second, ms] of other.#slack) this.#slack.set(second, Math.max(ms, this.#slack.get(second) ?? 0));
    this.#drops.merge(other.#drops);
    this.#dropped.merge(other.#dropped);
    this.#calls += other.#calls;
    this.#harness += other.#harness;
    this.#planned += other.#planned;
  }

  /** No unhealthy second is touched by [fromMs, toMs]. */
  sound(fromMs: number, toMs: number): boolean {
    const [from, to] = [secondOf(fromMs), secondOf(toMs)];
    if (to - from > this.#unsound.size) return ![...this.#unsound].some((second) => second >= from && second <= to);
    for (let second = from; second <= to; second++) if (this.#unsound.has(second)) return false;
    return true;
  }

  /** The worst that our own machine can have added to a delay measured in [fromMs, toMs], ms. */
  slack(fromMs: number, toMs: number): number {
    const [from, to] = [secondOf(fromMs), secondOf(toMs)];
    let worst = 0;
    if (to - from > this.#slack.size) {
      for (const [second, ms] of this.#slack) if (second >= from && second <= to) worst = Math.max(worst, ms);
    } else for (let second = from; second <= to; second++) worst = Math.max(worst, this.#slack.get(second) ?? 0);
    return worst;
  }

  figures(): HealthFigures {
    const lag = new Trend();
    const loop = new Trend();
    const late = new Trend();
    const unhealthy: HealthFigures['unhealthy'] = [];
    let unhealthySeconds = 0;
    for (const [at, second] of [...this.#seconds].sort(([a], [b]) => a - b)) {
      lag.add(second.lag);
      loop.add(second.loop);
      late.add(second.late);
      if (second.healthy) continue;
      unhealthySeconds++;
      const why = second.whole ?? [...second.why].sort().join(', ');
      const last = unhealthy.at(-1);
      if (last && last.toMs >= at && last.why === why) last.toMs = at + 1000;
      else unhealthy.push({ fromMs: at, toMs: at + 1000, why });
    }
    return {
      seconds: this.#seconds.size,
      unhealthySeconds,
      lag: lag.figures(),
      loop: loop.figures(),
      rtpLate: late.figures(),
      socketDrops: this.#drops.value,
      dropped: this.#dropped.value,
      harnessShare: share(this.#harness, this.#calls),
      plannedFailures: this.#planned,
      unhealthy,
    };
  }

  #delay(at: number, ms: number): void {
    for (const second of [secondOf(at), secondOf(at + 999)]) this.#slack.set(second, Math.max(ms, this.#slack.get(second) ?? 0));
  }

  #spoil(at: number, second: Second, worker: number | null, why: string | null): void {
    second.healthy = false;
    if (why && worker === null) second.whole = why;
    else if (why) second.why.add(why);
    this.#unsound.add(secondOf(at));
    this.#unsound.add(secondOf(at + 999));
  }
}

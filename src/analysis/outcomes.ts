/** Outcomes, each exactly one per call, and whose failure it was (docs/metrics.md, outcome of a call). */
import { NumberColumn } from '../metrics/column.ts';
import type { Fold } from '../metrics/fold.ts';
import { BLAMES, type Blame, type CallRow, OUTCOMES, type Outcome } from '../record/schema.ts';
import type { OutcomeFigures, Series } from './model.ts';
import { rateSeries, type Steps } from './steps.ts';

const zeros = <K extends string>(keys: readonly K[]) => Object.fromEntries(keys.map((key) => [key, 0])) as Record<K, number>;
const isOutcome = (text: string | null): text is Outcome => OUTCOMES.includes(text as Outcome);
const isBlame = (text: string | null): text is Blame => BLAMES.includes(text as Blame);

/** Lines of the table of failures; what a strange vendor adds beyond is summed up under its outcome. */
const MOST_KINDS = 500;

export class OutcomeFold implements Fold<CallRow, OutcomeFigures> {
  #attempts = 0;
  readonly #counts = zeros(OUTCOMES);
  readonly #byBlame = zeros(BLAMES);
  readonly #kinds = new Map<string, OutcomeFigures['byStatus'][number]>();
  readonly #times = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, new NumberColumn()])) as Record<Outcome, NumberColumn>;

  add(row: CallRow): void {
    this.#attempts++;
    const { outcome } = row;
    if (!isOutcome(outcome)) return;
    this.#counts[outcome]++;
    if (isBlame(row.blame)) this.#byBlame[row.blame]++;
    const at = row.intended_ms ?? row.invite_ms;
    if (at !== null) this.#times[outcome].push(at);
    this.#count({ outcome, status: row.status, q850: row.q850, reason: row.reason, count: 1 });
  }

  merge(other: this): void {
    this.#attempts += other.#attempts;
    for (const outcome of OUTCOMES) {
      this.#counts[outcome] += other.#counts[outcome];
      this.#times[outcome].append(other.#times[outcome]);
    }
    for (const blame of BLAMES) this.#byBlame[blame] += other.#byBlame[blame];
    for (const kind of other.#kinds.values()) this.#count(kind);
  }

  figures(): OutcomeFigures {
    return {
      attempts: this.#attempts,
      counts: { ...this.#counts },
      byBlame: { ...this.#byBlame },
      byStatus: [...this.#kinds.values()]
        .map((kind) => ({ ...kind }))
        .sort((a, b) => b.count - a.count || order(a).localeCompare(order(b))),
    };
  }

  /** Calls per second of each outcome, by the time at which the schedule wanted them. */
  seriesOf(steps: Steps): Record<Outcome, Series> {
    return Object.fromEntries(OUTCOMES.map((outcome) => [outcome, rateSeries(steps, this.#times[outcome])])) as Record<Outcome, Series>;
  }

  #count(kind: OutcomeFigures['byStatus'][number]): void {
    const key = order(kind);
    const known = this.#kinds.get(key);
    if (known) known.count += kind.count;
    else if (this.#kinds.size < MOST_KINDS) this.#kinds.set(key, { ...kind });
    else if (kind.reason !== null) this.#count({ ...kind, reason: null });
    else this.#kinds.set(key, { ...kind });
  }
}

const order = (kind: OutcomeFigures['byStatus'][number]) => JSON.stringify([kind.outcome, kind.status, kind.q850, kind.reason]);

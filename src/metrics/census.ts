/**
 * How many calls are where, now: the live view's count. It follows state changes as they are told; the exact peaks of a report come from the
 * calls' own timestamps (analysis/concurrency.ts).
 *
 *   occupied = setup … releasing · answered = 200 … BYE · queued and talking as the states say (docs/metrics.md, census)
 */
export type CensusState = 'setup' | 'ringing' | 'early' | 'ivr' | 'queued' | 'talking' | 'releasing' | 'ended';

export interface CensusFigures {
  occupied: number;
  answered: number;
  queued: number;
  talking: number;
  /** Largest so far. Sums of several parts' peaks after `merge` are an upper bound. */
  peaks: { occupied: number; answered: number; queued: number; talking: number };
}

interface Standing {
  state: CensusState;
  /** The 200 has come: a caller may queue in early media without one. */
  answered: boolean;
}

export class Census {
  readonly #calls = new Map<string, Standing>();
  readonly #now = { occupied: 0, answered: 0, queued: 0, talking: 0 };
  readonly #peaks = { occupied: 0, answered: 0, queued: 0, talking: 0 };
  #others: CensusFigures[] = [];

  /** The call is in `state` from now on. `answered` once said stays; `ivr` and `talking` imply it. */
  move(call: string, state: CensusState, answered = false): void {
    const before = this.#calls.get(call);
    if (before) this.#count(before, -1);
    if (state === 'ended') {
      this.#calls.delete(call);
      return;
    }
    const after = { state, answered: answered || before?.answered === true || state === 'ivr' || state === 'talking' };
    this.#calls.set(call, after);
    this.#count(after, 1);
    for (const key of Object.keys(this.#peaks) as (keyof CensusFigures['peaks'])[])
      this.#peaks[key] = Math.max(this.#peaks[key], this.#now[key]);
  }

  /** Adds what another part of the run counts, once, as it stands. */
  merge(other: Census): void {
    this.#others.push(other.figures());
  }

  figures(): CensusFigures {
    const sum = { ...this.#now, peaks: { ...this.#peaks } };
    for (const other of this.#others) {
      for (const key of Object.keys(sum.peaks) as (keyof CensusFigures['peaks'])[]) {
        sum[key] += other[key];
        sum.peaks[key] += other.peaks[key];
      }
    }
    return sum;
  }

  #count({ state, answered }: Standing, by: 1 | -1): void {
    this.#now.occupied += by;
    if (answered && state !== 'releasing') this.#now.answered += by;
    if (state === 'queued') this.#now.queued += by;
    if (state === 'talking') this.#now.talking += by;
  }
}

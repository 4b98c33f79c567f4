/**
 * Which load to try next, and where the limit lies: RFC 7502 §4.10's "largest R with zero errors", for calls per second and for concurrent calls
 * alike, with the trial lengths, the repeated trials and the two bounds of MLRsearch (IETF BMWG, draft-ietf-bmwg-mlrsearch). Pure: it is told what
 * each trial showed and answers what to try next; it knows no clock and no vendor.
 *
 *   bracket   short trials: start, ×2, ×2 … until one fails; then what the vendor carried in a failed trial, else the middle
 *   confirm   long trials, repeated until a majority agrees: the lower bound, the upper bound; from there in growing steps if one moves
 *
 * RFC 7502's own iteration needs ten passes above the limit and does not converge below about ten sessions per second (its §4.10 says so).
 *
 *   a trial says   good   the loss ratio is at most ε
 *                  bad    it is more, and the failures are not ours
 *                  unfit  we could not offer the load, or failed ourselves: repeated twice; a third time, our own limit ends the search upwards
 *                  unclear  calls failed, perhaps only because they came bunched: repeated three times; then that load stays undecided, and the loads
 *                         right above and below it are tried instead
 */

export type TrialLength = 'short' | 'long';
export type TrialVerdict = 'good' | 'bad' | 'unfit' | 'unclear';

export interface NextTrial {
  /** Calls at a time, or calls/s: a whole number from 1. */
  load: number;
  length: TrialLength;
}

export interface TrialOutcome extends NextTrial {
  verdict: TrialVerdict;
  /** What the vendor carried of a load that was too much, if known: the next load worth trying. */
  held?: number | null;
}

export interface SearchTerms {
  /** First load tried. */
  start: number;
  /** No trial is ever above it. */
  max: number;
  /** Bounds this close, as a share of the lower one, are close enough; one call always is. Default 0.005, MLRsearch's goal width. */
  width?: number;
  /** Long trials of one load of which a majority decides: odd. 0: short trials only. Default 3. */
  repeats?: number;
  /** Default 100. */
  maxTrials?: number;
}

export interface Bounds {
  /** Largest load that passed, below every load that failed; 0: none. */
  lower: number;
  /** Smallest load that failed; null: none. */
  upper: number | null;
  /** Whose limit `upper` is; unclear: nothing above `lower` could be decided. */
  upperIs: 'vendor' | 'harness' | 'unclear' | null;
  /** Loads between the bounds that could not be decided. */
  undecided?: { from: number; to: number } | null;
}

/** An unfit trial is repeated so often before our own limit is believed. */
const UNFIT_TRIALS = 3;
/** An unclear one so often before the load is left undecided. */
const UNCLEAR_TRIALS = 4;
/** Undecided loads of one stage; then what lies above the lower bound stays open. */
const UNDECIDED_LOADS = 4;
/** Guesses in a row before the middle is taken: a vendor that always carries one call less than offered must not make the search walk. */
const GUESSES_IN_A_ROW = 2;

export class CapacitySearch {
  readonly terms: Required<SearchTerms>;
  readonly #short: Stage;
  #long: Stage | null = null;
  #trials = 0;
  #pending: NextTrial | null = null;

  /** @throws RangeError for terms that cannot be */
  constructor(terms: SearchTerms) {
    const { start, max, width = 0.005, repeats = 3, maxTrials = 100 } = terms;
    for (const load of [start, max]) if (!Number.isSafeInteger(load) || load < 1) throw new RangeError(`${load} is no load`);
    if (!(width >= 0 && width < 1)) throw new RangeError(`${width} is no width`);
    if (!Number.isSafeInteger(repeats) || (repeats !== 0 && repeats % 2 === 0)) throw new RangeError('repeats must be odd, or 0');
    this.terms = { start: Math.min(start, max), max, width, repeats, maxTrials };
    this.#short = new Stage(this.terms, { needed: 1, guesses: [this.terms.start], step: 'double' });
  }

  /** Null where the search is over. The same until its outcome is added. */
  next(): NextTrial | null {
    if (this.#pending) return this.#pending;
    if (this.#trials >= this.terms.maxTrials) return null;
    const short = this.#long ? null : this.#short.next();
    if (short !== null) this.#pending = { load: short, length: 'short' };
    else if (this.terms.repeats === 0) return null;
    else {
      this.#long ??= this.#confirming();
      const load = this.#long.next();
      if (load === null) return null;
      this.#pending = { load, length: 'long' };
    }
    return this.#pending;
  }

  /** Of the trial that `next` named. @throws RangeError for another */
  add({ load, length, verdict, held = null }: TrialOutcome): void {
    if (load !== this.#pending?.load || length !== this.#pending.length)
      throw new RangeError(`nobody asked for a ${length} trial of ${load}`);
    this.#pending = null;
    this.#trials++;
    (this.#long ?? this.#short).add(load, verdict, held);
  }

  get trials(): number {
    return this.#trials;
  }

  /** The bounds are as close as was asked for, and confirmed. */
  get finished(): boolean {
    return this.next() === null && this.#trials < this.terms.maxTrials;
  }

  /** By the long trials where there have been any that decided, else by the short ones. */
  bounds(): Bounds {
    const long = this.#long?.bounds();
    if (!long) return this.#short.bounds();
    if (this.next() === null || (long.lower > 0 && long.upper !== null)) return long;
    const short = this.#short.bounds();
    // Half-way: what is not confirmed yet is what the short trials say, unless a long one has refuted it.
    const upper = long.upper ?? (short.upper !== null && short.upper > long.lower ? short.upper : null);
    const lower = long.lower > 0 ? long.lower : upper === null || short.lower < upper ? short.lower : 0;
    const upperIs = long.upper !== null ? long.upperIs : upper === null ? null : short.upperIs;
    return { lower, upper, upperIs, undecided: long.undecided ?? null };
  }

  #confirming(): Stage {
    const { lower, upper } = this.#short.bounds();
    const guesses = [lower, ...(upper === null ? [] : [upper])].filter((load) => load > 0);
    return new Stage(this.terms, { needed: (this.terms.repeats + 1) / 2, guesses, step: 'widen' });
  }
}

interface StageTerms {
  /** Trials of one load that must agree. */
  needed: number;
  /** Loads to try first. */
  guesses: number[];
  /** Where one side is open: twice the load, or a step from the known side that doubles each time. */
  step: 'double' | 'widen';
}

interface Tally {
  good: number;
  bad: number;
  unfit: number;
  unclear: number;
}

/**
 * Trials of one length. Every load it names lies strictly between its bounds, and each that is decided becomes one of them, or one of at most
 * UNDECIDED_LOADS that cannot be: it ends.
 */
class Stage {
  readonly #terms: Required<SearchTerms>;
  readonly #needed: number;
  readonly #step: StageTerms['step'];
  readonly #tallies = new Map<number, Tally>();
  #guesses: number[];
  #guessed = 0;
  #widened = 0;
  #current: number | null = null;
  #lower = 0;
  #upper: number | null = null;
  #upperIs: Bounds['upperIs'] = null;
  /** Between the bounds: loads that cannot be decided. */
  #hole: { from: number; to: number } | null = null;
  #undecided = 0;

  constructor(terms: Required<SearchTerms>, { needed, guesses, step }: StageTerms) {
    this.#terms = terms;
    this.#needed = needed;
    this.#guesses = guesses;
    this.#step = step;
  }

  bounds(): Bounds {
    return { lower: this.#lower, upper: this.#upper, upperIs: this.#upperIs, undecided: this.#hole && { ...this.#hole } };
  }

  next(): number | null {
    this.#current ??= this.#choose();
    return this.#current;
  }

  add(load: number, verdict: TrialVerdict, held: number | null): void {
    const tally = this.#tallies.get(load) ?? { good: 0, bad: 0, unfit: 0, unclear: 0 };
    this.#tallies.set(load, tally);
    tally[verdict]++;
    if (verdict === 'bad' && held !== null && Number.isFinite(held)) {
      const guess = Math.round(held);
      this.#guesses = [guess, guess + this.#goal(guess)];
    }
    if (tally.good >= this.#needed) this.#lower = load;
    else if (tally.bad >= this.#needed) [this.#upper, this.#upperIs] = [load, 'vendor'];
    else if (tally.unfit >= UNFIT_TRIALS) [this.#upper, this.#upperIs] = [load, 'harness'];
    else if (tally.unclear >= UNCLEAR_TRIALS) this.#leaveOpen(load);
    else return;
    this.#current = null;
    const hole = this.#hole;
    if (hole && (hole.from <= this.#lower || (this.#upper !== null && hole.to >= this.#upper))) this.#hole = null;
  }

  #leaveOpen(load: number): void {
    const { from, to } = this.#hole ?? { from: load, to: load };
    this.#hole = { from: Math.min(from, load), to: Math.max(to, load) };
    this.#undecided++;
    // Where nothing fails for good above, all of it is open.
    const open = this.#upper === null && (this.#undecided >= UNDECIDED_LOADS || this.#hole.to >= this.#terms.max);
    if (open || this.#upperIs === 'unclear') [this.#upper, this.#upperIs, this.#hole] = [this.#hole.from, 'unclear', null];
  }

  /** Distance of the bounds that is close enough. */
  #goal(lower: number): number {
    return Math.max(1, Math.floor(this.#terms.width * lower));
  }

  #choose(): number | null {
    const { max } = this.#terms;
    const [lower, upper, hole] = [this.#lower, this.#upper, this.#hole];
    const close = (below: number, above: number) => above - below <= this.#goal(below);
    if (upper === null ? lower >= max : close(lower, upper)) return null;
    if (hole) return this.#around(hole);
    const inside = (load: number) => load > lower && load <= max && (upper === null || load < upper);
    if (this.#guessed < GUESSES_IN_A_ROW) {
      const at = this.#guesses.findIndex(inside);
      if (at >= 0) {
        this.#guessed++;
        return this.#guesses.splice(at, 1)[0]!;
      }
    }
    this.#guessed = 0;
    if (upper === null) {
      const up = this.#step === 'double' ? 2 * lower : lower + this.#widen(lower);
      return Math.min(max, Math.max(lower + 1, up));
    }
    if (lower === 0 && this.#step === 'widen') return Math.max(1, upper - this.#widen(upper));
    return Math.floor((lower + upper) / 2);
  }

  /** Right above what cannot be decided, then in growing steps; then the space below it. */
  #around({ from, to }: { from: number; to: number }): number | null {
    const [lower, upper, max] = [this.#lower, this.#upper, this.#terms.max];
    const over = this.#undecided >= UNDECIDED_LOADS;
    const step = this.#goal(to) * 2 ** (this.#undecided - 1);
    const top = upper ?? max + 1;
    if (!over && top - to > this.#goal(to)) return Math.min(to + step, upper === null ? max : Math.floor((to + top + 1) / 2));
    if (from - lower <= this.#goal(lower)) return null;
    if (lower === 0 && this.#step === 'widen') return Math.max(1, from - this.#widen(from));
    return Math.floor((lower + from) / 2);
  }

  #widen(load: number): number {
    return this.#goal(load) * 2 ** this.#widened++;
  }
}

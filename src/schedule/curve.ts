/**
 * A rate of arrivals that changes linearly in pieces, and its inverse: when has the area under it reached n?
 *
 *     rate │      ╱‾‾‾╲            arrivals(t) = area up to t
 *          │   ╱‾       ╲___       inverse(n)  = t at which the area is n
 *          └────────────────── t
 *
 * Kept exact where it decides how many arrivals there are: rates are whole numbers per `timeUnit` and durations whole ms in practice, so
 * 2 · timeUnit · area is a whole number, and no comparison is made on anything else.
 */

export interface RatePiece {
  startMs: number;
  durationMs: number;
  /** Per time unit, at its start and at its end. */
  from: number;
  to: number;
}

/** As the executors' stages say it: from `startRate` to each target in turn. A stage of 0 ms is a jump. */
export interface RateStage {
  durationMs: number;
  target: number;
}

export class RateCurve {
  readonly pieces: readonly RatePiece[];
  readonly timeUnitMs: number;
  readonly durationMs: number;
  /** Peak of the curve, per second. */
  readonly peakPerSecond: number;
  /** 2 · timeUnit · area before piece i; the last entry is the whole. */
  readonly #doubled: number[] = [0];

  constructor(startRate: number, stages: readonly RateStage[], timeUnitMs: number) {
    const pieces: RatePiece[] = [];
    let startMs = 0;
    let from = startRate;
    for (const { durationMs, target } of stages) {
      if (durationMs > 0) {
        pieces.push({ startMs, durationMs, from, to: target });
        this.#doubled.push(this.#doubled.at(-1)! + durationMs * (from + target));
      }
      startMs += durationMs;
      from = target;
    }
    this.pieces = pieces;
    this.timeUnitMs = timeUnitMs;
    this.durationMs = startMs;
    this.peakPerSecond = (pieces.reduce((peak, piece) => Math.max(peak, piece.from, piece.to), 0) * 1000) / timeUnitMs;
  }

  /** Area under the whole curve: arrivals, not rounded. */
  get area(): number {
    return this.#doubled.at(-1)! / (2 * this.timeUnitMs);
  }

  /** Intended arrivals per second at a moment; 0 outside the curve. At a jump, the rate after it. */
  rateAt(ms: number): number {
    const piece = this.pieces[this.#pieceAt(ms)];
    if (!piece || ms < 0 || ms > this.durationMs) return 0;
    return (((ms - piece.startMs) * (piece.to - piece.from)) / piece.durationMs + piece.from) * (1000 / this.timeUnitMs);
  }

  /** Area up to a moment: arrivals expected by then. */
  areaAt(ms: number): number {
    if (ms >= this.durationMs) return this.area;
    const i = this.#pieceAt(ms);
    const piece = this.pieces[i];
    if (!piece || ms <= 0) return 0;
    const t = ms - piece.startMs;
    return (this.#doubled[i]! + t * (2 * piece.from + (t * (piece.to - piece.from)) / piece.durationMs)) / (2 * this.timeUnitMs);
  }

  /**
   * @returns a function from n > 0 to the ms at which the area reaches n, undefined beyond the whole area. Ask it with n that never falls: it
   * walks along the curve. With q the area left over for this piece (times timeUnit), a and b its rates and d its length, t solves
   * a·t + (b−a)·t²/2d = q, in the form that neither divides by b−a nor cancels: t = 2qd / (ad + √(d(a²d + 2q(b−a)))).
   */
  inverse(): (n: number) => number | undefined {
    let i = 0;
    return (n) => {
      const doubled = n * 2 * this.timeUnitMs;
      while (i < this.pieces.length && doubled > this.#doubled[i + 1]!) i++;
      const piece = this.pieces[i];
      if (!piece) return undefined;
      const { startMs, durationMs: d, from: a, to: b } = piece;
      const q = (doubled - this.#doubled[i]!) / 2;
      return startMs + Math.min(d, (2 * q * d) / (a * d + Math.sqrt(Math.max(0, d * (a * a * d + 2 * q * (b - a))))));
    };
  }

  /** The last piece that starts at or before that moment. */
  #pieceAt(ms: number): number {
    let low = 0;
    let high = this.pieces.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.pieces[middle]!.startMs <= ms) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

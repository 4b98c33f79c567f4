/**
 * Every figure is a fold over rows: used live (thresholds, abort rules, live view) and in reports alike, so that the two cannot differ.
 * A fold never looks at a clock and never keeps a row: a million calls fit.
 */
export interface Fold<Row, Figures> {
  add(row: Row): void;
  /** Takes in what another fold of the same kind and parameters has seen. */
  merge(other: this): void;
  /** The figures of what was seen so far; does not change the fold. */
  figures(): Figures;
}

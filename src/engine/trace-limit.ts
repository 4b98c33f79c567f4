/** Bounds trace.csv, whatever a vendor sends: once it is full, no further call is written, and the run says so once. */
import type { TraceRow } from '../record/schema.ts';

/** Bytes of messages in all. */
export const TRACE_FILE_BYTES = 128 * 1024 * 1024;

export class TraceLimit {
  #left: number;
  readonly #full: () => void;
  /** A call that has begun is written whole. */
  #writing: string | null = null;
  #told = false;

  constructor(full: () => void, bytes = TRACE_FILE_BYTES) {
    this.#full = full;
    this.#left = bytes;
  }

  admits(row: TraceRow): boolean {
    if (this.#left <= 0 && row.call !== this.#writing) {
      if (!this.#told) this.#full();
      this.#told = true;
      return false;
    }
    this.#writing = row.call;
    this.#left -= row.message?.length ?? 0;
    return true;
  }
}

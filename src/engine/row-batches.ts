/**
 * A worker's sink: rows go to the main thread, which alone writes files, in batches at most 20 ms apart. What is open at the vendor goes as soon as
 * the event loop turns, though at high rates not more often than every 5 ms: only from there can it be ended when this worker dies.
 *
 * Rows travel as the lines that their files get: one long text is cloned in a twentieth of the time of its cells. What the main thread looks into goes
 * beside them.
 */
import { csvLine } from '../record/csv-line.ts';
import { fold } from '../record/folded.ts';
import { pack } from '../record/packed.ts';
import type { CallRow, OpenRow, Outcome, RowSink, RowTypes, TableName } from '../record/schema.ts';
import type { Channel } from './channel.ts';

const ROWS_TOPIC = 'rows';
/** What a killed worker can take with it. */
export const BATCH_MS = 20;
/** Least time between two batches for the sake of what is open: each one wakes the main thread. */
export const OPEN_MS = 5;

export interface RowBatch {
  /** What is to be appended to the files, and how many rows it is. */
  lines: [table: TableName, text: string, rows: number][];
  /** Of open.csv once more, leg after leg: the call, and its line; '' where nothing of it is left. */
  open: string[];
  /** How many calls ended, and how. */
  outcomes: Partial<Record<Outcome, number>>;
  /** Where somebody folds calls: the cells of each (record/folded.ts). */
  calls: unknown[][];
  /** Rows that the main thread decides about, or tells others of (record/packed.ts). */
  rows: [table: TableName, cells: unknown[]][];
}

export interface BatchSink {
  take(batch: RowBatch): void;
}

const nothing = (): RowBatch => ({ lines: [], open: [], outcomes: {}, calls: [], rows: [] });

export class RowBatches implements RowSink {
  readonly #channel: Channel;
  readonly #folded: boolean;
  #batch = nothing();
  readonly #lines = new Map<TableName, string[]>();
  #timer: NodeJS.Timeout | undefined;
  #soon: NodeJS.Immediate | NodeJS.Timeout | undefined;
  #flushedAt = 0;

  /** @param folded thresholds or stop rules look into calls and samples. */
  constructor(channel: Channel, folded: boolean) {
    this.#channel = channel;
    this.#folded = folded;
  }

  write<T extends TableName>(table: T, row: RowTypes[T]): void {
    if (table === 'events' || table === 'trace' || (table === 'samples' && this.#folded)) this.#batch.rows.push([table, pack(table, row)]);
    else {
      const line = csvLine(table, row);
      const lines = this.#lines.get(table);
      if (lines) lines.push(line);
      else this.#lines.set(table, [line]);
      if (table === 'calls') this.#call(row as CallRow);
      else if (table === 'open') this.#open(row as OpenRow, line);
    }
    this.#timer ??= setTimeout(() => this.flush(), BATCH_MS);
  }

  flush(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#soon as NodeJS.Immediate);
    clearTimeout(this.#soon as NodeJS.Timeout);
    this.#timer = undefined;
    this.#soon = undefined;
    const batch = this.#batch;
    for (const [table, lines] of this.#lines) batch.lines.push([table, lines.join(''), lines.length]);
    if (batch.lines.length === 0 && batch.rows.length === 0) return;
    this.#lines.clear();
    this.#batch = nothing();
    this.#flushedAt = performance.now();
    try {
      this.#channel.send(ROWS_TOPIC, batch);
    } catch {
      // A tag that cannot be cloned (a function, a socket) must not cost the other rows: what JSON knows of it goes instead.
      this.#channel.send(ROWS_TOPIC, JSON.parse(JSON.stringify(batch)));
    }
  }

  #call(row: CallRow): void {
    const { outcomes, calls } = this.#batch;
    const outcome = row.outcome as Outcome | null;
    if (outcome !== null) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    if (this.#folded) calls.push(fold(row));
  }

  #open({ call, op }: OpenRow, line: string): void {
    if (call === null) return;
    this.#batch.open.push(call, op === 'close' ? '' : line);
    // That a call is over can wait: a BYE too many does no harm.
    if (op === 'open') this.#hurry();
  }

  #hurry(): void {
    if (this.#soon !== undefined) return;
    const wait = this.#flushedAt + OPEN_MS - performance.now();
    const flush = () => this.flush();
    this.#soon = wait <= 0 ? setImmediate(flush) : setTimeout(flush, Math.ceil(wait));
  }
}

export function receiveRows(channel: Channel, sink: BatchSink): void {
  channel.on<RowBatch>(ROWS_TOPIC, (batch) => sink.take(batch));
}

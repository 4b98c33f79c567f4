/**
 * A worker's sink: rows go to the main thread, which alone writes files, in batches at most 20 ms apart. What is open at the vendor goes as soon as
 * the event loop turns, though at high rates not more often than every 5 ms: only from there can it be ended when this worker dies.
 */
import { pack, unpack } from '../record/packed.ts';
import type { OpenRow, RowSink, RowTypes, TableName } from '../record/schema.ts';
import type { Channel } from './channel.ts';

export const ROWS_TOPIC = 'rows';
/** What a killed worker can take with it. */
export const BATCH_MS = 20;
/** Least time between two batches for the sake of what is open: each one wakes the main thread. */
export const OPEN_MS = 5;

export type RowBatch = [table: TableName, cells: unknown[]][];

export class RowBatches implements RowSink {
  readonly #channel: Channel;
  #batch: RowBatch = [];
  #timer: NodeJS.Timeout | undefined;
  #soon: NodeJS.Immediate | NodeJS.Timeout | undefined;
  #flushedAt = 0;

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  write<T extends TableName>(table: T, row: RowTypes[T]): void {
    this.#batch.push([table, pack(table, row)]);
    // That a call is over can wait: a BYE too many does no harm.
    if (table === 'open' && (row as OpenRow).op === 'open') this.#hurry();
    this.#timer ??= setTimeout(() => this.flush(), BATCH_MS);
  }

  flush(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#soon as NodeJS.Immediate);
    clearTimeout(this.#soon as NodeJS.Timeout);
    this.#timer = undefined;
    this.#soon = undefined;
    if (this.#batch.length === 0) return;
    const batch = this.#batch;
    this.#batch = [];
    this.#flushedAt = performance.now();
    try {
      this.#channel.send(ROWS_TOPIC, batch);
    } catch {
      // A tag that cannot be cloned (a function, a socket) must not cost the other rows: what JSON knows of it goes instead.
      this.#channel.send(ROWS_TOPIC, JSON.parse(JSON.stringify(batch)));
    }
  }

  #hurry(): void {
    if (this.#soon !== undefined) return;
    const wait = this.#flushedAt + OPEN_MS - performance.now();
    const flush = () => this.flush();
    this.#soon = wait <= 0 ? setImmediate(flush) : setTimeout(flush, Math.ceil(wait));
  }
}

/** Takes a worker's batches apart, in the order of writing. */
export function receiveRows(channel: Channel, sink: RowSink): void {
  channel.on<RowBatch>(ROWS_TOPIC, (batch) => {
    for (const [table, cells] of batch) sink.write(table, unpack(table, cells) as never);
  });
}

/**
 * A worker's sink: rows go to the main thread, which alone writes files, in batches at most 20 ms apart. What is open at the vendor goes as soon as
 * the event loop turns: only from there can it be ended when this worker dies.
 */
import type { RowSink, RowTypes, TableName } from '../record/schema.ts';
import type { Channel } from './channel.ts';

export const ROWS_TOPIC = 'rows';
/** What a killed worker can take with it. */
export const BATCH_MS = 20;

export type RowBatch = [table: TableName, row: RowTypes[TableName]][];

export class RowBatches implements RowSink {
  readonly #channel: Channel;
  #batch: RowBatch = [];
  #timer: NodeJS.Timeout | undefined;
  #soon: NodeJS.Immediate | undefined;

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  write<T extends TableName>(table: T, row: RowTypes[T]): void {
    this.#batch.push([table, row]);
    if (table === 'open') this.#soon ??= setImmediate(() => this.flush());
    this.#timer ??= setTimeout(() => this.flush(), BATCH_MS);
  }

  flush(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#soon);
    this.#timer = undefined;
    this.#soon = undefined;
    if (this.#batch.length === 0) return;
    const batch = this.#batch;
    this.#batch = [];
    try {
      this.#channel.send(ROWS_TOPIC, batch);
    } catch {
      // A tag that cannot be cloned (a function, a socket) must not cost the other rows: what JSON knows of it goes instead.
      this.#channel.send(ROWS_TOPIC, JSON.parse(JSON.stringify(batch)));
    }
  }
}

/** Takes a worker's batches apart, in the order of writing. */
export function receiveRows(channel: Channel, sink: RowSink): void {
  channel.on<RowBatch>(ROWS_TOPIC, (batch) => {
    for (const [table, row] of batch) sink.write(table, row as never);
  });
}

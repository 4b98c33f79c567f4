/**
 * Coordination between the parts of one run: threads today, machines over a message bus later. Three primitives are enough for barriers, a
 * common start time, setup data, faults and stopping.
 */
export interface Controller {
  /** The value stored under `id`; the first to ask makes it, all others wait for it. The value must be structured-cloneable. */
  getOrCreateData<T>(id: string, make: () => Promise<T>): Promise<T>;
  /** Tells everybody, ourselves too. */
  signal(event: string, data?: unknown): void;
  /** @returns a function that ends the subscription. An event signalled before is not repeated. */
  subscribe(event: string, listener: (data: unknown) => void): () => void;
}

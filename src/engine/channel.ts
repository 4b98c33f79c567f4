/**
 * One ordered pipe between the main thread and a worker, shared by several parts of the engine: each listens to its own topic. What is sent
 * on one channel arrives in the order of sending, over all topics.
 */

/** What a worker_threads `Worker` and a `MessagePort` have in common. */
export interface Port {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (message: unknown) => void): unknown;
}

export interface Channel {
  send(topic: string, message: unknown): void;
  /** One listener a topic. @returns a function that ends listening. */
  on<T>(topic: string, listener: (message: T) => void): () => void;
}

export function channelOver(port: Port): Channel {
  const listeners = new Map<string, (message: never) => void>();
  port.on('message', (envelope) => {
    const [topic, message] = envelope as [string, never];
    listeners.get(topic)?.(message);
  });
  return {
    send: (topic, message) => port.postMessage([topic, message]),
    on: (topic, listener) => {
      listeners.set(topic, listener as (message: never) => void);
      return () => void listeners.delete(topic);
    },
  };
}

/**
 * The main thread's side of our relay, which runs on a thread of its own: what the main thread is busy with (the record, the folding of figures) then
 * delays no packet, and the relay's own lateness is measured where it arises.
 */
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { ClockAnchor } from '../clock.ts';
import { CallsurgeError, messageOf } from '../errors.ts';
import type { RelayOptions } from '../faults/relay.ts';
import type { RelayFault } from '../scenario/surge.ts';
import { channelOver } from './channel.ts';
import type { RelaySecond, RelayWorst } from './relay-seconds.ts';
import { fromWire, type WireError } from './wire-error.ts';

export const RELAY_TOPICS = { ask: 'relay', answer: 'relay-answer', second: 'relay-second' } as const;

export interface RelayInit {
  options: RelayOptions;
  anchor: ClockAnchor;
}

export type RelayAsked = { id: number } & (
  | { what: 'open' | 'close' }
  | { what: 'begin'; fault: number; does: RelayFault }
  | { what: 'end'; fault: number }
);

interface Results {
  open: { next: { host: string; port: number }[] };
  begin: { at: number };
  end: { at: number };
  close: { counts: Record<string, RelayCounts>; worst: RelayWorst };
}
export type RelayAnswer = { id: number; result?: Results[keyof Results]; error?: WireError };

export interface RelayCounts {
  passed: number;
  lost: number;
  duplicated: number;
}

export interface RelayHost {
  /** Where the generator sends what is meant for that trunk; undefined: not relayed. */
  next(trunk: string): { host: string; port: number } | undefined;
  /** A fault begins. @returns when it did, Clock ms, and what ends it. @throws Error where the relay is gone. */
  begin(fault: RelayFault): Promise<{ at: number; end(): Promise<number> }>;
  /** Ends the thread. @returns what passed, and how late; undefined where it could not say. */
  close(): Promise<Results['close'] | undefined>;
  /** At once, whatever it does. */
  kill(): Promise<void>;
}

export interface RelayHostOptions extends RelayInit {
  second(second: RelaySecond): void;
  /** It ended before it was told to. */
  crashed(why: string): void;
}

/** TypeScript in the repository, JavaScript when installed. */
const ENTRY = new URL(`./relay-thread${extname(import.meta.url)}`, import.meta.url);
/** How long it may take to answer: it only opens and closes sockets. */
const ANSWER_MS = 5000;

/** @throws CallsurgeError, Error what the relay could not be opened for. */
export async function startRelay({ options, anchor, second, crashed }: RelayHostOptions): Promise<RelayHost> {
  const thread = new Worker(ENTRY, { workerData: { options, anchor } satisfies RelayInit, name: 'callsurge-relay', execArgv: [] });
  const channel = channelOver(thread);
  const waiting = new Map<number, { resolve(result: never): void; reject(error: Error): void }>();
  let asked = 0;
  let faults = 0;
  let closing = false;
  let thrown: unknown;
  channel.on<RelayAnswer>(RELAY_TOPICS.answer, ({ id, result, error }) => {
    const one = waiting.get(id);
    waiting.delete(id);
    if (error) one?.reject(fromWire(error));
    else one?.resolve(result as never);
  });
  channel.on<RelaySecond>(RELAY_TOPICS.second, second);
  thread.once('error', (error) => {
    thrown = error;
  });
  thread.once('exit', (code) => {
    const why = thrown === undefined ? `exit code ${code}` : messageOf(thrown);
    for (const one of waiting.values()) one.reject(new CallsurgeError('internal', `our relay ended: ${why}`));
    waiting.clear();
    if (!closing) crashed(why);
    closing = true;
  });
  const ask = <W extends keyof Results>(message: { what: W } & Record<string, unknown>): Promise<Results[W]> => {
    if (closing && message.what !== 'close') return Promise.reject(new Error('our relay has ended'));
    const id = ++asked;
    const { promise, resolve, reject } = Promise.withResolvers<Results[W]>();
    const timer = setTimeout(() => reject(new Error(`our relay did not answer within ${ANSWER_MS} ms`)), ANSWER_MS).unref();
    waiting.set(id, { resolve, reject });
    channel.send(RELAY_TOPICS.ask, { ...message, id });
    return promise.finally(() => {
      clearTimeout(timer);
      waiting.delete(id);
    });
  };
  const kill = async () => {
    closing = true;
    await thread.terminate();
  };
  let next: Map<string, { host: string; port: number }>;
  try {
    const opened = await ask({ what: 'open' });
    next = new Map(options.trunks.map(({ name }, i) => [name, opened.next[i]!]));
  } catch (error) {
    await kill();
    throw error;
  }
  return {
    next: (trunk) => next.get(trunk),
    begin: async (does) => {
      const fault = ++faults;
      const { at } = await ask({ what: 'begin', fault, does });
      return { at, end: async () => (await ask({ what: 'end', fault })).at };
    },
    close: async () => {
      if (closing) return undefined;
      closing = true;
      const told = await ask({ what: 'close' }).catch(() => undefined);
      await kill();
      return told;
    },
    kill,
  };
}

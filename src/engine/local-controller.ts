/**
 * The controller of a run on one machine: the main thread is the hub, each worker holds a proxy over its channel. Signals reach everybody in
 * the order in which the hub saw them.
 */
import { CallsurgeError, messageOf } from '../errors.ts';
import type { Channel } from './channel.ts';
import type { Controller } from './controller.ts';

const TOPIC = 'controller';

type ToHub =
  | { kind: 'signal'; event: string; data: unknown }
  | { kind: 'ask'; id: string }
  | { kind: 'made'; id: string; value: unknown }
  | { kind: 'not-made'; id: string; error: string };
type FromHub =
  | { kind: 'signal'; event: string; data: unknown }
  | { kind: 'make'; id: string }
  | { kind: 'value'; id: string; value: unknown }
  | { kind: 'failed'; id: string; error: string };

/** Those who listen, here. A listener that throws never keeps the others from hearing. */
class Subscribers {
  readonly #byEvent = new Map<string, Set<(data: unknown) => void>>();

  add(event: string, listener: (data: unknown) => void): () => void {
    const set = this.#byEvent.get(event) ?? new Set();
    this.#byEvent.set(event, set.add(listener));
    return () => void set.delete(listener);
  }

  tell(event: string, data: unknown): void {
    for (const listener of [...(this.#byEvent.get(event) ?? [])]) {
      try {
        listener(data);
      } catch (thrown) {
        queueMicrotask(() => {
          throw thrown;
        });
      }
    }
  }
}

/** Values that this thread has asked the hub for, and makes where the hub says so. */
class Asked {
  readonly #byId = new Map<string, { make: () => Promise<unknown>; settle: ((message: FromHub) => void)[] }>();

  /** @param ask tells the hub. */
  get<T>(id: string, make: () => Promise<T>, ask: () => void): Promise<T> {
    return new Promise((resolve, reject) => {
      const entry = this.#byId.get(id) ?? { make, settle: [] };
      this.#byId.set(id, entry);
      entry.settle.push((message) => {
        if (message.kind === 'value') resolve(message.value as T);
        else if (message.kind === 'failed') reject(notMade(id, message.error));
      });
      ask();
    });
  }

  /** The hub's word about one of them. */
  told(message: Exclude<FromHub, { kind: 'signal' }>, made: (value: unknown) => void, failed: (error: string) => void): void {
    const entry = this.#byId.get(message.id);
    if (!entry) return;
    if (message.kind === 'make') entry.make().then(made, (thrown) => failed(textOf(thrown)));
    else for (const settle of entry.settle.splice(0)) settle(message);
  }
}

interface Member {
  tell(message: FromHub): void;
}

interface Datum {
  maker: Member | undefined;
  result: { ok: true; value: unknown } | { ok: false; error: string } | undefined;
  waiting: Member[];
}

export class ControllerHub implements Controller {
  readonly #subscribers = new Subscribers();
  readonly #members = new Set<Member>();
  readonly #data = new Map<string, Datum>();
  readonly #self: Member;
  readonly #asked = new Asked();

  constructor() {
    this.#self = { tell: (message) => this.#onSelf(message) };
  }

  /** Lets a worker take part. @returns what to call when it is gone: whatever it was making then fails for those who wait. */
  attach(channel: Channel): () => void {
    const member: Member = { tell: (message) => channel.send(TOPIC, message) };
    this.#members.add(member);
    channel.on<ToHub>(TOPIC, (message) => {
      if (message.kind === 'signal') this.signal(message.event, message.data);
      else if (message.kind === 'ask') this.#ask(member, message.id);
      else if (message.kind === 'made') this.#settle(message.id, { ok: true, value: message.value });
      else this.#settle(message.id, { ok: false, error: message.error });
    });
    return () => {
      this.#members.delete(member);
      for (const [id, datum] of this.#data) {
        datum.waiting = datum.waiting.filter((waiting) => waiting !== member);
        if (datum.maker === member && !datum.result) this.#settle(id, { ok: false, error: 'the worker that was making it ended' });
      }
    };
  }

  signal(event: string, data?: unknown): void {
    for (const member of this.#members) member.tell({ kind: 'signal', event, data });
    this.#subscribers.tell(event, data);
  }

  subscribe(event: string, listener: (data: unknown) => void): () => void {
    return this.#subscribers.add(event, listener);
  }

  getOrCreateData<T>(id: string, make: () => Promise<T>): Promise<T> {
    return this.#asked.get(id, make, () => this.#ask(this.#self, id));
  }

  #ask(member: Member, id: string): void {
    const datum = this.#data.get(id);
    if (!datum) {
      this.#data.set(id, { maker: member, result: undefined, waiting: [member] });
      member.tell({ kind: 'make', id });
    } else if (datum.result) member.tell(answer(id, datum.result));
    else datum.waiting.push(member);
  }

  #settle(id: string, result: NonNullable<Datum['result']>): void {
    const datum = this.#data.get(id);
    if (!datum || datum.result) return;
    datum.result = result;
    for (const member of datum.waiting.splice(0)) member.tell(answer(id, result));
  }

  #onSelf(message: FromHub): void {
    if (message.kind === 'signal') return;
    this.#asked.told(
      message,
      (value) => this.#settle(message.id, { ok: true, value }),
      (error) => this.#settle(message.id, { ok: false, error }),
    );
  }
}

/** A worker's side. */
export class RemoteController implements Controller {
  readonly #channel: Channel;
  readonly #subscribers = new Subscribers();
  readonly #asked = new Asked();

  constructor(channel: Channel) {
    this.#channel = channel;
    channel.on<FromHub>(TOPIC, (message) => this.#on(message));
  }

  signal(event: string, data?: unknown): void {
    this.#send({ kind: 'signal', event, data });
  }

  subscribe(event: string, listener: (data: unknown) => void): () => void {
    return this.#subscribers.add(event, listener);
  }

  getOrCreateData<T>(id: string, make: () => Promise<T>): Promise<T> {
    return this.#asked.get(id, make, () => this.#send({ kind: 'ask', id }));
  }

  #on(message: FromHub): void {
    if (message.kind === 'signal') {
      this.#subscribers.tell(message.event, message.data);
      return;
    }
    this.#asked.told(
      message,
      (value) => this.#sendValue(message.id, value),
      (error) => this.#send({ kind: 'not-made', id: message.id, error }),
    );
  }

  #sendValue(id: string, value: unknown): void {
    try {
      this.#send({ kind: 'made', id, value });
    } catch (thrown) {
      this.#send({ kind: 'not-made', id, error: `it cannot be handed to other threads: ${textOf(thrown)}` });
    }
  }

  #send(message: ToHub): void {
    this.#channel.send(TOPIC, message);
  }
}

const answer = (id: string, result: NonNullable<Datum['result']>): FromHub =>
  result.ok ? { kind: 'value', id, value: result.value } : { kind: 'failed', id, error: result.error };

const notMade = (id: string, error: string) => new CallsurgeError('scenario-threw', `${id} could not be had: ${error}`);
/** Without the code in brackets: it gets one of its own. */
const textOf = (thrown: unknown) => (thrown instanceof CallsurgeError ? thrown.message : messageOf(thrown));

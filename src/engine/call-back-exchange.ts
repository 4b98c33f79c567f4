/**
 * Call-backs that came to another worker than the one whose caller waits. The hub on the main thread knows who waits for which number; dialog and media
 * stay in the worker where the INVITE came in (its home), and the caller's worker (the taker) works them by messages.
 *
 *   taker        hub                          home
 *   expect  ──▶  remembered
 *                matched, or kept for a second  ◀──  offer
 *           ◀──  offered        taken  ──▶  180
 *   answer  ──▶                        ──▶  200
 *           ◀──                        ◀──  answered, or not
 *   hang up ──▶                        ──▶  BYE, or 486
 *           ◀──                        ◀──  over
 *
 * The second is there because the vendor's INVITE and the taker's word travel on different channels.
 */
import type { CallBackEnd, CallBackExchange, CallBackLine } from '../call/call-back-line.ts';
import type { Channel } from './channel.ts';

const TOPIC = 'call-back';
const KEPT_MS = 1000;

type ToHub =
  | { kind: 'expect' | 'forget'; key: string }
  | { kind: 'offer'; line: string; keys: readonly string[]; at: number }
  | { kind: 'answer' | 'hang-up'; line: string }
  | { kind: 'answered'; line: string; well: boolean }
  | { kind: 'over'; line: string; end: CallBackEnd };
type FromHub =
  | { kind: 'offered'; line: string; key: string; at: number }
  | { kind: 'verdict'; line: string; taken: boolean }
  | { kind: 'answer' | 'hang-up'; line: string }
  | { kind: 'answered'; line: string; well: boolean }
  | { kind: 'over'; line: string; end: CallBackEnd };

type Side = (message: FromHub) => void;
interface Line {
  name: string;
  keys: readonly string[];
  at: number;
  home: Side;
  taker: Side | undefined;
  /** While nobody has taken it. */
  timer: NodeJS.Timeout | undefined;
}

const LOST: CallBackEnd = { action: 'failed', by: 'vendor' };

export class CallBackHub {
  readonly #waiting = new Map<string, Side>();
  readonly #lines = new Map<string, Line>();

  /** @returns what to call when that worker is gone: who worked a line there is told, and lines worked from there are hung up. */
  attach(channel: Channel): () => void {
    const side: Side = (message) => channel.send(TOPIC, message);
    const silence = channel.on<ToHub>(TOPIC, (message) => this.#take(message, side));
    return () => {
      silence();
      for (const [key, whose] of this.#waiting) if (whose === side) this.#waiting.delete(key);
      for (const line of [...this.#lines.values()]) {
        if (line.home === side) {
          this.#drop(line);
          line.taker?.({ kind: 'over', line: line.name, end: LOST });
        } else if (line.taker === side) line.home({ kind: 'hang-up', line: line.name });
      }
    };
  }

  #take(message: ToHub, side: Side): void {
    switch (message.kind) {
      case 'expect':
        this.#waiting.set(message.key, side);
        for (const line of this.#lines.values()) if (!line.taker) this.#match(line);
        break;
      case 'forget':
        if (this.#waiting.get(message.key) === side) this.#waiting.delete(message.key);
        break;
      case 'offer': {
        const line: Line = { name: message.line, keys: message.keys, at: message.at, home: side, taker: undefined, timer: undefined };
        this.#lines.set(line.name, line);
        line.timer = setTimeout(() => {
          this.#drop(line);
          side({ kind: 'verdict', line: line.name, taken: false });
        }, KEPT_MS).unref();
        this.#match(line);
        break;
      }
      case 'answer':
      case 'hang-up':
        this.#lines.get(message.line)?.home(message);
        break;
      case 'answered':
        this.#lines.get(message.line)?.taker?.(message);
        break;
      case 'over': {
        const line = this.#lines.get(message.line);
        if (!line) return;
        this.#drop(line);
        line.taker?.(message);
      }
    }
  }

  #match(line: Line): void {
    const key = line.keys.find((one) => this.#waiting.has(one));
    if (key === undefined) return;
    clearTimeout(line.timer);
    line.taker = this.#waiting.get(key)!;
    this.#waiting.delete(key);
    line.taker({ kind: 'offered', line: line.name, key, at: line.at });
    line.home({ kind: 'verdict', line: line.name, taken: true });
  }

  #drop(line: Line): void {
    clearTimeout(line.timer);
    this.#lines.delete(line.name);
  }
}

/** A worker's side of the hub. */
export class CallBackProxy implements CallBackExchange {
  readonly #send: (message: ToHub) => void;
  readonly #worker: number;
  readonly #waiting = new Map<string, (line: CallBackLine) => void>();
  /** Lines that came in here, and those that are worked from here. */
  readonly #own = new Map<string, { line: CallBackLine; verdict: (taken: boolean) => void }>();
  readonly #remote = new Map<string, RemoteLine>();
  #count = 0;

  constructor(channel: Channel, worker: number) {
    this.#worker = worker;
    this.#send = (message) => channel.send(TOPIC, message);
    channel.on<FromHub>(TOPIC, (message) => this.#take(message));
  }

  expect(key: string, take: (line: CallBackLine) => void): () => void {
    this.#waiting.set(key, take);
    this.#send({ kind: 'expect', key });
    return () => {
      if (this.#waiting.get(key) !== take) return;
      this.#waiting.delete(key);
      this.#send({ kind: 'forget', key });
    };
  }

  offer(keys: readonly string[], line: CallBackLine): Promise<boolean> {
    const name = `${this.#worker}-${++this.#count}`;
    const verdict = Promise.withResolvers<boolean>();
    this.#own.set(name, { line, verdict: verdict.resolve });
    this.#send({ kind: 'offer', line: name, keys, at: line.at });
    line.whenOver((end) => {
      this.#own.delete(name);
      verdict.resolve(false);
      this.#send({ kind: 'over', line: name, end });
    });
    return verdict.promise;
  }

  #take(message: FromHub): void {
    const own = this.#own.get(message.line);
    switch (message.kind) {
      case 'offered': {
        const line = new RemoteLine(message.line, message.at, this.#send, () => this.#remote.delete(message.line));
        this.#remote.set(message.line, line);
        const take = this.#waiting.get(message.key);
        this.#waiting.delete(message.key);
        // Its caller has stopped waiting in this very moment.
        if (take) take(line);
        else void line.hangUp();
        break;
      }
      case 'verdict':
        own?.verdict(message.taken);
        break;
      case 'answer':
        void own?.line.answer().then((well) => this.#send({ kind: 'answered', line: message.line, well }));
        break;
      case 'hang-up':
        void own?.line.hangUp();
        break;
      case 'answered':
        this.#remote.get(message.line)?.answered(message.well);
        break;
      case 'over':
        this.#remote.get(message.line)?.over(message.end);
    }
  }
}

/** A line whose dialog is in another worker. */
class RemoteLine implements CallBackLine {
  readonly at: number;
  readonly #name: string;
  readonly #send: (message: ToHub) => void;
  readonly #gone: () => void;
  readonly #answered = Promise.withResolvers<boolean>();
  readonly #ended = Promise.withResolvers<void>();
  #end: CallBackEnd | undefined;
  #tell: ((end: CallBackEnd) => void) | undefined;

  constructor(name: string, at: number, send: (message: ToHub) => void, gone: () => void) {
    this.#name = name;
    this.at = at;
    this.#send = send;
    this.#gone = gone;
  }

  answer(): Promise<boolean> {
    if (!this.#end) this.#send({ kind: 'answer', line: this.#name });
    return this.#answered.promise;
  }

  async hangUp(): Promise<void> {
    if (this.#end) return;
    this.#send({ kind: 'hang-up', line: this.#name });
    await this.#ended.promise;
  }

  whenOver(tell: (end: CallBackEnd) => void): void {
    if (this.#end) tell(this.#end);
    else this.#tell = tell;
  }

  answered(well: boolean): void {
    this.#answered.resolve(well);
  }

  over(end: CallBackEnd): void {
    if (this.#end) return;
    this.#end = end;
    this.#gone();
    this.#answered.resolve(false);
    this.#ended.resolve();
    this.#tell?.(end);
  }
}

/**
 * A small client of Asterisk's Manager Interface (AMI): log in, send actions, receive events. It reconnects while the site is away, until it is
 * closed. Event times are Asterisk's own (`timestampevents = yes`: seconds with microseconds).
 */
import { createConnection, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** One message: field names in lower case; a field that is repeated (Output) is joined with newlines. */
export type AmiMessage = Readonly<Record<string, string>>;

export interface AmiEvent {
  /** Event name, as QueueCallerJoin. */
  name: string;
  /** When Asterisk raised it, ms since the Unix epoch with three decimals. */
  atMs: number;
  fields: AmiMessage;
}

export interface AmiLogin {
  host: string;
  port: number;
  username: string;
  secret: string;
  /** Event classes; Asterisk sends no others. Default call, agent and user: no variables, no RTCP. */
  events?: string;
}

/** Splits the stream into messages: blocks of `Name: value` lines ended by an empty one. */
export class AmiParser {
  #rest = '';

  push(chunk: string): AmiMessage[] {
    this.#rest += chunk;
    const blocks = this.#rest.split('\r\n\r\n');
    this.#rest = blocks.pop()!;
    return blocks.map(parseBlock);
  }
}

function parseBlock(block: string): AmiMessage {
  const fields: Record<string, string> = Object.create(null);
  for (const line of block.split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon <= 0) continue;
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).replace(/^ /, '');
    fields[name] = name in fields ? `${fields[name]}\n${value}` : value;
  }
  return fields;
}

interface Waiting {
  resolve(message: AmiMessage): void;
  reject(error: Error): void;
}

export class AmiClient {
  readonly #login: AmiLogin;
  readonly #onEvent: (event: AmiEvent) => void;
  readonly #waiting = new Map<string, Waiting>();
  #socket: Socket | undefined;
  #ready = false;
  #closed = false;
  #nextId = 1;
  #running: Promise<void>;

  constructor(login: AmiLogin, onEvent: (event: AmiEvent) => void = () => undefined) {
    this.#login = login;
    this.#onEvent = onEvent;
    this.#running = this.#stayConnected();
  }

  get connected(): boolean {
    return this.#ready;
  }

  /** Resolves when logged in and Asterisk is fully booted. @throws Error after `timeoutMs`. */
  async ready(timeoutMs: number): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    while (!this.#ready) {
      if (this.#closed || Date.now() > deadline)
        throw new Error(`no AMI at ${this.#login.host}:${this.#login.port} within ${timeoutMs} ms`);
      await sleep(20);
    }
  }

  /** Sends an action and returns its response. @throws Error when Asterisk refuses it, goes away, or says nothing for 5 s. */
  async action(name: string, fields: Readonly<Record<string, string>> = {}): Promise<AmiMessage> {
    if (!this.#ready) throw new Error(`not connected to AMI at ${this.#login.host}:${this.#login.port}`);
    return this.#send(name, fields);
  }

  /** Runs a command of Asterisk's console and returns what it prints. */
  async command(command: string): Promise<string> {
    return (await this.action('Command', { Command: command })).output ?? '';
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#socket?.destroy();
    await this.#running;
  }

  async #stayConnected(): Promise<void> {
    while (!this.#closed) {
      await this.#oneConnection();
      this.#ready = false;
      for (const waiting of this.#waiting.values()) waiting.reject(new Error(`AMI at ${this.#login.host} went away`));
      this.#waiting.clear();
      if (!this.#closed) await sleep(50);
    }
  }

  #oneConnection(): Promise<void> {
    return new Promise((ended) => {
      const socket = createConnection({ host: this.#login.host, port: this.#login.port });
      const parser = new AmiParser();
      this.#socket = socket;
      socket.setEncoding('utf8').setNoDelay(true);
      socket.on('connect', () => void this.#greet().catch(() => socket.destroy()));
      socket.on('data', (chunk: string) => {
        for (const message of parser.push(chunk)) this.#receive(message);
      });
      socket.on('error', () => undefined);
      socket.on('close', () => ended());
    });
  }

  async #greet(): Promise<void> {
    const { username, secret, events = 'call,agent,user' } = this.#login;
    // FullyBooted comes with the class `system`, once, after the login: asked for here, then narrowed to what the recorder needs.
    await this.#send('Login', { Username: username, Secret: secret, Events: 'off' });
    for (let tries = 0; tries < 200; tries++) {
      const { output } = await this.#send('Command', { Command: 'core waitfullybooted' });
      if (output?.includes('fully booted')) break;
      await sleep(50);
    }
    await this.#send('Events', { EventMask: events });
    this.#ready = true;
  }

  #send(name: string, fields: Readonly<Record<string, string>>): Promise<AmiMessage> {
    const id = String(this.#nextId++);
    const lines = [`Action: ${name}`, `ActionID: ${id}`, ...Object.entries(fields).map(([field, value]) => `${field}: ${value}`)];
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#waiting.get(id)?.reject(new Error(`no response to AMI ${name} within 5 s`)), 5000);
      const settle = () => {
        clearTimeout(timer);
        this.#waiting.delete(id);
      };
      this.#waiting.set(id, {
        resolve: (message) => {
          settle();
          if (message.response === 'Error') reject(new Error(`AMI ${name}: ${message.message ?? 'refused'}`));
          else resolve(message);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      });
      this.#socket?.write(`${lines.join('\r\n')}\r\n\r\n`);
    });
  }

  #receive(message: AmiMessage): void {
    if (message.event !== undefined)
      this.#onEvent({
        name: message.event,
        atMs: message.timestamp ? Math.round(Number(message.timestamp) * 1e6) / 1e3 : Number.NaN,
        fields: message,
      });
    else if (message.actionid !== undefined) this.#waiting.get(message.actionid)?.resolve(message);
  }
}

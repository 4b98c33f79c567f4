/**
 * TCP, TLS, WS and WSS: one connection to each peer, opened when there is something to send and used again by all that goes there (RFC 3261 18),
 * also by what comes in the other direction.
 *
 *   state       event                   next        does
 *   –           send                    connecting  address looked up, connected; the message waits
 *   connecting  ready                   open        all that waits goes out
 *   connecting  refused, bad name       connecting  the name's next address
 *   connecting  the last one refused    –           what waited has failed
 *   open        send                    open        goes out
 *   open        reset, closed by peer   –           `lost`: who waits for an answer on it has failed; the next send connects anew
 */
import { isIP, isIPv6 } from 'node:net';
import type { Clock, TimerHandle } from '../clock.ts';
import { CallsurgeError } from '../errors.ts';
import { connectionWords, isLocalFault, isMaybeOurs } from './connection-words.ts';
import { defaultPort, type Locator } from './dns.ts';
import type { Link, LinkKind, Listener } from './links.ts';
import { hostPortText } from './message/fields.ts';
import type { HostPort, TransportName } from './stack.ts';
import type { Destination, SendError, Transport, TransportEvents } from './transport.ts';

/** A connection that is not up by then counts as refused. */
const CONNECT_TIMEOUT_MS = 5_000;
/** A peer that does not read: what would wait behind so much is refused. */
const MAX_WAITING_BYTES = 8 * 1024 * 1024;

export interface StreamOptions {
  name: Exclude<TransportName, 'udp'>;
  clock: Clock;
  bind: HostPort;
  kind: LinkKind;
  locator: Locator;
  /** Take connections at `bind`. */
  listen: boolean;
  /** Own port where nothing listens, as Contact says it. */
  ownPort: number;
  /** Ping after so long without a word of ours; 0: never. */
  keepAliveMs: number;
}

interface Pooled {
  /** As exchanges know it: what was dialled, and the address behind it. */
  readonly names: Set<string>;
  link: Link | undefined;
  state: 'connecting' | 'open' | 'over';
  waiting: { bytes: Buffer; failed: (error: SendError) => void }[];
  lastSentAt: number;
}

/** @throws CallsurgeError `port-in-use` or `usage`, naming host and port. */
export async function openStream(options: StreamOptions, events: TransportEvents): Promise<Transport> {
  const pool = new Pool(options, events);
  const listener = options.listen ? await pool.listen() : undefined;
  return pool.transport(listener);
}

class Pool {
  readonly #options: StreamOptions;
  readonly #events: TransportEvents;
  readonly #byName = new Map<string, Pooled>();
  readonly #all = new Set<Pooled>();
  /** The name that an address was dialled by, for its certificate when it is dialled again by its address. */
  readonly #nameOf = new Map<string, string>();
  #keepAlive: TimerHandle | undefined;
  #open = true;

  constructor(options: StreamOptions, events: TransportEvents) {
    this.#options = options;
    this.#events = events;
    if (options.keepAliveMs > 0) this.#pingLater();
  }

  async listen(): Promise<Listener> {
    const { kind, bind, name } = this.#options;
    const where = hostPortText(bind);
    try {
      return await kind.listen(bind, (link) => this.#accepted(link));
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === 'EADDRINUSE')
        throw new CallsurgeError('port-in-use', `${name.toUpperCase()} ${where} is already in use`, {
          where,
          todo: 'stop the program that holds it or choose another port',
          cause: error,
        });
      const address = code === 'EADDRNOTAVAIL' || code === 'EACCES' || code === 'ENOTFOUND';
      throw new CallsurgeError(address ? 'port-in-use' : 'usage', `cannot listen on ${name.toUpperCase()} ${where}: ${message}`, {
        where,
        todo: address ? 'name an address of this machine and a port you may use' : 'check certificate and key in local.tls',
        cause: error,
      });
    }
  }

  transport(listener: Listener | undefined): Transport {
    const { name, bind, ownPort } = this.#options;
    return {
      name,
      reliable: true,
      local: { host: bind.host, port: listener?.port ?? ownPort },
      receiveBuffer: 0,
      send: (bytes, to, failed) => this.#send(bytes, to, failed),
      ping: (to) => this.#byName.get(hostPortText(to))?.link?.ping(),
      drop: (error) => this.#drop(error),
      close: async () => {
        if (!this.#open) return;
        this.#open = false;
        this.#keepAlive?.cancel();
        for (const pooled of this.#all) {
          pooled.state = 'over';
          pooled.link?.close();
        }
        this.#byName.clear();
        this.#all.clear();
        await listener?.close();
      },
    };
  }

  #send(bytes: Buffer, to: Destination, failed: (error: SendError) => void): void {
    if (!this.#open) return failed(Object.assign(new Error('the stack is closed'), { code: 'EBADF', local: true }));
    let pooled = this.#byName.get(hostPortText(to));
    if (!pooled) {
      // RFC 3261 18.2.2: the connection that a request came on is gone; its response goes where the Via says.
      const target = to.instead ?? to;
      pooled = this.#byName.get(hostPortText(target)) ?? this.#dial(target);
    }
    if (pooled.state === 'connecting') {
      pooled.waiting.push({ bytes, failed });
      return;
    }
    if (pooled.link!.waiting > MAX_WAITING_BYTES)
      return failed(Object.assign(new Error(`${hostPortText(to)} does not read what it is sent`), { local: false }));
    pooled.lastSentAt = this.#options.clock.now();
    pooled.link!.write(bytes);
  }

  #dial(to: Destination): Pooled {
    const pooled: Pooled = { names: new Set([hostPortText(to)]), link: undefined, state: 'connecting', waiting: [], lastSentAt: 0 };
    this.#all.add(pooled);
    this.#byName.set(hostPortText(to), pooled);
    const { locator } = this.#options;
    const name = to.name ?? (isIP(to.host) ? (this.#nameOf.get(hostPortText(to)) ?? to.host) : to.host);
    if (isIP(to.host)) this.#try(pooled, to, name, [to.host]);
    else
      locator.addresses(to.host).then(
        (addresses) => this.#try(pooled, to, name, addresses),
        (error: Error) => this.#failed(pooled, error, to, name),
      );
    return pooled;
  }

  #try(pooled: Pooled, to: HostPort, name: string, addresses: string[], anyPort = false): void {
    if (pooled.state === 'over') return;
    const [address, ...further] = addresses;
    const { clock, kind } = this.#options;
    let patience: TimerHandle | undefined;
    let link: Link | undefined;
    let over = false;
    const closed = (error: Error) => {
      if (over) return;
      over = true;
      patience?.cancel();
      const { code } = error as NodeJS.ErrnoException;
      // The same pair of ports was closed a moment ago (TIME_WAIT), or another program came between.
      if (!anyPort && (code === 'EADDRNOTAVAIL' || code === 'EADDRINUSE')) this.#try(pooled, to, name, addresses, true);
      else if (pooled.state === 'open') this.#lost(pooled, error, to, name);
      else if (further.length > 0) this.#try(pooled, to, name, further);
      else this.#failed(pooled, error, to, name);
    };
    patience = clock.after(CONNECT_TIMEOUT_MS, () => {
      if (pooled.state !== 'connecting') return;
      closed(Object.assign(new Error('no answer'), { code: link?.reached ? 'EHANDSHAKE' : 'ETIMEDOUT' }));
      link?.close();
    });
    try {
      link = kind.connect(
        { address: address!, port: to.port, name, anyPort },
        {
          ...this.#heard(() => link, to),
          open: () => {
            if (over || pooled.state === 'over') return link?.close();
            patience?.cancel();
            pooled.state = 'open';
            const behind = hostPortText({ host: address!, port: to.port });
            this.#nameOf.set(behind, name);
            this.#known(pooled, behind);
            pooled.lastSentAt = clock.now();
            for (const { bytes } of pooled.waiting.splice(0)) link!.write(bytes);
          },
          closed,
        },
      );
      pooled.link = link;
    } catch (error) {
      closed(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #accepted(link: Link) {
    const remote = { host: plain(link.remote.host), port: link.remote.port };
    const key = hostPortText(remote);
    const pooled: Pooled = { names: new Set(), link, state: 'open', waiting: [], lastSentAt: this.#options.clock.now() };
    if (!this.#open) link.close();
    this.#all.add(pooled);
    this.#known(pooled, key);
    const heard = this.#heard(() => link, remote);
    let named = false;
    return {
      ...heard,
      message: (bytes: Buffer) => {
        // A WebSocket client gives itself a name that leads nowhere (RFC 7118 5.2.1): only this connection leads to it.
        if (!named && (this.#options.name === 'ws' || this.#options.name === 'wss')) {
          named = true;
          const own = /^(?:via|v)\s*:\s*SIP\/2\.0\/WSS?\s+([\w.-]+\.invalid(?::\d+)?)/im.exec(bytes.toString('latin1', 0, 2000))?.[1];
          if (own) this.#known(pooled, own.includes(':') ? own : `${own}:${defaultPort(this.#options.name)}`);
        }
        heard.message(bytes);
      },
      open: () => {},
      closed: (error: Error) => this.#lost(pooled, error, remote, remote.host),
    };
  }

  #heard(link: () => Link | undefined, to: HostPort) {
    return {
      message: (bytes: Buffer) => {
        const at = this.#options.clock.now();
        const remote = link()?.remote ?? to;
        if (this.#open) this.#events.message(bytes, at, { host: plain(remote.host), port: remote.port });
      },
      problem: (what: string) => this.#events.problem(this.#options.clock.now(), `from ${this.#options.name}:${hostPortText(to)}: ${what}`),
    };
  }

  #known(pooled: Pooled, name: string): void {
    pooled.names.add(name);
    if (!this.#byName.has(name)) this.#byName.set(name, pooled);
  }

  #failed(pooled: Pooled, error: Error, to: HostPort, name: string): void {
    if (pooled.state === 'over') return;
    this.#forget(pooled);
    const failure = sendError(error, connectionWords(error, to, this.#options.name, name));
    for (const { failed } of pooled.waiting.splice(0)) failed(failure);
  }

  #lost(pooled: Pooled, error: Error, to: HostPort, name: string): void {
    if (pooled.state === 'over' || !this.#open) return;
    this.#forget(pooled);
    this.#events.lost?.(this.#options.clock.now(), pooled.names, sendError(error, connectionWords(error, to, this.#options.name, name)));
  }

  #drop(error: SendError): void {
    for (const pooled of [...this.#all]) {
      const { link, names, waiting } = pooled;
      this.#forget(pooled);
      link?.close();
      for (const { failed } of waiting.splice(0)) failed(error);
      this.#events.lost?.(this.#options.clock.now(), names, error);
    }
  }

  #forget(pooled: Pooled): void {
    pooled.state = 'over';
    this.#all.delete(pooled);
    for (const name of pooled.names) if (this.#byName.get(name) === pooled) this.#byName.delete(name);
  }

  #pingLater(): void {
    const { clock, keepAliveMs } = this.#options;
    this.#keepAlive = clock.after(keepAliveMs / 2, () => {
      const quietSince = clock.now() - keepAliveMs / 2;
      for (const pooled of this.#all) {
        if (pooled.state !== 'open' || pooled.lastSentAt > quietSince) continue;
        pooled.lastSentAt = clock.now();
        pooled.link?.ping();
      }
      this.#pingLater();
    });
  }
}

const sendError = (cause: Error, words: string): SendError =>
  Object.assign(new Error(words, { cause }), { local: isLocalFault(cause), maybeOurs: isMaybeOurs(cause) });

/** An IPv4 peer of a socket that listens on :: as everybody else writes it. */
const plain = (host: string) => (isIPv6(host) && host.startsWith('::ffff:') && host.includes('.') ? host.slice(7) : host);

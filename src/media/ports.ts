/**
 * Port pairs: RTP on an even port, RTCP on the next (RFC 3550 11), handed out round-robin, so that a freed pair rests as long as it can and never
 * shorter than its quarantine.
 */
import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { Clock } from '../clock.ts';
import { CallsurgeError } from '../errors.ts';

/** 64 KiB hold a second of G.711; the kernel doubles it for its own bookkeeping. */
const RECEIVE_BUFFER = 65536;

export interface PortPair {
  readonly port: number;
  readonly rtp: Socket;
  readonly rtcp: Socket;
}

export class PortPairs {
  readonly #clock: Clock;
  readonly #host: string;
  readonly #first: number;
  readonly #quarantineMs: number;
  /** For each pair when it may be used again: 0 free, Infinity in use. */
  readonly #restsUntil: Float64Array;
  #next = 0;

  /** @throws CallsurgeError `option-invalid` for a range without a pair. */
  constructor(clock: Clock, host: string, range: { from: number; to: number }, quarantineMs: number) {
    const first = range.from + (range.from & 1);
    const count = Math.floor((range.to + 1 - first) / 2);
    if (!(Number.isInteger(range.from) && Number.isInteger(range.to) && range.from > 0 && range.to < 65536 && count >= 1)) {
      throw new CallsurgeError('option-invalid', `ports ${range.from} to ${range.to} hold no pair of an even port and the next`, {
        where: 'media ports',
        todo: 'give a range such as 20000 to 29999',
      });
    }
    this.#clock = clock;
    this.#host = host;
    this.#first = first;
    this.#quarantineMs = quarantineMs;
    this.#restsUntil = new Float64Array(count);
  }

  /** Pairs that may be handed out now (one of them may still turn out to be somebody else's). */
  get free(): number {
    const now = this.#clock.now();
    let free = 0;
    for (const until of this.#restsUntil) if (until <= now) free++;
    return free;
  }

  /** Binds the next free pair. Each pair is tried at most once. @throws CallsurgeError `machine-limit`. */
  async take(): Promise<PortPair> {
    const count = this.#restsUntil.length;
    let taken = 0;
    for (let tries = 0; tries < count; tries++) {
      const index = this.#next;
      this.#next = (index + 1) % count;
      if (this.#restsUntil[index]! > this.#clock.now()) continue;
      this.#restsUntil[index] = Number.POSITIVE_INFINITY;
      const pair = await this.#bindPair(this.#first + 2 * index).catch((error) => {
        this.#restsUntil[index] = 0;
        throw error;
      });
      if (pair) return pair;
      taken++;
      this.#restsUntil[index] = this.#clock.now() + this.#quarantineMs;
    }
    const others = taken > 0 ? `, ${taken} of them used by another program` : '';
    throw new CallsurgeError('machine-limit', `no free RTP port pair among ${count}${others}`, {
      where: `${this.#host}:${this.#first}-${this.#first + 2 * count - 1}`,
      todo: 'widen the range of media ports or run fewer calls at a time',
    });
  }

  /** Closes both sockets; the pair rests. */
  release(pair: PortPair): void {
    pair.rtp.close();
    pair.rtcp.close();
    this.#restsUntil[(pair.port - this.#first) / 2] = this.#clock.now() + this.#quarantineMs;
  }

  /** @returns undefined where one of the two is somebody else's. */
  async #bindPair(port: number): Promise<PortPair | undefined> {
    const rtp = await bind(this.#host, port);
    if (!rtp) return undefined;
    try {
      const rtcp = await bind(this.#host, port + 1);
      if (rtcp) return { port, rtp, rtcp };
    } catch (error) {
      rtp.close();
      throw error;
    }
    rtp.close();
    return undefined;
  }
}

/** A UDP socket on that address. Port 0: any. @returns undefined where the port is in use. @throws CallsurgeError for anything else. */
export function bind(host: string, port: number): Promise<Socket | undefined> {
  return new Promise((resolve, reject) => {
    const family = isIPv6(host) ? 6 : 4;
    const socket = createSocket({
      type: family === 6 ? 'udp6' : 'udp4',
      recvBufferSize: RECEIVE_BUFFER,
      // Only addresses reach a socket, never names; the default lookup would defer every packet to the next tick.
      lookup: (address, _options, callback) => callback(null, address, family),
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      socket.close();
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(undefined);
      else reject(bindError(error, host, port));
    });
    socket.bind({ address: host, port, exclusive: true }, () => {
      socket.removeAllListeners('error');
      // An ICMP error that comes back concerns one packet; sending counts it, and nothing from the network throws.
      socket.on('error', () => {});
      resolve(socket);
    });
  });
}

function bindError(error: NodeJS.ErrnoException, host: string, port: number): CallsurgeError {
  if (error.code === 'EMFILE' || error.code === 'ENFILE' || error.code === 'ENOBUFS') {
    return new CallsurgeError('machine-limit', `no more sockets can be opened (${error.code})`, {
      where: `${host}:${port}`,
      todo: 'raise the limit of open files (ulimit -n): each call needs two sockets for media',
      cause: error,
    });
  }
  return new CallsurgeError('option-invalid', `cannot receive media on ${host} (${error.code ?? error.message})`, {
    where: `${host}:${port}`,
    todo: 'give an address of this machine',
    cause: error,
  });
}

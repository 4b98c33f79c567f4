/** The audio of one call through our relay: a pair of ports (RTP, RTCP) towards each side, packets from one sent out of the other. */
import { createSocket, type Socket } from 'node:dgram';
import type { RelayGauge } from './relay-gauge.ts';
import { type Harms, hold, type Way } from './relay-harm.ts';

interface Endpoint {
  host: string;
  port: number;
}

/** RTP on the even port, RTCP on the next (RFC 3550 11). */
interface Pair {
  rtp: Socket;
  rtcp: Socket;
  port: number;
}

const TRIES = 50;

export class MediaSession {
  readonly #harms: Harms;
  readonly #hosts: { client: string; vendor: string };
  #ports: Promise<{ client: Pair; vendor: Pair }> | undefined;
  /** Where each side wants its audio. */
  readonly #wants: { client?: Endpoint; vendor?: Endpoint } = {};
  #closed = false;
  /** Last packet of audio or SIP, ms of performance.now(). */
  lastSeen = performance.now();

  /** @param hosts addresses of the relay: towards the generator, and towards the vendor. */
  constructor(harms: Harms, hosts: { client: string; vendor: string }) {
    this.#harms = harms;
    this.#hosts = hosts;
  }

  /** That side's SDP names its address. @returns where the other side is to send instead. */
  async wants(side: 'client' | 'vendor', at: Endpoint): Promise<Endpoint> {
    this.lastSeen = performance.now();
    this.#wants[side] = at;
    this.#ports ??= this.#open();
    const { client, vendor } = await this.#ports;
    return side === 'client' ? { host: this.#hosts.vendor, port: vendor.port } : { host: this.#hosts.client, port: client.port };
  }

  async close(): Promise<void> {
    this.#closed = true;
    const pairs = await this.#ports?.catch(() => undefined);
    for (const pair of [pairs?.client, pairs?.vendor])
      for (const socket of [pair?.rtp, pair?.rtcp]) {
        try {
          socket?.close();
        } catch {
          // Closed already.
        }
      }
  }

  async #open(): Promise<{ client: Pair; vendor: Pair }> {
    const [client, vendor] = await Promise.all([
      openPair(this.#hosts.client, this.#harms.gauge),
      openPair(this.#hosts.vendor, this.#harms.gauge),
    ]);
    this.#pass(client, vendor, 'to-vendor', 'vendor');
    this.#pass(vendor, client, 'from-vendor', 'client');
    return { client, vendor };
  }

  #pass(from: Pair, out: Pair, way: Way, to: 'client' | 'vendor'): void {
    for (const [name, offset] of [
      ['rtp', 0],
      ['rtcp', 1],
    ] as const)
      from[name].on('message', (packet) => {
        const since = performance.now();
        this.lastSeen = since;
        const target = this.#wants[to];
        if (!target) return;
        for (const late of this.#harms.fate(way, 'rtp'))
          hold(this.#harms.gauge, since, late, () => {
            if (!this.#closed) out[name].send(packet, target.port + offset, target.host, () => {});
          });
      });
  }
}

async function openPair(host: string, gauge: RelayGauge): Promise<Pair> {
  for (let i = 0; ; i++) {
    const rtp = await bind(host, 0, gauge);
    const { port } = rtp.address();
    try {
      if (port % 2 === 0) return { rtp, rtcp: await bind(host, port + 1, gauge), port };
    } catch {
      // The next port is somebody else's: another pair.
    }
    rtp.close();
    if (i >= TRIES) throw new Error(`the relay finds no pair of free ports on ${host}`);
  }
}

/** A UDP socket that cannot end the process by an ICMP answer. */
export function bind(host: string, port: number, gauge: RelayGauge): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    socket.once('error', reject);
    socket.bind(port, host, () => {
      socket.off('error', reject);
      socket.on('error', () => {});
      const own = socket.address().port;
      gauge.ports.add(own);
      socket.once('close', () => gauge.ports.delete(own));
      try {
        socket.setRecvBufferSize(1 << 21);
      } catch {
        // The kernel's own size will do.
      }
      resolve(socket);
    });
  });
}

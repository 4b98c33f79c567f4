/**
 * Our own relay between generator and vendor: SIP over UDP or TCP, and the audio that its SDP speaks of. As long as no fault is on it only passes
 * things on; relay-harm.ts says what a fault does. It needs no root, and both sides see nothing but its addresses (relay-rewrite.ts).
 *
 * Known limits: IPv4; one audio stream a call; UDP and TCP, not TLS (nobody can rewrite that). Over TCP the vendor's requests in a dialog are relayed
 * where they come over the same connection.
 */
import type { Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import type { RelayFault } from '../scenario/surge.ts';
import { RelayGauge, type RelayLateness } from './relay-gauge.ts';
import { Harms, hold } from './relay-harm.ts';
import { bind, MediaSession } from './relay-media.ts';
import { callIdOf, headerOf, rewriteSip, splitSip } from './relay-rewrite.ts';
import { openTcpFront, type TcpFront } from './relay-tcp.ts';

export interface RelayTrunk {
  name: string;
  host: string;
  port: number;
  transport: 'udp' | 'tcp';
}

export interface RelayOptions {
  trunks: readonly RelayTrunk[];
  seed: number;
  /** Address towards the generator. Default 127.0.0.1. */
  clientHost?: string;
  /** Address towards the vendor, as it is to see us. Default 127.0.0.1. */
  vendorHost?: string;
}

export interface Relay {
  /** Where the generator sends what is meant for that trunk. */
  next(trunk: string): { host: string; port: number };
  /** A fault begins. Default: on every trunk. @returns what ends it. */
  begin(fault: RelayFault): () => void;
  /** Packets passed, lost and doubled so far on that trunk. */
  counts(trunk: string): { passed: number; lost: number; duplicated: number };
  /** How late packets were passed on since the last call. */
  lateness(): RelayLateness;
  /** Whether that local UDP port is the relay's now. */
  owns(port: number): boolean;
  close(): Promise<void>;
}

/** A call's ports are given back when neither SIP nor audio has been seen for so long. */
const IDLE_MS = 90_000;
const SWEEP_MS = 10_000;

/** @throws Error where a port cannot be had or a host is unknown. */
export async function openRelay(options: RelayOptions): Promise<Relay> {
  const { trunks, seed, clientHost = '127.0.0.1', vendorHost = '127.0.0.1' } = options;
  const ways = new Map<string, TrunkRelay>();
  const gauge = new RelayGauge();
  try {
    for (const [i, trunk] of trunks.entries()) {
      const { address } = await lookup(trunk.host, 4);
      const way = new TrunkRelay(new Harms(seed + i, gauge), { ...trunk, host: address }, clientHost, vendorHost);
      ways.set(trunk.name, way);
      await way.open();
    }
  } catch (thrown) {
    await Promise.all([...ways.values()].map((way) => way.close()));
    throw thrown;
  }
  const of = (trunk: string) => ways.get(trunk)!;
  return {
    next: (trunk) => of(trunk).next,
    counts: (trunk) => ({ ...of(trunk).harms.counts }),
    lateness: () => gauge.take(),
    owns: (port) => gauge.ports.has(port),
    begin: (fault) => {
      const concerned = fault.trunk === undefined ? [...ways.values()] : [of(fault.trunk)];
      const ends = concerned.map((way) => way.begin(fault));
      return () => {
        for (const end of ends) end();
      };
    },
    close: async () => {
      await Promise.all([...ways.values()].map((way) => way.close()));
    },
  };
}

const key = (host: string, port: number) => `${host}:${port}`;

class TrunkRelay {
  readonly harms: Harms;
  readonly #trunk: RelayTrunk;
  readonly #hosts: { client: string; vendor: string };
  /** Of each address of the vendor, and of each of ours: the socket that stands for it on the other side. */
  readonly #fronts = new Map<string, Promise<Socket>>();
  readonly #backs = new Map<string, Promise<Socket>>();
  /** The same the other way: port of a front → vendor's address, of a back → ours. */
  readonly #behindFront = new Map<number, { host: string; port: number }>();
  readonly #behindBack = new Map<number, { host: string; port: number }>();
  readonly #media = new Map<string, MediaSession>();
  readonly #sweep: NodeJS.Timeout;
  #tcp: TcpFront | undefined;
  #closed = false;
  next: { host: string; port: number };

  constructor(harms: Harms, trunk: RelayTrunk, client: string, vendor: string) {
    this.harms = harms;
    this.#trunk = trunk;
    this.#hosts = { client, vendor };
    this.next = { host: client, port: 0 };
    this.#sweep = setInterval(() => this.#forget(), SWEEP_MS).unref();
  }

  async open(): Promise<void> {
    const { host, port, transport } = this.#trunk;
    if (transport === 'udp') this.next = { host: this.#hosts.client, port: (await this.#front(host, port)).address().port };
    else {
      this.#tcp = await openTcpFront({
        harms: this.harms,
        host: this.#hosts.client,
        target: { host, port },
        media: (...sdp) => this.#audio(...sdp),
      });
      this.next = { host: this.#hosts.client, port: this.#tcp.port };
    }
  }

  begin(fault: RelayFault): () => void {
    const end = this.harms.begin(fault);
    if (fault.reset) this.#tcp?.reset();
    return end;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#sweep);
    await this.#tcp?.close();
    for (const socket of await Promise.allSettled([...this.#fronts.values(), ...this.#backs.values()]))
      if (socket.status === 'fulfilled') socket.value.close();
    await Promise.all([...this.#media.values()].map((session) => session.close()));
  }

  /** The socket towards the generator that stands for an address of the vendor. */
  #front(host: string, port: number): Promise<Socket> {
    return this.#stand(this.#fronts, this.#behindFront, this.#hosts.client, host, port, (packet, from) =>
      this.#toVendor(packet, from, host, port),
    );
  }

  /** The socket towards the vendor that stands for an address of ours. */
  #back(host: string, port: number): Promise<Socket> {
    return this.#stand(this.#backs, this.#behindBack, this.#hosts.vendor, host, port, (packet, from) =>
      this.#toClient(packet, from, host, port),
    );
  }

  #stand(
    list: Map<string, Promise<Socket>>,
    behind: Map<number, { host: string; port: number }>,
    on: string,
    host: string,
    port: number,
    take: (packet: Buffer, from: { address: string; port: number }) => Promise<void>,
  ): Promise<Socket> {
    const known = list.get(key(host, port));
    if (known) return known;
    const made = bind(on, 0, this.harms.gauge).then((socket) => {
      if (this.#closed) socket.close();
      behind.set(socket.address().port, { host, port });
      // What cannot be passed on is lost, as on any network.
      socket.on('message', (packet, from) => void take(packet, from).catch(() => {}));
      return socket;
    });
    list.set(key(host, port), made);
    return made;
  }

  async #toVendor(packet: Buffer, from: { address: string; port: number }, host: string, port: number): Promise<void> {
    const since = performance.now();
    const back = await this.#back(from.address, from.port);
    const text = await this.#rewrite(packet, 'client', async (h, p) => {
      if (h === from.address && p === from.port) return { host: this.#hosts.vendor, port: back.address().port };
      return h === this.#hosts.client ? this.#behindFront.get(p) : undefined;
    });
    this.#send(since, back, text, host, port, 'to-vendor');
  }

  async #toClient(packet: Buffer, from: { address: string; port: number }, host: string, port: number): Promise<void> {
    const since = performance.now();
    const front = await this.#front(from.address, from.port);
    const text = await this.#rewrite(packet, 'vendor', async (h, p) => {
      if (h === this.#hosts.vendor && this.#behindBack.has(p)) return this.#behindBack.get(p);
      if (!/^[\d.]+$/.test(h)) return undefined;
      return { host: this.#hosts.client, port: (await this.#front(h, p)).address().port };
    });
    this.#send(since, front, text, host, port, 'from-vendor');
  }

  #send(since: number, socket: Socket, packet: Buffer | string, host: string, port: number, way: 'to-vendor' | 'from-vendor'): void {
    for (const late of this.harms.fate(way, 'sip'))
      hold(this.harms.gauge, since, late, () => {
        if (!this.#closed) socket.send(packet, port, host, () => {});
      });
  }

  async #rewrite(packet: Buffer, side: 'client' | 'vendor', rename: Parameters<typeof rewriteSip>[1]): Promise<Buffer | string> {
    const message = splitSip(packet.toString('latin1'));
    if (!message) return packet;
    const callId = callIdOf(message);
    const session = this.#media.get(callId);
    if (session) session.lastSeen = performance.now();
    const text = await rewriteSip(message, rename, (id, host, port) => this.#audio(side, id, host, port));
    if (/ BYE$/.test(headerOf(message, /^cseq[ \t]*:/i) ?? '') && message.start.startsWith('SIP/2.0 2')) this.#end(callId);
    return Buffer.from(text, 'latin1');
  }

  #audio(side: 'client' | 'vendor', callId: string, host: string, port: number): Promise<{ host: string; port: number }> {
    let session = this.#media.get(callId);
    if (!session) {
      session = new MediaSession(this.harms, this.#hosts);
      this.#media.set(callId, session);
    }
    return session.wants(side, { host, port });
  }

  #end(callId: string): void {
    void this.#media.get(callId)?.close();
    this.#media.delete(callId);
  }

  #forget(): void {
    for (const [callId, { lastSeen }] of this.#media) if (performance.now() - lastSeen > IDLE_MS) this.#end(callId);
  }
}

/**
 * The vendor's media. Each leg has an RTP port and does one thing at a time: plays a sound, sends back what it hears, or passes packets on to
 * another leg as they are, RTCP with them, so that caller and agent measure each other. One pacing loop serves all legs of a site.
 */
import type { Clock } from '../../clock.ts';
import { DigitReader } from '../../media/dtmf-in.ts';
import { type PortPair, PortPairs } from '../../media/ports.ts';
import { emptyHeader, RTP_HEADER, readRtp, writeRtp } from '../../media/rtp-packet.ts';
import { Player } from '../../media/sources.ts';
import type { MediaAgreement, Source } from '../../media/stream.ts';
import type { RandomStream } from '../../random.ts';

const TICK_MS = 5;
/** Later than this, packets are left out instead of sent in a burst. */
const TOO_LATE_MS = 200;
const SAMPLES_PER_MS = 8;
const QUARANTINE_MS = 2000;

export class RtpLeg {
  readonly #site: SiteMedia;
  readonly #pair: PortPair;
  readonly #player = new Player();
  readonly #ssrc: number;
  readonly #digits: DigitReader;
  #agreement: MediaAgreement | null = null;
  #remote: { host: string; port: number } | null = null;
  #adopted = false;
  #sequence: number;
  #timestamp: number;
  #marker = true;
  #mode: 'play' | 'echo' | 'relay' | 'mute' = 'mute';
  #peer: RtpLeg | null = null;
  #dueAt = 0;
  #closed = false;

  constructor(site: SiteMedia, pair: PortPair, random: RandomStream, onDigit: (digit: string) => void) {
    this.#site = site;
    this.#pair = pair;
    this.#ssrc = random.integer(0, 0xffffffff);
    this.#sequence = random.integer(0, 0xffff);
    this.#timestamp = random.integer(0, 0x7fffffff);
    this.#digits = new DigitReader(onDigit);
    pair.rtp.on('message', (datagram, from) => this.#receive(datagram, from.address, from.port));
    pair.rtcp.on('message', (datagram) => {
      if (this.#mode === 'relay' && !this.#site.frozen) this.#peer?.passRtcp(datagram);
    });
  }

  get port(): number {
    return this.#pair.port;
  }

  get agreement(): MediaAgreement | null {
    return this.#agreement;
  }

  agree(agreement: MediaAgreement): void {
    this.#agreement = agreement;
    this.#player.encodeAs(agreement.codec);
    if (this.#remote?.host !== agreement.remote.host || this.#remote.port !== agreement.remote.port) this.#adopted = false;
    this.#remote = agreement.remote;
  }

  play(source: Source): void {
    this.#player.play(source);
    if (this.#mode !== 'play') {
      this.#mode = 'play';
      this.#marker = true;
      this.#dueAt = this.#site.playing(this);
    }
  }

  echo(): void {
    this.#mode = 'echo';
  }

  /** Joins two legs: what one hears goes out of the other, header and all. */
  relay(other: RtpLeg): void {
    this.#mode = 'relay';
    this.#peer = other;
    other.#mode = 'relay';
    other.#peer = this;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#mode = 'mute';
    if (this.#peer) {
      this.#peer.#peer = null;
      this.#peer = null;
    }
    this.#site.closed(this, this.#pair);
  }

  /** Sends what is due. @returns false where it no longer plays. */
  tick(now: number): boolean {
    if (this.#mode !== 'play') return false;
    this.#digits.tick(now);
    const agreement = this.#agreement;
    if (!agreement) return true;
    if (now - this.#dueAt > TOO_LATE_MS) {
      const missed = Math.floor((now - this.#dueAt) / agreement.ptimeMs);
      this.#dueAt += missed * agreement.ptimeMs;
      this.#timestamp += missed * agreement.ptimeMs * SAMPLES_PER_MS;
    }
    for (; this.#dueAt <= now; this.#dueAt += agreement.ptimeMs) this.#sendFrame(agreement);
    return true;
  }

  #sendFrame(agreement: MediaAgreement): void {
    const samples = agreement.ptimeMs * SAMPLES_PER_MS;
    this.#timestamp += samples;
    if (!agreement.direction.startsWith('send')) return;
    const packet = Buffer.allocUnsafe(RTP_HEADER + samples);
    writeRtp(packet, this.#marker, agreement.payloadType, ++this.#sequence, this.#timestamp, this.#ssrc);
    this.#player.fill(packet, RTP_HEADER, samples);
    this.#marker = false;
    this.#send(packet);
  }

  #receive(datagram: Buffer, host: string, port: number): void {
    if (this.#site.frozen || this.#closed || !this.#isOurs(host, port) || !readRtp(datagram, header)) return;
    if (this.#mode === 'relay') this.#peer?.pass(datagram);
    else if (this.#mode === 'echo') this.#send(datagram);
    const events = this.#agreement?.telephoneEventIn ?? this.#agreement?.telephoneEvent;
    if (header.payloadType === events)
      this.#digits.packet(datagram, header.payloadFrom, header.payloadTo, header.timestamp, this.#site.clock.now());
  }

  /**
   * From where the description says, or, behind a NAT, from the first other host that sends: there our packets go then (symmetric RTP). Another
   * port of the very host is somebody else: a caller, say, whose call died with a site and who still sends to a port that has a new call now.
   */
  #isOurs(host: string, port: number): boolean {
    const remote = this.#remote;
    if (!remote) return false;
    if (host === remote.host) return port === remote.port;
    if (this.#adopted) return false;
    this.#adopted = true;
    this.#remote = { host, port };
    return true;
  }

  /** A packet of the other leg. */
  pass(datagram: Buffer): void {
    if (this.#agreement?.direction.startsWith('send')) this.#send(datagram);
  }

  passRtcp(datagram: Buffer): void {
    const { remoteRtcp } = this.#agreement ?? {};
    const rtp = this.#remote;
    const to = remoteRtcp && !this.#adopted ? remoteRtcp : rtp && { host: rtp.host, port: rtp.port + 1 };
    if (to && to.port < 65_536) this.#pair.rtcp.send(datagram, to.port, to.host);
  }

  #send(packet: Buffer): void {
    if (this.#remote && this.#remote.port > 0) this.#pair.rtp.send(packet, this.#remote.port, this.#remote.host);
  }
}

/** One for all packets: reading is synchronous. */
const header = emptyHeader();

/** The media of one site. */
export class SiteMedia {
  readonly clock: Clock;
  readonly #ports: PortPairs;
  readonly #random: RandomStream;
  readonly #legs = new Map<RtpLeg, PortPair>();
  readonly #playing = new Set<RtpLeg>();
  #loop: NodeJS.Timeout | null = null;
  /** Stands still: sends nothing, and what comes in is lost. */
  frozen = false;

  constructor(clock: Clock, host: string, ports: { from: number; to: number }, random: RandomStream) {
    this.clock = clock;
    this.#ports = new PortPairs(clock, host, ports, QUARANTINE_MS);
    this.#random = random;
  }

  /** @throws CallsurgeError `machine-limit` when no port pair is free. */
  async open(onDigit: (digit: string) => void): Promise<RtpLeg> {
    const pair = await this.#ports.take();
    const leg = new RtpLeg(this, pair, this.#random, onDigit);
    this.#legs.set(leg, pair);
    return leg;
  }

  /** A leg begins to play. @returns when its first packet is due: a phase of its own, so that not all send at once. */
  playing(leg: RtpLeg): number {
    this.#playing.add(leg);
    this.#loop ??= setInterval(() => this.#tick(), TICK_MS);
    return this.clock.now() + this.#random.next() * 20;
  }

  closed(leg: RtpLeg, pair: PortPair): void {
    if (!this.#legs.delete(leg)) return;
    this.#playing.delete(leg);
    this.#ports.release(pair);
  }

  /** All legs at once: the site is gone. */
  closeAll(): void {
    for (const leg of [...this.#legs.keys()]) leg.close();
    if (this.#loop) clearInterval(this.#loop);
    this.#loop = null;
  }

  #tick(): void {
    if (this.frozen) return;
    const now = this.clock.now();
    for (const leg of this.#playing) if (!leg.tick(now)) this.#playing.delete(leg);
    if (this.#playing.size === 0 && this.#loop) {
      clearInterval(this.#loop);
      this.#loop = null;
    }
  }
}

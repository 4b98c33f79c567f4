/**
 * One stream's RTCP, RFC 3550 6: reports to the other side, what its reports say of us, round trip time. Pure: time and sending are handed in.
 */
import type { RandomStream } from '../random.ts';
import type { Reception } from './reception.ts';
import { ntpMiddle, type ReportBlock, readRtcp, writeRtcp } from './rtcp-packet.ts';

const INTERVAL_MS = 5000;
/** 6.3.1: randomised over [0.5, 1.5] and divided by e − 3/2. We are two, and always members: no reconsideration is left to do. */
const COMPENSATION = Math.E - 1.5;

export interface SendState {
  packets: number;
  octets: number;
  /** Of a packet sent at this moment. */
  rtpTimestamp: number;
}

export class RtcpSession {
  /** ms, from the last report block about us; null before one. */
  rttMs: number | null = null;
  /** The far side's view of what we sent. */
  remoteLost: number | null = null;
  remoteJitterUnits: number | null = null;
  readonly #ssrc: number;
  readonly #cname: string;
  readonly #random: RandomStream;
  #dueAt = Number.POSITIVE_INFINITY;
  #lastSr: { ssrc: number; ntpMiddle: number; at: number } | undefined;
  #expectedPrior = 0;
  #receivedPrior = 0;
  #priorSsrc: number | undefined;
  #packetsPrior = 0;

  constructor(ssrc: number, cname: string, random: RandomStream) {
    this.#ssrc = ssrc;
    this.#cname = cname;
    this.#random = random;
  }

  /** The first report comes after half an interval (6.2). */
  start(now: number): void {
    if (this.#dueAt === Number.POSITIVE_INFINITY) this.#dueAt = now + this.#interval() / 2;
  }

  isDue(now: number): boolean {
    return now >= this.#dueAt;
  }

  /** The next compound packet; the time of the one after it is drawn. */
  report(now: number, sent: SendState, reception: Reception, bye = false): Buffer {
    this.#dueAt = now + this.#interval();
    // 6.4: a sender is who sent since the last report.
    const isSender = sent.packets > this.#packetsPrior;
    this.#packetsPrior = sent.packets;
    const sender = isSender ? { at: now, ...sent } : undefined;
    return writeRtcp(this.#ssrc, this.#cname, sender, this.#block(now, reception), bye);
  }

  /** Never throws. */
  received(datagram: Buffer, now: number): void {
    const reading = readRtcp(datagram);
    if (!reading) return;
    for (const sender of reading.senders) this.#lastSr = { ...sender, at: now };
    for (const block of reading.blocks) {
      if (block.ssrc !== this.#ssrc) continue;
      this.remoteLost = block.cumulativeLost;
      this.remoteJitterUnits = block.jitter;
      if (block.lsr === 0) continue;
      // 6.4.1: A − LSR − DLSR; a negative result comes of rounding on a short way, one of a minute of nonsense.
      const rtt = (((ntpMiddle(now) - block.lsr - block.dlsr) | 0) * 1000) / 65536;
      if (rtt > -1000 && rtt < 60_000) this.rttMs = Math.max(0, rtt);
    }
  }

  #interval(): number {
    return (INTERVAL_MS * (0.5 + this.#random.next())) / COMPENSATION;
  }

  /** A.3, with the fraction since the last report. */
  #block(now: number, reception: Reception): ReportBlock | undefined {
    const source = reception.source();
    if (!source) return undefined;
    // A new source, or one that restarted its numbers, begins at zero.
    if (source.ssrc !== this.#priorSsrc || source.expected < this.#expectedPrior) {
      this.#priorSsrc = source.ssrc;
      this.#expectedPrior = this.#receivedPrior = 0;
    }
    const expected = source.expected - this.#expectedPrior;
    const lost = expected - (source.received - this.#receivedPrior);
    this.#expectedPrior = source.expected;
    this.#receivedPrior = source.received;
    const sr = this.#lastSr?.ssrc === source.ssrc ? this.#lastSr : undefined;
    return {
      ssrc: source.ssrc,
      fractionLost: expected <= 0 || lost <= 0 ? 0 : Math.min(255, Math.floor((lost * 256) / expected)),
      cumulativeLost: source.expected - source.received,
      highestSequence: source.highest,
      jitter: source.jitterUnits,
      lsr: sr?.ntpMiddle ?? 0,
      dlsr: sr ? Math.round(((now - sr.at) * 65536) / 1000) : 0,
    };
  }
}

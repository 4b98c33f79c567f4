/**
 * One call's RTP and RTCP over two dgram sockets. It owns no timer: the pump calls `tick`. Frames are due on the pump's grid, a whole number of
 * ptimes after the stream's own start, so that lateness is the machine's alone.
 */
import type { RemoteInfo } from 'node:dgram';
import type { Clock } from '../clock.ts';
import { CallsurgeError } from '../errors.ts';
import type { RandomStream } from '../random.ts';
import { DigitReader } from './dtmf-in.ts';
import { DigitWriter } from './dtmf-out.ts';
import { SAMPLE_RATE } from './g711.ts';
import { Lateness } from './lateness.ts';
import type { PortPair } from './ports.ts';
import { type PacketKind, Reception } from './reception.ts';
import { Remote } from './remote.ts';
import { RtcpSession } from './rtcp-session.ts';
import { emptyHeader, RTP_HEADER, readRtp, writeRtp } from './rtp-packet.ts';
import { Player } from './sources.ts';
import type { MediaAgreement, ReceiveCounters, RtpStream, SendCounters, Source, StreamHandlers } from './stream.ts';

const UNITS_PER_MS = SAMPLE_RATE / 1000;
/** After a longer stall the oldest frames are left out. */
const CATCH_UP_MS = 200;
/** RFC 3389; nobody offered it, yet gateways send it in silence. */
const COMFORT_NOISE = 13;
/** Static types of RFC 3551 that our offers name: they may come before the answer does. */
const PCMU = 0;
const PCMA = 8;

/** What a stream asks of its pump. */
export interface StreamHost {
  readonly clock: Clock;
  /** Counts and lateness of all streams together. */
  readonly totals: { sent: number; received: number; lateness: Lateness };
  /** An instant on the pacing grid, at or after `now`, within `withinMs`. */
  phase(now: number, withinMs: number): number;
  closed(stream: DgramStream, pair: PortPair): void;
  /** Our own address is: nothing goes out, nothing comes in. */
  readonly gone: boolean;
}

export class DgramStream implements RtpStream {
  readonly localPort: number;
  readonly ssrc: number;
  readonly #host: StreamHost;
  readonly #pair: PortPair;
  readonly #handlers: StreamHandlers;
  readonly #silenceLimitMs: number;
  readonly #remote = new Remote();
  readonly #reception = new Reception();
  readonly #rtcp: RtcpSession;
  readonly #player = new Player();
  readonly #digitsOut = new DigitWriter();
  readonly #digitsIn: DigitReader;
  readonly #lateness = new Lateness();
  readonly #header = emptyHeader();

  #agreement: MediaAgreement | undefined;
  #closedAt: number | undefined;

  /** Two packets in turn: one that the kernel has not taken yet is not overwritten by the next. */
  #packets: [Buffer, Buffer] = [Buffer.alloc(0), Buffer.alloc(0)];
  #sequence: number;
  readonly #firstTimestamp: number;
  /** Frames are due at `#startAt + #frame · ptime`; Infinity while nothing may be sent. */
  #dueAt = Number.POSITIVE_INFINITY;
  #startAt = 0;
  #frame = 0;
  #ptimeMs = 20;
  /** RTP units (not wrapped) at `#startAt`, and when they began to count. */
  #startSample = 0;
  #zeroAt: number | undefined;
  #marker = false;
  #sent = 0;
  #sentBytes = 0;
  #errors = 0;
  #skipped = 0;
  readonly #afterSend = (error: Error | null) => {
    if (error) this.#errors++;
  };

  constructor(host: StreamHost, pair: PortPair, random: RandomStream, handlers: StreamHandlers, silenceLimitMs: number) {
    this.#host = host;
    this.#pair = pair;
    this.#handlers = handlers;
    this.#silenceLimitMs = silenceLimitMs;
    this.localPort = pair.port;
    this.ssrc = random.integer(1, 0xffffffff);
    this.#sequence = random.integer(0, 0xffff);
    this.#firstTimestamp = random.integer(0, 0xffffffff);
    // RFC 7022: a short-term name that says nothing of the machine.
    const cname = random.integer(0, 2 ** 48 - 1).toString(36) + random.integer(0, 2 ** 48 - 1).toString(36);
    this.#rtcp = new RtcpSession(this.ssrc, cname, random);
    this.#digitsIn = new DigitReader((digit, at) => handlers.digit?.(digit, at));
    pair.rtp.on('message', (datagram, from) => this.#receive(datagram, from));
    pair.rtcp.on('message', (datagram, from) => {
      if (!host.gone && this.#remote.acceptsRtcp(from.address, from.port)) this.#rtcp.received(datagram, host.clock.now());
    });
  }

  agree(agreement: MediaAgreement): void {
    if (this.#closedAt !== undefined) return;
    const now = this.#host.clock.now();
    this.#remote.agree(agreement, now);
    this.#player.encodeAs(agreement.codec);
    const direction = agreement.remote.port === 0 ? 'inactive' : agreement.direction;
    this.#reception.expect(direction === 'sendrecv' || direction === 'recvonly', now);
    const sends = direction === 'sendrecv' || direction === 'sendonly';
    const wasSending = this.#dueAt !== Number.POSITIVE_INFINITY;
    if (sends && !(wasSending && this.#ptimeMs === agreement.ptimeMs)) this.#startSending(now, agreement.ptimeMs);
    if (!sends) this.#dueAt = Number.POSITIVE_INFINITY;
    if (agreement.telephoneEvent === undefined) this.#digitsOut.cancel(noDigits('the other side takes no telephone-event any more'));
    this.#agreement = { ...agreement, direction };
    this.#rtcp.start(now);
  }

  play(source: Source): void {
    this.#player.play(source);
  }

  async sendDigits(digits: string, options: { durationMs?: number; gapMs?: number } = {}): Promise<void> {
    if (this.#closedAt !== undefined) throw ended();
    if (!this.#agreement) throw noDigits('no media is agreed yet');
    if (this.#agreement.telephoneEvent === undefined) throw noDigits('the other side takes no telephone-event (RFC 4733)');
    if (this.#dueAt === Number.POSITIVE_INFINITY) throw noDigits('the call is on hold, nothing may be sent');
    return this.#digitsOut.press(digits, options.durationMs ?? 100, options.gapMs ?? 100);
  }

  received(): ReceiveCounters {
    return { ...this.#reception.counters(this.#closedAt ?? this.#host.clock.now()), rttMs: this.#rtcp.rttMs };
  }

  sent(): SendCounters {
    const jitter = this.#rtcp.remoteJitterUnits;
    return {
      sent: this.#sent,
      bytes: this.#sentBytes,
      lateMaxMs: this.#lateness.maxMs,
      lateP99Ms: this.#lateness.percentile(0.99),
      errors: this.#errors,
      skipped: this.#skipped,
      remoteLost: this.#rtcp.remoteLost,
      remoteJitterMs: jitter === null ? null : jitter / UNITS_PER_MS,
    };
  }

  close(): void {
    if (this.#closedAt !== undefined) return;
    const now = this.#host.clock.now();
    this.#reception.expect(false, now);
    this.#digitsIn.release();
    this.#dueAt = Number.POSITIVE_INFINITY;
    if (this.#agreement) this.#sendReport(now, true);
    this.#closedAt = now;
    this.#digitsOut.cancel(ended());
    this.#host.closed(this, this.#pair);
  }

  /**
   * Sends what is due, and looks for silence, lost DTMF ends and due reports. Called by the pump alone. `awake`: whether what has arrived until
   * now has been read; what did not come is judged only then.
   */
  tick(now: number, awake: boolean): void {
    if (now >= this.#dueAt) this.#sendDue(now);
    if (awake) {
      this.#digitsIn.tick(now);
      const since = this.#reception.silentSince(now, this.#silenceLimitMs);
      if (since !== undefined) this.#handlers.silent?.(since);
    }
    if (this.#rtcp.isDue(now) && this.#closedAt === undefined) this.#sendReport(now, false);
  }

  #startSending(now: number, ptimeMs: number): void {
    const nextSample = this.#startSample + this.#frame * this.#frameUnits();
    this.#ptimeMs = ptimeMs;
    this.#startAt = this.#host.phase(now, ptimeMs);
    this.#zeroAt ??= this.#startAt;
    // Timestamps tell the time also across a hold; a change of ptime never goes back.
    this.#startSample = Math.max(Math.round((this.#startAt - this.#zeroAt) * UNITS_PER_MS), nextSample);
    this.#frame = 0;
    this.#dueAt = this.#startAt;
    this.#marker = true;
    const size = RTP_HEADER + Math.max(4, this.#frameUnits());
    this.#packets = [Buffer.alloc(size), Buffer.alloc(size)];
  }

  #frameUnits(): number {
    return Math.round(this.#ptimeMs * UNITS_PER_MS);
  }

  #sendDue(now: number): void {
    const late = Math.floor((now - this.#dueAt - CATCH_UP_MS) / this.#ptimeMs);
    if (late > 0) {
      this.#frame += late;
      this.#skipped += late;
      this.#marker = true;
      this.#dueAt = this.#startAt + this.#frame * this.#ptimeMs;
    }
    while (this.#dueAt <= now) {
      // Read anew: streams before this one in the same tick have used time too.
      this.#sendFrame(this.#host.clock.now() - this.#dueAt);
      this.#frame++;
      this.#dueAt = this.#startAt + this.#frame * this.#ptimeMs;
    }
  }

  #sendFrame(lateMs: number): void {
    const agreement = this.#agreement!;
    const units = this.#frameUnits();
    const sample = this.#startSample + this.#frame * units;
    const packet = this.#packets[this.#sequence & 1]!;
    let length = RTP_HEADER + units;
    if (this.#digitsOut.write(sample, units, packet, RTP_HEADER)) {
      const digits = this.#digitsOut;
      length = RTP_HEADER + 4;
      writeRtp(packet, digits.marker, agreement.telephoneEvent!, this.#sequence, this.#firstTimestamp + digits.timestamp, this.ssrc);
    } else {
      this.#player.fill(packet, RTP_HEADER, units);
      writeRtp(packet, this.#marker, agreement.payloadType, this.#sequence, this.#firstTimestamp + sample, this.ssrc);
      this.#marker = false;
    }
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.#lateness.add(lateMs);
    this.#host.totals.lateness.add(lateMs);
    if (this.#remote.port === 0) return;
    if (this.#host.gone) {
      this.#errors++;
      return;
    }
    this.#sent++;
    this.#sentBytes += length - RTP_HEADER;
    this.#host.totals.sent++;
    this.#pair.rtp.send(packet, 0, length, this.#remote.port, this.#remote.host, this.#afterSend);
  }

  #sendReport(now: number, bye: boolean): void {
    const sample = this.#zeroAt === undefined ? 0 : Math.round((now - this.#zeroAt) * UNITS_PER_MS);
    const sent = { packets: this.#sent, octets: this.#sentBytes, rtpTimestamp: (this.#firstTimestamp + sample) % 2 ** 32 };
    const packet = this.#rtcp.report(now, sent, this.#reception, bye);
    if (this.#remote.rtcpPort === 0 || this.#host.gone) return;
    this.#pair.rtcp.send(packet, this.#remote.rtcpPort, this.#remote.rtcpHost, this.#afterSend);
  }

  #receive(datagram: Buffer, from: RemoteInfo): void {
    const header = this.#header;
    const reception = this.#reception;
    if (this.#closedAt !== undefined || this.#host.gone) return;
    const now = this.#host.clock.now();
    const kind = readRtp(datagram, header) ? this.#kindOf(header.payloadType) : undefined;
    if (kind === undefined || !this.#remote.accepts(from.address, from.port, now)) {
      reception.foreign++;
      return;
    }
    this.#host.totals.received++;
    const resumed = reception.packet(header, header.payloadTo - header.payloadFrom, now, kind);
    if (resumed) this.#handlers.resumed?.(now);
    if (kind === 'event') this.#digitsIn.packet(datagram, header.payloadFrom, header.payloadTo, header.timestamp, now, header.ssrc);
    else if (kind === 'audio') this.#handlers.audio?.(datagram.subarray(header.payloadFrom, header.payloadTo), header.payloadType, now);
  }

  /** @returns undefined for a payload type that nobody agreed upon. */
  #kindOf(type: number): PacketKind | undefined {
    const agreement = this.#agreement;
    if (type === PCMA || type === PCMU || type === agreement?.payloadType) return 'audio';
    if (agreement && (type === agreement.telephoneEvent || type === agreement.telephoneEventIn)) return 'event';
    return type === COMFORT_NOISE ? 'other' : undefined;
  }
}

const noDigits = (what: string) =>
  new CallsurgeError('verb-misused', `cannot press keys: ${what}`, {
    where: 'sendDigits',
    todo: 'press keys only in an answered call with telephone-event',
  });
const ended = () => new CallsurgeError('call-ended', 'the call ended before all keys were pressed', { where: 'sendDigits' });

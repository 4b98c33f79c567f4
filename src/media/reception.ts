/**
 * What one stream received, RFC 3550: sequence (A.1, A.3), jitter (6.4.1, A.8), gaps and silence. Pure: time is handed in.
 *
 * A new SSRC takes over after two packets in sequence (A.1's MIN_SEQUENTIAL) with none of the present source between them, so that neither
 * stragglers nor a second source that sends along change anything; then sequence counting and jitter start anew and the losses add up.
 */
import { SAMPLE_RATE } from './g711.ts';
import type { RtpHeader } from './rtp-packet.ts';
import { SequenceCounter } from './sequence.ts';
import type { ReceiveCounters } from './stream.ts';

const UNITS_PER_MS = SAMPLE_RATE / 1000;
/**
 * A timestamp that leaps by more than this was set anew by the sender (a talkspurt's start; Asterisk when it bridges, without a marker); it says nothing of
 * the network. A network that stalls for as long shows the other way round: the packets come late, their timestamps go on.
 */
const RESTARTED_MS = 1000;

/** `audio` alone takes part in jitter. */
export type PacketKind = 'audio' | 'event' | 'other';

/** Interarrival jitter, RFC 3550 A.8: J += (|D| − J)/16, in floating point. */
export class Jitter {
  ms = 0;
  maxMs = 0;
  #timestamp = -1;
  #at = 0;

  note(at: number, timestamp: number, marker = false): void {
    if (this.#timestamp >= 0) {
      const sentApart = ((timestamp - this.#timestamp) | 0) / UNITS_PER_MS;
      const d = Math.abs(at - this.#at - sentApart);
      const restarted = d > RESTARTED_MS && (marker || Math.abs(sentApart) > RESTARTED_MS);
      if (!restarted) {
        this.ms += (d - this.ms) / 16;
        if (this.ms > this.maxMs) this.maxMs = this.ms;
      }
    }
    this.#timestamp = timestamp;
    this.#at = at;
  }

  /** A new source: what was measured stays as maximum. */
  restart(): void {
    this.ms = 0;
    this.#timestamp = -1;
  }
}

export class Reception {
  readonly jitter = new Jitter();
  /** Source in use; undefined before the first packet. */
  ssrc: number | undefined;
  foreign = 0;
  #sequence: SequenceCounter | undefined;
  /** What sources before this one came to. */
  readonly #past = { lost: 0, outOfOrder: 0, duplicates: 0 };
  #candidate = { ssrc: -1, next: -1 };
  #ssrcChanges = 0;
  #received = 0;
  #bytes = 0;
  #firstAt: number | null = null;
  #lastAt: number | null = null;
  #gapMs = 0;
  /** Since when packets are due without pause; null while they are not. */
  #dueSince: number | null = null;
  #silent = false;

  /** A packet of the agreed source. @returns true where it ends a silence that was reported. */
  packet(header: RtpHeader, bytes: number, at: number, kind: PacketKind): boolean {
    if (!this.#count(header, at, kind)) return false;
    this.#received++;
    this.#bytes += bytes;
    const waitedSince = this.#gapStart();
    if (waitedSince !== null && at - waitedSince > this.#gapMs) this.#gapMs = at - waitedSince;
    this.#firstAt ??= at;
    this.#lastAt = at;
    const resumed = this.#silent;
    this.#silent = false;
    return resumed;
  }

  /** Packets are due from now on, or not any more (hold, end). */
  expect(due: boolean, at: number): void {
    if (due === (this.#dueSince !== null)) return;
    if (!due) {
      const waitedSince = this.#gapStart();
      if (waitedSince !== null && at - waitedSince > this.#gapMs) this.#gapMs = at - waitedSince;
      this.#silent = false;
    }
    this.#dueSince = due ? at : null;
  }

  /** @returns since when there is silence, once per silence, as soon as it lasts longer than the limit. */
  silentSince(now: number, limitMs: number): number | undefined {
    if (this.#silent || this.#dueSince === null) return undefined;
    const since = this.#lastAt !== null && this.#lastAt > this.#dueSince ? this.#lastAt : this.#dueSince;
    if (now - since <= limitMs) return undefined;
    this.#silent = true;
    return since;
  }

  counters(now: number): Omit<ReceiveCounters, 'rttMs'> {
    const current = this.#sequence;
    const waitedSince = this.#gapStart();
    return {
      received: this.#received,
      bytes: this.#bytes,
      lost: this.#past.lost + (current?.lost ?? 0),
      outOfOrder: this.#past.outOfOrder + (current?.outOfOrder ?? 0),
      duplicates: this.#past.duplicates + (current?.duplicates ?? 0),
      jitterMs: this.jitter.ms,
      jitterMaxMs: this.jitter.maxMs,
      gapMs: Math.max(this.#gapMs, waitedSince === null ? 0 : now - waitedSince),
      firstAt: this.#firstAt,
      lastAt: this.#lastAt,
      ssrcChanges: this.#ssrcChanges,
      foreign: this.foreign,
    };
  }

  /** Of the source in use, for RTCP report blocks: A.3 counts duplicates as received there. */
  source(): { ssrc: number; expected: number; received: number; highest: number; jitterUnits: number } | undefined {
    const s = this.#sequence;
    if (!s || this.ssrc === undefined) return undefined;
    return {
      ssrc: this.ssrc,
      expected: s.expected,
      received: s.received + s.duplicates,
      highest: s.highest,
      jitterUnits: this.jitter.ms * UNITS_PER_MS,
    };
  }

  #count(header: RtpHeader, at: number, kind: PacketKind): boolean {
    if (header.ssrc !== this.ssrc) {
      if (this.#sequence && !this.#isTakeover(header)) return true;
      this.#begin(header.ssrc, header.sequence);
      if (kind === 'audio') this.jitter.note(at, header.timestamp, header.marker);
      return true;
    }
    this.#candidate.ssrc = -1;
    const arrival = this.#sequence!.note(header.sequence);
    if (arrival === 'stray') {
      this.foreign++;
      return false;
    }
    if (arrival === 'restart') this.#begin(header.ssrc, header.sequence);
    if (kind === 'audio' && arrival !== 'duplicate') this.jitter.note(at, header.timestamp, header.marker);
    return true;
  }

  #isTakeover(header: RtpHeader): boolean {
    const known = this.#candidate.ssrc === header.ssrc && this.#candidate.next === header.sequence;
    this.#candidate = { ssrc: header.ssrc, next: (header.sequence + 1) & 0xffff };
    return known;
  }

  #begin(ssrc: number, sequence: number): void {
    if (this.#sequence) {
      this.#past.lost += this.#sequence.lost;
      this.#past.outOfOrder += this.#sequence.outOfOrder;
      this.#past.duplicates += this.#sequence.duplicates;
      if (ssrc !== this.ssrc) this.#ssrcChanges++;
      this.jitter.restart();
    }
    this.ssrc = ssrc;
    this.#sequence = new SequenceCounter(sequence);
  }

  /** Where the present wait began; null before the first packet and while none is due. */
  #gapStart(): number | null {
    if (this.#lastAt === null || this.#dueSince === null) return null;
    return Math.max(this.#lastAt, this.#dueSince);
  }
}

/**
 * What the rest of callsurge knows of media: a pump holds many RTP streams and paces them all from one loop; a stream is one call's RTP and
 * RTCP port pair. The first pump is dgram; a native one may take its place behind the same interface.
 */
import type { Clock } from '../clock.ts';

/** Audio codecs we can send. Static payload types of RFC 3551. */
export type CodecName = 'PCMA' | 'PCMU';

/** What an SDP negotiation settled, as the stream needs it. Made by sdp.ts. */
export interface MediaAgreement {
  codec: CodecName;
  payloadType: number;
  /** RFC 4733 payload type, or undefined where the peer offers none. */
  telephoneEvent: number | undefined;
  ptimeMs: number;
  remote: { host: string; port: number };
  /** Where the peer wants RTCP, if it says so (a=rtcp, RFC 3605). Default: the port after `remote.port`. */
  remoteRtcp?: { host: string; port: number };
  /** RFC 4733 payload type the peer sends with, where it differs from `telephoneEvent` (RFC 3264 5.1: each side names its own). */
  telephoneEventIn?: number;
  /** What we may do: hold and inactive stop our sending. */
  direction: 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';
}

/** What we play. Noise and tones are made once per codec and shared by all streams. */
export type Source =
  | { kind: 'silence' }
  | { kind: 'comfort-noise' }
  | { kind: 'tone'; hz: number; dbm0?: number }
  | { kind: 'samples'; pcm: Int16Array; loop: boolean };

/** Counted on the way in, RFC 3550. telephone-event packets take part in sequence counting, not in jitter. */
export interface ReceiveCounters {
  received: number;
  bytes: number;
  /** Expected − received by extended sequence numbers (A.3), summed over SSRCs. Duplicates are not counted as received: they hide no loss. */
  lost: number;
  outOfOrder: number;
  duplicates: number;
  jitterMs: number;
  jitterMaxMs: number;
  /** Longest time without a packet, ms, from the first packet to the last or to now while receiving is expected. */
  gapMs: number;
  firstAt: number | null;
  lastAt: number | null;
  ssrcChanges: number;
  /** Packets of unknown payload type or from elsewhere than the agreed source (symmetric RTP adopts the first). */
  foreign: number;
  /** Round trip by RTCP (6.4.1: A − LSR − DLSR), the last one; null where the peer reports nothing. */
  rttMs: number | null;
}

export interface SendCounters {
  sent: number;
  bytes: number;
  /** Worst and p99 lateness of a packet against its due time, ms. */
  lateMaxMs: number;
  lateP99Ms: number;
  errors: number;
  /** Frames left out after a stall of ours longer than 200 ms: a burst of old audio would help nobody. Their time is kept (timestamps go on). */
  skipped: number;
  /** What the peer's last RTCP report says of our stream (cumulative loss, jitter); null where it reports nothing. */
  remoteLost: number | null;
  remoteJitterMs: number | null;
}

export interface StreamHandlers {
  /** A DTMF digit ended (or its start repeated after a lost end); once per key press. `at`: its first packet. */
  digit?(digit: string, at: number): void;
  /** No packet for `silenceLimitMs` while receiving was expected. Once per silence. */
  silent?(since: number): void;
  /** The first packet after such a silence. */
  resumed?(at: number): void;
  /** Each received audio packet, G.711 payload, before decoding: for recognisers. Leave unset where not needed: it costs. */
  audio?(payload: Uint8Array, payloadType: number, at: number): void;
}

export interface RtpStream {
  /** RTP port; RTCP is the next one. */
  readonly localPort: number;
  readonly ssrc: number;
  /** Starts or changes sending and what is expected; called again after every re-negotiation. */
  agree(agreement: MediaAgreement): void;
  play(source: Source): void;
  /**
   * RFC 4733 digits (0-9 * # A-D), one after another (default 100 ms each, 100 ms apart); resolves when the last end packet is out; a hold
   * puts it off. Rejects: `verb-misused` without an agreement, without a payload type, while we may not send, or for a wrong key; `call-ended` when closed.
   */
  sendDigits(digits: string, options?: { durationMs?: number; gapMs?: number }): Promise<void>;
  received(): ReceiveCounters;
  sent(): SendCounters;
  /** Stops at once, frees the port after a quarantine. Counters stay readable. */
  close(): void;
}

export interface PumpStats {
  streams: number;
  portsFree: number;
  /** p99 lateness of all packets since the last call, ms. */
  lateP99Ms: number;
  sent: number;
  received: number;
}

export interface MediaPump {
  /** @throws CallsurgeError `machine-limit` when no port pair is free. */
  /** `silenceLimitMs`: default 5000. */
  open(handlers?: StreamHandlers, options?: { silenceLimitMs?: number }): Promise<RtpStream>;
  /** Our own address is gone, or back: until then nothing is sent and nothing heard. */
  addressGone(gone: boolean): void;
  /** Figures since the last call. */
  stats(): PumpStats;
  close(): Promise<void>;
}

export interface PumpOptions {
  clock: Clock;
  host: string;
  /** Even ports from..to are given out as pairs. */
  ports: { from: number; to: number };
  /** A freed pair rests this long (late packets of the last call). Default 2000 ms. */
  quarantineMs?: number;
  /** Pacing loop, default 5 ms. */
  tickMs?: number;
  seed: number;
}

/**
 * What passed the socket, by call, kept while the call lasts: references to the bytes, no text before somebody wants it. Bounded three ways: messages
 * a call (the first ones and the last ones stay), bytes a message, bytes in all (the oldest call's are forgotten first).
 *
 * A trace begins with an INVITE, in either direction; what belongs to no such call (REGISTER, OPTIONS) is not kept.
 */
import { TurnoverMap } from '../turnover.ts';
import type { HostPort, WireTap } from './stack.ts';

export interface TracedPacket {
  readonly sent: boolean;
  readonly remote: HostPort;
  /** As long as `MESSAGE_BYTES` at most. */
  readonly bytes: Buffer;
  /** As long as it was. */
  readonly size: number;
  /** Received: when the socket handed it over, before anything looked inside. Sent: when it was handed to the socket. Clock ms. */
  readonly socketMs: number;
  /** Received: when all that it set off was done. Sent: when the socket had taken it. Clock ms; NaN until then. */
  handledMs: number;
  /** Messages left out right before this one. */
  skippedBefore: number;
}

/** Messages kept of one call: the first `HEAD`, and the last ones up to `MESSAGES` in all. */
export const MESSAGES = 32;
export const HEAD = 12;
export const MESSAGE_BYTES = 8192;
const TOTAL_BYTES = 96 * 1024 * 1024;
/** What a message costs beside its bytes. */
const OVERHEAD = 300;

export class CallTraces implements WireTap {
  readonly #byCallId = new TurnoverMap<string, TracedPacket[]>();
  readonly #totalBytes: number;
  #bytes = 0;
  /** Calls whose messages were forgotten before the call was over. */
  forgotten = 0;

  constructor(options: { totalBytes?: number } = {}) {
    this.#totalBytes = options.totalBytes ?? TOTAL_BYTES;
  }

  /** Calls now traced. */
  get calls(): number {
    return this.#byCallId.size;
  }

  packet(sent: boolean, bytes: Buffer, remote: HostPort, socketMs: number): TracedPacket | undefined {
    const callId = callIdOf(bytes);
    if (callId === '') return undefined;
    let packets = this.#byCallId.get(callId);
    if (packets === undefined) {
      if (!isInvite(bytes)) return undefined;
      packets = [];
      this.#byCallId.set(callId, packets);
    }
    const kept = bytes.length > MESSAGE_BYTES ? Buffer.from(bytes.subarray(0, MESSAGE_BYTES)) : bytes;
    const packet: TracedPacket = { sent, remote, bytes: kept, size: bytes.length, socketMs, handledMs: Number.NaN, skippedBefore: 0 };
    if (packets.length >= MESSAGES) this.#skip(packets);
    packets.push(packet);
    this.#bytes += kept.length + OVERHEAD;
    if (this.#bytes > this.#totalBytes) this.#forgetOldest(callId);
    return packet;
  }

  /** The messages of a call, in the order of the socket, and no longer kept here. */
  take(callId: string): TracedPacket[] {
    const packets = this.#byCallId.get(callId);
    if (packets === undefined) return [];
    this.#byCallId.delete(callId);
    for (const { bytes } of packets) this.#bytes -= bytes.length + OVERHEAD;
    return packets;
  }

  /** The oldest message after the head makes room. */
  #skip(packets: TracedPacket[]): void {
    const [gone] = packets.splice(HEAD, 1);
    this.#bytes -= gone!.bytes.length + OVERHEAD;
    const next = packets[HEAD];
    if (next) next.skippedBefore += gone!.skippedBefore + 1;
  }

  #forgetOldest(but: string): void {
    for (const callId of this.#byCallId.keys()) {
      if (this.#bytes <= this.#totalBytes) return;
      if (callId === but) continue;
      this.take(callId);
      this.forgotten++;
    }
  }
}

/** `INVITE ` by its first three letters: no other method shares them. */
const isInvite = (bytes: Buffer) => bytes[0] === 73 && bytes[1] === 78 && bytes[2] === 86;

/** The Call-ID by bytes alone; '' where there is none. */
export function callIdOf(bytes: Buffer): string {
  const at = bytes.indexOf('\r\nCall-ID: ');
  if (at >= 0) {
    const end = bytes.indexOf(13, at + 11);
    if (end > 0) return bytes.toString('latin1', at + 11, end).trim();
  }
  return /(?:^|[\r\n])(?:call-id|i)[ \t]*:[ \t]*([^\r\n]+)/i.exec(bytes.toString('latin1', 0, MESSAGE_BYTES))?.[1]?.trim() ?? '';
}

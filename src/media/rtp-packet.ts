/** RTP data packets, RFC 3550 5.1. Reading never throws; writing fills a buffer that the caller keeps. */

export const RTP_HEADER = 12;

export interface RtpHeader {
  marker: boolean;
  payloadType: number;
  sequence: number;
  timestamp: number;
  ssrc: number;
  /** Where the payload begins and ends in the datagram: after CSRCs and extension, before padding. */
  payloadFrom: number;
  payloadTo: number;
}

export const emptyHeader = (): RtpHeader => ({
  marker: false,
  payloadType: 0,
  sequence: 0,
  timestamp: 0,
  ssrc: 0,
  payloadFrom: 0,
  payloadTo: 0,
});

/** Reads the header into `into` (one object serves all packets). @returns false where the datagram is no RTP packet (A.1's checks). */
export function readRtp(datagram: Buffer, into: RtpHeader): boolean {
  const length = datagram.length;
  if (length < RTP_HEADER) return false;
  const first = datagram[0]!;
  if (first >> 6 !== 2) return false;
  const second = datagram[1]!;
  // RFC 5761 4: these types would be RTCP packets (SR 200 … APP 204) that came to the wrong port.
  if (second >= 200 && second <= 204) return false;

  let from = RTP_HEADER + 4 * (first & 0x0f);
  if (first & 0x10) {
    if (from + 4 > length) return false;
    from += 4 + 4 * datagram.readUInt16BE(from + 2);
  }
  const to = first & 0x20 ? length - datagram[length - 1]! : length;
  if (from > to || (first & 0x20 && datagram[length - 1] === 0)) return false;

  into.marker = second >= 128;
  into.payloadType = second & 0x7f;
  into.sequence = datagram.readUInt16BE(2);
  into.timestamp = datagram.readUInt32BE(4);
  into.ssrc = datagram.readUInt32BE(8);
  into.payloadFrom = from;
  into.payloadTo = to;
  return true;
}

/** Writes the 12 octets of a header without CSRC, extension and padding. Numbers are cut to their width. */
export function writeRtp(target: Buffer, marker: boolean, payloadType: number, sequence: number, timestamp: number, ssrc: number): void {
  target[0] = 0x80;
  target[1] = (marker ? 0x80 : 0) | (payloadType & 0x7f);
  target.writeUInt16BE(sequence & 0xffff, 2);
  target.writeUInt32BE(timestamp >>> 0, 4);
  target.writeUInt32BE(ssrc >>> 0, 8);
}

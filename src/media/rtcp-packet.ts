/** RTCP compound packets, RFC 3550 6: what we send (SR or RR, SDES CNAME, BYE), and what we want to know of those that come. */

const SR = 200;
const RR = 201;
const SDES = 202;
const BYE = 203;
const CNAME = 1;
/** Seconds from 1900 (NTP) to 1970 (Unix). */
const NTP_EPOCH_S = 2_208_988_800;

/** RFC 3550 6.4.1, one source as its receiver sees it. */
export interface ReportBlock {
  ssrc: number;
  /** Of 256, since the last report. */
  fractionLost: number;
  cumulativeLost: number;
  highestSequence: number;
  /** RTP timestamp units. */
  jitter: number;
  /** Middle 32 bits of the last SR's NTP time, and the delay since it in 1/65536 s; 0 without an SR. */
  lsr: number;
  dlsr: number;
}

export interface SenderInfo {
  /** Clock ms. */
  at: number;
  rtpTimestamp: number;
  packets: number;
  octets: number;
}

/** Middle 32 bits of the NTP time of that instant, in 1/65536 s. */
export function ntpMiddle(atMs: number): number {
  const seconds = Math.floor(atMs / 1000);
  return ((((seconds + NTP_EPOCH_S) & 0xffff) << 16) | Math.floor(((atMs - seconds * 1000) / 1000) * 65536)) >>> 0;
}

/** SR where `sender` is given, else RR; then SDES with the CNAME, then BYE where `bye`. */
export function writeRtcp(
  ssrc: number,
  cname: string,
  sender: SenderInfo | undefined,
  block: ReportBlock | undefined,
  bye: boolean,
): Buffer {
  const name = Buffer.from(cname, 'utf8').subarray(0, 255);
  const reportLength = 8 + (sender ? 20 : 0) + (block ? 24 : 0);
  // A chunk ends with at least one null octet and on a 32-bit boundary (6.5).
  const sdesLength = 4 + 4 * Math.ceil((4 + 2 + name.length + 1) / 4);
  const packet = Buffer.alloc(reportLength + sdesLength + (bye ? 8 : 0));

  const head = (at: number, count: number, type: number, length: number) => {
    packet[at] = 0x80 | count;
    packet[at + 1] = type;
    packet.writeUInt16BE(length / 4 - 1, at + 2);
    packet.writeUInt32BE(ssrc, at + 4);
  };
  head(0, block ? 1 : 0, sender ? SR : RR, reportLength);
  if (sender) {
    const seconds = Math.floor(sender.at / 1000);
    packet.writeUInt32BE((seconds + NTP_EPOCH_S) >>> 0, 8);
    packet.writeUInt32BE(Math.floor(((sender.at - seconds * 1000) / 1000) * 2 ** 32) >>> 0, 12);
    packet.writeUInt32BE(sender.rtpTimestamp >>> 0, 16);
    packet.writeUInt32BE(sender.packets >>> 0, 20);
    packet.writeUInt32BE(sender.octets >>> 0, 24);
  }
  if (block) writeBlock(packet, sender ? 28 : 8, block);
  head(reportLength, 1, SDES, sdesLength);
  packet[reportLength + 8] = CNAME;
  packet[reportLength + 9] = name.length;
  name.copy(packet, reportLength + 10);
  if (bye) head(reportLength + sdesLength, 1, BYE, 8);
  return packet;
}

function writeBlock(packet: Buffer, at: number, block: ReportBlock): void {
  packet.writeUInt32BE(block.ssrc, at);
  packet[at + 4] = block.fractionLost;
  // Signed, 24 bits, clamped (A.3).
  packet.writeIntBE(Math.max(-0x800000, Math.min(0x7fffff, block.cumulativeLost)), at + 5, 3);
  packet.writeUInt32BE(block.highestSequence >>> 0, at + 8);
  packet.writeUInt32BE(Math.round(block.jitter) >>> 0, at + 12);
  packet.writeUInt32BE(block.lsr >>> 0, at + 16);
  packet.writeUInt32BE(block.dlsr >>> 0, at + 20);
}

export interface RtcpReading {
  /** Sender reports: who, and the middle 32 bits of its NTP time. */
  senders: { ssrc: number; ntpMiddle: number }[];
  blocks: ReportBlock[];
  byes: number[];
  cname: string | undefined;
}

/** Never throws. @returns undefined where the datagram is no RTCP (A.2: version, length); a compound that breaks off is read as far as it goes. */
export function readRtcp(datagram: Buffer): RtcpReading | undefined {
  const reading: RtcpReading = { senders: [], blocks: [], byes: [], cname: undefined };
  let at = 0;
  while (at + 4 <= datagram.length) {
    const first = datagram[at]!;
    const type = datagram[at + 1]!;
    const end = at + 4 * (datagram.readUInt16BE(at + 2) + 1);
    if (first >> 6 !== 2 || end > datagram.length) break;
    if (at === 0 && type !== SR && type !== RR) return undefined;
    readOne(datagram, at, end, first & 0x1f, type, reading);
    at = end;
  }
  return at === 0 ? undefined : reading;
}

function readOne(datagram: Buffer, at: number, end: number, count: number, type: number, into: RtcpReading): void {
  if (type === SR || type === RR) {
    let block = at + (type === SR ? 28 : 8);
    if (type === SR && end >= block) into.senders.push({ ssrc: datagram.readUInt32BE(at + 4), ntpMiddle: datagram.readUInt32BE(at + 10) });
    for (let i = 0; i < count && block + 24 <= end; i++, block += 24) into.blocks.push(readBlock(datagram, block));
  } else if (type === BYE) {
    for (let i = 0; i < count && at + 8 + 4 * i <= end; i++) into.byes.push(datagram.readUInt32BE(at + 4 + 4 * i));
  } else if (type === SDES && count > 0 && at + 10 <= end && datagram[at + 8] === CNAME) {
    into.cname = datagram.toString('utf8', at + 10, Math.min(end, at + 10 + datagram[at + 9]!));
  }
}

const readBlock = (datagram: Buffer, at: number): ReportBlock => ({
  ssrc: datagram.readUInt32BE(at),
  fractionLost: datagram[at + 4]!,
  cumulativeLost: datagram.readIntBE(at + 5, 3),
  highestSequence: datagram.readUInt32BE(at + 8),
  jitter: datagram.readUInt32BE(at + 12),
  lsr: datagram.readUInt32BE(at + 16),
  dlsr: datagram.readUInt32BE(at + 20),
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { emptyHeader, RTP_HEADER, readRtp, writeRtp } from '../../src/media/rtp-packet.ts';

const u = (bits: number) => fc.integer({ min: 0, max: 2 ** bits - 1 });

test('what is written is read back', () => {
  fc.assert(
    fc.property(
      fc.boolean(),
      fc.integer({ min: 0, max: 71 }),
      u(16),
      u(32),
      u(32),
      u(8),
      (marker, payloadType, sequence, timestamp, ssrc, size) => {
        const packet = Buffer.alloc(RTP_HEADER + size);
        writeRtp(packet, marker, payloadType, sequence, timestamp, ssrc);
        const header = emptyHeader();
        expect(readRtp(packet, header)).toBe(true);
        expect(header).toEqual({ marker, payloadType, sequence, timestamp, ssrc, payloadFrom: 12, payloadTo: 12 + size });
      },
    ),
  );
});

test('numbers wrap at their width', () => {
  const packet = Buffer.alloc(12);
  writeRtp(packet, false, 8, 65536 + 5, 2 ** 32 + 160, 1);
  const header = emptyHeader();
  readRtp(packet, header);
  expect([header.sequence, header.timestamp]).toEqual([5, 160]);
});

test('CSRCs, extension and padding are no payload (RFC 3550 5.1)', () => {
  const packet = Buffer.alloc(12 + 8 + 4 + 4 + 3 + 2);
  writeRtp(packet, false, 0, 1, 2, 3);
  packet[0] = 0x80 | 0x20 | 0x10 | 2;
  packet.writeUInt16BE(1, 22);
  packet[packet.length - 1] = 2;
  const header = emptyHeader();
  expect(readRtp(packet, header)).toBe(true);
  expect([header.payloadFrom, header.payloadTo]).toEqual([28, 31]);
});

describe('what is no RTP is refused', () => {
  const good = Buffer.alloc(20);
  writeRtp(good, false, 8, 1, 2, 3);
  const changed = (change: (packet: Buffer) => void) => {
    const packet = Buffer.from(good);
    change(packet);
    return packet;
  };
  test.each([
    ['too short', good.subarray(0, 11)],
    ['version 1', changed((p) => p.writeUInt8(0x40, 0))],
    ['RTCP', changed((p) => p.writeUInt8(200, 1))],
    ['more padding than payload', changed((p) => p.writeUInt8(0xa0, 0) && p.writeUInt8(9, 19))],
    ['padding of nothing', changed((p) => p.writeUInt8(0xa0, 0))],
    ['more CSRCs than octets', changed((p) => p.writeUInt8(0x8f, 0))],
    ['an extension beyond the end', changed((p) => p.writeUInt8(0x90, 0) && p.writeUInt16BE(99, 14))],
  ])('%s', (_, packet) => {
    expect(readRtp(packet, emptyHeader())).toBe(false);
  });
});

test('any datagram is read without throwing, its payload inside it', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), fc.constantFrom(0x80, 0x90, 0xa0, 0xb2, 0xff), (octets, first) => {
      if (octets.length > 0) octets[0] = first;
      const header = emptyHeader();
      if (!readRtp(Buffer.from(octets), header)) return;
      expect(header.payloadFrom).toBeGreaterThanOrEqual(12);
      expect(header.payloadTo).toBeGreaterThanOrEqual(header.payloadFrom);
      expect(header.payloadTo).toBeLessThanOrEqual(octets.length);
    }),
    { numRuns: 1000 },
  );
});

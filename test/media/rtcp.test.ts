import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Reception } from '../../src/media/reception.ts';
import { ntpMiddle, type ReportBlock, readRtcp, writeRtcp } from '../../src/media/rtcp-packet.ts';
import { RtcpSession } from '../../src/media/rtcp-session.ts';
import { randomStream } from '../../src/random.ts';

const block: ReportBlock = {
  ssrc: 7,
  fractionLost: 12,
  cumulativeLost: -3,
  highestSequence: 70_000,
  jitter: 80,
  lsr: 0x11223344,
  dlsr: 65536,
};

describe('packets', () => {
  test('SR with a report block, SDES and BYE read back', () => {
    const packet = writeRtcp(0xdeadbeef, 'abc', { at: 1000, rtpTimestamp: 160, packets: 5, octets: 800 }, block, true);
    expect(packet.length % 4).toBe(0);
    expect(packet.readUInt32BE(8)).toBe(2_208_988_801);
    const reading = readRtcp(packet)!;
    expect(reading).toEqual({
      senders: [{ ssrc: 0xdeadbeef, ntpMiddle: ntpMiddle(1000) }],
      blocks: [block],
      byes: [0xdeadbeef],
      cname: 'abc',
    });
  });

  test('RR without anything received still names itself (6.4.2)', () => {
    const reading = readRtcp(writeRtcp(1, 'abcdefg', undefined, undefined, false))!;
    expect(reading).toEqual({ senders: [], blocks: [], byes: [], cname: 'abcdefg' });
  });

  test('NTP: half a second is half of 65536, at the edges too', () => {
    expect(ntpMiddle(1_700_000_000_500) & 0xffff).toBe(0x8000);
    expect((ntpMiddle(1_700_000_001_000) - ntpMiddle(1_700_000_000_000)) >>> 0).toBe(65536);
  });

  test('any datagram is read without throwing', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 120 }),
        fc.constantFrom(0x80, 0x81, 0x9f, 0xa1),
        fc.integer({ min: 199, max: 205 }),
        (octets, first, type) => {
          if (octets.length > 3) octets.set([first, type, 0, octets.length % 9], 0);
          readRtcp(Buffer.from(octets));
        },
      ),
      { numRuns: 2000 },
    );
    const whole = writeRtcp(1, 'x', { at: 0, rtpTimestamp: 0, packets: 1, octets: 1 }, block, true);
    for (let cut = 0; cut < whole.length; cut++) readRtcp(whole.subarray(0, cut));
    expect(readRtcp(Buffer.from('hello world!'))).toBeUndefined();
  });
});

describe('a session', () => {
  const fed = (...sequences: number[]) => {
    const reception = new Reception();
    for (const [n, sequence] of sequences.entries()) feed(reception, sequence, n * 20);
    return reception;
  };
  const feed = (reception: Reception, sequence: number, at: number) =>
    reception.packet(
      { marker: false, payloadType: 8, sequence, timestamp: sequence * 160, ssrc: 7, payloadFrom: 12, payloadTo: 172 },
      160,
      at,
      'audio',
    );
  const session = (ssrc: number) => new RtcpSession(ssrc, 'c', randomStream(1, 'rtcp', ssrc));
  const silent = { packets: 0, octets: 0, rtpTimestamp: 0 };

  test('fraction lost counts since the last report, loss from the beginning (A.3)', () => {
    const reception = fed(1, 2, 3, 5);
    const rtcp = session(1);
    const blockOf = () => readRtcp(rtcp.report(100, silent, reception))!.blocks[0]!;
    expect(blockOf()).toMatchObject({ ssrc: 7, fractionLost: Math.floor(256 / 5), cumulativeLost: 1, highestSequence: 5 });
    feed(reception, 6, 100);
    expect(blockOf()).toMatchObject({ fractionLost: 0, cumulativeLost: 1 });
  });

  test('SR while sending, RR when nothing was sent since the last report (6.4)', () => {
    const rtcp = session(1);
    const type = (packets: number) => rtcp.report(0, { packets, octets: 0, rtpTimestamp: 0 }, fed())[1];
    expect([type(0), type(5), type(5), type(6)]).toEqual([201, 200, 201, 200]);
  });

  test('round trip from LSR and DLSR: 30 ms there, 100 ms held, 50 ms back', () => {
    const a = session(1);
    const b = session(7);
    const fromA = new Reception();
    fromA.packet({ marker: false, payloadType: 8, sequence: 1, timestamp: 0, ssrc: 1, payloadFrom: 12, payloadTo: 172 }, 160, 0, 'audio');
    const t = 1_700_000_000_000;
    const sr = a.report(t, { packets: 1, octets: 160, rtpTimestamp: 0 }, fed());
    b.received(sr, t + 30);
    expect(b.rttMs).toBeNull();
    a.received(b.report(t + 130, silent, fromA), t + 180);
    expect(a.rttMs).toBeCloseTo(80, 1);
    expect([a.remoteLost, a.remoteJitterUnits]).toEqual([0, 0]);
  });

  test('a report about somebody else, or with an impossible time, tells nothing', () => {
    const rtcp = session(1);
    rtcp.received(writeRtcp(9, 'x', undefined, block, false), 0);
    expect(rtcp.rttMs).toBeNull();
    rtcp.received(writeRtcp(9, 'x', undefined, { ...block, ssrc: 1 }, false), 0);
    expect(rtcp.rttMs).toBeNull();
    expect(rtcp.remoteLost).toBe(-3);
  });

  test('reports come every 4.1 s: 5 s over the compensation, half to one and a half times that (6.3.1)', () => {
    const rtcp = session(3);
    rtcp.start(0);
    let now = 0;
    let reports = 0;
    const gaps: number[] = [];
    let last = 0;
    for (; now < 1_000_000; now += 10) {
      if (!rtcp.isDue(now)) continue;
      rtcp.report(now, silent, fed());
      if (reports++ > 0) gaps.push(now - last);
      last = now;
    }
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(2500 / 1.21829);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(7500 / 1.21828 + 10);
    expect(gaps.reduce((a, b) => a + b) / gaps.length).toBeCloseTo(5000 / 1.21828, -3);
  });
});

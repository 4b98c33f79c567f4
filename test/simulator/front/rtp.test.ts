import { createSocket, type Socket } from 'node:dgram';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MediaAgreement } from '../../../src/media/stream.ts';
import { randomStream } from '../../../src/random.ts';
import { type RtpLeg, SiteMedia } from '../../../src/simulator/front/rtp.ts';
import { clock, pause, until } from '../phones.ts';

interface End {
  rtp: Socket;
  rtcp: Socket;
  port: number;
  heard: Buffer[];
  reports: Buffer[];
}

let media: SiteMedia;
let sockets: Socket[] = [];
beforeEach(() => {
  const from = 36_000 + ((process.pid * 20) % 3000);
  media = new SiteMedia(clock, '127.0.0.1', { from, to: from + 19 }, randomStream(1, 'test'));
});
afterEach(() => {
  media.closeAll();
  for (const socket of sockets) socket.close();
  sockets = [];
});

const bound = (port: number) =>
  new Promise<Socket>((resolve, reject) => {
    const socket = createSocket('udp4');
    socket.once('error', reject);
    socket.bind(port, '127.0.0.1', () => resolve(socket));
  });

/** A far end with RTP on any port and RTCP where it says. */
async function end(): Promise<End> {
  const [rtp, rtcp] = [await bound(0), await bound(0)];
  sockets.push(rtp, rtcp);
  const made: End = { rtp, rtcp, port: rtp.address().port, heard: [], reports: [] };
  rtp.on('message', (packet) => made.heard.push(packet));
  rtcp.on('message', (packet) => made.reports.push(packet));
  return made;
}

const agreement = (far: End, more: Partial<MediaAgreement> = {}): MediaAgreement => ({
  codec: 'PCMA',
  payloadType: 8,
  telephoneEvent: 101,
  ptimeMs: 20,
  remote: { host: '127.0.0.1', port: far.port },
  remoteRtcp: { host: '127.0.0.1', port: far.rtcp.address().port },
  direction: 'sendrecv',
  ...more,
});

const packet = (payloadType: number, sequence: number, timestamp: number, payload: number[], ssrc = 77) => {
  const made = Buffer.alloc(12 + payload.length);
  made[0] = 0x80;
  made[1] = payloadType;
  made.writeUInt16BE(sequence, 2);
  made.writeUInt32BE(timestamp, 4);
  made.writeUInt32BE(ssrc, 8);
  made.set(payload, 12);
  return made;
};

describe('media of a site', () => {
  it('plays at its pace, one packet after another, and stands still when frozen', async () => {
    const far = await end();
    const leg = await media.open(() => {});
    leg.agree(agreement(far));
    leg.play({ kind: 'tone', hz: 440 });
    await pause(500);
    const count = far.heard.length;
    expect(count).toBeGreaterThan(8);
    expect(count).toBeLessThan(30);
    for (const [i, sent] of far.heard.entries()) {
      expect(sent).toHaveLength(172);
      expect(sent[1]! & 0x80).toBe(i === 0 ? 0x80 : 0);
      expect((sent.readUInt16BE(2) - far.heard[0]!.readUInt16BE(2)) & 0xffff).toBe(i);
    }
    media.frozen = true;
    await pause(30);
    const frozen = far.heard.length;
    await pause(100);
    expect(far.heard).toHaveLength(frozen);
    media.frozen = false;
    await until(() => far.heard.length > frozen, 'sound again');
    leg.agree(agreement(far, { direction: 'inactive' }));
    await pause(30);
    const held = far.heard.length;
    await pause(100);
    expect(far.heard).toHaveLength(held);
  });

  it('passes packets of caller and agent on as they are, RTCP too', async () => {
    const [one, other] = [await end(), await end()];
    const legs: RtpLeg[] = [await media.open(() => {}), await media.open(() => {})];
    legs[0]!.agree(agreement(one));
    legs[1]!.agree(agreement(other));
    legs[0]!.relay(legs[1]!);
    const there = packet(8, 1, 160, [1, 2, 3]);
    const back = packet(101, 9, 320, [5, 0x80, 0, 160]);
    const report = Buffer.from([0x80, 201, 0, 1, 0, 0, 0, 77]);
    one.rtp.send(there, legs[0]!.port, '127.0.0.1');
    one.rtcp.send(report, legs[0]!.port + 1, '127.0.0.1');
    other.rtp.send(back, legs[1]!.port, '127.0.0.1');
    await until(() => one.heard.length + other.heard.length + other.reports.length === 3, 'three packets');
    expect(other.heard).toEqual([there]);
    expect(one.heard).toEqual([back]);
    expect(other.reports).toEqual([report]);
    legs[1]!.close();
    one.rtp.send(there, legs[0]!.port, '127.0.0.1');
    await pause(50);
    expect(other.heard).toHaveLength(1);
  });

  it('hears digits from whom the description names, and from nobody else on that host', async () => {
    const [far, stranger] = [await end(), await end()];
    const digits: string[] = [];
    const leg = await media.open((digit) => digits.push(digit));
    leg.agree(agreement(far));
    const press = (event: number, timestamp: number) => packet(101, timestamp, timestamp, [event, 0x80 | 10, 3, 0x20]);
    stranger.rtp.send(press(1, 160), leg.port, '127.0.0.1');
    far.rtp.send(press(2, 160), leg.port, '127.0.0.1');
    far.rtp.send(press(2, 160), leg.port, '127.0.0.1');
    far.rtp.send(press(11, 1600), leg.port, '127.0.0.1');
    await until(() => digits.length === 2, 'two digits');
    await pause(50);
    expect(digits).toEqual(['2', '#']);
  });
});

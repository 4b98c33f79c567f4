import { createSocket, type Socket } from 'node:dgram';
import { afterEach, describe, expect, test } from 'vitest';
import { type Clock, RealClock } from '../../src/clock.ts';
import {
  createMediaPump,
  emptyHeader,
  type MediaAgreement,
  type MediaPump,
  type PumpOptions,
  type RtpStream,
  readRtp,
  type StreamHandlers,
  type ToneChange,
  ToneListener,
  writeRtp,
} from '../../src/media/index.ts';
import { readRtcp } from '../../src/media/rtcp-packet.ts';

const clock = new RealClock();
const pumps: MediaPump[] = [];
const sockets: Socket[] = [];
let nextPort = 31_000;

afterEach(async () => {
  for (const pump of pumps.splice(0)) await pump.close();
  for (const socket of sockets.splice(0)) socket.close();
});

const pumpWith = async (options: Partial<PumpOptions> = {}) => {
  const from = nextPort;
  nextPort += 100;
  const pump = await createMediaPump({ clock, host: '127.0.0.1', ports: { from, to: from + 99 }, seed: 7, ...options });
  pumps.push(pump);
  return pump;
};

const agreementTo = (port: number, more: Partial<MediaAgreement> = {}): MediaAgreement => ({
  codec: 'PCMA',
  payloadType: 8,
  telephoneEvent: 101,
  ptimeMs: 20,
  remote: { host: '127.0.0.1', port },
  direction: 'sendrecv',
  ...more,
});

/** Two streams of two pumps that talk to each other. */
async function call(left: StreamHandlers = {}, right: StreamHandlers = {}, more: Partial<MediaAgreement> = {}) {
  const [a, b] = [await (await pumpWith()).open(left), await (await pumpWith({ seed: 8 })).open(right)];
  a.agree(agreementTo(b.localPort, more));
  b.agree(agreementTo(a.localPort, more));
  return { a, b };
}

/** A plain socket that plays the other side by hand. */
async function peer(onMessage: (datagram: Buffer) => void = () => {}, port = 0): Promise<Socket> {
  const socket = createSocket('udp4', onMessage);
  await new Promise<void>((resolve) => socket.bind(port, '127.0.0.1', resolve));
  sockets.push(socket);
  return socket;
}

const rtp = (sequence: number, ssrc = 1, payloadType = 8, payload = Buffer.alloc(160, 0xd5)) => {
  const packet = Buffer.concat([Buffer.alloc(12), payload]);
  writeRtp(packet, false, payloadType, sequence, sequence * 160, ssrc);
  return packet;
};

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
async function until(what: () => boolean, limitMs = 5000): Promise<void> {
  for (const end = clock.now() + limitMs; !what(); await wait(5)) if (clock.now() > end) throw new Error(`not within ${limitMs} ms`);
}
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'resolved',
    (error) => error.code,
  );

describe('two streams', () => {
  test('hear each other, packet for packet, paced by ptime', async () => {
    const { a, b } = await call();
    const from = clock.now();
    await wait(1000);
    a.close();
    const sentFor = clock.now() - from;
    await wait(50);
    const sent = a.sent();
    // Up to 200 ms may still have been due where the machine stalled just before the end.
    expect(sent.sent + sent.skipped).toBeGreaterThan(sentFor / 20 - 12);
    expect(sent.sent + sent.skipped).toBeLessThanOrEqual(sentFor / 20 + 1);
    expect(sent).toMatchObject({ bytes: sent.sent * 160, errors: 0 });
    expect(b.received()).toMatchObject({ received: sent.sent, lost: 0, outOfOrder: 0, duplicates: 0, foreign: 0, ssrcChanges: 0 });
  });

  test('ptime 40: half the packets, twice the octets', async () => {
    const { a, b } = await call({}, {}, { ptimeMs: 40, codec: 'PCMU', payloadType: 0 });
    await until(() => b.received().received >= 10);
    const { sent, bytes } = a.sent();
    expect(bytes).toBe(sent * 320);
  });

  test('a tone arrives as that tone, and its end as its end', async () => {
    const heard: ToneChange[] = [];
    const { a } = await call({}, { audio: new ToneListener((change) => heard.push(change)).hear });
    a.play({ kind: 'tone', hz: 440 });
    await until(() => heard.length === 1);
    const stoppedAt = clock.now();
    a.play({ kind: 'silence' });
    await until(() => heard.length === 2);
    expect(heard.map((change) => change.hz)).toEqual([440, null]);
    expect(Math.abs(heard[1]!.at - stoppedAt)).toBeLessThan(1000);
  });

  test('hold stops the packets and is no silence; resuming continues the numbers', async () => {
    const silences: number[] = [];
    const pump = await pumpWith();
    const a = await pump.open();
    const b = await pump.open({ silent: (since) => silences.push(since) }, { silenceLimitMs: 200 });
    const agreeBoth = (aMay: MediaAgreement['direction'], bMay: MediaAgreement['direction']) => {
      a.agree(agreementTo(b.localPort, { direction: aMay }));
      b.agree(agreementTo(a.localPort, { direction: bMay }));
    };
    agreeBoth('sendrecv', 'sendrecv');
    await until(() => b.received().received > 5);
    agreeBoth('recvonly', 'sendonly');
    await wait(30);
    const before = a.sent().sent;
    await wait(500);
    expect(a.sent().sent).toBe(before);
    expect(silences).toEqual([]);
    agreeBoth('sendrecv', 'sendrecv');
    await until(() => b.received().received > before + 5);
    expect(b.received()).toMatchObject({ lost: 0, ssrcChanges: 0 });
  });

  test('timestamps tell the time across a hold', async () => {
    const packets: { timestamp: number; at: number; marker: boolean }[] = [];
    const header = emptyHeader();
    const socket = await peer((datagram) => {
      if (readRtp(datagram, header)) packets.push({ timestamp: header.timestamp, at: clock.now(), marker: header.marker });
    });
    const stream = await (await pumpWith()).open();
    stream.agree(agreementTo(socket.address().port));
    await until(() => packets.length > 3);
    stream.agree(agreementTo(socket.address().port, { direction: 'inactive' }));
    await wait(40);
    const last = packets.at(-1)!;
    const count = packets.length;
    await wait(500);
    expect(packets.length).toBe(count);
    stream.agree(agreementTo(socket.address().port));
    await until(() => packets.length > count);
    const first = packets[count]!;
    expect(Math.abs(((first.timestamp - last.timestamp) >>> 0) / 8 - (first.at - last.at))).toBeLessThan(150);
    expect(first.marker).toBe(true);
  });

  test('another codec and ptime in mid-call: the timestamps go on, none twice, none in a leap', async () => {
    const packets: { type: number; timestamp: number; octets: number }[] = [];
    const header = emptyHeader();
    const socket = await peer((datagram) => {
      if (!readRtp(datagram, header)) return;
      packets.push({ type: header.payloadType, timestamp: header.timestamp, octets: header.payloadTo - header.payloadFrom });
    });
    const stream = await (await pumpWith()).open();
    const port = socket.address().port;
    stream.agree(agreementTo(port, { ptimeMs: 60 }));
    await until(() => packets.length >= 4);
    stream.agree(agreementTo(port, { codec: 'PCMU', payloadType: 0, ptimeMs: 20 }));
    await until(() => packets.filter(({ type }) => type === 0).length >= 6);
    const switched = packets.findIndex(({ type }) => type === 0);
    for (const [i, { type, octets }] of packets.entries()) expect([type, octets]).toEqual(i < switched ? [8, 480] : [0, 160]);
    const steps = packets.slice(1).map(({ timestamp }, i) => (timestamp - packets[i]!.timestamp) >>> 0);
    const between = steps.splice(switched - 1, 1)[0]!;
    expect(between).toBeGreaterThanOrEqual(480);
    expect(between).toBeLessThan(480 + 8 * 1500);
    expect(steps.filter((step, i) => step === 0 || step % (i < switched - 1 ? 480 : 160) !== 0)).toEqual([]);
  });

  test('a stream plays in the codec that was agreed', async () => {
    const heard: ToneChange[] = [];
    const { a } = await call(
      {},
      { audio: new ToneListener((change) => heard.push(change), { share: 0.98 }).hear },
      { codec: 'PCMU', payloadType: 0 },
    );
    a.play({ kind: 'tone', hz: 600 });
    await until(() => heard.length === 1);
    expect(heard[0]!.hz).toBe(600);
  });

  test('a hundred re-negotiations to the same do not disturb the pace', async () => {
    const timestamps: number[] = [];
    const header = emptyHeader();
    const socket = await peer((datagram) => readRtp(datagram, header) && timestamps.push(header.timestamp));
    const stream = await (await pumpWith()).open();
    for (let i = 0; i < 100; i++) {
      stream.agree(agreementTo(socket.address().port));
      await wait(5);
    }
    expect(timestamps.length).toBeGreaterThan(20);
    const steps = timestamps.slice(1).map((timestamp, i) => (timestamp - timestamps[i]!) >>> 0);
    expect(steps.filter((step) => step % 160 !== 0)).toEqual([]);
    expect(steps.reduce((sum, step) => sum + step)).toBeLessThanOrEqual(160 * (steps.length + stream.sent().skipped));
  });
});

describe('keys', () => {
  test('all sixteen, in their order, once each, with their times', async () => {
    const digits: { digit: string; at: number }[] = [];
    const { a } = await call({}, { digit: (digit, at) => digits.push({ digit, at }) });
    const from = clock.now();
    await a.sendDigits('0123456789*#ABCd', { durationMs: 40, gapMs: 40 });
    await until(() => digits.length === 16);
    expect(digits.map(({ digit }) => digit).join('')).toBe('0123456789*#ABCD');
    for (const [i, { at }] of digits.entries()) expect(at).toBeGreaterThanOrEqual(i === 0 ? from : digits[i - 1]!.at);
  });

  test('no audio while a key is down; events are in the sequence, not in the jitter', async () => {
    const types: number[] = [];
    const header = emptyHeader();
    const socket = await peer((datagram) => readRtp(datagram, header) && types.push(header.payloadType));
    const stream = await (await pumpWith()).open();
    stream.agree(agreementTo(socket.address().port));
    await until(() => types.length > 3);
    await stream.sendDigits('5', { durationMs: 100 });
    await until(() => types.lastIndexOf(8) > types.lastIndexOf(101));
    const first = types.indexOf(101);
    expect(types.slice(first, first + 7)).toEqual(Array(7).fill(101));
    expect(types.filter((type) => type === 101)).toHaveLength(7);
  });

  test.each([
    ['all end packets', (_: number, end: boolean) => end],
    ['all but one packet', (n: number) => n !== 2],
    ['the first three', (n: number) => n < 3],
  ])('with %s lost on the way, each key is heard once', async (_, drops) => {
    const digits: string[] = [];
    const stream = await (await pumpWith()).open({ digit: (digit) => digits.push(digit) });
    const sender = await (await pumpWith()).open();
    const header = emptyHeader();
    let nth = 0;
    let key = -1;
    const relay = await peer((datagram) => {
      if (!readRtp(datagram, header) || header.ssrc !== sender.ssrc) return;
      if (header.payloadType === 101) {
        if (header.timestamp !== key) nth = 0;
        key = header.timestamp;
        if (drops(nth++, (datagram[13]! & 0x80) !== 0)) return;
      }
      relay.send(datagram, stream.localPort, '127.0.0.1');
    });
    stream.agree(agreementTo(relay.address().port));
    sender.agree(agreementTo(relay.address().port));
    await sender.sendDigits('4224', { durationMs: 80, gapMs: 80 });
    await until(() => digits.length === 4);
    await wait(200);
    expect(digits.join('')).toBe('4224');
  });

  test('from a new SSRC are heard once each, though it takes over with their second packet', async () => {
    const digits: string[] = [];
    const socket = await peer();
    const stream = await (await pumpWith()).open({ digit: (digit) => digits.push(digit) });
    stream.agree(agreementTo(socket.address().port));
    for (let n = 0; n < 5; n++) socket.send(rtp(n), stream.localPort, '127.0.0.1');
    for (let n = 0; n < 8; n++) {
      const packet = rtp(500 + n, 2, 101, Buffer.from([7, n > 4 ? 0x8a : 10, 0, n * 20]));
      packet.writeUInt32BE(4000, 4);
      socket.send(packet, stream.localPort, '127.0.0.1');
    }
    await until(() => stream.received().received === 13);
    expect(digits).toEqual(['7']);
    expect(stream.received().ssrcChanges).toBe(1);
  });

  test('are refused where they cannot be sent', async () => {
    const stream = await (await pumpWith()).open();
    expect(await codeOf(stream.sendDigits('1'))).toBe('verb-misused');
    stream.agree(agreementTo(9, { telephoneEvent: undefined }));
    expect(await codeOf(stream.sendDigits('1'))).toBe('verb-misused');
    stream.agree(agreementTo(9, { direction: 'recvonly' }));
    expect(await codeOf(stream.sendDigits('1'))).toBe('verb-misused');
    stream.agree(agreementTo(9));
    expect(await codeOf(stream.sendDigits('1z'))).toBe('verb-misused');
    const pressing = stream.sendDigits('123456');
    stream.close();
    expect(await codeOf(pressing)).toBe('call-ended');
    expect(await codeOf(stream.sendDigits('1'))).toBe('call-ended');
  });
});

describe('what comes from elsewhere', () => {
  test('the first source after the agreement is adopted (symmetric RTP), the next one is foreign', async () => {
    const toNat: Buffer[] = [];
    const nat = await peer((datagram) => toNat.push(datagram));
    const intruder = await peer();
    const stream = await (await pumpWith()).open();
    stream.agree(agreementTo(9));
    nat.send(rtp(1), stream.localPort, '127.0.0.1');
    await until(() => stream.received().received === 1);
    intruder.send(rtp(2, 5), stream.localPort, '127.0.0.1');
    await until(() => stream.received().foreign === 1);
    await until(() => toNat.length > 2);
    expect(stream.received()).toMatchObject({ received: 1, ssrcChanges: 0 });
  });

  test('who was agreed upon takes over from who was adopted; stragglers of an old agreement adopt nothing', async () => {
    const [first, second] = [await peer(), await peer()];
    const stream = await (await pumpWith()).open();
    const send = async (from: Socket, sequence: number, ssrc: number) => {
      const { received, foreign } = stream.received();
      from.send(rtp(sequence, ssrc), stream.localPort, '127.0.0.1');
      await until(() => stream.received().received + stream.received().foreign > received + foreign);
    };
    stream.agree(agreementTo(first.address().port));
    await send(first, 1, 1);
    stream.agree(agreementTo(second.address().port));
    await send(first, 2, 1);
    expect(stream.received().foreign).toBe(1);
    await send(second, 9, 2);
    await send(second, 10, 2);
    await send(first, 3, 1);
    expect(stream.received()).toMatchObject({ foreign: 2, received: 3, ssrcChanges: 1 });
  });

  test('no RTP, an unknown payload type, and RTP before the agreement', async () => {
    const socket = await peer();
    const stream = await (await pumpWith()).open();
    socket.send(rtp(1), stream.localPort, '127.0.0.1');
    await until(() => stream.received().received === 1);
    stream.agree(agreementTo(socket.address().port));
    for (const packet of [Buffer.from('hello'), rtp(2, 1, 97), Buffer.alloc(0), Buffer.alloc(12)])
      socket.send(packet, stream.localPort, '127.0.0.1');
    await until(() => stream.received().foreign === 4);
    expect(stream.received().received).toBe(1);
  });

  test('silence is reported, and its end', async () => {
    const told: [string, number][] = [];
    const socket = await peer();
    const stream = await (await pumpWith()).open(
      { silent: (since) => told.push(['silent', since]), resumed: (at) => told.push(['resumed', at]) },
      { silenceLimitMs: 150 },
    );
    const agreedAt = clock.now();
    stream.agree(agreementTo(socket.address().port));
    await until(() => told.length >= 1);
    expect(told[0]![1] - agreedAt).toBeGreaterThanOrEqual(0);
    expect(told[0]![1] - agreedAt).toBeLessThan(100);
    await wait(300);
    socket.send(rtp(1), stream.localPort, '127.0.0.1');
    await until(() => told.length >= 3);
    expect(told.map(([what]) => what)).toEqual(['silent', 'resumed', 'silent']);
    expect(told[2]![1]).toBe(told[1]![1]);
    expect(stream.received().gapMs).toBeGreaterThan(149);
  });
});

describe('RTCP', () => {
  test('BYE with the last report when the stream closes, to the port after RTP', async () => {
    const reports: Buffer[] = [];
    const even = 2 * Math.floor((nextPort + 50_00) / 2);
    const media = await peer(() => {}, even);
    await peer((datagram) => reports.push(datagram), even + 1);
    const stream = await (await pumpWith()).open();
    stream.agree(agreementTo(media.address().port));
    await until(() => stream.sent().sent > 3);
    stream.close();
    await until(() => reports.length > 0);
    expect(readRtcp(reports.at(-1)!)).toMatchObject({ byes: [stream.ssrc], senders: [{ ssrc: stream.ssrc }] });
    expect(readRtcp(reports.at(-1)!)!.cname).toMatch(/^[0-9a-z]{8,}$/);
  });

  test('both sides learn the round trip and what the other lost', async () => {
    const { a, b } = await call();
    await until(() => a.received().rttMs !== null || b.received().rttMs !== null, 15_000);
    const knowing = a.received().rttMs !== null ? a : b;
    expect(knowing.received().rttMs).toBeLessThan(1000);
    expect(knowing.sent()).toMatchObject({ remoteLost: 0 });
    expect(knowing.sent().remoteJitterMs).toBeGreaterThanOrEqual(0);
  }, 20_000);
});

describe('ports', () => {
  const portsOf = (streams: RtpStream[]) => streams.map((stream) => stream.localPort);

  test('even ones, in turn, until none is left; a freed pair rests before it is used again', async () => {
    const pump = await pumpWith({ ports: { from: 33_901, to: 33_908 }, quarantineMs: 300 });
    const streams = [await pump.open(), await pump.open(), await pump.open()];
    expect(portsOf(streams)).toEqual([33_902, 33_904, 33_906]);
    expect(pump.stats().portsFree).toBe(0);
    await expect(pump.open()).rejects.toMatchObject({ code: 'machine-limit' });
    streams[1]!.close();
    streams[1]!.close();
    await expect(pump.open()).rejects.toMatchObject({ code: 'machine-limit', message: 'no free RTP port pair among 3' });
    await until(() => pump.stats().portsFree === 1);
    expect((await pump.open()).localPort).toBe(33_904);
  });

  test('round-robin: the pair freed last is used last', async () => {
    const pump = await pumpWith({ ports: { from: 33_910, to: 33_917 }, quarantineMs: 0 });
    const first = await pump.open();
    first.close();
    expect(portsOf([await pump.open(), await pump.open(), await pump.open(), await pump.open()])).toEqual([33_912, 33_914, 33_916, 33_910]);
  });

  test("somebody else's port is passed over, RTCP's too", async () => {
    await peer(() => {}, 33_920);
    await peer(() => {}, 33_923);
    const pump = await pumpWith({ ports: { from: 33_920, to: 33_927 } });
    expect(portsOf([await pump.open(), await pump.open()])).toEqual([33_924, 33_926]);
    await expect(pump.open()).rejects.toMatchObject({ code: 'machine-limit' });
    // The RTP port whose neighbour was taken is given back.
    await peer(() => {}, 33_922);
  });

  test('twenty asked for at once are twenty different ones', async () => {
    const pump = await pumpWith();
    const ports = portsOf(await Promise.all(Array.from({ length: 20 }, () => pump.open())));
    expect(new Set(ports).size).toBe(20);
  });

  test('a range without a pair, an address of another machine: one clear line', async () => {
    const options = { clock, host: '127.0.0.1', ports: { from: 40_001, to: 40_002 }, seed: 1 };
    await expect(createMediaPump(options)).rejects.toMatchObject({ code: 'option-invalid' });
    await expect(createMediaPump({ ...options, ports: { from: 40_000, to: 40_009 }, host: '192.0.2.1' })).rejects.toMatchObject({
      code: 'option-invalid',
    });
  });
});

describe('the pump', () => {
  test('tells its figures since the last call', async () => {
    const pump = await pumpWith();
    const [a, b] = [await pump.open(), await pump.open()];
    a.agree(agreementTo(b.localPort));
    b.agree(agreementTo(a.localPort));
    await until(() => a.received().received >= 10 && b.received().received >= 10);
    const stats = pump.stats();
    expect(stats).toMatchObject({ streams: 2, portsFree: 48 });
    expect(stats.sent).toBeGreaterThanOrEqual(20);
    expect(stats.received).toBeGreaterThanOrEqual(20);
    expect(stats.lateP99Ms).toBeGreaterThan(0);
    expect(pump.stats().sent).toBeLessThan(stats.sent);
    a.close();
    expect(pump.stats().streams).toBe(1);
    const after = a.received();
    await wait(60);
    expect(a.received()).toEqual(after);
  });

  test("our own stall is not the other side's silence", async () => {
    const told: string[] = [];
    const socket = await peer();
    const stream = await (await pumpWith()).open({ silent: () => told.push('silent') }, { silenceLimitMs: 400 });
    stream.agree(agreementTo(socket.address().port));
    const busy = (ms: number) => {
      for (const wake = clock.now() + ms; clock.now() < wake; );
    };
    let n = 0;
    const send = () => socket.send(rtp(n++), stream.localPort, '127.0.0.1');
    for (let i = 0; i < 60; i++) {
      send();
      if (i % 15 === 5) {
        // Sleeps for longer than the limit in a timer that is due in one go with the pump's: what was just sent is not read between the two.
        setTimeout(() => {
          send();
          busy(450);
        }, 1);
        busy(20);
      }
      await wait(10);
    }
    expect(told).toEqual([]);
  });

  test('after a stall it sends what is due, at most 200 ms of it, and says so', async () => {
    const timestamps: number[] = [];
    const sequences: number[] = [];
    const markers: number[] = [];
    const header = emptyHeader();
    const socket = await peer((datagram) => {
      if (!readRtp(datagram, header)) return;
      if (header.marker) markers.push(timestamps.length);
      timestamps.push(header.timestamp);
      sequences.push(header.sequence);
    });
    const stream = await (await pumpWith()).open();
    stream.agree(agreementTo(socket.address().port));
    await until(() => timestamps.length >= 5);
    for (const end = clock.now() + 600; clock.now() < end; );
    const stalledAt = timestamps.length;
    await until(() => timestamps.length > stalledAt + 15);
    const { skipped, lateMaxMs } = stream.sent();
    expect(skipped).toBeGreaterThanOrEqual(18);
    expect(lateMaxMs).toBeGreaterThan(150);
    for (let i = 1; i < sequences.length; i++) expect((sequences[i]! - sequences[i - 1]!) & 0xffff).toBe(1);
    const steps = timestamps.slice(1).map((timestamp, i) => (timestamp - timestamps[i]!) >>> 0);
    expect(steps.filter((step) => step !== 160)).toEqual([160 * (skipped + 1)]);
    // RFC 3551 4.1: the marker says that a talkspurt begins, here after frames that were left out.
    expect(markers).toEqual([0, steps.findIndex((step) => step !== 160) + 1]);
  });

  test('a timer that wakes a hair too early costs that hair, not a whole tick', async () => {
    // Node's timers are cut to whole milliseconds and may fire up to one too early; here every second one does, and reading the clock takes time.
    let now = 1000;
    let timer: { due: number; run: () => void } | undefined;
    let wakes = 0;
    const after = (ms: number, run: () => void) => {
      timer = { due: now + Math.max(1, Math.trunc(ms)), run };
      return { cancel: () => {} };
    };
    const hasty: Clock = { now: () => (now += 0.03), at: (at, run) => after(at - now, run), after };
    const stream = await (await pumpWith({ clock: hasty })).open();
    stream.agree(agreementTo((await peer()).address().port));
    for (const end = now + 3000; now < end; ) {
      const { due, run } = timer!;
      now = Math.max(now, due - (wakes++ % 2 === 0 ? 0.99 : 0));
      run();
    }
    expect(stream.sent().sent).toBeGreaterThanOrEqual(149);
    expect(stream.sent().lateMaxMs).toBeLessThan(2.5);
  });

  test('closed, it opens nothing and holds no port', async () => {
    const pump = await pumpWith({ ports: { from: 33_930, to: 33_931 }, quarantineMs: 0 });
    await pump.open();
    await pump.close();
    await expect(pump.open()).rejects.toMatchObject({ code: 'stopped' });
    const again = await pumpWith({ ports: { from: 33_930, to: 33_931 } });
    expect((await again.open()).localPort).toBe(33_930);
  });

  test('speaks IPv6', async () => {
    const pump = await pumpWith({ host: '::1' });
    const [a, b] = [await pump.open(), await pump.open()];
    a.agree(agreementTo(b.localPort, { remote: { host: '::1', port: b.localPort } }));
    b.agree(agreementTo(a.localPort, { remote: { host: '0:0:0:0:0:0:0:1', port: a.localPort } }));
    await until(() => a.received().received > 3 && b.received().received > 3);
    expect([a.received().foreign, b.received().foreign]).toEqual([0, 0]);
  });
});

import { createSocket, type Socket } from 'node:dgram';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { openRelay, type Relay, type RelayTrunk } from '../../src/faults/relay.ts';
import { Harms } from '../../src/faults/relay-harm.ts';
import { splitSip } from '../../src/faults/relay-rewrite.ts';
import type { RelayFault } from '../../src/scenario/surge.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A peer that notes what it hears, and from where. */
async function peer(): Promise<{ socket: Socket; port: number; heard: { text: string; from: number }[] }> {
  const socket = createSocket('udp4');
  const heard: { text: string; from: number }[] = [];
  socket.on('message', (packet, from) => heard.push({ text: packet.toString('latin1'), from: from.port }));
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  closing.push(() => socket.close());
  return { socket, port: socket.address().port, heard };
}

async function relayTo(port: number, more: Partial<RelayTrunk> = {}): Promise<Relay> {
  const relay = await openRelay({ trunks: [{ name: 'main', host: '127.0.0.1', port, transport: 'udp', ...more }], seed: 7 });
  closing.push(() => relay.close());
  return relay;
}

const sdp = (port: number) =>
  `v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio ${port} RTP/AVP 0\r\na=sendrecv\r\n`;
const message = (start: string, headers: string[], body = '') =>
  `${[start, ...headers, ...(body ? ['Content-Type: application/sdp'] : []), `Content-Length: ${body.length}`].join('\r\n')}\r\n\r\n${body}`;
const invite = (me: number, body = '') =>
  message(
    'INVITE sip:4001000000@vendor.example SIP/2.0',
    [
      `Via: SIP/2.0/UDP 127.0.0.1:${me};branch=z9hG4bK1;rport`,
      'From: <sip:1@vendor.example>;tag=a',
      'To: <sip:4001000000@vendor.example>',
      'Call-ID: c1',
      'CSeq: 1 INVITE',
      `Contact: <sip:1@127.0.0.1:${me}>`,
    ],
    body,
  );
const header = (text: string, name: string) => splitSip(text)!.headers.find((line) => line.startsWith(`${name}:`))!;
const portIn = (text: string) => Number(/127\.0\.0\.1:(\d+)/.exec(text)![1]);

describe('SIP over UDP', () => {
  it('passes both ways, and neither side reads the other’s address', async () => {
    const [us, vendor] = [await peer(), await peer()];
    const relay = await relayTo(vendor.port);
    const { port } = relay.next('main');
    us.socket.send(invite(us.port), port, '127.0.0.1');
    await expect.poll(() => vendor.heard).toHaveLength(1);
    const asked = vendor.heard[0]!;
    expect(asked.text).not.toContain(`:${us.port}`);
    expect(portIn(header(asked.text, 'Via'))).toBe(asked.from);
    expect(portIn(header(asked.text, 'Contact'))).toBe(asked.from);
    expect(asked.text).toContain('INVITE sip:4001000000@vendor.example SIP/2.0');

    // The vendor answers with a site of its own behind it, and a record route.
    const site = await peer();
    const ok = message('SIP/2.0 200 OK', [
      `${header(asked.text, 'Via').replace(';rport', `;received=127.0.0.1;rport=${asked.from}`)}`,
      `Record-Route: <sip:127.0.0.1:${vendor.port};lr>`,
      'Call-ID: c1',
      'CSeq: 1 INVITE',
      `Contact: <sip:site@127.0.0.1:${site.port}>`,
    ]);
    vendor.socket.send(ok, asked.from, '127.0.0.1');
    await expect.poll(() => us.heard).toHaveLength(1);
    const answer = us.heard[0]!;
    expect(answer.from).toBe(port);
    expect(header(answer.text, 'Via')).toBe(`Via: SIP/2.0/UDP 127.0.0.1:${us.port};branch=z9hG4bK1;received=127.0.0.1;rport=${us.port}`);
    expect(portIn(header(answer.text, 'Record-Route'))).toBe(port);

    // Straight to the contact that we were given: it arrives at the site, with its own address in the Request-URI.
    const contact = portIn(header(answer.text, 'Contact'));
    us.socket.send(invite(us.port).replace(/^INVITE \S+/, `BYE sip:site@127.0.0.1:${contact}`), contact, '127.0.0.1');
    await expect.poll(() => site.heard).toHaveLength(1);
    expect(site.heard[0]!.text).toContain(`BYE sip:site@127.0.0.1:${site.port} SIP/2.0`);

    // And the site may ask us, by the contact that it was given.
    site.socket.send(invite(site.port).replace(/^INVITE \S+/, `OPTIONS sip:1@127.0.0.1:${asked.from}`), asked.from, '127.0.0.1');
    await expect.poll(() => us.heard).toHaveLength(2);
    expect(us.heard[1]!.text).toContain(`OPTIONS sip:1@127.0.0.1:${us.port} SIP/2.0`);
    expect(us.heard[1]!.from).toBe(contact);
    expect(portIn(header(us.heard[1]!.text, 'Via'))).toBe(contact);
  });

  it('takes the audio that the SDP speaks of through itself', async () => {
    const [us, vendor, ourRtp, theirRtp] = [await peer(), await peer(), await peer(), await peer()];
    const relay = await relayTo(vendor.port);
    us.socket.send(invite(us.port, sdp(ourRtp.port)), relay.next('main').port, '127.0.0.1');
    await expect.poll(() => vendor.heard).toHaveLength(1);
    const offer = splitSip(vendor.heard[0]!.text)!;
    expect(Number(header(vendor.heard[0]!.text, 'Content-Length').split(' ')[1])).toBe(offer.body.length);
    const towardsUs = Number(/m=audio (\d+)/.exec(offer.body)![1]);
    expect(towardsUs).not.toBe(ourRtp.port);
    vendor.socket.send(
      message('SIP/2.0 200 OK', [header(vendor.heard[0]!.text, 'Via'), 'Call-ID: c1', 'CSeq: 1 INVITE'], sdp(theirRtp.port)),
      vendor.heard[0]!.from,
      '127.0.0.1',
    );
    await expect.poll(() => us.heard).toHaveLength(1);
    const towardsThem = Number(/m=audio (\d+)/.exec(us.heard[0]!.text)![1]);
    ourRtp.socket.send('hello', towardsThem, '127.0.0.1');
    await expect.poll(() => theirRtp.heard).toEqual([{ text: 'hello', from: towardsUs }]);
    theirRtp.socket.send('back', towardsUs, '127.0.0.1');
    await expect.poll(() => ourRtp.heard).toEqual([{ text: 'back', from: towardsThem }]);
    const end = relay.begin({ kind: 'relay', what: 'rtp', direction: 'to-vendor', blackHole: true });
    ourRtp.socket.send('lost', towardsThem, '127.0.0.1');
    theirRtp.socket.send('still', towardsUs, '127.0.0.1');
    await expect.poll(() => ourRtp.heard).toHaveLength(2);
    end();
    ourRtp.socket.send('again', towardsThem, '127.0.0.1');
    await expect.poll(() => theirRtp.heard.map(({ text }) => text)).toEqual(['hello', 'again']);
  });

  it('loses, delays and swallows as the fault says, and only while it lasts', async () => {
    const [us, vendor] = [await peer(), await peer()];
    const relay = await relayTo(vendor.port);
    const { port } = relay.next('main');
    const send = () => us.socket.send(invite(us.port), port, '127.0.0.1');
    const hole = relay.begin({ kind: 'relay', blackHole: true });
    send();
    await expect.poll(() => relay.counts('main').lost).toBe(1);
    hole();
    const slow = relay.begin({ kind: 'relay', delay: '250ms' });
    const sent = performance.now();
    send();
    await expect.poll(() => vendor.heard, { timeout: 3000, interval: 5 }).toHaveLength(1);
    expect(performance.now() - sent).toBeGreaterThan(245);
    slow();
    send();
    await expect.poll(() => vendor.heard).toHaveLength(2);
    expect(relay.counts('main')).toMatchObject({ passed: 2, lost: 1 });
  });
});

describe('SIP over TCP', () => {
  it('cuts messages out of the stream, resets, and refuses for as long as the fault lasts', async () => {
    const heard: string[] = [];
    const server = createServer((socket) => {
      socket.on('data', (part) => {
        heard.push(part.toString());
        socket.write(message('SIP/2.0 200 OK', ['Call-ID: c1', 'CSeq: 1 INVITE', `Contact: <sip:v@127.0.0.1:${vendorPort()}>`]));
      });
      socket.on('error', () => {});
    });
    const vendorPort = () => (server.address() as AddressInfo).port;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(() => server.close());
    const relay = await relayTo(vendorPort(), { transport: 'tcp' });
    const { port } = relay.next('main');
    const open = () => {
      const socket = connect(port, '127.0.0.1');
      closing.push(() => socket.destroy());
      const state = { got: '', error: '' };
      socket.on('data', (part) => {
        state.got += part;
      });
      socket.on('error', (error: NodeJS.ErrnoException) => {
        state.error = error.code ?? '';
      });
      return { socket, state };
    };
    const { socket, state } = open();
    const text = invite(9);
    socket.write(text.slice(0, 60));
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(heard).toEqual([]);
    socket.write(text.slice(60));
    await expect.poll(() => heard).toEqual([text]);
    await expect.poll(() => state.got).toContain(`Contact: <sip:v@127.0.0.1:${port}>`);
    const end = relay.begin({ kind: 'relay', reset: true });
    await expect.poll(() => state.error).toBe('ECONNRESET');
    const refused = open();
    await expect.poll(() => refused.state.error).toBe('ECONNRESET');
    end();
    const after = open();
    after.socket.write(text);
    await expect.poll(() => heard).toHaveLength(2);
  });
});

describe('harm', () => {
  const fates = (fault: Partial<RelayFault>, n = 20_000) => {
    const harms = new Harms(1);
    harms.begin({ kind: 'relay', ...fault });
    return Array.from({ length: n }, () => harms.fate('to-vendor', 'rtp'));
  };

  it('comes as often as asked, from the seed alone', () => {
    const lost = fates({ loss: 0.05 }).filter((copies) => copies.length === 0).length;
    expect(lost / 20_000).toBeGreaterThan(0.045);
    expect(lost / 20_000).toBeLessThan(0.055);
    expect(fates({ loss: 0.3, jitter: '20ms' }, 50)).toEqual(fates({ loss: 0.3, jitter: '20ms' }, 50));
    const twice = fates({ duplicate: 0.1 }).filter((copies) => copies.length === 2).length;
    expect(twice / 20_000).toBeGreaterThan(0.09);
    expect(twice / 20_000).toBeLessThan(0.11);
  });

  it('adds delay and jitter within their bounds, and holds back what is to be overtaken', () => {
    const late = fates({ delay: '40ms', jitter: '10ms' }).flat();
    expect(Math.min(...late)).toBeGreaterThanOrEqual(40);
    expect(Math.max(...late)).toBeLessThanOrEqual(50);
    expect(late.reduce((sum, ms) => sum + ms, 0) / late.length).toBeCloseTo(45, 0);
    const held = fates({ reorder: 0.2 }).flat();
    expect(held.filter((ms) => ms >= 30).length / held.length).toBeCloseTo(0.2, 1);
    expect(held.filter((ms) => ms === 0).length / held.length).toBeCloseTo(0.8, 1);
  });

  it('concerns only its way and its kind', () => {
    const harms = new Harms(1);
    harms.begin({ kind: 'relay', blackHole: true, what: 'rtp', direction: 'from-vendor' });
    expect(harms.fate('from-vendor', 'rtp')).toEqual([]);
    expect(harms.fate('to-vendor', 'rtp')).toEqual([0]);
    expect(harms.fate('from-vendor', 'sip')).toEqual([0]);
  });
});

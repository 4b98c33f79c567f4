/**
 * A million mutated messages: 800 000 through the reader, 150 000 by UDP and 50 000 by TCP into a stack that has calls of its own meanwhile. Nothing may
 * throw, no message may take long, and when it is over nothing may be held.
 */
import { createSocket } from 'node:dgram';
import { readdirSync, readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { RealClock } from '../../src/clock.ts';
import { type RandomStream, randomStream } from '../../src/random.ts';
import { createSipStack } from '../../src/sip/index.ts';
import { readMessage } from '../../src/sip/message/incoming.ts';
import type { Body, SipStack } from '../../src/sip/stack.ts';

const READ = 800_000;
const BY_UDP = 150_000;
const BY_TCP = 50_000;
/** Sent before the stack must have caught up. */
const BURST = 100;
const HOST = '127.0.0.1';
const SDP: Body = { type: 'application/sdp', content: 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n' };
const WORDS = [
  'INVITE',
  'ACK',
  'CANCEL',
  'PRACK',
  '100',
  '183',
  '200',
  '-1',
  '4294967296',
  '99999999999',
  '""',
  '<>',
  '<sip:',
  ';tag=',
  ',',
  '\u0000',
  '%00',
];
const LINES = [
  'Require: 100rel',
  'RSeq: 1',
  'RAck: 1 1 INVITE',
  'Session-Expires: 1',
  'x: 90;refresher=uas',
  'Refer-To: <sip:x@y>',
  'Content-Length: 0',
  ' folded',
];

const clock = new RealClock();

/** One to four edits of bytes, words and lines. */
function mutate(seed: Buffer, random: RandomStream): Buffer {
  const nat = (below: number) => Math.floor(random.next() * below);
  let bytes = Buffer.from(seed);
  for (let edits = 1 + nat(4); edits > 0; edits--) {
    const at = nat(bytes.length + 1);
    const kind = nat(8);
    if (kind === 0 && bytes.length > 0) bytes[at % bytes.length] = nat(256);
    else if (kind === 1) bytes = bytes.subarray(0, at);
    else if (kind === 2) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at, at + nat(200)), bytes.subarray(at)]);
    else if (kind === 3) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + nat(60))]);
    else if (kind === 4) bytes = Buffer.concat([bytes.subarray(0, at), Buffer.alloc(nat(2000), nat(128)), bytes.subarray(at)]);
    else {
      const lines = bytes.toString('latin1').split('\r\n');
      const i = nat(lines.length);
      const words = lines[i]!.split(' ');
      if (kind === 5) lines.splice(i, nat(3), LINES[nat(LINES.length)]!);
      else if (kind === 6) lines[i] = words.with(nat(words.length), WORDS[nat(WORDS.length)]!).join(' ');
      else lines.splice(i, 0, lines[nat(lines.length)]!);
      bytes = Buffer.from(lines.join('\r\n').slice(0, 20_000), 'latin1');
    }
  }
  return bytes;
}

function corpus(): Buffer[] {
  const folder = join(import.meta.dirname, '../corpus/sip/rfc4475');
  return readdirSync(folder).map((name) => readFileSync(join(folder, name)));
}

function heapMb(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

const thousands = (n: number) => n.toLocaleString('en').replaceAll(',', ' ');

interface Counts {
  read: number;
  refused: number;
  empty: number;
  thrown: number;
}

/** Reads a message and the fields that the stack looks at. */
function readOne(bytes: Buffer, counts?: Counts): void {
  try {
    const got = readMessage(bytes, 0, { host: HOST, port: 5060 });
    if (got !== undefined && typeof got !== 'string') {
      for (const name of ['via', 'contact', 'route', 'require', 'www-authenticate', 'reason', 'session-expires']) got.headers(name);
      void [got.contact, got.bodyType, got.body.length];
    }
    if (counts) counts[got === undefined ? 'empty' : typeof got === 'string' ? 'refused' : 'read']++;
  } catch {
    if (counts) counts.thrown++;
  }
}

function timed(what: () => void): number {
  const start = clock.now();
  what();
  return clock.now() - start;
}

/** The reader alone. */
function readAll(seeds: Buffer[]): { row: string[]; ok: boolean } {
  const random = randomStream(20_261_121, 'fuzz', 0);
  const counts = { read: 0, refused: 0, empty: 0, thrown: 0 };
  const before = heapMb();
  let slowest = 0;
  const began = clock.now();
  for (let i = 0; i < READ; i++) {
    const bytes = mutate(seeds[i % seeds.length]!, random);
    let took = timed(() => readOne(bytes, counts));
    // The collector and other processes fall on some message: only one that is slow again was slow itself.
    for (let again = 0; again < 3 && took > 5; again++)
      took = Math.min(
        took,
        timed(() => readOne(bytes)),
      );
    slowest = Math.max(slowest, took);
  }
  const seconds = (clock.now() - began) / 1000;
  const grown = heapMb() - before;
  const said = `${thousands(counts.read)} read, ${thousands(counts.refused)} refused, ${thousands(counts.empty)} empty`;
  return {
    row: [
      'reader',
      thousands(READ),
      said,
      String(counts.thrown),
      `${slowest.toFixed(1)} ms`,
      `${grown.toFixed(1)} MB`,
      '0',
      seconds.toFixed(0),
    ],
    ok: counts.thrown === 0 && slowest < 50 && grown < 20,
  };
}

/** What a peer would say in its calls with us, as seeds: requests outside and inside dialogs, and responses to what we have sent. */
function spoken(stack: SipStack, from: { port: number }, n: number, heard: string | undefined): Buffer {
  if (heard !== undefined) {
    const lines = heard.split('\r\n');
    const of = (name: RegExp) => lines.find((line) => name.test(line)) ?? '';
    if (/^[A-Z]+ /.test(heard) && !heard.startsWith('ACK')) {
      const status = ['180 Ringing', '183 Progress', '200 OK', '302 Moved', '401 Who', '422 Small', '486 Busy', '491 Glare'][n % 8]!;
      const extra = [
        'RSeq: 1',
        'Require: 100rel',
        'Min-SE: 900',
        'Session-Expires: 90;refresher=uas',
        'WWW-Authenticate: Digest realm="r", nonce="n"',
      ];
      const head = [`SIP/2.0 ${status}`, ...lines.filter((line) => /^via:/i.test(line)), of(/^from:/i), `${of(/^to:/i)};tag=t${n % 3}`];
      head.push(
        of(/^call-id:/i),
        of(/^cseq:/i),
        `Contact: <sip:x@${HOST}:${from.port}>`,
        ...extra.slice(0, n % 6),
        'Content-Length: 0',
        '',
        '',
      );
      return Buffer.from(head.join('\r\n'));
    }
    if (heard.startsWith('SIP/2.0')) {
      const method = ['ACK', 'PRACK', 'UPDATE', 'INVITE', 'REFER', 'INFO', 'BYE', 'CANCEL'][n % 8]!;
      const head = [
        `${method} sip:x@${HOST} SIP/2.0`,
        `Via: SIP/2.0/UDP ${HOST}:${from.port};rport;branch=z9hG4bKi${n}`,
        of(/^from:/i),
        of(/^to:/i),
      ];
      head.push(
        of(/^call-id:/i),
        `CSeq: ${1 + (n % 40)} ${method}`,
        `Contact: <sip:x@${HOST}:${from.port}>`,
        'RAck: 1 1 INVITE',
        'Content-Length: 0',
        '',
        '',
      );
      return Buffer.from(head.join('\r\n'));
    }
  }
  const head = [
    `INVITE sip:4001000000@${stack.local.host}:${stack.local.port} SIP/2.0`,
    `Via: SIP/2.0/UDP ${HOST}:${from.port};rport;branch=z9hG4bKf${n}`,
  ];
  head.push(`From: <sip:a@b>;tag=f${n}`, 'To: <sip:x@b>', `Call-ID: f${n}`, 'CSeq: 1 INVITE', `Contact: <sip:p@${HOST}:${from.port}>`);
  if (n % 2) head.push('Require: 100rel');
  return Buffer.from([...head, 'Session-Expires: 90', 'Supported: timer', 'Content-Length: 0', '', ''].join('\r\n'));
}

/** @param ends what hangs up the calls that came, when all has been sent */
async function openStack(transport: 'udp' | 'tcp', refused: { thrown: number }, ends: (() => void)[]): Promise<SipStack> {
  let n = 0;
  return createSipStack({
    clock,
    bind: { host: HOST, port: 0, transport },
    userAgent: 'fuzz',
    idPrefix: `fuzz-${transport}`,
    timers: { t1: 20, t2: 80, timeoutMs: 300, secondMs: 2 },
    call(call) {
      call.handlers = { cancelled: () => {}, ended: () => {}, offer: () => ({ status: 200, body: SDP }), description: () => SDP };
      call.ring();
      if (++n % 3 === 0) return call.reject(486);
      const dialog = n % 3 === 1 ? call.accept(SDP) : undefined;
      ends.push(() => (dialog ? void dialog.bye() : call.reject(480)));
    },
    problem: (_at, what) => {
      if (what.includes('callback of the stack threw')) refused.thrown++;
    },
  });
}

/** When all timers have run out the stack holds nothing but what was never answered by either side. */
async function settle(stack: SipStack): Promise<number> {
  for (let i = 0; i < 60 && stack.stats().transactions + stack.stats().dialogs > 0; i++) await sleep(50);
  return stack.stats().transactions + stack.stats().dialogs;
}

async function live(transport: 'udp' | 'tcp', total: number, seeds: Buffer[]): Promise<{ row: string[]; ok: boolean }> {
  const random = randomStream(20_261_121, transport, 1);
  const faults = { thrown: 0 };
  const count = () => faults.thrown++;
  process.on('uncaughtException', count);
  process.on('unhandledRejection', count);
  const incoming: (() => void)[] = [];
  const stack = await openStack(transport, faults, incoming);
  const peer = transport === 'udp' ? await udpPeer(stack) : await tcpPeer(stack);
  const before = heapMb();
  const began = clock.now();
  let worst = 0;
  let ended = 0;
  const calls: { cancel(): void }[] = [];
  const ends = {
    answered: (_: unknown, dialog: { bye(): unknown }) => {
      ended++;
      void dialog.bye();
    },
    failed: () => void ended++,
    ended: () => {},
  };
  for (let sent = 0; sent < total; ) {
    const options = {
      requestUri: `sip:4001000000@${HOST}`,
      fromUri: 'sip:a@b',
      toUri: 'sip:x@b',
      body: SDP,
      credentials: { username: 'u', password: 'p' },
    };
    if (peer.callable) calls.push(stack.call({ ...options, nextHop: { host: HOST, port: peer.port, transport } }, ends));
    for (let i = 0; i < BURST && sent < total; i++, sent++) {
      const seed = i % 3 === 0 ? seeds[sent % seeds.length]! : spoken(stack, peer, sent, peer.heard());
      await peer.send(mutate(seed, random));
    }
    const start = clock.now();
    await new Promise<void>((resolve) => setImmediate(resolve));
    worst = Math.max(worst, clock.now() - start);
    await peer.drained(sent);
  }
  const { received, bad } = stack.stats();
  for (const call of calls) call.cancel();
  for (const end of incoming.splice(0)) end();
  const held = await settle(stack);
  peer.close();
  await stack.close();
  const seconds = (clock.now() - began) / 1000;
  const grown = heapMb() - before;
  process.off('uncaughtException', count);
  process.off('unhandledRejection', count);
  const said = `${thousands(received)} arrived, ${thousands(bad)} of them unusable; ${thousands(calls.length)} calls of ours beside, ${thousands(ended)} ended`;
  return {
    row: [
      transport.toUpperCase(),
      thousands(total),
      said,
      String(faults.thrown),
      `${worst.toFixed(1)} ms`,
      `${grown.toFixed(1)} MB`,
      String(held),
      seconds.toFixed(0),
    ],
    ok: faults.thrown === 0 && held === 0 && grown < 20 && ended === calls.length,
  };
}

interface Peer {
  port: number;
  /** We can call it. */
  callable: boolean;
  /** One of the last messages that the stack sent. */
  heard(): string | undefined;
  send(bytes: Buffer): Promise<void>;
  /** Waits until the stack has taken in what was sent, or a while. */
  drained(sent: number): Promise<void>;
  close(): void;
}

async function udpPeer(stack: SipStack): Promise<Peer> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, HOST, resolve));
  const last: string[] = [];
  let next = 0;
  socket.on('message', (bytes) => {
    last[next++ % 16] = bytes.toString('latin1');
  });
  return {
    port: socket.address().port,
    callable: true,
    heard: () => last[next % Math.max(1, last.length)],
    send: (bytes) => new Promise((resolve) => socket.send(bytes, stack.local.port, HOST, () => resolve())),
    drained: async (sent) => {
      for (let i = 0; i < 20 && stack.stats().received < sent; i++) await sleep(1);
    },
    close: () => socket.close(),
  };
}

/** Writes messages in pieces, many in one segment and one over many; begins a new connection where the stack has given one up. */
async function tcpPeer(stack: SipStack): Promise<Peer> {
  let socket: Socket | undefined;
  let last: string | undefined;
  const opened = async () => {
    if (socket && !socket.destroyed && socket.writable) return socket;
    const made = connect(stack.local.port, HOST);
    made.on('error', () => made.destroy());
    made.on('data', (bytes) => {
      last = bytes.toString('latin1');
    });
    await new Promise<void>((resolve) => {
      made.once('connect', () => resolve());
      made.once('close', () => resolve());
    });
    socket = made;
    return made;
  };
  let n = 0;
  return {
    port: 0,
    callable: false,
    heard: () => last,
    async send(bytes) {
      const on = await opened();
      const cut = ++n % 3 === 0 ? Math.floor(bytes.length / 2) : bytes.length;
      on.write(bytes.subarray(0, cut));
      if (cut < bytes.length) on.write(bytes.subarray(cut));
      // An unfinished message would swallow all that follows: every so often a new connection.
      if (n % 4 === 0) on.destroy();
    },
    drained: () => sleep(1).then(() => undefined),
    close: () => socket?.destroy(),
  };
}

export async function run() {
  const seeds = corpus();
  const parts = [readAll(seeds), await live('udp', BY_UDP, seeds), await live('tcp', BY_TCP, seeds)];
  return {
    title: `RFC 4475's messages and those of live calls, mutated (seeded): ${thousands(READ + BY_UDP + BY_TCP)} in all. "Held": transactions and dialogs left when all timers had run out. "Slowest": one message in the reader (best of four), one turn of the event loop live, on a machine with other work.`,
    columns: ['part', 'messages', 'what became of them', 'thrown', 'slowest', 'heap grown', 'held', 's'],
    rows: parts.map(({ row }) => row),
    ok: parts.every(({ ok }) => ok),
  };
}

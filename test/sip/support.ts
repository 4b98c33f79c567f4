/** Real stacks, a hand-made UDP peer and a lossy relay on loopback, for the tests of the SIP stack. */
import { createSocket, type Socket } from 'node:dgram';
import { RealClock } from '../../src/clock.ts';
import { createSipStack, type SipStack, type SipStackOptions } from '../../src/sip/index.ts';
import type {
  Body,
  DialogHandlers,
  HostPort,
  IncomingCall,
  IncomingCallHandlers,
  NextHop,
  OutgoingCallHandlers,
  OutgoingCallOptions,
} from '../../src/sip/stack.ts';

export const clock = new RealClock();
export const SDP: Body = { type: 'application/sdp', content: 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n' };
/** Ten times as quick as RFC 3261's. */
export const QUICK = { t1: 50, t2: 400, timeoutMs: 1600 };

const closing: (() => Promise<unknown> | unknown)[] = [];

/** For afterEach: closes whatever a test has opened. */
export async function closeAll(): Promise<void> {
  await Promise.all(closing.splice(0).map((close) => close()));
}

export async function openStack(name: string, options: Partial<SipStackOptions> = {}): Promise<SipStack & { problems: string[] }> {
  const problems: string[] = [];
  const stack = await createSipStack({
    clock,
    bind: { host: '127.0.0.1', port: 0, transport: 'udp' },
    userAgent: `test-${name}`,
    idPrefix: name,
    timers: QUICK,
    // `SIP_CLIENTS=sip.js vitest run test/sip`: the same tests on SIP.js's own client transactions.
    clients: process.env.SIP_CLIENTS === 'sip.js' ? 'sip.js' : 'ours',
    problem: (_at, what) => problems.push(what),
    ...options,
  });
  closing.push(() => stack.close());
  return Object.assign(stack, { problems });
}

export const hop = (at: HostPort): NextHop => ({ host: at.host, port: at.port, transport: 'udp' });

export const callTo = (at: HostPort, more: Partial<OutgoingCallOptions> = {}): OutgoingCallOptions => ({
  requestUri: `sip:4001000000@${at.host}:${at.port}`,
  fromUri: 'sip:40080000000@caller.example',
  toUri: 'sip:4001000000@vendor.example',
  nextHop: hop(at),
  body: SDP,
  ...more,
});

/** Handlers that note everything that happens, in order. */
export function noting(log: string[], more: Partial<OutgoingCallHandlers> = {}): OutgoingCallHandlers {
  return {
    sent: (_at, what) => log.push(`sent ${what.cseq}${what.retransmission ? ' again' : ''}`),
    provisional: (response) => log.push(String(response.status)),
    answered: (response) => log.push(`answered ${response.status}`),
    failed: (failure) =>
      log.push(
        `failed ${failure.kind === 'response' ? failure.response.status : failure.kind === 'timeout' ? failure.timer : failure.kind}`,
      ),
    surplus: () => log.push('surplus'),
    ended: () => log.push('ended'),
    ...more,
  };
}

export const quietDialog: DialogHandlers = { ended: () => {} };

/** A callee that notes what happens, and what it is told to do with a call. */
export async function openCallee(take: (call: IncomingCall, log: string[]) => void, more: Partial<IncomingCallHandlers> = {}) {
  const log: string[] = [];
  const calls: IncomingCall[] = [];
  const stack = await openStack('callee', {
    call(call) {
      calls.push(call);
      call.handlers = {
        cancelled: () => log.push('cancelled'),
        acknowledged: () => log.push('acknowledged'),
        unacknowledged: () => log.push('unacknowledged'),
        ended: () => log.push('ended'),
        ...more,
      };
      take(call, log);
    },
  });
  return { stack, log, calls };
}

/** Waits until `done` holds. */
export async function until(done: () => boolean, what: string, ms = 5000): Promise<void> {
  const end = clock.now() + ms;
  while (!done()) {
    if (clock.now() > end) throw new Error(`waited ${ms} ms in vain for ${what}`);
    await pause(5);
  }
}

export const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export interface Peer extends HostPort {
  /** Everything received, oldest first. */
  received: string[];
  /** Waits for a message that starts with `start`, the `nth` of them (from 1). */
  next(start: string, nth?: number): Promise<string>;
  send(text: string | Buffer, to: HostPort): void;
}

/** A peer written by hand: it says only what a test tells it to. */
export async function openPeer(react?: (text: string, from: HostPort, peer: Peer) => void): Promise<Peer> {
  const socket = await openSocket();
  const { address, port } = socket.address();
  const received: string[] = [];
  const peer: Peer = {
    host: address,
    port,
    received,
    async next(start, nth = 1) {
      const found = () => received.filter((text) => text.startsWith(start))[nth - 1];
      await until(() => found() !== undefined, `${start} (${nth})`);
      return found()!;
    },
    send: (text, to) => socket.send(text, to.port, to.host),
  };
  socket.on('message', (bytes, source) => {
    const text = bytes.toString();
    received.push(text);
    react?.(text, { host: source.address, port: source.port }, peer);
  });
  return peer;
}

/** Forwards between whoever sends to it and `target`, staying on the path by Record-Route; `lose` decides, message by message. */
export async function openRelay(target: HostPort, lose: (text: string, count: number) => boolean): Promise<HostPort & { lost: string[] }> {
  const inner = await openSocket();
  const outer = await openSocket();
  const { address, port } = outer.address();
  const lost: string[] = [];
  const seen = new Map<string, number>();
  let caller: HostPort | undefined;
  const passes = (bytes: Buffer) => {
    const text = bytes.toString();
    const start = text.slice(0, text.indexOf('\r\n')).replace(/ sips?:.*/, '');
    const key = `${start} ${/^CSeq: \d+ (\w+)/m.exec(text)?.[1]}`;
    const count = (seen.get(key) ?? 0) + 1;
    seen.set(key, count);
    if (!lose(key, count)) return true;
    lost.push(key);
    return false;
  };
  outer.on('message', (bytes, source) => {
    if (source.port === target.port && caller) {
      if (passes(bytes)) outer.send(bytes, caller.port, caller.host);
      return;
    }
    caller ??= { host: source.address, port: source.port };
    const text = bytes.toString();
    const routed = text.startsWith('INVITE') ? text.replace('\r\nVia:', `\r\nRecord-Route: <sip:${address}:${port};lr>\r\nVia:`) : text;
    if (passes(bytes)) inner.send(routed, target.port, target.host);
  });
  inner.on('message', (bytes) => {
    if (caller && passes(bytes)) outer.send(bytes, caller.port, caller.host);
  });
  return { host: address, port, lost };
}

function openSocket(): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    closing.push(() => new Promise<void>((done) => socket.close(() => done())));
    socket.once('error', reject);
    socket.bind(0, '127.0.0.1', () => resolve(socket));
  });
}

/** A field of a message as text. */
export function field(text: string, name: string): string {
  const match = new RegExp(`^${name}: (.*)$`, 'mi').exec(text);
  if (!match) throw new Error(`no ${name} in ${text}`);
  return match[1]!.trim();
}

/** A response to a request as text, as a simple server would write it. */
export function answer(request: string, status: string, options: { toTag?: string; headers?: string[]; body?: string } = {}): string {
  const to = field(request, 'To');
  const lines = [
    `SIP/2.0 ${status}`,
    ...request.split('\r\n').filter((line) => /^via:/i.test(line)),
    `From: ${field(request, 'From')}`,
    `To: ${to}${options.toTag && !to.includes('tag=') ? `;tag=${options.toTag}` : ''}`,
    `Call-ID: ${field(request, 'Call-ID')}`,
    `CSeq: ${field(request, 'CSeq')}`,
    ...(options.headers ?? []),
  ];
  return message(lines, options.body);
}

export function message(lines: string[], body = ''): string {
  return `${lines.join('\r\n')}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

/** Whole calls over every transport, IPv4 and IPv6: what differs from UDP, and what must not. */
import { type AddressInfo, connect, createServer } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { NextHop, SipStackOptions, TransportName } from '../../src/sip/stack.ts';
import { makeAuthority } from './certificates.ts';
import { callTo, closeAll, message, noting, openStack, QUICK, SDP, until } from './support.ts';

const authority = makeAuthority();
const leaf = authority.issue(['IP:127.0.0.1', 'IP:::1', 'DNS:localhost']);
afterAll(() => authority.remove());
const closeAfter: (() => unknown)[] = [];
afterEach(async () => {
  await closeAll();
  for (const close of closeAfter.splice(0)) close();
});

const caseFor = (transport: TransportName, host: string) => ({ transport, host });
const CASES = (['udp', 'tcp', 'tls', 'ws', 'wss'] as const).flatMap((transport) => [
  caseFor(transport, '127.0.0.1'),
  caseFor(transport, '::1'),
]);

const serverTls = { ca: authority.ca, cert: leaf.cert, key: leaf.key };

/** A callee that answers everything, and a caller without certificate, as in a trial. */
async function pair(transport: TransportName, host: string, caller: Partial<SipStackOptions> = {}) {
  const log: string[] = [];
  const received: string[] = [];
  const callee = await openStack('callee', {
    bind: { host, port: 0, transport },
    listen: true,
    tls: serverTls,
    trace: ({ sent, text }) => void (sent || received.push(text)),
    call: (call) => {
      call.handlers = {
        ended: () => log.push('ended'),
        cancelled: () => log.push('cancelled'),
        acknowledged: () => log.push('acknowledged'),
      };
      call.ring();
      if (call.request.uri.includes('4001000000')) setTimeout(() => dialogs.push(call.accept(SDP)), 10);
      else if (call.request.uri.includes('4002000000')) call.reject(486);
    },
  });
  const dialogs: ReturnType<Parameters<NonNullable<SipStackOptions['call']>>[0]['accept']>[] = [];
  const stack = await openStack('caller', { bind: { host, port: 0, transport }, tls: { ca: authority.ca }, ...caller });
  const hop = { host, port: callee.local.port, transport };
  const uri = `${host.includes(':') ? `[${host}]` : host}:${callee.local.port}`;
  const options = (number = '4001000000') => callTo(callee.local, { nextHop: hop, requestUri: `sip:${number}@${uri}` });
  return { callee, stack, log, received, dialogs, options, hop };
}

describe.each(CASES)('$transport over $host', ({ transport, host }) => {
  it('carries calls to their end from either side, refusals and CANCEL', async () => {
    const { callee, stack, log, received, dialogs, options, hop } = await pair(transport, host);
    const said: string[] = [];
    const call = stack.call(options(), noting(said));
    await until(() => said.includes('answered 200'), 'the answer');
    await until(() => log.includes('acknowledged'), 'the ACK');
    const bye = await call.dialog!.bye();
    expect(bye).toMatchObject({ kind: 'response', response: { status: 200 }, retransmissions: 0 });
    await until(() => log.includes('ended'), 'the BYE');

    // The vendor hangs up: its BYE finds us, over our connection where we cannot be connected to.
    const second: string[] = [];
    stack.call(options(), noting(second));
    await until(() => second.includes('answered 200'), 'the second answer');
    const theirs = await dialogs[1]!.bye();
    expect(theirs).toMatchObject({ kind: 'response', response: { status: 200 } });
    expect(second).toContain('ended');

    const refused: string[] = [];
    stack.call(options('4002000000'), noting(refused));
    await until(() => refused.includes('failed 486'), 'the refusal');
    const cancelled: string[] = [];
    const ringing = stack.call(options('4003000000'), noting(cancelled));
    await until(() => cancelled.includes('180'), 'ringing');
    ringing.cancel();
    await until(() => cancelled.includes('failed 487'), 'the 487');
    expect(await stack.send({ method: 'OPTIONS', requestUri: 'sip:x', fromUri: 'sip:a@b', toUri: 'sip:x', nextHop: hop })).toMatchObject({
      response: { status: 200 },
    });

    const invite = received.find((text) => text.startsWith('INVITE'))!;
    expect(invite).toMatch(new RegExp(`^Via: SIP/2\\.0/${transport.toUpperCase()} `, 'm'));
    if (transport !== 'udp') expect(invite).toMatch(new RegExp(`^Contact: <sip:.*;transport=${transport}>`, 'm'));
    expect(stack.problems.concat(callee.problems)).toEqual([]);
    if (transport !== 'udp') expect(stack.stats().retransmitted).toBe(0);
  });
});

it('repeats no request over a connection, and gives up at Timers B and F as over UDP', async () => {
  const { stack, received, hop } = await pair('tcp', '127.0.0.1');
  const silent = await openStack('silent', { bind: { host: '127.0.0.1', port: 0, transport: 'tcp' }, call: () => {}, request: () => {} });
  const said: string[] = [];
  const to = { host: '127.0.0.1', port: silent.local.port, transport: 'tcp' as const };
  const options = await stack.send({ method: 'OPTIONS', requestUri: 'sip:x', fromUri: 'sip:a@b', toUri: 'sip:x', nextHop: to });
  expect(options).toMatchObject({ kind: 'timeout', timer: 'F', retransmissions: 0 });
  expect(options.at - options.sentAt).toBeGreaterThan(QUICK.timeoutMs * 0.9);
  expect(received).toEqual([]);
  expect(hop.port).not.toBe(to.port);
  expect(said).toEqual([]);
});

it('loses with a connection only what waited on it, says so, and connects anew', async () => {
  const lost: { message: string; waiting: number; dialogs: number }[] = [];
  const log: string[] = [];
  const answering = (name: string, port: number) =>
    openStack(name, {
      bind: { host: '127.0.0.1', port, transport: 'tcp' },
      call: (call) => {
        call.handlers = { ended: () => log.push(`${name} ended`), cancelled: () => {} };
        call.ring();
        if (call.request.uri.includes('4001000000')) call.accept(SDP);
      },
    });
  const falls = await answering('falls', 0);
  const stays = await answering('stays', 0);
  const stack = await openStack('caller', {
    bind: { host: '127.0.0.1', port: 0, transport: 'tcp' },
    connectionLost: (_at, what) => lost.push(what),
  });
  const to = (callee: { local: { host: string; port: number } }, number: string) =>
    callTo(callee.local, {
      nextHop: { ...callee.local, transport: 'tcp' },
      requestUri: `sip:${number}@127.0.0.1:${callee.local.port}`,
    });
  const [talking, ringing, elsewhere, after]: string[][] = [[], [], [], []];
  let why = '';
  const call = stack.call(to(falls, '4001000000'), noting(talking!));
  stack.call(
    to(falls, '4003000000'),
    noting(ringing!, {
      failed: (failure) => {
        ringing!.push(`failed ${failure.kind}`);
        if (failure.kind === 'transport') why = `${failure.message} ${failure.local}`;
      },
    }),
  );
  stack.call(to(stays, '4003000000'), noting(elsewhere!));
  await until(() => talking!.includes('answered 200') && ringing!.includes('180') && elsewhere!.includes('180'), 'three calls');
  await falls.close();
  await until(() => ringing!.includes('failed transport'), 'the ringing call to fail');
  expect(why).toMatch(new RegExp(`^tcp:127\\.0\\.0\\.1:${falls.local.port}.* false$`));
  expect(lost[0]).toMatchObject({ waiting: 1 });
  expect(lost[0]!.dialogs).toBeGreaterThanOrEqual(1);
  // Nobody is there: the BYE of the call in progress fails by itself, and the other vendor's call knows nothing of it.
  const again = await answering('again', falls.local.port);
  expect(await call.dialog!.bye()).toMatchObject({ kind: 'response', response: { status: 481 } });
  stack.call(to(again, '4001000000'), noting(after!));
  await until(() => after!.includes('answered 200'), 'a call after the restart');
  expect(elsewhere!.at(-1)).toBe('180');
  expect(talking!.filter((it) => it.startsWith('failed'))).toEqual([]);
});

it('answers over the connection, or over a new one to the Via where it has gone', async () => {
  const asked: { respond(status: number): void }[] = [];
  const server = await openStack('server', {
    bind: { host: '127.0.0.1', port: 0, transport: 'tcp' },
    request: (request) => void asked.push(request),
  });
  const back: string[] = [];
  const listener = createServer((socket) => void socket.on('data', (chunk) => void back.push(chunk.toString())));
  await new Promise<void>((done) => listener.listen(0, '127.0.0.1', done));
  const own = (listener.address() as AddressInfo).port;
  const request = (branch: string) =>
    message([
      'OPTIONS sip:x SIP/2.0',
      `Via: SIP/2.0/TCP 127.0.0.1:${own};branch=z9hG4bK${branch}`,
      'From: <sip:a@b>;tag=1',
      'To: <sip:x>',
      `Call-ID: ${branch}`,
      'CSeq: 1 OPTIONS',
      'Max-Forwards: 70',
    ]);
  const socket = connect(server.local.port, '127.0.0.1');
  const heard: string[] = [];
  socket.on('data', (chunk) => void heard.push(chunk.toString()));
  // Two in one segment, the second cut in two, and pings between them.
  const two = `\r\n\r\n${request('one')}\r\n\r\n${request('two')}`;
  socket.write(two.slice(0, -40));
  await until(() => asked.length === 1, 'the first');
  socket.write(two.slice(-40));
  await until(() => asked.length === 2, 'the second');
  asked[0]!.respond(200);
  await until(() => heard.join('').includes('z9hG4bKone'), 'the answer on the connection');
  expect(heard.join('').startsWith('\r\n\r\n')).toBe(true);
  socket.destroy();
  await new Promise((done) => setTimeout(done, 50));
  asked[1]!.respond(200);
  await until(() => back.join('').includes('z9hG4bKtwo'), 'the answer at the Via');
  listener.close();
});

describe('what a connection says that fails', () => {
  const other = makeAuthority();
  afterAll(() => other.remove());
  const withLeaf = (pair: { cert: string; key: string }) =>
    openStack('server', { bind: { host: '127.0.0.1', port: 0, transport: 'tls' }, tls: { cert: pair.cert, key: pair.key } });
  const ask = async (
    port: number,
    transport: TransportName = 'tls',
    options: Partial<SipStackOptions> = {},
    hop: Partial<NextHop> = {},
  ) => {
    const stack = await openStack('asks', { bind: { host: '127.0.0.1', port: 0, transport }, tls: { ca: authority.ca }, ...options });
    const nextHop = { host: '127.0.0.1', port, transport, ...hop };
    const result = await stack.send({ method: 'OPTIONS', requestUri: 'sip:x', fromUri: 'sip:a@b', toUri: 'sip:x', nextHop });
    return result.kind === 'transport' ? `${result.local ? 'local ' : ''}${result.message}` : result.kind;
  };

  it('expired, not yet valid, wrong name, unknown authority', async () => {
    const expired = await withLeaf(authority.issue(['IP:127.0.0.1'], { from: -20, to: -1 }));
    expect(await ask(expired.local.port)).toMatch(/^the certificate of tls:127\.0\.0\.1:\d+ expired on .+: it must be renewed there$/);
    const early = await withLeaf(authority.issue(['IP:127.0.0.1'], { from: 2, to: 20 }));
    expect(await ask(early.local.port)).toMatch(/is not valid yet \(from .+\): check the clocks$/);
    const wrong = await withLeaf(authority.issue(['DNS:other.example', 'IP:192.0.2.1']));
    expect(await ask(wrong.local.port)).toMatch(/is for other\.example, 192\.0\.2\.1, not for 127\.0\.0\.1: set the trunk's tlsName/);
    expect(await ask(wrong.local.port, 'tls', {}, { name: 'other.example' })).toBe('response');
    const unknown = await withLeaf(other.issue(['IP:127.0.0.1']));
    expect(await ask(unknown.local.port)).toMatch(/signed by an authority that is not trusted here: name its CA file in local\.tls\.ca$/);
  });

  it('a certificate wanted of us, one not trusted there, an old version, no TLS at all', async () => {
    const tls = (more: object) =>
      new Promise<number>((done) => {
        const server = createTlsServer({ cert: leaf.cert, key: leaf.key, ...more });
        server.on('tlsClientError', () => {});
        server.listen(0, '127.0.0.1', () => done((server.address() as AddressInfo).port));
        closeAfter.push(() => server.close());
      });
    const wants = await tls({ requestCert: true, rejectUnauthorized: true, ca: authority.ca });
    expect(await ask(wants)).toMatch(/it wants a certificate from us or shares no cipher; set local\.tls\.cert and local\.tls\.key$/);
    const strange = other.issue(['DNS:us']);
    const mine = authority.issue(['DNS:us']);
    expect(await ask(wants, 'tls', { tls: { ca: authority.ca, cert: strange.cert, key: strange.key }, listen: false })).toMatch(
      /refuses our certificate .*: use one that it trusts|it wants a certificate|reset the connection|closed the connection/,
    );
    const welcome = await tls({ requestCert: true, rejectUnauthorized: true, ca: authority.ca });
    const stack = await openStack('mutual', {
      bind: { host: '127.0.0.1', port: 0, transport: 'tls' },
      tls: { ca: authority.ca, cert: mine.cert, key: mine.key },
      listen: false,
    });
    const silent = await stack.send({
      method: 'OPTIONS',
      requestUri: 'sip:x',
      fromUri: 'sip:a@b',
      toUri: 'sip:x',
      nextHop: { host: '127.0.0.1', port: welcome, transport: 'tls' },
      timeoutMs: 300,
    });
    expect(silent.kind).toBe('timeout');
    const old = await tls({ maxVersion: 'TLSv1.2' });
    expect(await ask(old, 'tls', { tls: { ca: authority.ca, minVersion: 'TLSv1.3' } })).toMatch(
      /share no TLS version: see local\.tls\.minVersion$/,
    );
  });

  it('nothing listens, garbage, a WebSocket that is none', async () => {
    const closed = await openStack('closed', { bind: { host: '127.0.0.1', port: 0, transport: 'tcp' } });
    await closed.close();
    const nobody = /^\w+:127\.0\.0\.1:\d+ refuses connections: nothing listens there; check host, port and transport$/;
    for (const transport of ['tcp', 'tls', 'ws', 'wss'] as const) expect(await ask(closed.local.port, transport)).toMatch(nobody);
    const garbage = createServer(
      (socket) => void socket.on('error', () => {}).end('HTTP/1.1 400 Bad Request\r\nContent-Type: x\r\n\r\nno'),
    );
    await new Promise<void>((done) => garbage.listen(0, '127.0.0.1', done));
    closeAfter.push(() => garbage.close());
    const { port } = garbage.address() as AddressInfo;
    expect(await ask(port, 'tcp')).toMatch(/^tcp:127\.0\.0\.1:\d+: it sent what is no SIP: a message without a readable Content-Length$/);
    expect(await ask(port, 'tls')).toMatch(/^what listens at tls:127\.0\.0\.1:\d+ does not speak TLS: check port and transport$/);
    expect(await ask(port, 'ws')).toMatch(/answers HTTP 400 to the WebSocket handshake: check the trunk's path$/);
  });
});

it('registers again soon after the registrar has restarted', async () => {
  let asked = 0;
  const registrar = (port: number) =>
    openStack('registrar', {
      bind: { host: '127.0.0.1', port, transport: 'tcp' },
      request: ({ request, respond }) => {
        asked++;
        respond(200, { headers: [['Contact', `${request.header('contact')};expires=600`]] });
      },
    });
  const first = await registrar(0);
  const stack = await openStack('agent', { bind: { host: '127.0.0.1', port: 0, transport: 'tcp' }, connectionLost: () => {} });
  const agent = stack.register(
    { aor: 'sip:1001@vendor.example', registrar: { ...first.local, transport: 'tcp' }, expiresS: 600 },
    { registered: () => {}, lost: () => {} },
  );
  await until(() => agent.registered, 'the registration');
  await first.close();
  await registrar(first.local.port);
  await until(() => asked === 2, 'the second REGISTER', 10_000);
  expect(agent.registered).toBe(true);
  await agent.stop();
});

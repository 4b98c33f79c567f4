/** A callee written by hand says what no well-behaved stack would, or what only a real vendor does. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { param, parseVia } from '../../src/sip/message/fields.ts';
import { ownAddress } from '../../src/sip/own-address.ts';
import type { SipDialog, SipResponse } from '../../src/sip/stack.ts';
import { answer, callTo, closeAll, field, hop, message, noting, openPeer, openStack, pause, SDP, until } from './support.ts';

afterEach(closeAll);

const branchOf = (text: string) => param(parseVia(field(text, 'Via'))!.params, 'branch');
const contact = (peer: { host: string; port: number }) => `Contact: <sip:agent@${peer.host}:${peer.port};ob>`;

test('an 18x without To-tag or Contact is still reported, with its time', async () => {
  const peer = await openPeer((text, from, self) => {
    if (!text.startsWith('INVITE')) return;
    self.send(answer(text, '180 Ringing'), from);
    self.send(answer(text, '183 Session Progress', { toTag: 'x' }), from);
  });
  const caller = await openStack('caller');
  const seen: SipResponse[] = [];
  const call = caller.call(callTo(peer), noting([], { provisional: (response) => seen.push(response) }));
  await until(() => seen.length === 2, 'two provisionals');
  expect(seen.map((response) => response.status)).toEqual([180, 183]);
  expect(seen[0]!.at).toBeGreaterThan(0);
  call.abandonUnawaited();
  expect(branchOf(await peer.next('CANCEL'))).toBe(branchOf(await peer.next('INVITE')));
});

test('a second 200 with another To-tag is acknowledged, ended and counted; the first call goes on', async () => {
  const peer = await openPeer((text, from, self) => {
    if (text.startsWith('INVITE')) {
      for (const toTag of ['first', 'second', 'first'])
        self.send(answer(text, '200 OK', { toTag, headers: [contact(self)], body: SDP.content }), from);
    }
    if (text.startsWith('BYE')) self.send(answer(text, '200 OK'), from);
  });
  const caller = await openStack('caller');
  const log: string[] = [];
  let dialog: SipDialog | undefined;
  caller.call(
    callTo(peer),
    noting(log, { answered: (_response, made) => (dialog = made), surplus: (response) => log.push(response.toTag) }),
  );
  await peer.next('BYE');
  await peer.next('ACK', 3);
  expect(
    peer.received
      .filter((text) => text.startsWith('ACK'))
      .map((text) => param(field(text, 'To').slice(field(text, 'To').indexOf('>') + 1), 'tag')),
  ).toEqual(['first', 'second', 'first']);
  expect(field(await peer.next('BYE'), 'To')).toContain('tag=second');
  expect(log).toEqual(['sent 1', 'second']);
  await dialog!.bye();
  expect(field(await peer.next('BYE', 2), 'To')).toContain('tag=first');
});

test('a 200 after the call was given up (a frozen site that woke) is acknowledged and ended once, and told', async () => {
  const peer = await openPeer((text, from, self) => {
    if (text.startsWith('BYE')) self.send(answer(text, '200 OK'), from);
  });
  const caller = await openStack('caller', { timers: { t1: 50, t2: 400, timeoutMs: 300 } });
  const log: string[] = [];
  caller.call(callTo(peer), noting(log));
  await until(() => log.includes('failed B'), 'Timer B');
  const invite = await peer.next('INVITE');
  const headers = ['Record-Route: <sip:127.0.0.1:' + peer.port + ';lr;hop=2>', contact(peer)];
  for (let i = 0; i < 2; i++) peer.send(answer(invite, '200 OK', { toTag: 'late', headers }), caller.local);
  await peer.next('ACK', 2);
  const bye = await peer.next('BYE');
  expect([field(bye, 'CSeq'), field(bye, 'Route')]).toEqual(['2 BYE', `<sip:127.0.0.1:${peer.port};lr;hop=2>`]);
  await pause(60);
  expect(peer.received.filter((text) => text.startsWith('BYE')).length).toBe(1);
  expect(log.filter((what) => what === 'surplus')).toEqual(['surplus']);
});

test('requests in a dialog follow the route set, last Record-Route first, with the Contact as Request-URI', async () => {
  const target = await openPeer((text, from, self) => {
    if (!text.startsWith('ACK')) self.send(answer(text, '200 OK'), from);
  });
  const route = (n: number) => `<sip:127.0.0.1:${target.port};lr;p=${n}>`;
  const peer = await openPeer((text, from, self) => {
    const headers = [
      `Record-Route: ${route(1)}, ${route(2)}`,
      `record-route: ${route(3)}`,
      'Contact: "A, B" <sip:agent@192.0.2.77:7777;x=y>;q=1',
    ];
    if (text.startsWith('INVITE')) self.send(answer(text, '200 OK', { toTag: 't', headers }), from);
  });
  const caller = await openStack('caller');
  const answered = Promise.withResolvers<SipDialog>();
  caller.call(callTo(peer), noting([], { answered: (_response, dialog) => answered.resolve(dialog) }));
  const dialog = await answered.promise;
  expect(dialog.snapshot()).toMatchObject({
    routeSet: [route(3), route(2), route(1)],
    remoteTarget: 'sip:agent@192.0.2.77:7777;x=y',
    remoteTag: 't',
    remote: { host: '127.0.0.1', port: target.port },
    localCseq: 1,
    branch: branchOf(await peer.next('INVITE')),
  });
  const ack = await target.next('ACK');
  expect(ack).toMatch(/^ACK sip:agent@192\.0\.2\.77:7777;x=y SIP\/2\.0\r\n/);
  expect(field(ack, 'Route')).toBe([route(3), route(2), route(1)].join(', '));
  await dialog.bye();
  expect(field(await target.next('BYE'), 'CSeq')).toBe('2 BYE');
});

test('a strict router is the Request-URI, and the target ends the Route (RFC 3261 12.2.1.1)', async () => {
  const peer = await openPeer((text, from, self) => {
    const headers = [`Record-Route: <sip:strict@${self.host}:${self.port}>`, 'Contact: <sip:agent@192.0.2.77>'];
    if (text.startsWith('INVITE')) self.send(answer(text, '200 OK', { toTag: 't', headers }), from);
    if (text.startsWith('BYE')) self.send(answer(text, '200 OK'), from);
  });
  const caller = await openStack('caller');
  caller.call(callTo(peer), noting([], { answered: (_response, dialog) => void dialog.bye() }));
  const bye = await peer.next('BYE');
  expect(bye).toMatch(new RegExp(`^BYE sip:strict@127.0.0.1:${peer.port} SIP`));
  expect(field(bye, 'Route')).toBe('<sip:agent@192.0.2.77>');
});

test('the Contact of the 200 and of later re-INVITEs is where requests go', async () => {
  const second = await openPeer((text, from, self) => {
    if (text.startsWith('BYE')) self.send(answer(text, '200 OK'), from);
  });
  const peer = await openPeer((text, from, self) => {
    if (!text.startsWith('INVITE')) return;
    self.send(answer(text, '180 Ringing', { toTag: 't', headers: ['Contact: <sip:early@127.0.0.1:9>'] }), from);
    self.send(answer(text, '200 OK', { toTag: 't', headers: [contact(self)], body: SDP.content }), from);
  });
  const caller = await openStack('caller');
  let dialog: SipDialog | undefined;
  caller.call(callTo(peer), noting([], { answered: (_r, made) => (dialog = made), offer: () => ({ status: 200, body: SDP }) }));
  const ack = await peer.next('ACK');
  expect(ack).toContain(`ACK sip:agent@127.0.0.1:${peer.port};ob`);
  const swap = { from: field(ack, 'To'), to: field(ack, 'From'), id: field(ack, 'Call-ID') };
  const inDialog = (method: string, cseq: number, headers: string[] = [], body = '') =>
    message(
      [
        `${method} sip:x@127.0.0.1:${caller.local.port} SIP/2.0`,
        `Via: SIP/2.0/UDP 127.0.0.1:${peer.port};branch=z9hG4bKp${method}${cseq}`,
        `From: ${swap.from}`,
        `To: ${swap.to}`,
        `Call-ID: ${swap.id}`,
        `CSeq: ${cseq} ${method}`,
        ...headers,
      ],
      body,
    );
  const sdp = ['Content-Type: application/sdp'];
  peer.send(
    inDialog('INVITE', 7, [`Contact: <sip:agent@127.0.0.1:${second.port}>`, 'Session-Expires: 90;refresher=uas', ...sdp], SDP.content),
    caller.local,
  );
  const accepted = await peer.next('SIP/2.0 200');
  expect([accepted.includes(SDP.content), field(accepted, 'CSeq')]).toEqual([true, '7 INVITE']);
  peer.send(inDialog('ACK', 7), caller.local);
  await pause(20);
  // Out of order: 500 (RFC 3261 12.2.2). OPTIONS and NOTIFY in the dialog: 200.
  peer.send(inDialog('INFO', 6), caller.local);
  await peer.next('SIP/2.0 500');
  peer.send(inDialog('OPTIONS', 8), caller.local);
  peer.send(inDialog('NOTIFY', 9, ['Event: keep-alive']), caller.local);
  await peer.next('SIP/2.0 200', 3);
  await dialog!.bye();
  expect(await second.next('BYE')).toContain(`BYE sip:agent@127.0.0.1:${second.port}`);
});

test('CANCEL waits for a provisional, has the branch and CSeq of its INVITE, and gives up 64·T1 after', async () => {
  const peer = await openPeer((text, from, self) => {
    if (text.startsWith('CANCEL')) self.send(answer(text, '200 OK', { toTag: 'c' }), from);
  });
  const caller = await openStack('caller', { timers: { t1: 50, t2: 400, timeoutMs: 400 } });
  const log: string[] = [];
  const call = caller.call(callTo(peer), noting(log));
  const invite = await peer.next('INVITE');
  call.cancel([['Reason', 'SIP;cause=480']]);
  await pause(100);
  expect(peer.received.some((text) => text.startsWith('CANCEL'))).toBe(false);
  peer.send(answer(invite, '100 Trying'), caller.local);
  const cancel = await peer.next('CANCEL');
  expect([field(cancel, 'Via'), field(cancel, 'CSeq'), field(cancel, 'To'), field(cancel, 'Reason')]).toEqual([
    field(invite, 'Via'),
    '1 CANCEL',
    field(invite, 'To'),
    'SIP;cause=480',
  ]);
  expect(log.at(-1)).toBe('100');
  await until(() => log.includes('failed B'), 'the end');
});

test('after provisionalLimitMs a late 180 is cancelled', async () => {
  const peer = await openPeer();
  const caller = await openStack('caller');
  const log: string[] = [];
  caller.call(callTo(peer, { provisionalLimitMs: 80 }), noting(log));
  await until(() => log.includes('failed provisional'), 'the limit');
  peer.send(answer(await peer.next('INVITE'), '180 Ringing', { toTag: 'x', headers: [contact(peer)] }), caller.local);
  expect(field(await peer.next('CANCEL'), 'CSeq')).toBe('1 CANCEL');
  expect(log.filter((what) => !what.endsWith('again'))).toEqual(['sent 1', 'failed provisional']);
});

test('challenges: 401 then 407, CSeq and branch go up, ACK carries the credentials, a stale nonce once more', async () => {
  const challenges = [
    '401 Unauthorized|WWW-Authenticate: Digest realm="site", nonce="n1", qop="auth"',
    '407 Proxy Authentication Required|Proxy-Authenticate: Digest realm="edge", nonce="e1"',
    '401 Unauthorized|WWW-Authenticate: Digest realm="site", nonce="n2", qop="auth", stale=true',
  ];
  const peer = await openPeer((text, from, self) => {
    if (!text.startsWith('INVITE')) return;
    const next = challenges.shift();
    const [status, header] = next?.split('|') ?? ['200 OK', contact(self)];
    self.send(answer(text, status!, { toTag: 't', headers: [header!] }), from);
  });
  const caller = await openStack('caller');
  const log: string[] = [];
  const call = caller.call(callTo(peer, { credentials: { username: 'trunk', password: 'secret' } }), noting(log));
  await until(() => log.includes('answered 200'), 'the answer');
  expect(log).toEqual(['sent 1', 'sent 2', 'sent 3', 'sent 4', 'answered 200']);
  expect(call.challenges).toBe(3);
  const invites = peer.received.filter((text) => text.startsWith('INVITE'));
  expect(new Set(invites.map(branchOf)).size).toBe(4);
  expect(new Set(invites.map((text) => field(text, 'Call-ID'))).size).toBe(1);
  const last = invites.at(-1)!;
  expect([last.match(/^Proxy-Authorization:/gm)?.length, last.match(/^Authorization:/gm)?.length]).toEqual([1, 1]);
  const ack = await peer.next('ACK', 4);
  expect(field(ack, 'Authorization')).toBe(field(last, 'Authorization'));
});

test('a wrong password ends in the 401 itself after one try', async () => {
  const peer = await openPeer((text, from, self) => {
    const headers = ['WWW-Authenticate: Digest realm="site", nonce="same"'];
    if (text.startsWith('INVITE')) self.send(answer(text, '401 Unauthorized', { toTag: 't', headers }), from);
  });
  const caller = await openStack('caller');
  const log: string[] = [];
  caller.call(callTo(peer, { credentials: { username: 'trunk', password: 'wrong' } }), noting(log));
  await until(() => log.includes('failed 401'), 'the 401');
  expect(log).toEqual(['sent 1', 'sent 2', 'failed 401']);
});

test('a peer that answers garbage costs nothing but a count', async () => {
  const corpus = join(import.meta.dirname, '../corpus/sip/rfc4475');
  const torture = readdirSync(corpus).map((name) => readFileSync(join(corpus, name)));
  const garbage: (string | Buffer)[] = [...torture, 'SIP/2.0 200 OK\r\n\r\n', 'x', Buffer.alloc(1500, 0xff), '\r\n\r\n'];
  const peer = await openPeer((text, from, self) => {
    if (!text.startsWith('INVITE')) return;
    for (const bytes of garbage) self.send(bytes, from);
    self.send(answer(text, '180 Ringing').replace('CSeq: 1 INVITE', 'CSeq: one INVITE'), from);
    self.send(answer(text, '200 OK'), from);
    self.send(answer(text, '200 OK', { toTag: 'x' }).replace(/^Via.*$/m, '$&\r\n$&'), from);
    self.send(answer(text, '486 Busy Here', { toTag: 'x' }), from);
  });
  const caller = await openStack('caller', { call: (call) => call.reject(486), request: (request) => request.respond(200) });
  const log: string[] = [];
  caller.call(callTo(peer), noting(log));
  await until(() => log.includes('failed 486'), 'the end of the call');
  expect(log).toEqual(['sent 1', 'failed 486']);
  expect(caller.stats().bad).toBeGreaterThanOrEqual(19);
  expect(caller.problems[0]).toMatch(/^unusable message from 127\.0\.0\.1:\d+: /);
});

test('a next hop that is no address fails the call as transport, at once', async () => {
  const caller = await openStack('caller');
  const log: string[] = [];
  caller.call(callTo({ host: 'no-such-host.invalid', port: 5060 }), noting(log));
  await until(() => log.includes('failed transport'), 'the failure');
  const result = await caller.send({
    method: 'OPTIONS',
    requestUri: 'sip:x@y',
    fromUri: 'sip:a@b',
    toUri: 'sip:x@y',
    nextHop: { ...hop(caller.local), port: 0 },
  });
  expect(result).toMatchObject({ kind: 'transport', local: true });
});

test('a port that is taken, and an address that is not ours, are named in one line', async () => {
  const first = await openStack('first');
  await expect(openStack('second', { bind: { ...first.local } })).rejects.toMatchObject({
    code: 'port-in-use',
    where: `127.0.0.1:${first.local.port}`,
  });
  for (const transport of ['udp', 'tcp'] as const)
    await expect(openStack(transport, { bind: { host: '192.0.2.1', port: 0, transport } })).rejects.toMatchObject({
      code: 'port-in-use',
      message: expect.stringContaining('192.0.2.1'),
    });
  expect(first.stats().receiveBuffer).toBeGreaterThan(0);
});

test('on every address, Via and Contact name one that can be reached', async () => {
  const peer = await openPeer();
  const caller = await openStack('caller', { bind: { host: '0.0.0.0', port: 0, transport: 'udp' } });
  const call = caller.call(callTo(peer), noting([]));
  const request = await peer.next('INVITE');
  expect(field(request, 'Via')).not.toContain('0.0.0.0');
  expect(field(request, 'Contact')).toBe(`<sip:40080000000@${ownAddress('0.0.0.0')}:${caller.local.port}>`);
  call.abandonUnawaited();
  const address = (host: string, internal: boolean, family = 'IPv4') => ({ address: host, internal, family }) as never;
  const machine = { lo: [address('127.0.0.1', true)], eth0: [address('fe80::1', false, 'IPv6'), address('192.0.2.4', false)] };
  expect([ownAddress('0.0.0.0', machine), ownAddress('::', machine), ownAddress('10.0.0.1', machine)]).toEqual([
    '192.0.2.4',
    '::1',
    '10.0.0.1',
  ]);
  expect(ownAddress('0.0.0.0', {})).toBe('127.0.0.1');
});

test('trace shows every message both ways, and may throw', async () => {
  const seen: string[] = [];
  const callee = await openStack('callee');
  const caller = await openStack('caller', {
    trace: ({ sent, text, remote }) => {
      seen.push(`${sent ? '→' : '←'} ${text.slice(0, 11)} ${remote.port}`);
      throw new Error('nobody is looking');
    },
  });
  const log: string[] = [];
  caller.call(callTo(callee.local), noting(log));
  await until(() => seen.length === 4, 'four messages');
  const { port } = callee.local;
  expect(seen).toEqual([`→ INVITE sip: ${port}`, `← SIP/2.0 100 ${port}`, `← SIP/2.0 480 ${port}`, `→ ACK sip:400 ${port}`]);
});

test('behind NAT the advertised address stands in Via and Contact', async () => {
  const peer = await openPeer();
  const caller = await openStack('caller', { advertise: { host: '203.0.113.5', port: 5062 } });
  const call = caller.call(callTo(peer), noting([]));
  const request = await peer.next('INVITE');
  expect(field(request, 'Via')).toMatch(/^SIP\/2\.0\/UDP 203\.0\.113\.5:5062;branch=.*;rport$/);
  expect(field(request, 'Contact')).toBe('<sip:40080000000@203.0.113.5:5062>');
  call.abandonUnawaited();
});

/** A caller written by hand: merged and late requests, odd ACKs, what must be refused. */
import { afterEach, expect, test } from 'vitest';
import { param, parseVia } from '../../src/sip/message/fields.ts';
import type { IncomingCall } from '../../src/sip/stack.ts';
import { closeAll, field, message, openPeer, openStack, pause, SDP, until } from './support.ts';

afterEach(closeAll);

const branchOf = (text: string) => param(parseVia(field(text, 'Via'))!.params, 'branch');
const contact = (peer: { host: string; port: number }) => `Contact: <sip:agent@${peer.host}:${peer.port};ob>`;

function invite(to: { host: string; port: number }, from: { host: string; port: number }, branch: string, headers: string[] = []): string {
  return message([
    `INVITE sip:anyone@${to.host}:${to.port} SIP/2.0`,
    `Via: SIP/2.0/UDP ${from.host}:${from.port};rport;branch=z9hG4bK${branch}`,
    'From: <sip:caller@peer.example>;tag=f',
    'To: <sip:anyone@vendor.example>',
    'Call-ID: merged@peer.example',
    'CSeq: 5 INVITE',
    contact(from),
    ...headers,
  ]);
}

test('a request that comes by two ways is answered once and refused once with 482 (merged requests)', async () => {
  const calls: IncomingCall[] = [];
  const callee = await openStack('callee', { call: (call) => calls.push(call) });
  const peer = await openPeer();
  for (const branch of ['one', 'two', 'one']) peer.send(invite(callee.local, peer, branch), callee.local);
  expect(branchOf(await peer.next('SIP/2.0 482'))).toBe('z9hG4bKtwo');
  expect(calls.length).toBe(1);
  await until(() => peer.received.filter((text) => text.startsWith('SIP/2.0 100')).length === 2, 'the repeated 100');
  // Refused by us, and tried again by a proxy on its next way: a new request, not a merged one.
  calls[0]!.reject(503);
  await peer.next('SIP/2.0 503');
  peer.send(invite(callee.local, peer, 'three'), callee.local);
  await until(() => calls.length === 2, 'the second call');
});

test('after the ACK nothing is held, and late copies of the INVITE start no second call', async () => {
  const calls: IncomingCall[] = [];
  const callee = await openStack('callee', {
    call(call) {
      calls.push(call);
      call.accept(SDP);
    },
  });
  const peer = await openPeer();
  const request = invite(callee.local, peer, 'x');
  peer.send(request, callee.local);
  const to = field(await peer.next('SIP/2.0 200'), 'To');
  peer.send(
    request
      .replace('INVITE sip', 'ACK sip')
      .replace('5 INVITE', '5 ACK')
      .replace('branch=z9hG4bKx', 'branch=z9hG4bKack')
      .replace(/^To: .*$/m, `To: ${to}`),
    callee.local,
  );
  await until(() => callee.stats().transactions === 0, 'the release');
  const before = peer.received.length;
  peer.send(request, callee.local);
  peer.send(invite(callee.local, peer, 'merged'), callee.local);
  await peer.next('SIP/2.0 482');
  expect(peer.received.length).toBe(before + 1);
  expect([calls.length, callee.stats().dialogs]).toEqual([1, 1]);
});

test('what we cannot do is refused as RFC 3261 wants: 420, 481, 405', async () => {
  const callee = await openStack('callee', { call: (call) => call.accept(SDP) });
  const peer = await openPeer();
  peer.send(invite(callee.local, peer, 'x', ['Require: replaces, timer']), callee.local);
  expect(field(await peer.next('SIP/2.0 420'), 'Unsupported')).toBe('replaces');
  peer.send(invite(callee.local, peer, 'y').replace('<sip:anyone@vendor.example>', '<sip:anyone@vendor.example>;tag=gone'), callee.local);
  await peer.next('SIP/2.0 481');
  peer.send(invite(callee.local, peer, 'z').replaceAll('INVITE', 'CANCEL'), callee.local);
  await peer.next('SIP/2.0 481', 2);
});

test('an ACK with the branch of the INVITE still ends the repetition of the 200', async () => {
  const log: string[] = [];
  const callee = await openStack('callee', {
    call(call) {
      call.handlers = { acknowledged: () => log.push('acknowledged'), cancelled: () => {}, ended: () => {} };
      call.accept(SDP);
    },
  });
  const peer = await openPeer();
  const request = invite(callee.local, peer, 'x');
  peer.send(request, callee.local);
  const ok = await peer.next('SIP/2.0 200', 2);
  peer.send(
    request
      .replace('INVITE sip', 'ACK sip')
      .replace('5 INVITE', '5 ACK')
      .replace(/^To: .*$/m, `To: ${field(ok, 'To')}`),
    callee.local,
  );
  await until(() => log.length === 1, 'the ACK');
  const repeated = peer.received.length;
  await pause(250);
  expect(peer.received.length).toBe(repeated);
});

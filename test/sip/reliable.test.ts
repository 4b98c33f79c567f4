/** Reliable provisional responses (RFC 3262) and late offers, our stack on both sides. */
import { afterEach, expect, test } from 'vitest';
import type { IncomingCall, SipDialog } from '../../src/sip/stack.ts';
import { answer, callTo, closeAll, field, hop, noting, openCallee, openPeer, openRelay, openStack, pause, SDP, until } from './support.ts';

afterEach(closeAll);

const body = (content: string) => ({ type: 'application/sdp', content: `${SDP.content}a=${content}\r\n` });

test('where the caller demands it every 18x is sent reliably, one at a time, and the 200 waits for the last with SDP', async () => {
  const callee = await openCallee((call) => {
    call.ring();
    call.progress(SDP);
    call.accept(undefined);
  });
  const heard: string[] = [];
  const caller = await openStack('caller', { trace: ({ sent, text }) => heard.push(`${sent ? '>' : '<'} ${text.split('\r\n')[0]}`) });
  const log: string[] = [];
  caller.call(callTo(callee.stack.local, { reliable: 'required' }), noting(log));
  await until(() => callee.log.includes('acknowledged'), 'the ACK');
  expect(log).toEqual(['sent 1', '100', '180', '183', 'answered 200']);
  const order = heard.map((line) => line.replace(/ sip:.*/, '').replace('SIP/2.0 ', ''));
  expect(order).toEqual([
    '> INVITE',
    '< 100 Trying',
    '< 180 Ringing',
    '> PRACK',
    '< 200 OK',
    '< 183 Session Progress',
    '> PRACK',
    '< 200 OK',
    '< 200 OK',
    '> ACK',
  ]);
});

test('a lost PRACK, and a lost 183: both come again, and the story is told once', async () => {
  const callee = await openCallee((call) => {
    call.reliable();
    call.progress(SDP);
    call.accept(undefined);
  });
  const relay = await openRelay(callee.stack.local, (what, count) => /183|PRACK/.test(what) && count === 1);
  const caller = await openStack('caller');
  const log: string[] = [];
  caller.call(callTo(callee.stack.local, { nextHop: hop(relay) }), noting(log));
  await until(() => callee.log.includes('acknowledged'), 'the ACK');
  expect(log.filter((what) => what === '183')).toHaveLength(1);
  expect(relay.lost.length).toBeGreaterThanOrEqual(2);
});

test('no PRACK ever: repeated with doubling intervals, then 504', async () => {
  const callee = await openCallee((call) => call.progress(SDP));
  const peer = await openPeer();
  const invite = [
    `INVITE sip:x@${callee.stack.local.host} SIP/2.0`,
    `Via: SIP/2.0/UDP ${peer.host}:${peer.port};rport;branch=z9hG4bKp`,
    'From: <sip:a@b>;tag=f',
    'To: <sip:x@b>',
    'Call-ID: never',
    'CSeq: 7 INVITE',
    'Require: 100rel',
    `Contact: <sip:p@${peer.host}:${peer.port}>`,
    'Content-Length: 0',
  ];
  peer.send(`${invite.join('\r\n')}\r\n\r\n`, callee.stack.local);
  await peer.next('SIP/2.0 504');
  const sent = peer.received.filter((text) => text.startsWith('SIP/2.0 183'));
  // 50, 100, 200, 400, 800 ms fit into 1600.
  expect(sent.length).toBe(6);
  expect(new Set(sent.map((text) => field(text, 'RSeq'))).size).toBe(1);
  expect(callee.log).toEqual(['cancelled']);
});

test('a PRACK that matches nothing gets 481', async () => {
  const callee = await openCallee((call) => call.accept(SDP));
  const caller = await openStack('caller');
  const dialog = Promise.withResolvers<SipDialog>();
  caller.call(callTo(callee.stack.local), noting([], { answered: (_response, made) => dialog.resolve(made) }));
  const result = await (await dialog.promise).send('PRACK', { headers: [['RAck', '5 1 INVITE']] });
  expect(result).toMatchObject({ response: { status: 481 } });
});

test('a CANCEL while the 200 waits for a PRACK wins', async () => {
  let taken: IncomingCall | undefined;
  const callee = await openCallee((call) => {
    taken = call;
    call.progress(SDP);
    call.accept(undefined);
  });
  const peer = await openPeer();
  const lines = (method: string, extra: string[]) =>
    [
      `${method} sip:x@${callee.stack.local.host} SIP/2.0`,
      `Via: SIP/2.0/UDP ${peer.host}:${peer.port};rport;branch=z9hG4bKheld`,
      'From: <sip:a@b>;tag=f',
      'To: <sip:x@b>',
      'Call-ID: held',
      `CSeq: 7 ${method}`,
      ...extra,
      'Content-Length: 0',
    ].join('\r\n');
  peer.send(`${lines('INVITE', ['Require: 100rel', `Contact: <sip:p@${peer.host}:${peer.port}>`])}\r\n\r\n`, callee.stack.local);
  await peer.next('SIP/2.0 183');
  peer.send(`${lines('CANCEL', [])}\r\n\r\n`, callee.stack.local);
  await peer.next('SIP/2.0 487');
  expect(callee.log).toEqual(['cancelled']);
  expect(taken).toBeDefined();
  expect(peer.received.some((text) => /^SIP\/2.0 200/.test(text) && field(text, 'CSeq').includes('INVITE'))).toBe(false);
});

test('late offer: the 200 brings it, the ACK the answer', async () => {
  const answers: string[] = [];
  const callee = await openCallee((call) => call.accept(body('offer')), { answer: (ack) => answers.push(ack.body) });
  const caller = await openStack('caller');
  const offers: string[] = [];
  const handlers = noting([], {
    lateOffer: (offer) => {
      offers.push(offer.body);
      return body('answer');
    },
  });
  caller.call(callTo(callee.stack.local, { body: undefined }), handlers);
  await until(() => answers.length > 0, 'the answer');
  expect(offers).toEqual([body('offer').content]);
  expect(answers).toEqual([body('answer').content]);
});

test('late offer in a reliable 183: answered in the PRACK, and the ACK carries none', async () => {
  const answers: string[] = [];
  const callee = await openCallee(
    (call) => {
      call.progress(body('offer'));
      call.accept(undefined);
    },
    { answer: (message) => answers.push(message.body), acknowledged: (ack) => answers.push(`ACK${ack.body}`) },
  );
  const caller = await openStack('caller');
  caller.call(callTo(callee.stack.local, { body: undefined, reliable: 'required' }), noting([], { lateOffer: () => body('answer') }));
  await until(() => answers.length === 2, 'answer and ACK');
  expect(answers).toEqual([body('answer').content, 'ACK']);
});

test('their re-INVITE without SDP gets our offer, and its ACK the answer', async () => {
  const answers: string[] = [];
  const peer = await openPeer((text, from, self) => {
    const headers = [`Contact: <sip:x@${self.host}:${self.port}>`, 'Content-Type: application/sdp'];
    if (text.startsWith('INVITE')) self.send(answer(text, '200 OK', { toTag: 't', headers, body: SDP.content }), from);
  });
  const caller = await openStack('caller');
  const handlers = noting([], {
    offer: (request) => ({ status: 200, body: request.body === '' ? body('offer') : undefined }),
    answer: (ack) => answers.push(ack.body),
  });
  caller.call(callTo(peer), handlers);
  const ack = await peer.next('ACK');
  const request = (method: string, content: string) =>
    [
      `${method} sip:40080000000@${caller.local.host}:${caller.local.port} SIP/2.0`,
      `Via: SIP/2.0/UDP ${peer.host}:${peer.port};rport;branch=z9hG4bKre${method}`,
      `From: ${field(ack, 'To')}`,
      `To: ${field(ack, 'From')}`,
      `Call-ID: ${field(ack, 'Call-ID')}`,
      `CSeq: 9 ${method}`,
      `Contact: <sip:x@${peer.host}:${peer.port}>`,
      ...(content ? ['Content-Type: application/sdp'] : []),
      `Content-Length: ${content.length}`,
      '',
      content,
    ].join('\r\n');
  peer.send(request('INVITE', ''), caller.local);
  const ok = await peer.next('SIP/2.0 200');
  expect(ok).toContain('a=offer');
  peer.send(request('ACK', SDP.content), caller.local);
  await until(() => answers.length > 0, 'the answer');
  await pause(20);
  expect(answers).toEqual([SDP.content]);
});

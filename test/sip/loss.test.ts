/** A relay between two stacks loses what it is told to: retransmission on both sides (RFC 3261 17, 13.3.1.4), with timers ten times as quick. */
import { afterEach, expect, test } from 'vitest';
import type { SipDialog, TransactionResult } from '../../src/sip/stack.ts';
import { callTo, clock, closeAll, hop, noting, openRelay, openStack, pause, QUICK, SDP, until } from './support.ts';

afterEach(closeAll);

async function throughRelay(lose: (what: string, count: number) => boolean, take: 'accept' | 'reject' = 'accept') {
  const log: string[] = [];
  const offered: number[] = [];
  const callee = await openStack('callee', {
    call(call) {
      offered.push(clock.now());
      call.handlers = {
        cancelled: () => log.push('cancelled'),
        acknowledged: () => log.push('acknowledged'),
        unacknowledged: () => log.push('unacknowledged'),
        ended: () => log.push('ended'),
      };
      if (take === 'accept') call.accept(SDP);
      else call.reject(486);
    },
  });
  const relay = await openRelay(callee.local, lose);
  const caller = await openStack('caller');
  return { callee, caller, relay, log, offered };
}

test('Timer A: a lost INVITE goes out again at T1 and 2·T1 more, and is counted', async () => {
  const { caller, relay, offered } = await throughRelay((what, count) => what.startsWith('INVITE') && count <= 2);
  const log: string[] = [];
  const sentAt: number[] = [];
  let dialog: SipDialog | undefined;
  const call = caller.call(
    callTo(relay),
    noting(log, {
      sent: (at, what) => {
        sentAt.push(at);
        log.push(`sent ${what.cseq}${what.retransmission ? ' again' : ''}`);
      },
      answered: (_response, made) => {
        dialog = made;
      },
    }),
  );
  await until(() => dialog !== undefined, 'the answer');
  expect(log.slice(0, 3)).toEqual(['sent 1', 'sent 1 again', 'sent 1 again']);
  expect(call.retransmissions).toBe(2);
  expect(sentAt[1]! - sentAt[0]!).toBeGreaterThanOrEqual(QUICK.t1 - 1);
  expect(sentAt[2]! - sentAt[1]!).toBeGreaterThanOrEqual(2 * QUICK.t1 - 10);
  expect(offered.length).toBe(1);
  expect(caller.stats().retransmitted).toBe(2);
});

test('a repeated INVITE makes no second call: the last provisional comes again', async () => {
  const { callee, caller, relay, offered } = await throughRelay((what, count) => /^SIP\/2.0 (100|200).* INVITE$/.test(what) && count <= 1);
  let dialog: SipDialog | undefined;
  caller.call(callTo(relay), noting([], { answered: (_response, made) => (dialog = made) }));
  await until(() => dialog !== undefined, 'the answer');
  expect(offered.length).toBe(1);
  expect(callee.stats().dialogs).toBe(1);
});

test('a lost ACK: the 200 comes again and so does the ACK', async () => {
  const { caller, relay, log } = await throughRelay((what, count) => what.startsWith('ACK') && count <= 2);
  const heard: string[] = [];
  caller.call(callTo(relay), noting(heard));
  await until(() => log.includes('acknowledged'), 'the ACK');
  expect(relay.lost.length).toBe(2);
  expect(heard.filter((what) => what.startsWith('answered'))).toEqual(['answered 200']);
});

test('no ACK at all: the callee gives up after 64·T1 and says BYE', async () => {
  const { caller, relay, log } = await throughRelay((what) => what.startsWith('ACK'));
  const heard: string[] = [];
  caller.call(callTo(relay), noting(heard));
  await until(() => log.includes('unacknowledged'), 'the end of Timer L');
  await until(() => heard.includes('ended'), 'the BYE');
  expect(log).toEqual(['unacknowledged']);
});

test('Timer G: a refusal comes again until its ACK, which is repeated for it (Timer D)', async () => {
  const { callee, caller, relay } = await throughRelay((what, count) => what.startsWith('ACK') && count <= 1, 'reject');
  const heard: string[] = [];
  caller.call(callTo(relay), noting(heard));
  await until(() => callee.stats().retransmitted > 0 && caller.stats().retransmitted > 0, 'the repetition');
  expect(heard.filter((what) => what.startsWith('failed'))).toEqual(['failed 486']);
  const repeated = callee.stats().retransmitted;
  await pause(4 * QUICK.t1);
  expect(callee.stats().retransmitted).toBe(repeated);
});

test('Timer E and J: a lost BYE, and a lost answer to it, are repeated', async () => {
  const { caller, relay, log } = await throughRelay((what, count) => /(^BYE| BYE$)/.test(what) && count <= 1);
  const bye = Promise.withResolvers<TransactionResult>();
  caller.call(callTo(relay), noting([], { answered: (_response, dialog) => void dialog.bye().then(bye.resolve) }));
  const result = await bye.promise;
  expect(result).toMatchObject({ kind: 'response', response: { status: 200 } });
  expect(result.retransmissions).toBe(2);
  expect(result.at - result.sentAt).toBeGreaterThanOrEqual(3 * QUICK.t1 - 10);
  expect(log.filter((what) => what === 'ended').length).toBe(1);
});

test('Timer F: a BYE that nobody answers ends as timeout', async () => {
  const { caller, relay } = await throughRelay((what) => what.startsWith('BYE'));
  const bye = Promise.withResolvers<TransactionResult>();
  caller.call(callTo(relay), noting([], { answered: (_response, dialog) => void dialog.bye().then(bye.resolve) }));
  expect(await bye.promise).toMatchObject({ kind: 'timeout', timer: 'F' });
});

test('Timer B: an INVITE that nobody answers', async () => {
  const { caller, relay, offered } = await throughRelay((what) => what.startsWith('INVITE'));
  const log: string[] = [];
  const call = caller.call(callTo(relay), noting(log));
  await until(() => log.includes('failed B'), 'Timer B');
  // 1600 ms hold 50, 150, 350, 750 and 1550.
  expect(call.retransmissions).toBeGreaterThanOrEqual(4);
  expect(call.retransmissions).toBeLessThanOrEqual(5);
  expect(offered).toEqual([]);
  const after = caller.stats().sent;
  await pause(100);
  expect([caller.stats().sent, caller.stats().transactions]).toEqual([after, 0]);
});

test('provisionalLimitMs: gives up long before Timer B and repeats nothing more', async () => {
  const { caller, relay } = await throughRelay((what) => what.startsWith('INVITE'));
  const log: string[] = [];
  caller.call(callTo(relay, { provisionalLimitMs: 120 }), noting(log));
  await until(() => log.includes('failed provisional'), 'the limit');
  const sent = caller.stats().sent;
  await pause(300);
  expect(caller.stats().sent).toBe(sent);
  expect(log.filter((what) => what.startsWith('failed'))).toEqual(['failed provisional']);
});

test('a probe is sent once, and its loss shows within its own limit', async () => {
  const { callee, caller, relay } = await throughRelay((what, count) => what.startsWith('OPTIONS') && count === 1);
  const probe = () =>
    caller.send({
      method: 'OPTIONS',
      requestUri: 'sip:vendor.example',
      fromUri: 'sip:probe@caller.example',
      toUri: 'sip:vendor.example',
      nextHop: hop(relay),
      retransmit: false,
      timeoutMs: 150,
    });
  const began = clock.now();
  expect(await probe()).toMatchObject({ kind: 'timeout', timer: 'F', retransmissions: 0 });
  expect(clock.now() - began).toBeLessThan(1000);
  expect(await probe()).toMatchObject({ kind: 'response', response: { status: 200 } });
  expect([callee.stats().received, caller.stats().retransmitted, caller.stats().transactions <= 1]).toEqual([1, 0, true]);
});

test('CANCEL is held until a provisional comes, however late', async () => {
  const { caller, relay, log } = await throughRelay((what, count) => what.startsWith('INVITE') && count <= 2, 'accept');
  const heard: string[] = [];
  const call = caller.call(callTo(relay), noting(heard, { answered: (_response, dialog) => void dialog.bye() }));
  call.cancel();
  await until(() => log.includes('ended') || heard.includes('failed 487'), 'an end');
  // Nothing but INVITEs went out before the first answer.
  expect(relay.lost.every((what) => what.startsWith('INVITE'))).toBe(true);
});

test('20 % loss both ways: 60 calls, every one of them ends once', async () => {
  let n = 0;
  const { caller, relay, log, offered } = await throughRelay(() => n++ % 5 === 0);
  const ends: string[] = [];
  for (let i = 0; i < 60; i++) {
    caller.call(
      callTo(relay),
      noting([], {
        answered: (_response, dialog) => void dialog.bye().then((result) => ends.push(result.kind)),
        failed: (failure) => ends.push(failure.kind),
      }),
    );
  }
  await until(() => ends.length === 60, '60 ends', 10_000);
  expect(ends.filter((end) => end === 'response').length).toBeGreaterThanOrEqual(55);
  expect(offered.length).toBeLessThanOrEqual(60);
  expect(log.filter((what) => what === 'ended').length).toBeGreaterThanOrEqual(55);
});

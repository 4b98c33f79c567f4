/** What one process leaves open, another ends with nothing but the snapshot: from another port, with other tags and counters of its own. */
import { afterEach, expect, test } from 'vitest';
import type { DialogSnapshot, IncomingCall, SipDialog } from '../../src/sip/stack.ts';
import { callTo, closeAll, noting, openStack, SDP, until } from './support.ts';

afterEach(closeAll);

async function openVendor(answer: boolean) {
  const log: string[] = [];
  const calls: IncomingCall[] = [];
  const stack = await openStack('vendor', {
    call(call) {
      calls.push(call);
      call.handlers = {
        cancelled: () => log.push('cancelled'),
        acknowledged: () => log.push('acknowledged'),
        ended: (request) => log.push(`ended ${request.cseq}`),
      };
      if (answer) call.accept(SDP);
      else call.ring();
    },
  });
  return { stack, log, calls };
}

/** As open.csv would hold it. */
const stored = (snapshot: DialogSnapshot): DialogSnapshot => JSON.parse(JSON.stringify(snapshot));

test('an answered call is ended by BYE with the next CSeq', async () => {
  const vendor = await openVendor(true);
  const killed = await openStack('killed');
  const answered = Promise.withResolvers<SipDialog>();
  killed.call(callTo(vendor.stack.local), noting([], { answered: (_response, dialog) => answered.resolve(dialog) }));
  const dialog = await answered.promise;
  await dialog.send('INFO');
  const left = stored(dialog.snapshot());
  expect(left.localCseq).toBe(2);
  await until(() => vendor.log.includes('acknowledged'), 'the ACK');
  await killed.close();
  const sweeper = await openStack('sweeper');
  expect(await sweeper.sweep(left)).toMatchObject({ kind: 'response', response: { status: 200 } });
  expect(vendor.log).toEqual(['acknowledged', 'ended 3']);
  expect(await sweeper.sweep(left)).toMatchObject({ kind: 'response' });
  expect(vendor.log.length).toBe(2);
});

test('a ringing call is ended by CANCEL with the branch of its INVITE', async () => {
  const vendor = await openVendor(false);
  const killed = await openStack('killed');
  const log: string[] = [];
  const call = killed.call(callTo(vendor.stack.local), noting(log));
  await until(() => log.includes('180'), 'ringing');
  const left = stored(call.snapshot());
  expect(left.remoteTag).toBe(null);
  await killed.close();
  const sweeper = await openStack('sweeper');
  expect(await sweeper.sweep(left)).toMatchObject({ kind: 'response', response: { status: 200 } });
  expect(vendor.log).toEqual(['cancelled']);
});

test('what the vendor does not know any more gets its 481', async () => {
  const vendor = await openVendor(true);
  const killed = await openStack('killed');
  const call = killed.call(callTo(vendor.stack.local), noting([]));
  const early = stored(call.snapshot());
  await killed.close();
  const sweeper = await openStack('sweeper');
  const gone = { ...early, sipCallId: 'gone', branch: 'z9hG4bK-gone' };
  expect(await sweeper.sweep(gone)).toMatchObject({ kind: 'response', response: { status: 481 } });
  const target = `sip:x@127.0.0.1:${vendor.stack.local.port}`;
  expect(await sweeper.sweep({ ...gone, remoteTag: 't', remoteTarget: target })).toMatchObject({ response: { status: 481 } });
});

test('byeUnawaited and abandonUnawaited put one message on the wire and forget', async () => {
  const answering = await openVendor(true);
  const ringing = await openVendor(false);
  const caller = await openStack('caller');
  let dialog: SipDialog | undefined;
  const log: string[] = [];
  const answered = caller.call(callTo(answering.stack.local), noting([], { answered: (_response, made) => (dialog = made) }));
  const open = caller.call(callTo(ringing.stack.local), noting(log));
  await until(() => dialog !== undefined && log.includes('180') && answering.log.includes('acknowledged'), 'both calls');
  const before = caller.stats().sent;
  answered.abandonUnawaited();
  open.abandonUnawaited();
  expect(caller.stats().sent).toBe(before + 2);
  await until(() => answering.log.includes('ended 2') && ringing.log.includes('cancelled'), 'both ends');
  expect(caller.stats().dialogs).toBe(0);
  expect(log.some((what) => what.startsWith('failed'))).toBe(false);
});

test("the callee's side of a dialog can be swept as well", async () => {
  const vendor = await openVendor(true);
  const caller = await openStack('caller');
  const log: string[] = [];
  caller.call(callTo(vendor.stack.local), noting(log));
  await until(() => vendor.log.includes('acknowledged'), 'the call');
  const left = stored(vendor.calls[0]!.snapshot());
  await vendor.stack.close();
  const sweeper = await openStack('sweeper');
  expect(await sweeper.sweep(left)).toMatchObject({ kind: 'response', response: { status: 200 } });
  expect(log.at(-1)).toBe('ended');
});

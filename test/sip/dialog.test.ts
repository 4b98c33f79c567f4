/** Two real stacks on loopback: requests inside a dialog, both ways, and the ones that cross. */
import { afterEach, expect, test } from 'vitest';
import type { IncomingCallHandlers, SipDialog } from '../../src/sip/stack.ts';
import { callTo, closeAll, noting, openCallee, openStack, quietDialog, SDP, until } from './support.ts';

afterEach(closeAll);

test('requests in the dialog, both ways: INFO, UPDATE, OPTIONS, re-INVITE, and one that nobody knows', async () => {
  const seen: string[] = [];
  const answering = (side: string): Partial<IncomingCallHandlers> => ({
    offer: (request) => {
      seen.push(`${side} ${request.method}`);
      return { status: 200, body: { ...SDP, content: `${SDP.content}a=${side}\r\n` } };
    },
    request: (request) => {
      seen.push(`${side} ${request.method} ${request.body}`);
      return request.method === 'INFO' ? 200 : 501;
    },
  });
  const theirs = Promise.withResolvers<SipDialog>();
  const callee = await openCallee((call) => theirs.resolve(call.accept(SDP)), answering('callee'));
  const caller = await openStack('caller');
  const ours = Promise.withResolvers<SipDialog>();
  caller.call(callTo(callee.stack.local), noting([], { ...answering('caller'), answered: (_response, dialog) => ours.resolve(dialog) }));
  const dialogs = { caller: await ours.promise, callee: await theirs.promise };
  await until(() => callee.log.includes('acknowledged'), 'the ACK');
  for (const [side, dialog] of Object.entries(dialogs)) {
    const other = side === 'caller' ? 'callee' : 'caller';
    const info = await dialog.send('INFO', { body: { type: 'application/dtmf-relay', content: 'Signal=1' } });
    expect(info).toMatchObject({ kind: 'response', response: { status: 200 } });
    expect(await dialog.send('UPDATE', { body: SDP })).toMatchObject({ response: { status: 200, body: `${SDP.content}a=${other}\r\n` } });
    expect(await dialog.send('OPTIONS')).toMatchObject({ response: { status: 200 } });
    expect(await dialog.send('FROBNICATE')).toMatchObject({ response: { status: 501 } });
    expect(await dialog.reinvite(SDP)).toMatchObject({ response: { status: 200, body: `${SDP.content}a=${other}\r\n` } });
    expect(await dialog.reinvite(SDP, [['X-Second', '1']])).toMatchObject({ response: { status: 200 } });
  }
  const one = (side: string) => [`${side} INFO Signal=1`, `${side} UPDATE`, `${side} FROBNICATE `, `${side} INVITE`, `${side} INVITE`];
  expect(seen).toEqual([...one('callee'), ...one('caller')]);
  expect(await dialogs.caller.bye()).toMatchObject({ response: { status: 200 } });
});

test('defaults without handlers: re-INVITE and UPDATE with an offer 488, a refresh without one 200, INFO 200', async () => {
  const caller = await openStack('caller');
  const callee = await openStack('callee', {
    call: (call) => {
      call.handlers = { ...quietDialog, cancelled: () => {} };
      call.accept(undefined);
    },
  });
  const answered = Promise.withResolvers<SipDialog>();
  caller.call(callTo(callee.local, { body: undefined }), noting([], { answered: (_response, dialog) => answered.resolve(dialog) }));
  const dialog = await answered.promise;
  expect(await dialog.reinvite(SDP)).toMatchObject({ response: { status: 488 } });
  expect(await dialog.send('UPDATE', { body: SDP })).toMatchObject({ response: { status: 488 } });
  expect(await dialog.send('UPDATE', { headers: [['Session-Expires', '1800;refresher=uac']] })).toMatchObject({
    response: { status: 200 },
  });
  expect(await dialog.send('INFO')).toMatchObject({ response: { status: 200 } });
  expect(await dialog.send('REFER')).toMatchObject({ response: { status: 603 } });
  await dialog.bye();
});

test('two re-INVITEs at once: 491, and the second try succeeds', async () => {
  const theirs = Promise.withResolvers<SipDialog>();
  const offer = () => ({ status: 200 as const, body: SDP });
  const callee = await openCallee((call) => theirs.resolve(call.accept(SDP)), { offer });
  const caller = await openStack('caller');
  const ours = Promise.withResolvers<SipDialog>();
  caller.call(callTo(callee.stack.local), noting([], { offer, answered: (_response, dialog) => ours.resolve(dialog) }));
  const [a, b] = [await ours.promise, await theirs.promise];
  await until(() => callee.log.includes('acknowledged'), 'the ACK');
  const results = await Promise.all([a.reinvite(SDP), b.reinvite(SDP)]);
  expect(results).toMatchObject([{ response: { status: 200 } }, { response: { status: 200 } }]);
  await a.bye();
});

test('BYEs that cross end the call on both sides and are both answered', async () => {
  const theirs = Promise.withResolvers<SipDialog>();
  const callee = await openCallee((call) => theirs.resolve(call.accept(SDP)));
  const caller = await openStack('caller');
  const log: string[] = [];
  const ours = Promise.withResolvers<SipDialog>();
  caller.call(callTo(callee.stack.local), noting(log, { answered: (_response, dialog) => ours.resolve(dialog) }));
  const [a, b] = [await ours.promise, await theirs.promise];
  await until(() => callee.log.includes('acknowledged'), 'the ACK');
  expect(await Promise.all([a.bye(), b.bye()])).toMatchObject([{ response: { status: 200 } }, { response: { status: 200 } }]);
  expect(log).not.toContain('ended');
  expect(callee.log).toEqual(['acknowledged']);
});

/** Session timers, RFC 4028, our stack on both sides and against a peer by hand. A second of Session-Expires is 10 ms here. */
import { afterEach, describe, expect, test } from 'vitest';
import { settle } from '../../src/sip/session-timer.ts';
import type { OutgoingCallOptions, SipDialog, SipMessage, SipStackOptions } from '../../src/sip/stack.ts';
import { answer, callTo, closeAll, field, noting, openPeer, openStack, pause, QUICK, SDP } from './support.ts';

afterEach(closeAll);

const TIMERS = { ...QUICK, secondMs: 10 };
type Asked = OutgoingCallOptions['sessionTimer'];

/** A call held for a while between two of our stacks. @returns the methods that went either way after the ACK, and who heard of an end. */
async function hold(asked: Asked, ms: number, callee: Partial<SipStackOptions> = {}) {
  const seen: string[] = [];
  const ends: string[] = [];
  const called = await openStack('callee', {
    timers: TIMERS,
    ...callee,
    call(call) {
      call.handlers = {
        cancelled: () => {},
        ended: () => ends.push('callee heard BYE'),
        expired: (_at, why) => ends.push(`callee: ${why}`),
        offer: () => ({ status: 200, body: SDP }),
      };
      call.accept(SDP);
    },
  });
  const caller = await openStack('caller', {
    timers: TIMERS,
    trace: ({ sent, text }) => {
      const method = /^(UPDATE|INVITE|BYE)/.exec(text)?.[1];
      if (method) seen.push(`${sent ? 'caller' : 'callee'} ${method}`);
    },
  });
  const answered = Promise.withResolvers<SipDialog>();
  const handlers = noting([], {
    answered: (_response, dialog) => answered.resolve(dialog),
    ended: () => ends.push('caller heard BYE'),
    expired: (_at, why) => ends.push(`caller: ${why}`),
  });
  caller.call(callTo(called.local, { sessionTimer: asked }), handlers);
  const dialog = await answered.promise;
  await pause(ms);
  return { seen: seen.slice(1), ends, dialog };
}

describe('between our stacks', () => {
  test('the caller asks, and refreshes by UPDATE every half interval', async () => {
    const { seen, ends } = await hold({ expiresS: 90 }, 1600);
    expect(ends).toEqual([]);
    expect(seen.length).toBeGreaterThanOrEqual(2);
    expect(new Set(seen)).toEqual(new Set(['caller UPDATE']));
  });

  test('the callee refreshes where it is asked to', async () => {
    const { seen, ends } = await hold({ expiresS: 90, refresher: 'uas' }, 1100);
    expect(ends).toEqual([]);
    expect(new Set(seen)).toEqual(new Set(['callee UPDATE']));
  });

  test('the callee asks: the caller refreshes without having asked', async () => {
    const { seen, ends } = await hold(undefined, 1100, { sessionTimer: { expiresS: 100 } });
    expect(ends).toEqual([]);
    expect(new Set(seen)).toEqual(new Set(['caller UPDATE']));
  });

  test('422: asked again with its Min-SE', async () => {
    const { seen, ends, dialog } = await hold({ expiresS: 90 }, 50, { sessionTimer: { minS: 300 } });
    // The second INVITE: the first went before what is counted.
    expect(seen).toEqual(['caller INVITE']);
    expect(ends).toEqual([]);
    expect(await dialog.bye()).toMatchObject({ response: { status: 200 } });
  });

  test('nobody asks: no timer', async () => {
    const { seen } = await hold(undefined, 700);
    expect(seen).toEqual([]);
  });
});

/** A peer by hand that answers INVITE with these headers, and everything after it as told. */
async function vendor(headers: string[], react: (text: string) => string | undefined) {
  return openPeer((text, from, self) => {
    const more = [`Contact: <sip:x@${self.host}:${self.port}>`, 'Content-Type: application/sdp', ...headers];
    if (text.startsWith('INVITE') && !field(text, 'To').includes('tag='))
      self.send(answer(text, '200 OK', { toTag: 't', headers: more, body: SDP.content }), from);
    else if (!text.startsWith('ACK')) {
      const status = react(text);
      if (status) self.send(answer(text, status, { headers: more.slice(0, 1) }), from);
    }
  });
}

async function callIt(peer: { host: string; port: number }, asked?: Asked) {
  const log: string[] = [];
  const caller = await openStack('caller', { timers: TIMERS });
  const handlers = noting(log, { expired: (_at, why) => log.push(why), description: () => SDP });
  caller.call(callTo({ host: peer.host, port: peer.port }, { sessionTimer: asked }), handlers);
  return log;
}

describe('against a peer', () => {
  test('one that should refresh and does not: BYE with Reason, min(32 s, a third) before the end', async () => {
    const peer = await vendor(['Session-Expires: 90;refresher=uas', 'Require: timer'], (text) =>
      text.startsWith('BYE') ? '200 OK' : undefined,
    );
    const started = Date.now();
    const log = await callIt(peer);
    const bye = await peer.next('BYE');
    expect(Date.now() - started).toBeGreaterThanOrEqual(595);
    expect(field(bye, 'Reason')).toBe('SIP;cause=408;text="no session refresh came in time"');
    expect(log).toContain('no session refresh came in time');
    expect(log).not.toContain('ended');
  });

  test('one without UPDATE is refreshed by re-INVITE with our description, refresher and interval in it', async () => {
    const peer = await vendor(['Session-Expires: 120;refresher=uac', 'Require: timer'], () => '200 OK');
    await callIt(peer);
    const refresh = await peer.next('INVITE', 2);
    expect(field(refresh, 'Session-Expires')).toBe('120;refresher=uac');
    expect(refresh.endsWith(SDP.content)).toBe(true);
    await peer.next('ACK', 2);
  });

  test.each([
    ['481 Gone', 'the session refresh was answered 481'],
    ['408 Late', 'the session refresh was answered 408'],
  ])('a refresh answered %s ends the session', async (status, why) => {
    const peer = await vendor(['Session-Expires: 90;refresher=uac', 'Allow: UPDATE'], (text) =>
      text.startsWith('UPDATE') ? status : '200 OK',
    );
    const log = await callIt(peer);
    await peer.next('BYE');
    expect(log).toContain(why);
  });

  test('a refresh that is refused is tried twice, then the session ends with its interval', async () => {
    const peer = await vendor(['Session-Expires: 90;refresher=uac', 'Allow: INVITE, UPDATE'], (text) =>
      text.startsWith('UPDATE') ? '500 No' : '200 OK',
    );
    const log = await callIt(peer);
    await peer.next('BYE');
    expect(peer.received.filter((text) => text.startsWith('UPDATE'))).toHaveLength(2);
    expect(log).toContain('the session refresh was refused with 500');
  });

  test('422 to a refresh: once more with its Min-SE', async () => {
    const peer = await openPeer((text, from, self) => {
      const headers = [`Contact: <sip:x@${self.host}:${self.port}>`, 'Allow: UPDATE'];
      if (text.startsWith('INVITE'))
        self.send(answer(text, '200 OK', { toTag: 't', headers: [...headers, 'Session-Expires: 90;refresher=uac'] }), from);
      else if (text.startsWith('UPDATE') && !/Min-SE: 600/.test(text))
        self.send(answer(text, '422 Small', { headers: ['Min-SE: 600'] }), from);
      else if (text.startsWith('UPDATE'))
        self.send(answer(text, '200 OK', { headers: [...headers, 'Session-Expires: 600;refresher=uac'] }), from);
    });
    await callIt(peer);
    expect(field(await peer.next('UPDATE', 2), 'Session-Expires')).toBe('600;refresher=uac');
  });

  test('one that knows no session timer: we refresh for ourselves', async () => {
    const peer = await vendor(['Allow: UPDATE'], () => '200 OK');
    await callIt(peer, { expiresS: 90 });
    expect(field(await peer.next('UPDATE'), 'Session-Expires')).toBe('90;refresher=uac');
  });
});

describe('table 2 of RFC 4028: who refreshes', () => {
  const asked = (headers: Record<string, string>) =>
    ({
      header: (name: string) => headers[name],
      headers: (name: string) => (headers[name] ? [headers[name]] : []),
    }) as unknown as SipMessage;
  const policy = { minS: 90, expiresS: undefined };
  test.each([
    [{ 'session-expires': '90' }, '90;refresher=uas', true],
    [{ 'session-expires': '90', supported: 'timer' }, '90;refresher=uac', false],
    [{ 'session-expires': '90;refresher=uac', supported: 'timer' }, '90;refresher=uac', false],
    [{ 'session-expires': '90;refresher=uas', supported: 'timer' }, '90;refresher=uas', true],
  ])('%o → %s', (headers, says, weRefresh) => {
    const settled = settle(asked(headers as Record<string, string>), policy);
    expect(settled).toMatchObject({ kind: 'settled', terms: { intervalS: 90, weRefresh } });
    expect(settled.headers[0]).toEqual(['Session-Expires', says]);
  });

  test('too short: 422, but never to who could not do anything about it', () => {
    expect(settle(asked({ 'session-expires': '60', supported: 'timer' }), policy).kind).toBe('too-small');
    expect(settle(asked({ 'session-expires': '60' }), policy).kind).toBe('settled');
  });
});

/** Two real stacks on loopback: a call from INVITE to BYE and everything that may happen in between. */
import { networkInterfaces } from 'node:os';
import { afterEach, expect, test } from 'vitest';
import type { SipDialog, SipResponse } from '../../src/sip/stack.ts';
import { callTo, closeAll, noting, openCallee, openStack, pause, quietDialog, SDP, until } from './support.ts';

afterEach(closeAll);

test('a call rings, is answered, acknowledged and ended by the caller', async () => {
  const callee = await openCallee((call) => {
    call.ring([['X-Queue', '3']]);
    setTimeout(() => call.accept(SDP, [['X-Agent', '1001']]), 30);
  });
  const caller = await openStack('caller');
  const log: string[] = [];
  const answered = Promise.withResolvers<{ response: SipResponse; dialog: SipDialog }>();
  const began = performance.timeOrigin + performance.now();
  const call = caller.call(
    callTo(callee.stack.local, {
      fromDisplay: '双十一 "promo"',
      headers: [
        ['X-Campaign', 'midnight'],
        ['User-to-User', '4861;encoding=hex'],
      ],
    }),
    noting(log, {
      answered: (response, dialog) => {
        log.push('answered');
        answered.resolve({ response, dialog });
      },
    }),
  );
  const { response, dialog } = await answered.promise;
  expect(log).toEqual(['sent 1', '100', '180', 'answered']);
  expect(response.body).toBe(SDP.content);
  expect(response.bodyType).toBe('application/sdp');
  expect(response.header('x-agent')).toBe('1001');
  expect(response.at).toBeGreaterThan(began);
  expect(call.dialog).toBe(dialog);

  const { request } = callee.calls[0]!;
  expect(request.uri).toBe(`sip:4001000000@127.0.0.1:${callee.stack.local.port}`);
  expect([request.fromUri, request.fromDisplay, request.toUri]).toEqual([
    'sip:40080000000@caller.example',
    '双十一 "promo"',
    'sip:4001000000@vendor.example',
  ]);
  expect(request.header('x-campaign')).toBe('midnight');
  expect(request.header('user-to-user')).toBe('4861;encoding=hex');
  expect(request.source.port).toBe(caller.local.port);
  await until(() => callee.log.includes('acknowledged'), 'the ACK');

  const result = await dialog.bye([['Reason', 'Q.850;cause=16']]);
  expect(result).toMatchObject({ kind: 'response', response: { status: 200 }, retransmissions: 0 });
  expect(result.at).toBeGreaterThanOrEqual(result.sentAt);
  expect(callee.log).toEqual(['acknowledged', 'ended']);
  expect([caller.stats().dialogs, callee.stack.stats().dialogs]).toEqual([0, 0]);
  expect([caller.problems, caller.stats().bad]).toEqual([[], 0]);
});

test('the callee may end the call at once: its BYE waits for the ACK (RFC 3261 15)', async () => {
  let bye: ReturnType<SipDialog['bye']> | undefined;
  const callee = await openCallee((call) => {
    bye = call.accept(SDP).bye();
  });
  const caller = await openStack('caller');
  const log: string[] = [];
  caller.call(callTo(callee.stack.local), noting(log));
  await until(() => log.includes('ended'), 'the BYE');
  expect(log).toEqual(['sent 1', '100', 'answered 200', 'ended']);
  expect(await bye).toMatchObject({ kind: 'response', response: { status: 200 } });
  expect(callee.log).toEqual(['acknowledged']);
});

test('early media: 183 with SDP, then the answer in the same dialog', async () => {
  const callee = await openCallee((call) => {
    call.progress(SDP, [['X-Announcement', 'queue']]);
    setTimeout(() => call.accept(SDP), 20);
  });
  const caller = await openStack('caller');
  const tags: string[] = [];
  const bodies: string[] = [];
  const answered = Promise.withResolvers<SipDialog>();
  caller.call(
    callTo(callee.stack.local),
    noting([], {
      provisional: (response) => {
        if (response.status === 100) return;
        tags.push(response.toTag);
        bodies.push(response.body);
      },
      answered: (response, dialog) => {
        tags.push(response.toTag);
        answered.resolve(dialog);
      },
    }),
  );
  await (await answered.promise).bye();
  expect(bodies).toEqual([SDP.content]);
  expect(new Set(tags).size).toBe(1);
});

test('a refusal ends the call with its status and Retry-After, acknowledged', async () => {
  const callee = await openCallee((call) => call.reject(503, { reason: 'All Lines Busy', headers: [['Retry-After', '30']] }));
  const caller = await openStack('caller');
  const failed = Promise.withResolvers<SipResponse>();
  caller.call(
    callTo(callee.stack.local),
    noting([], { failed: (failure) => failure.kind === 'response' && failed.resolve(failure.response) }),
  );
  const response = await failed.promise;
  expect([response.status, response.reason, response.header('retry-after')]).toEqual([503, 'All Lines Busy', '30']);
  await pause(150);
  // Timer G would have repeated the refusal by now, had no ACK come.
  expect(callee.stack.stats().retransmitted).toBe(0);
});

test('cancel while ringing: 487 at the caller, cancelled at the callee', async () => {
  const callee = await openCallee((call) => call.ring());
  const caller = await openStack('caller');
  const log: string[] = [];
  const call = caller.call(callTo(callee.stack.local), noting(log));
  await until(() => log.includes('180'), 'ringing');
  call.cancel([['Reason', 'SIP;cause=487']]);
  call.cancel();
  await until(() => log.includes('failed 487'), 'the 487');
  expect(callee.log).toEqual(['cancelled']);
  // Accepting what is cancelled gives a dialog that is over: its BYE meets no call, but it does not hang either.
  const late = await callee.calls[0]!.accept(SDP).bye();
  expect(late).toMatchObject({ kind: 'response', response: { status: 481 } });
});

test('a 200 that crosses the CANCEL wins: answered, and the caller must end it', async () => {
  const callee = await openCallee((call) => call.ring());
  const caller = await openStack('caller');
  const log: string[] = [];
  let dialog: SipDialog | undefined;
  const call = caller.call(
    callTo(callee.stack.local),
    noting(log, {
      provisional: (response) => {
        log.push(String(response.status));
        if (response.status !== 180) return;
        // In one turn of the loop: the callee has said 200 before the CANCEL can reach it.
        callee.calls[0]!.accept(SDP);
        call.cancel();
      },
      answered: (_response, made) => {
        log.push('answered');
        dialog = made;
      },
    }),
  );
  await until(() => dialog !== undefined, 'the answer');
  expect(await dialog!.bye()).toMatchObject({ kind: 'response', response: { status: 200 } });
  await pause(50);
  expect(log).toEqual(['sent 1', '100', '180', 'answered']);
  expect(callee.log).toEqual(['acknowledged', 'ended']);
});

test('without a call callback an INVITE gets 480, OPTIONS 200, REGISTER 405', async () => {
  const bare = await openStack('bare');
  const caller = await openStack('caller');
  const log: string[] = [];
  caller.call(callTo(bare.local), noting(log));
  await until(() => log.includes('failed 480'), 'the 480');
  const ask = (method: string) =>
    caller.send({
      method,
      requestUri: 'sip:anybody@vendor.example',
      fromUri: 'sip:probe@caller.example',
      toUri: 'sip:vendor.example',
      nextHop: { ...bare.local },
    });
  expect(await ask('OPTIONS')).toMatchObject({ response: { status: 200 } });
  expect(await ask('REGISTER')).toMatchObject({ response: { status: 405 } });
  expect(await ask('BYE')).toMatchObject({ response: { status: 481 } });
});

test('a callback that throws is reported and disturbs nothing', async () => {
  const callee = await openCallee((call) => {
    call.accept(SDP);
    throw new Error('callee is confused');
  });
  const caller = await openStack('caller');
  let dialog: SipDialog | undefined;
  caller.call(
    callTo(callee.stack.local),
    noting([], {
      provisional: () => {
        throw new Error('caller is confused');
      },
      answered: (_response, made) => {
        dialog = made;
      },
    }),
  );
  await until(() => dialog !== undefined, 'the answer');
  await dialog!.bye();
  expect(callee.stack.problems).toEqual([expect.stringContaining('callee is confused')]);
  expect(caller.problems).toEqual([expect.stringContaining('caller is confused')]);
  expect(caller.stats().bad).toBe(0);
});

const ipv6 = Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === '::1'));

test.runIf(ipv6)('over IPv6', async () => {
  const bind = { host: '::1', port: 0, transport: 'udp' as const };
  const log: string[] = [];
  const callee = await openStack('callee', {
    bind,
    call(call) {
      call.handlers = { ...quietDialog, cancelled: () => {}, acknowledged: () => log.push('acknowledged') };
      call.accept(SDP);
    },
  });
  const caller = await openStack('caller', { bind });
  const answered = Promise.withResolvers<SipDialog>();
  const options = callTo(callee.local, { requestUri: `sip:4001000000@[::1]:${callee.local.port}` });
  caller.call(options, noting([], { answered: (_response, dialog) => answered.resolve(dialog) }));
  const dialog = await answered.promise;
  expect(dialog.snapshot()).toMatchObject({ remoteTarget: `sip:4001000000@[::1]:${callee.local.port}`, remote: { host: '::1' } });
  expect(await dialog.bye()).toMatchObject({ response: { status: 200 } });
  expect(log).toEqual(['acknowledged']);
});

test('what is answered or ended after the stack was closed hurts nobody and hangs nowhere', async () => {
  const callee = await openCallee((call) => call.ring());
  const caller = await openStack('caller');
  const log: string[] = [];
  caller.call(callTo(callee.stack.local), noting(log));
  caller.call(callTo(callee.stack.local), noting(log));
  await until(() => log.filter((what) => what === '180').length === 2, 'ringing');
  const [first, second] = callee.calls;
  const waiting = first!.accept(SDP).bye();
  await callee.stack.close();
  // Whether the ACK still came or not: the promise resolves.
  expect(['response', 'transport']).toContain((await waiting).kind);
  second!.ring();
  const late = second!.accept(SDP);
  second!.reject(486);
  expect(await late.bye()).toMatchObject({ kind: 'transport', local: true });
  expect(await late.send('INFO')).toMatchObject({ kind: 'transport', local: true });
  expect(callee.stack.stats()).toMatchObject({ dialogs: 0 });
});

test('a closed stack ends what is still open', async () => {
  const callee = await openCallee((call) => call.ring());
  const caller = await openStack('caller');
  const log: string[] = [];
  caller.call(callTo(callee.stack.local), noting(log));
  await until(() => log.includes('180'), 'ringing');
  await caller.close();
  expect(log.at(-1)).toBe('failed transport');
});

/** A live stack under mutated traffic: nothing throws (vitest fails on an unhandled rejection), nothing piles up, and it goes on working. */
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import type { OutgoingCall } from '../../src/sip/stack.ts';
import { answer, callTo, closeAll, noting, openPeer, openStack, pause, SDP, until } from './support.ts';

afterEach(closeAll);

const edit = fc.record({
  kind: fc.constantFrom('flip', 'cut', 'drop-line', 'repeat-line', 'swap-word', 'none'),
  at: fc.double({ min: 0, max: 0.999, noNaN: true }),
  with: fc.constantFrom(
    'INVITE',
    'ACK',
    'BYE',
    'CANCEL',
    'UPDATE',
    '100',
    '183',
    '200',
    '486',
    '-1',
    '99999999999',
    '""',
    '<>',
    ';tag=',
    '',
  ),
});

function mutate(text: string, edits: readonly { kind: string; at: number; with: string }[]): string {
  let lines = text.split('\r\n');
  for (const { kind, at, with: other } of edits) {
    const i = Math.floor(at * lines.length);
    const words = lines[i]!.split(' ');
    if (kind === 'drop-line') lines = lines.toSpliced(i, 1);
    if (kind === 'repeat-line') lines = lines.toSpliced(i, 0, lines[i]!);
    if (kind === 'swap-word') lines[i] = words.with(Math.floor(at * 997) % words.length, other).join(' ');
    if (kind === 'flip') lines[i] = lines[i]!.replace(/[a-z0-9]/i, String.fromCharCode(33 + Math.floor(at * 90)));
    if (kind === 'cut') lines[i] = lines[i]!.slice(0, Math.floor(at * 20));
    if (lines.length === 0) lines = [''];
  }
  return lines.join('\r\n');
}

test('4000 mutated requests and responses, in and out of dialogs', async () => {
  const plans = fc.sample(fc.array(edit, { minLength: 0, maxLength: 3 }), { numRuns: 4000, seed: 20261111 });
  let next = 0;
  const mutated = (text: string) => mutate(text, plans[next++ % plans.length]!);
  const peer = await openPeer((text, from, self) => {
    if (/^(INVITE|BYE|INFO|CANCEL)/.test(text)) {
      const headers = [`Contact: <sip:x@${self.host}:${self.port}>`, `Record-Route: <sip:${self.host}:${self.port};lr>`];
      for (const status of ['100 Trying', '183 Session Progress', '200 OK', '200 OK', '486 Busy Here', '401 Unauthorized'])
        self.send(mutated(answer(text, status, { toTag: 't', headers, body: SDP.content })), from);
    } else if (next < plans.length && text.startsWith('SIP/2.0')) {
      // Back to the sender as requests in its dialog, From and To changed over.
      const swapped = text
        .replace(/^From: /m, 'Fr: ')
        .replace(/^To: /m, 'From: ')
        .replace(/^Fr: /m, 'To: ');
      for (const method of ['ACK', 'UPDATE', 'INVITE', 'BYE'])
        self.send(mutated(swapped.replace(/^SIP\/2.0.*/, `${method} sip:x@y SIP/2.0`).replace(/(CSeq: \d+) \w+/, `$1 ${method}`)), from);
    }
  });
  const stack = await openStack('stack', {
    timers: { t1: 20, t2: 80, timeoutMs: 300 },
    call(call) {
      call.handlers = { cancelled: () => {}, ended: () => {}, offer: () => ({ status: 200, body: SDP }) };
      call.ring();
      if (next % 3 === 0) call.reject(486);
      else call.accept(SDP);
    },
  });
  const ends = { answered: 0, failed: 0 };
  const template = (n: number) =>
    [
      `INVITE sip:x@${stack.local.host}:${stack.local.port} SIP/2.0`,
      `Via: SIP/2.0/UDP ${peer.host}:${peer.port};rport;branch=z9hG4bKm${n}`,
      `From: "A" <sip:a@b>;tag=f${n}`,
      'To: <sip:x@b>',
      `Call-ID: m${n}`,
      'CSeq: 1 INVITE',
      `Contact: <sip:p@${peer.host}:${peer.port}>`,
      'Content-Length: 0',
      '',
      '',
    ].join('\r\n');
  const open: OutgoingCall[] = [];
  while (next < plans.length) {
    peer.send(mutated(template(open.length)), stack.local);
    const handlers = noting([], {
      answered: (_response, dialog) => {
        ends.answered++;
        void dialog.send('INFO');
        void dialog.bye();
      },
      failed: () => ends.failed++,
    });
    const call = stack.call(callTo(peer, { credentials: { username: 'u', password: 'p' } }), handlers);
    if (open.push(call) % 5 === 0) call.cancel();
    await pause(2);
  }
  // What has heard a provisional and no final response may wait for ever (RFC 3261 has no timer for it), but not once it is cancelled.
  for (const call of open) call.cancel();
  await until(() => ends.answered + ends.failed >= open.length, 'an end of every call');
  await pause(400);
  expect(ends.answered + ends.failed).toBe(open.length);
  expect(stack.stats().bad).toBeGreaterThan(50);
  expect(stack.problems.every((what) => what.startsWith('unusable message from 127.0.0.1') || what.startsWith('sending to'))).toBe(true);
  const healthy = await openStack('healthy', { call: (call) => call.reject(486) });
  const log: string[] = [];
  stack.call(callTo(healthy.local), noting(log));
  await until(() => log.includes('failed 486'), 'a normal call');
});

import { afterEach, expect, test } from 'vitest';
import { CallTraces, callIdOf, HEAD, MESSAGE_BYTES, MESSAGES } from '../../src/sip/call-traces.ts';
import { redacted } from '../../src/sip/redact.ts';
import { callTo, closeAll, noting, openStack, until } from './support.ts';

afterEach(closeAll);

const REMOTE = { host: '127.0.0.1', port: 5060 };
const message = (start: string, callId: string, more = '') =>
  Buffer.from(`${start}\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK1\r\nCall-ID: ${callId}\r\n${more}\r\n`);
const invite = (callId: string, more = '') => message('INVITE sip:a@b SIP/2.0', callId, more);
const ringing = (callId: string, more = '') => message('SIP/2.0 180 Ringing', callId, more);

test('finds the Call-ID however it is written', () => {
  expect(callIdOf(invite('abc@host'))).toBe('abc@host');
  expect(callIdOf(Buffer.from('SIP/2.0 200 OK\r\ni : x1 \r\n\r\n'))).toBe('x1');
  expect(callIdOf(Buffer.from('SIP/2.0 200 OK\ncall-id:x2\n\n'))).toBe('x2');
  expect(callIdOf(Buffer.from('SIP/2.0 200 OK\r\nTo: x\r\n\r\n'))).toBe('');
  expect(callIdOf(Buffer.from([0, 255, 1]))).toBe('');
});

test('keeps the messages of calls, and of nothing else', () => {
  const traces = new CallTraces();
  expect(traces.packet(true, message('OPTIONS sip:a SIP/2.0', 'probe'), REMOTE, 1)).toBeUndefined();
  const sent = traces.packet(true, invite('c1'), REMOTE, 2)!;
  traces.packet(false, ringing('c1'), REMOTE, 3);
  traces.packet(false, ringing('c2'), REMOTE, 4);
  sent.handledMs = 2.5;
  expect(traces.calls).toBe(1);
  const packets = traces.take('c1');
  expect(packets.map((packet) => [packet.sent, packet.socketMs, packet.handledMs])).toEqual([
    [true, 2, 2.5],
    [false, 3, Number.NaN],
  ]);
  expect([traces.calls, traces.take('c1').length]).toEqual([0, 0]);
});

test('a call that never ends keeps its beginning and its end', () => {
  const traces = new CallTraces();
  traces.packet(true, invite('long'), REMOTE, 0);
  for (let n = 1; n < 1000; n++) traces.packet(false, ringing('long', `X-N: ${n}\r\n`), REMOTE, n);
  const packets = traces.take('long');
  expect(packets).toHaveLength(MESSAGES);
  const kept = [...Array(HEAD).keys(), ...Array.from({ length: MESSAGES - HEAD }, (_, k) => 1000 - MESSAGES + HEAD + k)];
  expect(packets.map(({ socketMs }) => socketMs)).toEqual(kept);
  expect(packets[HEAD]!.skippedBefore).toBe(1000 - MESSAGES);
  expect(packets.filter(({ skippedBefore }) => skippedBefore > 0)).toHaveLength(1);
});

test('a huge message is cut, and its length is known', () => {
  const traces = new CallTraces();
  traces.packet(true, invite('huge', `X: ${'x'.repeat(20_000)}\r\n`), REMOTE, 0);
  const [packet] = traces.take('huge');
  expect([packet!.bytes.length, packet!.size > 20_000]).toEqual([MESSAGE_BYTES, true]);
});

test('in all no more bytes than allowed: the oldest calls go first', () => {
  const traces = new CallTraces({ totalBytes: 100_000 });
  for (let n = 0; n < 1000; n++) traces.packet(true, invite(`c${n}`), REMOTE, n);
  expect(traces.calls).toBeLessThan(260);
  expect(traces.forgotten).toBe(1000 - traces.calls);
  expect(traces.take('c0')).toEqual([]);
  expect(traces.take('c999')).toHaveLength(1);
});

test('credentials and keys never leave', () => {
  const text = redacted(
    'INVITE sip:a SIP/2.0\r\nAuthorization: Digest username="u", realm="r",\r\n response="secret1"\r\nproxy-authorization:Basic c2VjcmV0Mg==\r\n' +
      'WWW-Authenticate: Digest nonce="open"\r\nX-Authorization-Hint: stays\r\n\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:secret3|2^20\r\n',
  );
  expect(text).not.toMatch(/secret/);
  expect(text).toContain(
    'Authorization: Digest [redacted]\r\nproxy-authorization:Basic [redacted]\r\nWWW-Authenticate: Digest nonce="open"',
  );
  expect(text).toContain('X-Authorization-Hint: stays');
});

test('a call of two stacks, both ways, with both times of each message', async () => {
  const traces = new CallTraces();
  const callee = await openStack('callee', { call: (call) => call.reject(486) });
  const caller = await openStack('caller', { tap: traces });
  const log: string[] = [];
  const call = caller.call(callTo(callee.local), noting(log));
  await until(() => log.includes('failed 486'), 'the refusal');
  const packets = traces.take(call.sipCallId);
  const lines = packets.map(({ sent, bytes }) => `${sent ? '>' : '<'} ${bytes.toString().split(' ').slice(0, 2).join(' ')}`);
  expect(lines.filter((line) => !line.includes(' 100'))).toEqual([
    expect.stringMatching('^> INVITE sip:'),
    '< SIP/2.0 486',
    expect.stringMatching('^> ACK sip:'),
  ]);
  for (const { socketMs, handledMs } of packets) expect(handledMs).toBeGreaterThanOrEqual(socketMs);
  const times = packets.map(({ socketMs }) => socketMs);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
});

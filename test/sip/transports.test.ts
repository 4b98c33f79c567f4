/** Whole calls over every transport, IPv4 and IPv6: what differs from UDP, and what must not. */
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { SipStackOptions, TransportName } from '../../src/sip/stack.ts';
import { makeAuthority } from './certificates.ts';
import { callTo, closeAll, noting, openStack, QUICK, SDP, until } from './support.ts';

const authority = makeAuthority();
const leaf = authority.issue(['IP:127.0.0.1', 'IP:::1', 'DNS:localhost']);
afterAll(() => authority.remove());
afterEach(closeAll);

const caseFor = (transport: TransportName, host: string) => ({ transport, host });
const CASES = (['udp', 'tcp', 'tls', 'ws', 'wss'] as const).flatMap((transport) => [
  caseFor(transport, '127.0.0.1'),
  caseFor(transport, '::1'),
]);

const serverTls = { ca: authority.ca, cert: leaf.cert, key: leaf.key };

/** A callee that answers everything, and a caller without certificate, as in a trial. */
async function pair(transport: TransportName, host: string, caller: Partial<SipStackOptions> = {}) {
  const log: string[] = [];
  const received: string[] = [];
  const callee = await openStack('callee', {
    bind: { host, port: 0, transport },
    listen: true,
    tls: serverTls,
    trace: ({ sent, text }) => void (sent || received.push(text)),
    call: (call) => {
      call.handlers = {
        ended: () => log.push('ended'),
        cancelled: () => log.push('cancelled'),
        acknowledged: () => log.push('acknowledged'),
      };
      call.ring();
      if (call.request.uri.includes('4001000000')) setTimeout(() => dialogs.push(call.accept(SDP)), 10);
      else if (call.request.uri.includes('4002000000')) call.reject(486);
    },
  });
  const dialogs: ReturnType<Parameters<NonNullable<SipStackOptions['call']>>[0]['accept']>[] = [];
  const stack = await openStack('caller', { bind: { host, port: 0, transport }, tls: { ca: authority.ca }, ...caller });
  const hop = { host, port: callee.local.port, transport };
  const uri = `${host.includes(':') ? `[${host}]` : host}:${callee.local.port}`;
  const options = (number = '4001000000') => callTo(callee.local, { nextHop: hop, requestUri: `sip:${number}@${uri}` });
  return { callee, stack, log, received, dialogs, options, hop };
}

describe.each(CASES)('$transport over $host', ({ transport, host }) => {
  it('carries calls to their end from either side, refusals and CANCEL', async () => {
    const { callee, stack, log, received, dialogs, options, hop } = await pair(transport, host);
    const said: string[] = [];
    const call = stack.call(options(), noting(said));
    await until(() => said.includes('answered 200'), 'the answer');
    await until(() => log.includes('acknowledged'), 'the ACK');
    const bye = await call.dialog!.bye();
    expect(bye).toMatchObject({ kind: 'response', response: { status: 200 }, retransmissions: 0 });
    await until(() => log.includes('ended'), 'the BYE');

    // The vendor hangs up: its BYE finds us, over our connection where we cannot be connected to.
    const second: string[] = [];
    stack.call(options(), noting(second));
    await until(() => second.includes('answered 200'), 'the second answer');
    const theirs = await dialogs[1]!.bye();
    expect(theirs).toMatchObject({ kind: 'response', response: { status: 200 } });
    expect(second).toContain('ended');

    const refused: string[] = [];
    stack.call(options('4002000000'), noting(refused));
    await until(() => refused.includes('failed 486'), 'the refusal');
    const cancelled: string[] = [];
    const ringing = stack.call(options('4003000000'), noting(cancelled));
    await until(() => cancelled.includes('180'), 'ringing');
    ringing.cancel();
    await until(() => cancelled.includes('failed 487'), 'the 487');
    expect(await stack.send({ method: 'OPTIONS', requestUri: 'sip:x', fromUri: 'sip:a@b', toUri: 'sip:x', nextHop: hop })).toMatchObject({
      response: { status: 200 },
    });

    const invite = received.find((text) => text.startsWith('INVITE'))!;
    expect(invite).toMatch(new RegExp(`^Via: SIP/2\\.0/${transport.toUpperCase()} `, 'm'));
    if (transport !== 'udp') expect(invite).toMatch(new RegExp(`^Contact: <sip:.*;transport=${transport}>`, 'm'));
    expect(stack.problems.concat(callee.problems)).toEqual([]);
    if (transport !== 'udp') expect(stack.stats().retransmitted).toBe(0);
  });
});

it('repeats no request over a connection, and gives up at Timers B and F as over UDP', async () => {
  const { stack, received, hop } = await pair('tcp', '127.0.0.1');
  const silent = await openStack('silent', { bind: { host: '127.0.0.1', port: 0, transport: 'tcp' }, call: () => {}, request: () => {} });
  const said: string[] = [];
  const to = { host: '127.0.0.1', port: silent.local.port, transport: 'tcp' as const };
  const options = await stack.send({ method: 'OPTIONS', requestUri: 'sip:x', fromUri: 'sip:a@b', toUri: 'sip:x', nextHop: to });
  expect(options).toMatchObject({ kind: 'timeout', timer: 'F', retransmissions: 0 });
  expect(options.at - options.sentAt).toBeGreaterThan(QUICK.timeoutMs * 0.9);
  expect(received).toEqual([]);
  expect(hop.port).not.toBe(to.port);
  expect(said).toEqual([]);
});

/** A registrar on the stack itself, and agents that register with it. */
import { afterEach, expect, test } from 'vitest';
import { checkDigest } from '../../src/sip/index.ts';
import type { IncomingRequest, SipRequest } from '../../src/sip/stack.ts';
import { closeAll, hop, openStack, until } from './support.ts';

afterEach(closeAll);

async function openRegistrar(answerTo: (request: IncomingRequest, authorized: boolean) => void) {
  const seen: SipRequest[] = [];
  const stack = await openStack('registrar', {
    request(pending) {
      seen.push(pending.request);
      if (checkDigest(pending.request, 'vendor-a', 'nonce', 'secret1001')) return answerTo(pending, true);
      pending.respond(401, { headers: [['WWW-Authenticate', 'Digest realm="vendor-a", nonce="nonce", qop="auth", algorithm=MD5']] });
    },
  });
  return { stack, seen };
}

const grant = (seconds: number) => (pending: IncomingRequest) =>
  pending.respond(200, {
    headers: [
      ['Contact', '<sip:other@192.0.2.1>;expires=3000'],
      ['Contact', `${pending.request.header('contact')};expires=${pending.request.header('expires') === '0' ? 0 : seconds}`],
    ],
  });

async function register(registrar: { host: string; port: number }, log: string[], password = 'secret1001') {
  const agent = await openStack('agent');
  const registration = agent.register(
    { aor: 'sip:1001@vendor.example', registrar: hop(registrar), credentials: { username: '1001', password }, expiresS: 60 },
    {
      registered: (_at, expiresS) => log.push(`registered ${expiresS}`),
      lost: (_at, failure) => log.push(`lost ${failure.kind === 'response' ? failure.response.status : failure.kind}`),
    },
  );
  return { agent, registration };
}

test('registers with a challenge, refreshes before the granted end, and unregisters', async () => {
  const registrar = await openRegistrar(grant(1));
  const log: string[] = [];
  const { agent, registration } = await register(registrar.stack.local, log);
  await until(() => log.length === 1, 'the first registration');
  expect(registration.registered).toBe(true);
  const [first, second] = registrar.seen;
  expect([first!.uri, first!.header('expires'), first!.contact]).toEqual([
    'sip:vendor.example',
    '60',
    `sip:1001@127.0.0.1:${agent.local.port}`,
  ]);
  expect([first!.cseq, second!.cseq, first!.callId === second!.callId]).toEqual([1, 2, true]);
  const began = performance.now();
  await until(() => log.length === 2, 'the refresh');
  expect(performance.now() - began).toBeGreaterThan(400);
  expect(performance.now() - began).toBeLessThan(1000);
  await registration.stop();
  expect(registration.registered).toBe(false);
  expect(registrar.seen.at(-1)!.header('expires')).toBe('0');
  expect(log).toEqual(['registered 1', 'registered 1']);
  const after = registrar.seen.length;
  await registration.stop();
  expect(registrar.seen.length).toBe(after);
});

test('a refusal is told and tried again; Retry-After is kept', async () => {
  let refusals = 0;
  const registrar = await openRegistrar((pending) => {
    if (refusals++ === 0) pending.respond(503, { headers: [['Retry-After', '1']] });
    else grant(60)(pending);
  });
  const log: string[] = [];
  const { registration } = await register(registrar.stack.local, log);
  await until(() => log.includes('lost 503'), 'the refusal');
  const began = performance.now();
  await until(() => log.includes('registered 60'), 'the second try');
  expect(performance.now() - began).toBeGreaterThan(900);
  expect(log).toEqual(['lost 503', 'registered 60']);
  await registration.stop();
});

test('423 is answered with the lifetime asked for', async () => {
  const registrar = await openRegistrar((pending) => {
    if (Number(pending.request.header('expires')) < 300) pending.respond(423, { headers: [['Min-Expires', '300']] });
    else grant(300)(pending);
  });
  const log: string[] = [];
  await register(registrar.stack.local, log);
  await until(() => log.length === 1, 'the registration');
  expect(log).toEqual(['registered 300']);
});

test('a wrong password, and a registrar that is silent, are told as they are', async () => {
  const registrar = await openRegistrar(grant(60));
  const log: string[] = [];
  const { registration } = await register(registrar.stack.local, log, 'wrong');
  await until(() => log.includes('lost 401'), 'the 401');
  await registration.stop();
  const silent = await openStack('silent', { request: () => {} });
  const silence: string[] = [];
  const second = await register(silent.local, silence);
  await until(() => silence.includes('lost timeout'), 'Timer F');
  await second.registration.stop();
  expect(second.registration.registered).toBe(false);
});

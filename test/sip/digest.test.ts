/** Digest against the published examples, and the rules for being challenged again. */
import { expect, test } from 'vitest';
import { Authorizer, checkDigest, digestResponse, parseChallenge } from '../../src/sip/digest.ts';
import { param } from '../../src/sip/message/fields.ts';
import { type IncomingRequest, type IncomingResponse, readMessage } from '../../src/sip/message/incoming.ts';
import { message } from './support.ts';

const responseOf = (header: string) => param(header.slice('Digest '.length).replaceAll(', ', ';'), 'response');

test('RFC 2617 3.5: Mufasa, MD5 and auth', () => {
  const challenge = parseChallenge(
    'Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"',
  )!;
  const header = digestResponse({
    challenge,
    credentials: { username: 'Mufasa', password: 'Circle Of Life' },
    method: 'GET',
    uri: '/dir/index.html',
    body: '',
    cnonce: '0a4f113b',
    nc: 1,
  });
  expect(responseOf(header)).toBe('6629fae49393a05397450978507c4ef1');
  expect(header).toContain('opaque="5ccc069c403ebaf9f0171e9517f40e41", qop=auth, nc=00000001');
  expect(header).not.toContain('algorithm');
});

test('RFC 7616 3.9.1: MD5 and SHA-256', () => {
  const of = (algorithm: string) =>
    responseOf(
      digestResponse({
        challenge: parseChallenge(
          `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=${algorithm}, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`,
        )!,
        credentials: { username: 'Mufasa', password: 'Circle of Life' },
        method: 'GET',
        uri: '/dir/index.html',
        body: '',
        cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
        nc: 1,
      }),
    );
  expect(of('MD5')).toBe('8ca523f5e9506fed4657c9700eebdbec');
  expect(of('SHA-256')).toBe('753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1');
});

test('RFC 2069 style without qop: H(H(A1):nonce:H(A2))', () => {
  const header = digestResponse({
    challenge: parseChallenge('Digest realm="r", nonce="n"')!,
    credentials: { username: 'u', password: 'p' },
    method: 'REGISTER',
    uri: 'sip:r',
    body: '',
    cnonce: 'unused',
    nc: 1,
  });
  // md5(md5("u:r:p"):"n":md5("REGISTER:sip:r")), by openssl.
  expect(responseOf(header)).toBe('5790559ba44538767b07fb5adb649909');
  expect(header).not.toContain('cnonce');
});

test('what cannot be answered is no challenge', () => {
  expect(parseChallenge('Basic realm="r"')).toBe(undefined);
  expect(parseChallenge('Digest realm="r"')).toBe(undefined);
  expect(parseChallenge('Digest realm="r", nonce="n", algorithm=AKAv1-MD5')).toBe(undefined);
  expect(parseChallenge('Digest realm="r", nonce="n", qop="token"')).toBe(undefined);
  expect(parseChallenge('digest REALM="a, b; \\"c\\"",nonce=n,stale=TRUE')).toMatchObject({ realm: 'a, b; "c"', nonce: 'n', stale: true });
});

function challenged(status: number, challenges: string[]): IncomingResponse {
  const header = status === 407 ? 'Proxy-Authenticate' : 'WWW-Authenticate';
  const text = message([
    `SIP/2.0 ${status} No`,
    'Via: SIP/2.0/UDP a;branch=z9hG4bKx',
    'From: <sip:a@b>;tag=1',
    'To: <sip:b@b>;tag=2',
    'Call-ID: x',
    'CSeq: 1 INVITE',
    ...challenges.map((challenge) => `${header}: ${challenge}`),
  ]);
  return readMessage(Buffer.from(text), 0, { host: 'a', port: 1 }) as IncomingResponse;
}

const nonce = (value: string, more = '') => `Digest realm="r", nonce="${value}"${more}`;

test('a new nonce is tried once more, with or without stale; the same one is not; a third never', () => {
  const authorizer = new Authorizer({ username: 'u', password: 'p' });
  expect(authorizer.accept(challenged(401, [nonce('1')]))).toBe(true);
  expect(authorizer.accept(challenged(401, [nonce('1')]))).toBe(false);
  expect(authorizer.accept(challenged(401, [nonce('2')]))).toBe(true);
  expect(authorizer.accept(challenged(401, [nonce('3', ', stale=true')]))).toBe(false);
  expect(authorizer.answered).toBe(2);
  expect(new Authorizer(undefined).accept(challenged(401, [nonce('1')]))).toBe(false);
});

test('a proxy and then the server: both answers go into the next request', () => {
  const authorizer = new Authorizer({ username: 'u', password: 'p' });
  expect(authorizer.accept(challenged(407, [nonce('p', ', qop="auth"')]))).toBe(true);
  expect(authorizer.headers('INVITE', 'sip:b@b', '').length).toBe(1);
  expect(authorizer.accept(challenged(401, [nonce('s', ', qop="auth"')]))).toBe(true);
  const headers = authorizer.headers('INVITE', 'sip:b@b', '');
  expect(headers.map(([name]) => name)).toEqual(['Proxy-Authorization', 'Authorization']);
  expect(headers.map(([, value]) => param(value.slice(7).replaceAll(', ', ';'), 'nc'))).toEqual(['00000002', '00000001']);
});

test('of several for one realm the topmost that is understood is answered (RFC 8760)', () => {
  const authorizer = new Authorizer({ username: 'u', password: 'p' });
  authorizer.accept(
    challenged(401, [nonce('a', ', algorithm=SHA3-512'), nonce('b', ', algorithm=SHA-256'), nonce('c', ', algorithm=MD5')]),
  );
  expect(authorizer.headers('INVITE', 'sip:b@b', '')).toEqual([['Authorization', expect.stringContaining('algorithm=SHA-256')]]);
});

test('a registrar finds the right answer right and others wrong', () => {
  const [header] = (() => {
    const authorizer = new Authorizer({ username: '1001', password: 'secret' });
    authorizer.accept(challenged(401, ['Digest realm="v", nonce="n", qop="auth", algorithm=MD5']));
    return authorizer.headers('REGISTER', 'sip:v', '');
  })();
  const of = (value: string) =>
    readMessage(
      Buffer.from(
        message([
          'REGISTER sip:v SIP/2.0',
          'Via: SIP/2.0/UDP a;branch=z9hG4bKx',
          'From: <sip:1001@v>;tag=1',
          'To: <sip:1001@v>',
          'Call-ID: x',
          'CSeq: 1 REGISTER',
          `Authorization: ${value}`,
        ]),
      ),
      0,
      { host: 'a', port: 1 },
    ) as IncomingRequest;
  const right = of(header![1]);
  expect(checkDigest(right, 'v', 'n', 'secret')).toBe(true);
  expect(checkDigest(right, 'v', 'n', 'Secret')).toBe(false);
  expect(checkDigest(right, 'v', 'other', 'secret')).toBe(false);
  expect(checkDigest(of('Basic abc'), 'v', 'n', 'secret')).toBe(false);
  expect(checkDigest(of('Digest realm="v", nonce="n", algorithm=FOO'), 'v', 'n', 'secret')).toBe(false);
});

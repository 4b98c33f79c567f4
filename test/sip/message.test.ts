/** The message reader: RFC 4475's corpus, round trips of arbitrary messages, and mutations that must not throw. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { param, parseHostPort, parseNameAddr, parseSipUri, parseVia, splitList } from '../../src/sip/message/fields.ts';
import { IncomingRequest, IncomingResponse, readMessage } from '../../src/sip/message/incoming.ts';
import { message } from './support.ts';

const corpus = join(import.meta.dirname, '../corpus/sip/rfc4475');
const source = { host: '192.0.2.9', port: 5099 };
const read = (bytes: Buffer | string) => readMessage(Buffer.from(bytes as string), 7, source);
const file = (name: string) => read(readFileSync(join(corpus, `${name}.dat`)));

function request(name: string): IncomingRequest {
  const got = file(name);
  if (!(got instanceof IncomingRequest)) throw new Error(`${name}: ${String(got)}`);
  return got;
}

function response(name: string): IncomingResponse {
  const got = file(name);
  if (!(got instanceof IncomingResponse)) throw new Error(`${name}: ${String(got)}`);
  return got;
}

/** Name → why it is refused. Everything else in the corpus is read; what is wrong with it is not the reader's business. */
const REFUSED: Record<string, string> = {
  baddn: 'headers do not end',
  badvers: 'no readable Via',
  bigcode: 'no readable status',
  clerr: 'Content-Length is not the length of the body',
  insuf: 'no from',
  ltgtruri: 'no readable Request-URI',
  lwsruri: 'no readable Request-URI',
  mcl01: 'two different Content-Lengths',
  mismatch01: 'method and CSeq differ',
  mismatch02: 'method and CSeq differ',
  multi01: 'more than one from',
  ncl: 'Content-Length is not the length of the body',
  quotbal: 'no readable To',
  scalar02: 'no readable CSeq',
  scalarlg: 'no readable CSeq',
  trws: 'not a SIP/2.0 request line',
};

test('RFC 4475: what is refused, with its reason, and what is read', () => {
  const names = readdirSync(corpus).map((name) => name.replace('.dat', ''));
  expect(names.length).toBe(49);
  const refused = Object.fromEntries(names.flatMap((name) => (typeof file(name) === 'string' ? [[name, file(name)]] : [])));
  expect(refused).toEqual(REFUSED);
});

test('RFC 4475 3.1.1.1, a short tortuous INVITE: folding, white space, compact forms, lists', () => {
  const invite = request('wsinv');
  expect([invite.method, invite.uri]).toEqual(['INVITE', 'sip:vivekg@chair-dnrc.example.com;unknownparam']);
  expect([invite.cseq, invite.cseqMethod, invite.callId]).toEqual([9, 'INVITE', 'wsinv.ndaksdj@192.0.2.1']);
  expect([invite.toUri, invite.toTag]).toEqual(['sip:vivekg@chair-dnrc.example.com', '1918181833n']);
  expect([invite.fromUri, invite.fromTag, invite.fromDisplay]).toEqual(['sip:jdrosen@example.com', '98asjd8', 'J Rosenberg \\"']);
  expect(invite.contact).toBe('sip:jdrosen@example.com');
  expect(invite.header('Subject')).toBe('');
  expect(invite.header('NEWFANGLEDHEADER')).toBe('newfangled value continued newfangled value');
  const vias = invite.headers('v').map((via) => parseVia(via));
  expect(vias.map((via) => [via?.transport, via?.host])).toEqual([
    ['UDP', '192.0.2.2'],
    ['TCP', 'spindle.example.com'],
    ['UDP', '192.168.255.111'],
  ]);
  expect(vias.slice(1).map((via) => param(via!.params, 'branch'))).toEqual(['z9hG4bK9ikj8', 'z9hG4bK30239']);
  expect(invite.header('route')).toBe('<sip:services.example.com;lr;unknownwith=value;unknown-no-value>');
  expect(invite.body.startsWith('v=0\r\n')).toBe(true);
  expect(invite.body.length).toBe(150);
});

test('RFC 4475 3.1.1: odd but right', () => {
  expect(request('intmeth').method).toBe("!interesting-Method0123456789_*+`.%indeed'~");
  expect(request('intmeth').uri).toContain("&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@example.com");
  expect(request('esc01').uri).toBe('sip:sips%3Auser%40example.com@example.net');
  expect(request('esc01').contact).toBe('sip:cal%6Cer@host5.example.net;%6C%72;n%61me=v%61lue%25%34%31');
  expect(request('esc02').method).toBe('RE%47IST%45R');
  expect(request('escnull').headers('contact').length).toBe(2);
  expect(request('lwsdisp').fromDisplay).toBe('caller');
  expect(request('longreq').header('unknown-longLongLongLongLongLongLongLongLongLongLongLongLongLongLongLongLongLongLongLong-name')).toBe(
    `unknown-${'long'.repeat(20)}-value; unknown-${'long'.repeat(20)}-parameter-name = unknown-${'long'.repeat(20)}-parameter-value`,
  );
  expect(request('dblreq').body).toBe('');
  expect(parseSipUri(request('semiuri').uri)).toMatchObject({ user: 'user;par=u%40example.net', host: 'example.com' });
  expect(request('transports').headers('via').length).toBe(5);
  expect(request('mpart01').body).toContain('Hello');
  expect(response('unreason').reason).toBe('= 2**3 * 5**2 но сто девяносто девять - простое');
  expect([response('noreason').status, response('noreason').reason]).toEqual([100, '']);
  expect(request('cparam01').contact).toBe('sip:+19725552222@gw1.example.net');
  expect(parseNameAddr(request('cparam01').headers('contact')[0]!)?.params).toBe(';unknownparam');
  expect(request('inv2543').viaBranch).toContain('inv2543');
  expect(request('badbranch').viaBranch).toContain('badbranch');
});

test('a repeated request has one key, whatever its sender: branch and sent-by (RFC 3261 17.2.3)', () => {
  const of = (via: string) => {
    const got = read(
      message(['OPTIONS sip:a@b SIP/2.0', `Via: ${via}`, 'From: <sip:a@b>;tag=1', 'To: <sip:b@b>', 'Call-ID: x', 'CSeq: 1 OPTIONS']),
    );
    return (got as IncomingRequest).viaBranch;
  };
  expect(of('SIP/2.0/UDP a:5060;branch=z9hG4bKx')).toBe(of('SIP/2.0/UDP a ;rport;branch=z9hG4bKx'));
  expect(of('SIP/2.0/UDP a:5060;branch=z9hG4bKx')).not.toBe(of('SIP/2.0/UDP a:5061;branch=z9hG4bKx'));
});

test('received and rport are filled in, and say where the answer goes (RFC 3261 18.2, RFC 3581)', () => {
  const of = (via: string) =>
    read(
      message(['OPTIONS sip:a@b SIP/2.0', `Via: ${via}`, 'From: <sip:a@b>;tag=1', 'To: <sip:b@b>', 'Call-ID: x', 'CSeq: 1 OPTIONS']),
    ) as IncomingRequest;
  const seen = of('SIP/2.0/UDP 10.0.0.1:5080;rport;branch=z9hG4bKx');
  expect(seen.header('via')).toBe('SIP/2.0/UDP 10.0.0.1:5080;branch=z9hG4bKx;received=192.0.2.9;rport=5099');
  expect(seen.replyTo).toEqual(source);
  expect(of('SIP/2.0/UDP 10.0.0.1:5080;branch=z9hG4bKx').replyTo).toEqual({ host: '192.0.2.9', port: 5080 });
  expect(of('SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKx').replyTo).toEqual({ host: '192.0.2.9', port: 5060 });
  expect(of('SIP/2.0/UDP 10.0.0.1;maddr=10.0.0.7;branch=z9hG4bKx').replyTo).toEqual({ host: '10.0.0.7', port: 5060 });
  const two = of('SIP/2.0/UDP 10.0.0.1;rport;branch=z9hG4bKx, SIP/2.0/TCP c;branch=z9hG4bKy');
  expect(two.headers('via')).toEqual([
    'SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKx;received=192.0.2.9;rport=5099',
    'SIP/2.0/TCP c;branch=z9hG4bKy',
  ]);
});

test('keep-alives are neither read nor refused', () => {
  for (const bytes of ['\r\n\r\n', '\r\n', '\0\0\0\0', '']) expect(read(bytes)).toBe(undefined);
});

test('a body is as long as Content-Length says, in bytes', () => {
  const body = 'héllo 双十一';
  const lines = [
    'MESSAGE sip:a@b SIP/2.0',
    'Via: SIP/2.0/UDP a;branch=z9hG4bKx',
    'From: "Ünï" <sip:a@b>;tag=1',
    'To: <sip:b@b>',
    'Call-ID: x',
    'CSeq: 1 MESSAGE',
  ];
  expect((read(`${message(lines, body)}trailing`) as IncomingRequest).body).toBe(body);
  expect((read(`${lines.join('\n')}\n\n${body}`) as IncomingRequest).body).toBe(body);
});

const token = fc.stringMatching(/^[a-zA-Z0-9.!%*_+`'~-]{1,20}$/);
const host = fc.oneof(
  fc.stringMatching(/^[a-z][a-z0-9]{0,8}(\.[a-z]{2,5}){0,2}$/),
  fc.ipV4(),
  fc.ipV6().map((ip) => `[${ip}]`),
);
const text = fc.string({ unit: 'grapheme', maxLength: 30 }).map((value) => value.replace(/[\p{Cc}\p{Zl}\p{Zp}\uFEFF]/gu, '').trim());
const wrap = fc.constantFrom(' ', '  ', '\t', '\r\n ', '\r\n\t ');

test('round trip: what is written into a message is read out of it, whatever the spelling', () => {
  const parts = fc.record({
    method: token,
    host,
    port: fc.integer({ min: 1, max: 65535 }),
    branch: token,
    fromTag: token,
    toTag: fc.option(token, { nil: '' }),
    callId: token,
    cseq: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    display: text,
    extra: text,
    body: fc.string({ unit: 'grapheme', maxLength: 80 }),
    compact: fc.boolean(),
    space: wrap,
  });
  fc.assert(
    fc.property(parts, (it) => {
      const name = (long: string, short: string) => (it.compact ? short : long);
      const quoted = it.display.replaceAll('\\', '\\\\').replaceAll('"', '\\"');
      const bytes = message(
        [
          `${it.method} sip:x@${it.host}:${it.port} SIP/2.0`,
          `${name('Via', 'v')}:${it.space}SIP/2.0/UDP${it.space}${it.host}:${it.port};rport=1;branch=z9hG4bK${it.branch}`,
          `${name('FROM', 'F')} :${it.space}"${quoted}"${it.space}<sip:a@${it.host}>${it.space};${it.space}tag=${it.fromTag}`,
          `${name('to', 't')}: sip:b@${it.host}${it.toTag === '' ? '' : `;tag=${it.toTag}`}`,
          `${name('Call-ID', 'i')}:${it.space}${it.callId}`,
          `CSEQ: ${it.cseq}${it.space}${it.method}`,
          `X-Extra: ${it.extra}`,
        ],
        it.body,
      );
      const got = read(bytes);
      if (!(got instanceof IncomingRequest)) throw new Error(String(got));
      expect([got.method, got.fromDisplay, got.fromTag, got.toTag, got.callId, got.cseq]).toEqual([
        it.method,
        it.display,
        it.fromTag,
        it.toTag,
        it.callId,
        it.cseq,
      ]);
      expect([got.via.port, got.header('x-extra'), got.body]).toEqual([it.port, it.extra, it.body]);
      expect(parseSipUri(got.uri)).toMatchObject({ user: 'x', host: it.host.replace(/[[\]]/g, ''), port: it.port });
    }),
    { numRuns: 500 },
  );
});

test('20 000 mutations of the corpus: no throw, little time', () => {
  const seeds = readdirSync(corpus).map((name) => readFileSync(join(corpus, name)));
  const mutation = fc.tuple(
    fc.nat(seeds.length - 1),
    fc.array(fc.tuple(fc.nat(), fc.constantFrom('flip', 'cut', 'repeat', 'drop', 'insert'), fc.nat(255)), { minLength: 1, maxLength: 6 }),
  );
  const began = performance.now();
  fc.assert(
    fc.property(mutation, ([seed, edits]) => {
      let bytes = Buffer.from(seeds[seed]!);
      for (const [where, kind, value] of edits) bytes = mutate(bytes, bytes.length === 0 ? 0 : where % bytes.length, kind, value);
      const got = readMessage(bytes, 0, source);
      if (got === undefined || typeof got === 'string') return;
      for (const name of ['via', 'contact', 'route', 'www-authenticate', 'x']) got.headers(name);
      void [got.contact, got.bodyType, got.body.length];
    }),
    { numRuns: 20_000 },
  );
  expect(performance.now() - began).toBeLessThan(20_000);
});

function mutate(bytes: Buffer<ArrayBuffer>, at: number, kind: string, value: number): Buffer<ArrayBuffer> {
  if (kind === 'flip') bytes[at] = value;
  if (kind === 'cut') return bytes.subarray(0, at);
  if (kind === 'repeat') return Buffer.concat([bytes, bytes.subarray(at)]);
  if (kind === 'drop') return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + value)]);
  if (kind === 'insert') return Buffer.concat([bytes.subarray(0, at), Buffer.from('";<,>\r\n:'.repeat(value % 9)), bytes.subarray(at)]);
  return bytes;
}

test('no input takes more than linear time: 60 kB of the characters that backtrack elsewhere', () => {
  for (const filler of ['"', ' ', '\r\n ', ',', ';', '<', '"\\', ';a', ',"', ':']) {
    const long = filler.repeat(60_000 / filler.length);
    const began = performance.now();
    read(
      message([
        'INVITE sip:a@b SIP/2.0',
        `Via: SIP/2.0/UDP a;branch=z9hG4bKx${long}`,
        `From: ${long}`,
        `To: ${long}`,
        'Call-ID: x',
        'CSeq: 1 INVITE',
      ]),
    );
    splitList(long);
    param(long, 'tag');
    parseNameAddr(long);
    parseVia(long);
    parseHostPort(long);
    expect(performance.now() - began).toBeLessThan(500);
  }
});

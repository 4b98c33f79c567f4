/**
 * Digest access authentication: RFC 2617 as RFC 3261 22 uses it, with the algorithms of RFC 7616/8760. SIP.js's own knows MD5 only, refuses a
 * second nonce and does not see the request; so challenges are answered here.
 */
import { createHash, randomBytes } from 'node:crypto';
import { param, quote, splitList } from './message/fields.ts';
import type { Credentials, SipMessage, SipResponse } from './stack.ts';

const HASHES: Record<string, string> = { MD5: 'md5', 'SHA-256': 'sha256', 'SHA-512-256': 'sha512-256' };

export interface Challenge {
  realm: string;
  nonce: string;
  opaque: string | undefined;
  stale: boolean;
  /** As written by the server; empty: MD5. */
  algorithm: string;
  /** The options offered; empty: none, as in RFC 2069. */
  qop: string[];
}

/** @returns undefined where it is no Digest challenge that we can answer. */
export function parseChallenge(value: string): Challenge | undefined {
  const space = value.indexOf(' ');
  if (space < 0 || value.slice(0, space).toLowerCase() !== 'digest') return undefined;
  const params = splitList(value.slice(space + 1)).join(';');
  const realm = param(params, 'realm');
  const nonce = param(params, 'nonce');
  if (realm === undefined || nonce === undefined) return undefined;
  const algorithm = param(params, 'algorithm') ?? '';
  if (!HASHES[baseAlgorithm(algorithm)]) return undefined;
  const qop = splitList(param(params, 'qop') ?? '').map((option) => option.toLowerCase());
  if (qop.length > 0 && !qop.includes('auth') && !qop.includes('auth-int')) return undefined;
  return { realm, nonce, opaque: param(params, 'opaque'), stale: param(params, 'stale')?.toLowerCase() === 'true', algorithm, qop };
}

const baseAlgorithm = (algorithm: string) => (algorithm === '' ? 'MD5' : algorithm.toUpperCase().replace(/-SESS$/, ''));

export interface DigestInput {
  challenge: Challenge;
  credentials: Credentials;
  method: string;
  uri: string;
  body: string;
  cnonce: string;
  /** Times this nonce has been used, from 1. */
  nc: number;
}

/** The value of Authorization or Proxy-Authorization. `auth` is preferred to `auth-int`. */
export function digestResponse(input: DigestInput): string {
  const { challenge, credentials, method, uri, cnonce } = input;
  const hash = (text: string) => createHash(HASHES[baseAlgorithm(challenge.algorithm)]!).update(text).digest('hex');
  const qop = challenge.qop.length === 0 ? undefined : challenge.qop.includes('auth') ? 'auth' : 'auth-int';
  const nc = input.nc.toString(16).padStart(8, '0');
  const secret = hash(`${credentials.username}:${challenge.realm}:${credentials.password}`);
  const ha1 = /-sess$/i.test(challenge.algorithm) ? hash(`${secret}:${challenge.nonce}:${cnonce}`) : secret;
  const ha2 = hash(qop === 'auth-int' ? `${method}:${uri}:${hash(input.body)}` : `${method}:${uri}`);
  const middle = qop === undefined ? challenge.nonce : `${challenge.nonce}:${nc}:${cnonce}:${qop}`;
  const fields = [
    `username=${quote(credentials.username)}`,
    `realm=${quote(challenge.realm)}`,
    `nonce=${quote(challenge.nonce)}`,
    `uri=${quote(uri)}`,
    `response="${hash(`${ha1}:${middle}:${ha2}`)}"`,
  ];
  if (challenge.algorithm !== '') fields.push(`algorithm=${challenge.algorithm}`);
  if (challenge.opaque !== undefined) fields.push(`opaque=${quote(challenge.opaque)}`);
  if (qop !== undefined) fields.push(`qop=${qop}`, `nc=${nc}`, `cnonce="${cnonce}"`);
  return `Digest ${fields.join(', ')}`;
}

/** Tries for one realm: the first answer, and one more where the server gives another nonce or says `stale`. */
const TRIES_PER_REALM = 2;
/** Over all realms of one request: a proxy or two on the way, and the end. */
const TRIES = 4;

/**
 * Answers the challenges to one request and its successors. A new nonce is tried once more even without `stale=true`; tries are capped, so that
 * a server that challenges for ever ends in its own 401.
 */
export class Authorizer {
  readonly #credentials: Credentials | undefined;
  readonly #answers = new Map<string, { header: string; challenge: Challenge; tries: number; nc: number }>();
  answered = 0;

  constructor(credentials: Credentials | undefined) {
    this.#credentials = credentials;
  }

  /** Takes in a 401 or 407. @returns whether the request should be sent again, with `headers` of what it is then. */
  accept(response: SipResponse): boolean {
    if (!this.#credentials || (response.status !== 401 && response.status !== 407) || this.answered >= TRIES) return false;
    const proxy = response.status === 407;
    let fresh = false;
    const realms = new Set<string>();
    for (const value of response.headers(proxy ? 'proxy-authenticate' : 'www-authenticate')) {
      const challenge = parseChallenge(value);
      // RFC 8760 2.4: of several for one realm, the topmost that is understood.
      if (!challenge || realms.has(challenge.realm)) continue;
      realms.add(challenge.realm);
      const header = proxy ? 'Proxy-Authorization' : 'Authorization';
      const before = this.#answers.get(`${header} ${challenge.realm}`);
      if (before && (before.tries >= TRIES_PER_REALM || (before.challenge.nonce === challenge.nonce && !challenge.stale))) continue;
      this.#answers.set(`${header} ${challenge.realm}`, { header, challenge, tries: (before?.tries ?? 0) + 1, nc: 0 });
      fresh = true;
    }
    if (fresh) this.answered++;
    return fresh;
  }

  /** For the next request: one header for each realm met so far. */
  headers(method: string, uri: string, body: string): [name: string, value: string][] {
    const headers: [string, string][] = [];
    for (const answer of this.#answers.values()) {
      const { challenge } = answer;
      const cnonce = randomBytes(8).toString('hex');
      answer.nc++;
      headers.push([
        answer.header,
        digestResponse({ challenge, credentials: this.#credentials!, method, uri, body, cnonce, nc: answer.nc }),
      ]);
    }
    return headers;
  }
}

/** For a registrar or trunk of our own: does the request carry the right answer to a challenge with this realm and nonce? */
export function checkDigest(request: SipMessage & { method: string }, realm: string, nonce: string, password: string): boolean {
  const value = request.header('authorization') ?? request.header('proxy-authorization');
  const space = value?.indexOf(' ') ?? -1;
  if (value === undefined || space < 0 || value.slice(0, space).toLowerCase() !== 'digest') return false;
  const params = splitList(value.slice(space + 1)).join(';');
  const of = (name: string) => param(params, name) ?? '';
  if (of('realm') !== realm || of('nonce') !== nonce) return false;
  const algorithm = of('algorithm');
  const nc = Number.parseInt(of('nc') || '1', 16);
  if (!HASHES[baseAlgorithm(algorithm)] || !Number.isFinite(nc)) return false;
  const expected = digestResponse({
    challenge: { realm, nonce, opaque: undefined, stale: false, algorithm, qop: of('qop') === '' ? [] : [of('qop').toLowerCase()] },
    credentials: { username: of('username'), password },
    method: request.method,
    uri: of('uri'),
    body: request.body,
    cnonce: of('cnonce'),
    nc,
  });
  return param(expected.slice(7).replaceAll(', ', ';'), 'response') === of('response').toLowerCase();
}

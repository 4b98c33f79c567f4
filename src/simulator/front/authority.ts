/**
 * Digest challenges of the embedded vendor (RFC 3261 22, RFC 7616). A nonce carries its own time and seal, so nothing is kept for those who
 * never answer.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../clock.ts';
import { checkDigest } from '../../sip/digest.ts';
import { param, splitList } from '../../sip/message/fields.ts';
import type { SipRequest } from '../../sip/stack.ts';

const NONCE_LIFE_MS = 300_000;

export type Proof = { kind: 'right'; username: string } | { kind: 'none' | 'stale' | 'wrong' };

export class Authority {
  readonly realm: string;
  readonly #clock: Clock;
  readonly #key = randomBytes(16);

  constructor(clock: Clock, realm: string) {
    this.#clock = clock;
    this.realm = realm;
  }

  /** Value of WWW-Authenticate or Proxy-Authenticate. */
  challenge(stale: boolean): string {
    const time = Math.floor(this.#clock.now()).toString(36);
    return `Digest realm="${this.realm}", nonce="${time}.${this.#seal(time)}", algorithm=MD5, qop="auth"${stale ? ', stale=true' : ''}`;
  }

  /** Reads Authorization (or Proxy-Authorization) and holds it against the password of whom it names. */
  prove(request: SipRequest, passwordOf: (username: string) => string | undefined): Proof {
    const value = request.header('authorization') ?? request.header('proxy-authorization');
    if (value === undefined) return { kind: 'none' };
    const params = splitList(value.slice(value.indexOf(' ') + 1)).join(';');
    const username = param(params, 'username') ?? '';
    const nonce = param(params, 'nonce') ?? '';
    if (!this.#isFresh(nonce)) return { kind: 'stale' };
    const password = passwordOf(username);
    return password !== undefined && checkDigest(request, this.realm, nonce, password) ? { kind: 'right', username } : { kind: 'wrong' };
  }

  #isFresh(nonce: string): boolean {
    const [time = '', seal = ''] = nonce.split('.');
    const expected = Buffer.from(this.#seal(time));
    const given = Buffer.from(seal);
    if (expected.length !== given.length || !timingSafeEqual(expected, given)) return false;
    return this.#clock.now() - Number.parseInt(time, 36) < NONCE_LIFE_MS;
  }

  #seal(time: string): string {
    return createHmac('sha256', this.#key).update(time).digest('hex').slice(0, 24);
  }
}

/** Who is registered where: RFC 3261 10.3, one binding an account, the latest counts. */
import type { Clock, TimerHandle } from '../../clock.ts';
import { param, parseNameAddr, parseSipUri, uint } from '../../sip/message/fields.ts';
import type { HeaderList, SipRequest } from '../../sip/stack.ts';
import type { CompleteConfig } from '../defaults.ts';
import type { Authority } from './authority.ts';

const DEFAULT_EXPIRES_S = 600;
const LONGEST_EXPIRES_S = 3600;

export interface Reply {
  status: number;
  headers?: HeaderList;
}

export interface RegistrarHandlers {
  signedOn(account: string, skill: string): void;
  signedOff(account: string, why: string): void;
}

export class Registrar {
  readonly #clock: Clock;
  readonly #authority: Authority;
  readonly #accounts = new Map<string, { password: string; skill: string }>();
  readonly #bindings = new Map<string, { contact: string; expires: TimerHandle }>();
  readonly #handlers: RegistrarHandlers;

  constructor(clock: Clock, config: CompleteConfig, authority: Authority, handlers: RegistrarHandlers) {
    this.#clock = clock;
    this.#authority = authority;
    this.#handlers = handlers;
    for (const group of config.accounts)
      for (let n = group.first; n < group.first + group.count; n++) {
        const of = (template: string) => template.replaceAll('{n}', String(n));
        this.#accounts.set(of(group.username), { password: of(group.password), skill: group.skill });
      }
  }

  /** Contact of an account; undefined where it is not registered. */
  contactOf(account: string): string | undefined {
    return this.#bindings.get(account)?.contact;
  }

  register(request: SipRequest): Reply {
    const user = parseSipUri(request.toUri)?.user ?? '';
    const proof = this.#authority.prove(request, (username) => this.#accounts.get(username)?.password);
    if (proof.kind === 'wrong') return { status: 403 };
    if (proof.kind !== 'right') return { status: 401, headers: [['WWW-Authenticate', this.#authority.challenge(proof.kind === 'stale')]] };
    if (proof.username !== user) return { status: 403 };

    const contacts = request.headers('contact');
    const asked = request.header('expires');
    if (contacts.includes('*')) {
      if (asked !== '0') return { status: 400 };
      this.#unbind(user, 'unregistered');
      return { status: 200 };
    }
    for (const value of contacts) {
      const address = parseNameAddr(value);
      if (!address || !parseSipUri(address.uri)) return { status: 400 };
      const seconds = Math.min(uint(param(address.params, 'expires') ?? asked ?? '', 2 ** 32 - 1) ?? DEFAULT_EXPIRES_S, LONGEST_EXPIRES_S);
      if (seconds > 0) this.#bind(user, address.uri, seconds);
      else if (this.contactOf(user) === address.uri) this.#unbind(user, 'unregistered');
      if (seconds > 0) return { status: 200, headers: [['Contact', `<${address.uri}>;expires=${seconds}`]] };
    }
    return { status: 200 };
  }

  close(): void {
    for (const binding of this.#bindings.values()) binding.expires.cancel();
    this.#bindings.clear();
  }

  #bind(account: string, contact: string, seconds: number): void {
    this.#bindings.get(account)?.expires.cancel();
    const expires = this.#clock.after(seconds * 1000, () => this.#unbind(account, 'expired'));
    this.#bindings.set(account, { contact, expires });
    this.#handlers.signedOn(account, this.#accounts.get(account)!.skill);
  }

  #unbind(account: string, why: string): void {
    const binding = this.#bindings.get(account);
    if (!binding) return;
    binding.expires.cancel();
    this.#bindings.delete(account);
    this.#handlers.signedOff(account, why);
  }
}

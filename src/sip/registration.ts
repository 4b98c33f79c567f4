/**
 * Keeps one binding at a registrar (RFC 3261 10.2). One request at a time.
 *
 *   state       event                     next        does
 *   asking      200 with our Contact      registered  `registered`; refresh before the end, jittered
 *   asking      423                       asking      again with its Min-Expires, once
 *   asking      anything else             waiting     `lost`; again after a back-off of 1, 2, 4 … 32 s, jittered, or Retry-After
 *   registered  time to refresh           asking      REGISTER, CSeq + 1
 *   registered  its connection is lost    asking      the same, after the first back-off
 *   any         stop                      stopped     REGISTER with Expires 0
 */
import { isIP } from 'node:net';
import type { TimerHandle } from '../clock.ts';
import { hostPortText, param, parseNameAddr, parseSipUri, uint } from './message/fields.ts';
import type { Shared } from './shared.ts';
import type { Registration, RegistrationHandlers, RegistrationOptions, SipFailure, SipResponse, TransactionResult } from './stack.ts';
import { transact } from './transact.ts';

const FIRST_BACKOFF_MS = 1000;
const LAST_BACKOFF_MS = 32_000;

export class StackRegistration implements Registration {
  registered = false;
  readonly #shared: Shared;
  readonly #options: RegistrationOptions;
  readonly #handlers: RegistrationHandlers;
  readonly #callId: string;
  readonly #fromTag: string;
  readonly #contactUri: string;
  #cseq = 0;
  #expiresS: number;
  #backoffMs = FIRST_BACKOFF_MS;
  #timer: TimerHandle | undefined;
  #asking: Promise<void> = Promise.resolve();
  #stopped: Promise<void> | undefined;

  constructor(shared: Shared, options: RegistrationOptions, handlers: RegistrationHandlers) {
    this.#shared = shared;
    this.#options = options;
    this.#handlers = handlers;
    this.#callId = shared.ids.callId();
    this.#fromTag = shared.ids.tag();
    this.#expiresS = options.expiresS;
    this.#contactUri = shared.contact(options.contactUser ?? parseSipUri(options.aor)?.user ?? '').slice(1, -1);
    shared.open.add(this);
    this.#asking = this.#ask();
  }

  /** The stack closes. */
  closed(): void {
    this.#stopped ??= Promise.resolve();
    this.registered = false;
    this.#timer?.cancel();
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    this.#timer?.cancel();
    await this.#asking;
    this.#timer?.cancel();
    const was = this.registered;
    this.registered = false;
    this.#shared.open.delete(this);
    if (was) await this.#register(0);
  }

  /** The registrar reaches us over that connection alone, if we cannot be connected to: make another (RFC 5626 4.4.1), not all in one moment. */
  connectionLost(names: ReadonlySet<string>): void {
    const { registrar } = this.#options;
    if (!this.registered || (isIP(registrar.host) > 0 && !names.has(hostPortText(registrar)))) return;
    this.#timer?.cancel();
    this.#later(this.#backoffMs * (0.5 + Math.random()));
  }

  async #ask(): Promise<void> {
    let result = await this.#register(this.#expiresS);
    if (result.kind === 'response' && result.response.status === 423) {
      this.#expiresS = Math.max(this.#expiresS, uint(result.response.header('min-expires') ?? '', 2 ** 31) ?? 0);
      result = await this.#register(this.#expiresS);
    }
    if (result.kind === 'response' && result.response.status < 300) this.#bound(result.response);
    else this.#lost(result);
  }

  #bound(response: SipResponse): void {
    const expiresS = this.#granted(response);
    this.registered = expiresS > 0;
    this.#backoffMs = FIRST_BACKOFF_MS;
    if (this.#stopped) return;
    this.#shared.tell(() => this.#handlers.registered(response.at, expiresS));
    // Between 50 and 80 % of the lifetime: early enough for two more tries, and thousands of agents do not come back in one second.
    this.#later(expiresS * 1000 * (0.5 + 0.3 * Math.random()));
  }

  #lost(result: TransactionResult): void {
    this.registered = false;
    if (this.#stopped) return;
    const { sentAt: _sentAt, retransmissions: _retransmissions, ...failure } = result;
    this.#shared.tell(() => this.#handlers.lost(result.at, failure as SipFailure));
    const retryAfter =
      result.kind === 'response' ? uint((result.response.header('retry-after') ?? '').split(/[ ;(]/)[0]!, 3600) : undefined;
    this.#later(retryAfter === undefined ? this.#backoffMs * (0.5 + Math.random()) : retryAfter * 1000);
    this.#backoffMs = Math.min(this.#backoffMs * 2, LAST_BACKOFF_MS);
  }

  #later(ms: number): void {
    if (this.#stopped) return;
    this.#timer = this.#shared.clock.after(ms, () => {
      this.#asking = this.#ask();
    });
  }

  /** RFC 3261 10.2.4: the lifetime of our own binding among those listed. */
  #granted(response: SipResponse): number {
    for (const value of response.headers('contact')) {
      const address = parseNameAddr(value);
      if (address?.uri !== this.#contactUri) continue;
      const expires = uint(param(address.params, 'expires') ?? '', 2 ** 31);
      if (expires !== undefined) return expires;
    }
    return uint(response.header('expires') ?? '', 2 ** 31) ?? this.#expiresS;
  }

  #register(expiresS: number): Promise<TransactionResult> {
    const { aor, registrar, credentials } = this.#options;
    const address = parseSipUri(aor);
    const requestUri = `sip:${aor.slice(aor.lastIndexOf('@') + 1)}`;
    return transact(
      this.#shared,
      (authorizer) =>
        this.#shared.make({
          method: 'REGISTER',
          requestUri: address ? requestUri : aor,
          fromUri: aor,
          fromDisplay: '',
          fromTag: this.#fromTag,
          toUri: aor,
          toDisplay: '',
          toTag: '',
          callId: this.#callId,
          cseq: ++this.#cseq,
          routeSet: this.#options.route ?? [],
          headers: [
            ['Contact', `<${this.#contactUri}>`],
            ['Expires', String(expiresS)],
            ...authorizer.headers('REGISTER', address ? requestUri : aor, ''),
          ],
        }),
      { credentials, nextHop: registrar },
    );
  }
}

/**
 * The INVITEs of one call, one after the other: what the next one says once a challenge, a longer session interval or a redirection has been
 * taken in (RFC 3261 8.1.3.4, 22; RFC 4028 7.3).
 */
import { Authorizer } from './digest.ts';
import { parseSipUri } from './message/fields.ts';
import type { IncomingResponse } from './message/incoming.ts';
import { type OutgoingRequest, oneLine } from './message/outgoing.ts';
import { SUPPORTED } from './option-tags.ts';
import { TargetSet } from './redirect.ts';
import { minSe } from './session-timer.ts';
import { ALLOW, lines, type Shared } from './shared.ts';
import type { HeaderList, NextHop, OutgoingCallHandlers, OutgoingCallOptions } from './stack.ts';

const ABLE = `Allow: ${ALLOW}\r\nSupported: ${SUPPORTED}\r\n`;
const TIMER_ALONE = `Allow: ${ALLOW}\r\nSupported: timer\r\n`;
const NONE: HeaderList = [];

export class InviteSeries {
  readonly options: OutgoingCallOptions;
  readonly callId: string;
  readonly fromTag: string;
  /** User part of our Contact. */
  readonly user: string;
  readonly authorizer: Authorizer;
  cseq = 0;
  /** Where it goes now: redirections change it. */
  requestUri: string;
  nextHop: NextHop;
  /** Session interval asked for, s; 0: none. */
  expiresS: number;
  /** Min-SE of the last 422. */
  #leastS = 0;
  #targets: TargetSet | undefined;
  readonly #shared: Shared;

  constructor(shared: Shared, options: OutgoingCallOptions, callId: string) {
    this.#shared = shared;
    this.options = options;
    this.callId = callId;
    this.fromTag = shared.ids.tag();
    this.user = parseSipUri(options.fromUri)?.user ?? '';
    this.authorizer = new Authorizer(options.credentials);
    this.requestUri = options.requestUri;
    this.nextHop = options.nextHop;
    this.expiresS = options.sessionTimer?.expiresS ?? 0;
  }

  next(): OutgoingRequest {
    const { fromUri, fromDisplay, toUri, headers, body, route } = this.options;
    return this.#shared.make({
      method: 'INVITE',
      requestUri: this.requestUri,
      fromUri,
      fromDisplay: fromDisplay ?? '',
      fromTag: this.fromTag,
      toUri,
      toDisplay: '',
      toTag: '',
      callId: this.callId,
      cseq: ++this.cseq,
      routeSet: route ?? [],
      text: `Contact: ${oneLine(this.#shared.contact(this.user))}\r\n${this.#extensions()}`,
      headers: headers ?? NONE,
      lines: this.authorizer.answered === 0 ? undefined : lines(this.authorizer.headers('INVITE', this.requestUri, body?.content ?? '')),
      body,
    });
  }

  /** Supported and Require (RFC 3262 3: `none` says nothing), the session timer asked for. */
  #extensions(): string {
    const { reliable, sessionTimer } = this.options;
    let text = reliable === 'none' ? TIMER_ALONE : ABLE;
    if (reliable === 'required') text += 'Require: 100rel\r\n';
    const refresher = sessionTimer?.refresher ? `;refresher=${sessionTimer.refresher}` : '';
    if (this.expiresS > 0) text += `Session-Expires: ${this.expiresS}${refresher}\r\n`;
    if (this.#leastS > 0) text += `Min-SE: ${this.#leastS}\r\n`;
    return text;
  }

  /** Takes a refusal in. @returns whether there is another INVITE to send. */
  follow(response: IncomingResponse, handlers: OutgoingCallHandlers): boolean {
    return this.authorizer.accept(response) || this.#longer(response) || this.#elsewhere(response, handlers);
  }

  /** RFC 4028 7.3, 7.4: a 422 whose Min-SE asks for more than the last. */
  #longer(response: IncomingResponse): boolean {
    const least = response.status === 422 ? minSe(response) : undefined;
    if (least === undefined || least <= this.#leastS) return false;
    this.#leastS = least;
    this.expiresS = Math.max(this.expiresS, least);
    return true;
  }

  /** RFC 3261 8.1.3.4: a 3xx leads to its contacts, another refusal there to what is left of them; 6xx ends the search (16.7 5). */
  #elsewhere(response: IncomingResponse, handlers: OutgoingCallHandlers): boolean {
    if (!handlers.redirected || response.status >= 600) return false;
    if (response.status < 400) {
      this.#targets ??= new TargetSet(this.requestUri);
      this.#targets.redirected(response);
    }
    let next: { uri: string; allowed: NextHop } | undefined;
    this.#shared.tell(() => {
      next = this.#targets?.next((uri) => handlers.redirected?.(response, uri));
    });
    if (!next) return false;
    this.requestUri = next.uri;
    this.nextHop = next.allowed;
    return true;
  }
}

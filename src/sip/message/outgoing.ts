/**
 * A request of ours, in the shape that SIP.js's Core expects of its outgoing messages (a duck type, see incoming.ts), but built from text and
 * turned into text without the grammar. It carries what only our transport needs to know: next hop, retransmission, who wants to hear of it.
 */

import type { OutgoingRequestMessage } from 'sip.js/lib/core/messages/outgoing-request-message.js';
import type { NameAddrHeader } from 'sip.js/lib/grammar/name-addr-header.js';
import type { Exchange } from '../exchange.ts';
import type { Body, HeaderList, HostPort } from '../stack.ts';
import { hostPortText, param, parseNameAddr, quote } from './fields.ts';
import { asNameAddr, asUri, type UriText } from './uri-text.ts';

/** What is the same in every request of a stack. */
export interface Identity {
  /** Top Via up to the address: `SIP/2.0/UDP `. */
  viaHead: string;
  /** And with our address as others see it, up to the branch. */
  via: string;
  /** The header line. */
  userAgent: string;
  /** A new branch, never given out before. */
  branch(): string;
  /** Told when a client transaction begins: the branch leads from the text that Core sends back to this request. */
  begin(request: OutgoingRequest): void;
}

export interface RequestParts {
  method: string;
  requestUri: string;
  fromUri: string;
  fromDisplay: string;
  fromTag: string;
  toUri: string;
  toDisplay: string;
  toTag: string;
  callId: string;
  cseq: number;
  /** As in the dialog: what to do with a strict router is decided here. */
  routeSet: readonly string[];
  headers: HeaderList;
  /** Headers that are text already, each line with its end. */
  text?: string;
  /** Header lines as Core hands them over. */
  lines?: readonly string[];
  body?: Body;
}

export class OutgoingRequest {
  readonly method: string;
  readonly parts: RequestParts;
  readonly callId: string;
  cseq: number;
  readonly fromTag: string;
  readonly toTag: string;
  readonly ruri: UriText;
  /** Set as its transaction begins; for a CANCEL by whoever makes it. */
  branch = '';
  /** Instead of ours in the Via: a CANCEL for the INVITE of another process. */
  sentBy: HostPort | undefined;
  /** Of SIP.js's transactions: set before it begins. */
  exchange: Exchange | undefined;
  readonly #identity: Identity;
  readonly #route: string;

  constructor(identity: Identity, parts: RequestParts) {
    this.#identity = identity;
    this.parts = parts;
    this.method = parts.method;
    this.callId = parts.callId;
    this.cseq = parts.cseq;
    this.fromTag = parts.fromTag;
    this.toTag = parts.toTag;
    const { requestUri, route } = routed(parts.requestUri, parts.routeSet);
    this.ruri = asUri(requestUri) as unknown as UriText;
    this.#route = route;
  }

  get from(): NameAddrHeader {
    return asNameAddr(this.parts.fromUri, this.parts.fromDisplay);
  }

  get to(): NameAddrHeader {
    return asNameAddr(this.parts.toUri, this.parts.toDisplay);
  }

  get route(): string {
    return this.#route;
  }

  /** A CANCEL has the branch of its INVITE (RFC 3261 9.1); all else gets one of its own. Called as the client transaction is constructed. */
  beginTransaction(): string {
    if (this.branch === '' || this.method !== 'CANCEL') this.branch = this.#identity.branch();
    this.#identity.begin(this);
    return this.branch;
  }

  /** Core calls this with the branch of the transaction, or, for the ACK to a 2xx, with a random one of its own that we replace. */
  setViaHeader(branch: string): void {
    this.branch = this.method === 'ACK' ? this.#identity.branch() : branch;
  }

  getHeader(name: string): string | undefined {
    switch (name) {
      case 'from':
        return addressText(this.parts.fromUri, this.parts.fromDisplay, this.fromTag);
      case 'via':
        return this.#via();
      case 'route':
        return this.#route === '' ? undefined : this.#route;
      default:
        return undefined;
    }
  }

  #via(): string {
    const { viaHead, via } = this.#identity;
    return `${this.sentBy ? `${viaHead}${hostPortText(this.sentBy)};branch=` : via}${this.branch};rport`;
  }

  /** The ACK to a refusal: Via, Route and all else of this INVITE, To of the response (RFC 3261 17.1.1.3). */
  refusalAck(to: string): string {
    const route = this.#route === '' ? '' : `Route: ${this.#route}\r\n`;
    const from = addressText(this.parts.fromUri, this.parts.fromDisplay, this.fromTag);
    return `ACK ${this.ruri.text} SIP/2.0\r\nVia: ${this.#via()}\r\n${route}Max-Forwards: 70\r\nFrom: ${from}\r\nTo: ${to}\r\nCall-ID: ${this.callId}\r\nCSeq: ${this.cseq} ACK\r\nContent-Length: 0\r\n\r\n`;
  }

  toString(): string {
    const parts = this.parts;
    let text = `${this.method} ${this.ruri.text} SIP/2.0\r\nVia: ${this.#via()}\r\n`;
    if (this.#route !== '') text += `Route: ${this.#route}\r\n`;
    text += `Max-Forwards: 70\r\nFrom: ${addressText(parts.fromUri, parts.fromDisplay, this.fromTag)}\r\nTo: ${addressText(parts.toUri, parts.toDisplay, this.toTag)}\r\nCall-ID: ${this.callId}\r\nCSeq: ${this.cseq} ${this.method}\r\n`;
    if (parts.text !== undefined) text += parts.text;
    if (parts.headers.length > 0) text += headerLines(parts.headers);
    if (parts.lines) for (const line of parts.lines) text += `${line}\r\n`;
    return `${text}${this.#identity.userAgent}${bodyText(parts.body)}`;
  }

  asCore(): OutgoingRequestMessage {
    return this as unknown as OutgoingRequestMessage;
  }
}

/** RFC 3261 12.2.1.1: a loose router gets the whole set in Route; a strict one becomes the Request-URI, and the target goes to the end. */
function routed(target: string, routeSet: readonly string[]): { requestUri: string; route: string } {
  const top = routeSet[0];
  if (top === undefined) return { requestUri: target, route: '' };
  const address = parseNameAddr(top);
  if (!address || param(address.uri.slice(address.uri.indexOf(';') + 1 || address.uri.length), 'lr') !== undefined)
    return { requestUri: target, route: routeSet.join(', ') };
  return { requestUri: address.uri, route: [...routeSet.slice(1), `<${target}>`].join(', ') };
}

export function addressText(uri: string, display: string, tag: string): string {
  return `${display === '' ? '' : `${quote(oneLine(display))} `}<${uri}>${tag === '' ? '' : `;tag=${tag}`}`;
}

/** Header lines. Line ends inside a value would start a header of their own: they become spaces. */
export function headerLines(headers: HeaderList): string {
  let text = '';
  for (const [name, value] of headers) text += `${name}: ${oneLine(value)}\r\n`;
  return text;
}

export const oneLine = (value: string) => (value.includes('\n') || value.includes('\r') ? value.replace(/[\r\n]+/g, ' ') : value);

export function bodyText(body: Body | undefined): string {
  if (!body || body.content === '') return 'Content-Length: 0\r\n\r\n';
  return `Content-Type: ${body.type}\r\nContent-Length: ${Buffer.byteLength(body.content)}\r\n\r\n${body.content}`;
}

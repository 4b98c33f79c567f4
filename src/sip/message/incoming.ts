/**
 * A received message: at once the plain data of stack.ts and what SIP.js's Core reads of its own incoming messages (a duck type, on purpose not
 * a subclass: `instanceof` failing keeps Core's SDP bookkeeping, which would go back to the grammar, out of the way).
 */

import type { IncomingRequestMessage } from 'sip.js/lib/core/messages/incoming-request-message.js';
import type { IncomingResponseMessage } from 'sip.js/lib/core/messages/incoming-response-message.js';
import type { NameAddrHeader } from 'sip.js/lib/grammar/name-addr-header.js';
import type { HostPort, SipMessage, SipRequest, SipResponse } from '../stack.ts';
import { type NameAddr, param, parseNameAddr, parseVia, splitList, uint, type Via } from './fields.ts';
import { canonicalName, type Scanned, scan } from './scan.ts';
import { asNameAddr } from './uri-text.ts';

/** Headers whose values are lists wherever they stand (RFC 3261 20); others may contain commas. */
const LISTS = new Set([
  'via',
  'route',
  'record-route',
  'contact',
  'path',
  'service-route',
  'allow',
  'supported',
  'require',
  'proxy-require',
]);

/** Mandatory in every message, and allowed once (RFC 3261 8.1.1, 7.3.1). */
const ONCE = ['from', 'to', 'call-id', 'cseq'];

/** RFC 3261 8.1.1.7: a branch that begins so is unique by itself. */
const MAGIC = 'z9hG4bK';

abstract class Incoming implements SipMessage {
  readonly callId: string;
  readonly cseq: number;
  readonly cseqMethod: string;
  readonly fromUri: string;
  readonly fromDisplay: string;
  readonly fromTag: string;
  readonly toUri: string;
  readonly toTag: string;
  readonly body: string;
  readonly at: number;
  readonly source: HostPort;
  readonly via: Via;
  /** Key of the transaction, for SIP.js's maps. */
  readonly viaBranch: string;
  /** Stands in for a Contact that is missing, where Core insists on one. */
  contactFallback: string | undefined;
  protected readonly names: string[];
  protected readonly values: string[];

  constructor(parts: Parts, at: number, source: HostPort) {
    this.names = parts.scanned.names;
    this.values = parts.scanned.values;
    this.body = parts.scanned.body;
    this.at = at;
    this.source = source;
    this.callId = parts.callId;
    this.cseq = parts.cseq;
    this.cseqMethod = parts.cseqMethod;
    this.fromUri = parts.from.uri;
    this.fromDisplay = parts.from.display;
    this.fromTag = param(parts.from.params, 'tag') ?? '';
    this.toUri = parts.to.uri;
    this.toTag = param(parts.to.params, 'tag') ?? '';
    this.via = parts.via;
    this.viaBranch = parts.transaction;
  }

  get contact(): string | undefined {
    const value = this.headers('contact')[0];
    return value === undefined ? undefined : parseNameAddr(value)?.uri;
  }

  /** More than one Via, in one line or several. */
  get manyVias(): boolean {
    const first = this.names.indexOf('via');
    return this.names.indexOf('via', first + 1) >= 0 || (this.values[first]!.includes(',') && splitList(this.values[first]!).length > 1);
  }

  get bodyType(): string | undefined {
    const value = this.header('content-type');
    if (value === undefined) return undefined;
    const semicolon = value.indexOf(';');
    return (semicolon < 0 ? value : value.slice(0, semicolon)).trim().toLowerCase();
  }

  header(name: string): string | undefined {
    const index = this.names.indexOf(canonicalName(name));
    return index < 0 ? undefined : this.values[index];
  }

  headers(name: string): string[] {
    const canonical = canonicalName(name);
    const list = LISTS.has(canonical);
    const found: string[] = [];
    for (let i = 0; i < this.names.length; i++) {
      if (this.names[i] !== canonical) continue;
      if (list) found.push(...splitList(this.values[i]!));
      else found.push(this.values[i]!);
    }
    return found;
  }

  /** From here on: what SIP.js's Core calls. */
  get from(): NameAddrHeader {
    return asNameAddr(this.fromUri, this.fromDisplay);
  }

  get to(): NameAddrHeader {
    return asNameAddr(this.toUri);
  }

  getHeader(name: string): string | undefined {
    return this.header(name);
  }

  getHeaders(name: string): string[] {
    return this.headers(name);
  }

  hasHeader(name: string): boolean {
    return this.names.includes(canonicalName(name));
  }

  /** Core asks for Contact alone where we let it; challenges are answered in our layer. */
  parseHeader(name: string): unknown {
    if (canonicalName(name) !== 'contact') return undefined;
    const uri = this.contact ?? this.contactFallback;
    return uri === undefined ? undefined : asNameAddr(uri);
  }
}

export class IncomingRequest extends Incoming implements SipRequest {
  readonly method: string;
  readonly uri: string;
  /** Where the response goes. */
  readonly replyTo: HostPort;

  constructor(method: string, uri: string, parts: Parts, at: number, source: HostPort) {
    super(parts, at, source);
    this.method = method;
    this.uri = uri;
    // RFC 3261 18.2.1 and RFC 3581 4: what we saw of the sender, so that responses find their way back.
    const top = this.names.indexOf('via');
    const seen = markSeen(this.values[top]!, parts.via, source);
    if (seen !== undefined) this.values[top] = seen;
    const marked = seen === undefined ? parts.via : parseVia(splitList(seen)[0]!);
    this.replyTo = responseTarget(marked ?? parts.via);
  }

  asCore(): IncomingRequestMessage {
    return this as unknown as IncomingRequestMessage;
  }
}

export class IncomingResponse extends Incoming implements SipResponse {
  readonly status: number;
  readonly reason: string;
  /** Core's names. */
  readonly statusCode: number;
  readonly reasonPhrase: string;
  readonly method: string;

  constructor(status: number, reason: string, parts: Parts, at: number, source: HostPort) {
    super(parts, at, source);
    this.status = status;
    this.reason = reason;
    this.statusCode = status;
    this.reasonPhrase = reason;
    this.method = parts.cseqMethod;
  }

  asCore(): IncomingResponseMessage {
    return this as unknown as IncomingResponseMessage;
  }
}

interface Parts {
  scanned: Scanned;
  via: Via;
  from: NameAddr;
  to: NameAddr;
  callId: string;
  cseq: number;
  cseqMethod: string;
  transaction: string;
}

/**
 * Reads one datagram. @returns the message; a sentence saying why it cannot be used (RFC 3261 8.1.1 lists what is mandatory); undefined for a
 * keep-alive. Never throws.
 */
export function readMessage(bytes: Buffer, at: number, source: HostPort): IncomingRequest | IncomingResponse | string | undefined {
  const scanned = scan(bytes);
  if (scanned === undefined || typeof scanned === 'string') return scanned;
  const line = scanned.startLine;
  const isResponse = line.startsWith('SIP/');
  const firstSpace = line.indexOf(' ');
  if (firstSpace <= 0) return 'start line is neither a request nor a response';

  const { via: viaText, callId, cseq: cseqText } = scanned;
  if (scanned.from === undefined) return 'no from';
  if (scanned.to === undefined) return 'no to';
  if (callId === undefined) return 'no call-id';
  if (cseqText === undefined) return 'no cseq';
  if (scanned.twice) return `more than one ${ONCE.find((name) => scanned.names.indexOf(name) !== scanned.names.lastIndexOf(name))}`;
  const via = viaText === undefined ? undefined : parseVia(firstOf(viaText));
  if (!via) return 'no readable Via';
  const from = parseNameAddr(scanned.from);
  if (!from) return 'no readable From';
  const to = parseNameAddr(scanned.to);
  if (!to) return 'no readable To';
  if (callId === '') return 'an empty Call-ID';
  const space = indexOfSpace(cseqText);
  const cseq = uint(cseqText.slice(0, space), 2 ** 32 - 1);
  const cseqMethod = cseqText.slice(space).trim();
  if (cseq === undefined || !isToken(cseqMethod)) return 'no readable CSeq';
  const branch = param(via.params, 'branch') ?? '';

  if (isResponse) {
    if (!line.startsWith('SIP/2.0 ')) return 'not SIP/2.0';
    const statusText = line.slice(8, 11);
    const status = uint(statusText, 699);
    if (status === undefined || status < 100 || statusText.length !== 3 || (line.length > 11 && line.charCodeAt(11) !== 32))
      return 'no readable status';
    const parts = { scanned, via, from, to, callId, cseq, cseqMethod, transaction: branch };
    return new IncomingResponse(status, line.slice(12), parts, at, source);
  }
  const lastSpace = line.lastIndexOf(' ');
  const method = line.slice(0, firstSpace);
  const uri = line.slice(firstSpace + 1, lastSpace).trim();
  if (lastSpace === firstSpace || line.slice(lastSpace + 1).toUpperCase() !== 'SIP/2.0') return 'not a SIP/2.0 request line';
  if (!isToken(method) || method !== cseqMethod) return 'method and CSeq differ';
  if (uri === '' || uri.includes(' ') || uri.startsWith('<')) return 'no readable Request-URI';
  // RFC 3261 17.2.3: branch and sent-by name the transaction; without the magic cookie (RFC 2543) the request's own fields do.
  const transaction =
    branch.length > MAGIC.length && branch.startsWith(MAGIC)
      ? `${branch}|${via.host}:${via.port ?? 5060}`
      : `${callId}|${cseq}|${param(from.params, 'tag') ?? ''}|${viaText}`;
  return new IncomingRequest(method, uri, { scanned, via, from, to, callId, cseq, cseqMethod, transaction }, at, source);
}

/** The first element of a list. */
const firstOf = (value: string) => (value.includes(',') ? (splitList(value)[0] ?? '') : value);

function indexOfSpace(text: string): number {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) <= 32) return i;
  return text.length;
}

/** RFC 3261 25.1 token. */
export function isToken(text: string): boolean {
  if (text === '') return false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    const alphanumeric = (c >= 48 && c <= 57) || (c >= 65 && c <= 90) || (c >= 97 && c <= 122);
    if (!alphanumeric && !"-.!%*_+`'~".includes(text[i]!)) return false;
  }
  return true;
}

/** The top Via with `received` and `rport` filled in; undefined where nothing needs to be said. */
function markSeen(value: string, via: Via, source: HostPort): string | undefined {
  // On a connection the response goes back over it (RFC 3261 18.2.2): its port tells which, asked for or not.
  const rport = param(via.params, 'rport') ?? (via.transport === 'UDP' ? undefined : '');
  if (rport === undefined && via.host === source.host) return undefined;
  const list = splitList(value);
  let params = '';
  for (const part of via.params.split(';')) {
    const name = part.trim().toLowerCase();
    if (name === '' || name.startsWith('rport') || name.startsWith('received')) continue;
    params += `;${part.trim()}`;
  }
  const end = splitList(list[0]!)[0]!.indexOf(';');
  const head = end < 0 ? list[0]! : list[0]!.slice(0, end).trimEnd();
  list[0] = `${head}${params};received=${source.host}${rport === undefined ? '' : `;rport=${source.port}`}`;
  return list.join(', ');
}

/** Where a response to the request with this (already marked) top Via goes: RFC 3261 18.2.2, RFC 3581 4. */
export function responseTarget(via: Via): HostPort & { instead?: HostPort } {
  const host = param(via.params, 'maddr') || param(via.params, 'received') || via.host;
  const rport = uint(param(via.params, 'rport') ?? '', 65535);
  const port = via.port || (via.transport === 'TLS' ? 5061 : 5060);
  if (via.transport === 'UDP' || !rport || rport === port) return { host, port: rport || port };
  return { host, port: rport, instead: { host, port } };
}

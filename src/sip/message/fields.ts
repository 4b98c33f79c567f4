/**
 * Reading the fields of SIP headers by index, without regular expressions and without SIP.js's grammar: every function is linear in its input,
 * never throws and answers undefined for what it cannot read.
 */

import { CommonTexts } from './own-text.ts';

const QUOTE = 34;
const BACKSLASH = 92;
const LESS = 60;
const GREATER = 62;
const COMMA = 44;
const SEMICOLON = 59;

/** Splits a header value at commas outside quotes and angle brackets (RFC 3261 7.3.1), trimmed; empty elements are left out. */
export function splitList(value: string): string[] {
  if (!value.includes(',')) {
    const only = value.trim();
    return only === '' ? [] : [only];
  }
  const parts: string[] = [];
  let start = 0;
  const take = (end: number) => {
    const part = value.slice(start, end).trim();
    if (part !== '') parts.push(part);
    start = end + 1;
  };
  let depth = 0;
  for (let i = 0; i < value.length; i++) {
    const c = value.charCodeAt(i);
    if (c === QUOTE) i = endOfQuoted(value, i);
    else if (c === LESS) depth++;
    else if (c === GREATER) depth = Math.max(0, depth - 1);
    else if (c === COMMA && depth === 0) take(i);
  }
  take(value.length);
  return parts;
}

/** Index of the closing quote of the quoted string that opens at `open`; the end of the text where it never closes. */
function endOfQuoted(text: string, open: number): number {
  for (let i = open + 1; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === BACKSLASH) i++;
    else if (c === QUOTE) return i;
  }
  return text.length;
}

/**
 * The value of parameter `name` (lower case) in `;a=b;c="d"`: '' where it stands without a value, quotes taken off, undefined where absent.
 */
export function param(params: string, name: string): string | undefined {
  let i = 0;
  while (i < params.length) {
    while (i < params.length && (params.charCodeAt(i) === SEMICOLON || params.charCodeAt(i) <= 32)) i++;
    let end = i;
    let equals = -1;
    for (; end < params.length; end++) {
      const c = params.charCodeAt(end);
      if (c === QUOTE) end = endOfQuoted(params, end);
      else if (c === SEMICOLON) break;
      else if (c === 61 && equals < 0) equals = end;
    }
    const nameEnd = equals < 0 ? Math.min(end, params.length) : equals;
    if (sameName(params, i, nameEnd, name)) return equals < 0 ? '' : unquote(params.slice(equals + 1, end).trim());
    i = end + 1;
  }
  return undefined;
}

function sameName(text: string, from: number, to: number, name: string): boolean {
  while (to > from && text.charCodeAt(to - 1) <= 32) to--;
  if (to - from !== name.length) return false;
  for (let i = 0; i < name.length; i++) {
    let c = text.charCodeAt(from + i);
    if (c >= 65 && c <= 90) c += 32;
    if (c !== name.charCodeAt(i)) return false;
  }
  return true;
}

/** Takes quotes and backslashes off a quoted string; leaves anything else alone. */
export function unquote(text: string): string {
  if (text.length < 2 || text.charCodeAt(0) !== QUOTE || text.charCodeAt(text.length - 1) !== QUOTE) return text;
  const inner = text.slice(1, -1);
  if (!inner.includes('\\')) return inner;
  let plain = '';
  for (let i = 0; i < inner.length; i++) {
    if (inner.charCodeAt(i) === BACKSLASH && i + 1 < inner.length) i++;
    plain += inner[i];
  }
  return plain;
}

export const quote = (text: string) => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;

export interface NameAddr {
  display: string;
  uri: string;
  /** What follows the address: `;tag=abc`. */
  params: string;
}

/** `"Name" <uri>;params`, `Name <uri>;params`, or `uri;params` (then the parameters are the header's, RFC 3261 20). */
export function parseNameAddr(value: string): NameAddr | undefined {
  let open = -1;
  for (let i = 0; i < value.length; i++) {
    const c = value.charCodeAt(i);
    if (c === QUOTE) i = endOfQuoted(value, i);
    else if (c === LESS) {
      open = i;
      break;
    }
  }
  if (open >= 0) {
    const close = value.indexOf('>', open);
    if (close < 0) return undefined;
    const uri = value.slice(open + 1, close).trim();
    if (!hasScheme(uri)) return undefined;
    return { display: unquote(value.slice(0, open).trim()), uri, params: value.slice(close + 1) };
  }
  const text = value.trim();
  const semicolon = text.indexOf(';');
  const uri = semicolon < 0 ? text : text.slice(0, semicolon).trimEnd();
  if (!hasScheme(uri) || uri.includes(' ')) return undefined;
  return { display: '', uri, params: semicolon < 0 ? '' : text.slice(semicolon) };
}

function hasScheme(uri: string): boolean {
  const colon = uri.indexOf(':');
  if (colon <= 0 || colon === uri.length - 1) return false;
  for (let i = 0; i < colon; i++) {
    const c = uri.charCodeAt(i) | 32;
    const letter = c >= 97 && c <= 122;
    if (!letter && (i === 0 || !((c >= 48 && c <= 57) || c === 43 || c === 45 || c === 46))) return false;
  }
  return true;
}

/** Host and optional port; brackets of an IPv6 address are taken off. */
export function parseHostPort(text: string): { host: string; port: number | undefined } | undefined {
  const trimmed = text.trim();
  let host: string;
  let rest: string;
  if (trimmed.startsWith('[')) {
    const close = trimmed.indexOf(']');
    if (close < 0) return undefined;
    host = trimmed.slice(1, close);
    rest = trimmed.slice(close + 1).trim();
  } else {
    const colon = trimmed.indexOf(':');
    host = colon < 0 ? trimmed : trimmed.slice(0, colon).trimEnd();
    rest = colon < 0 ? '' : trimmed.slice(colon);
  }
  if (host === '' || host.includes(' ')) return undefined;
  if (rest === '') return { host, port: undefined };
  const port = rest.startsWith(':') ? uint(rest.slice(1).trim(), 65535) : undefined;
  return port === undefined || port === 0 ? undefined : { host, port };
}

/** A decimal number of at most `max`, nothing but digits; else undefined. */
export function uint(text: string, max: number): number | undefined {
  if (text.length === 0 || text.length > 10) return undefined;
  let value = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
  }
  return value <= max ? value : undefined;
}

export interface Via {
  transport: string;
  host: string;
  port: number | undefined;
  /** Parameters as written, from the first semicolon on. */
  params: string;
}

/** One Via value: `SIP/2.0/UDP host:port;params` with white space wherever RFC 3261 25.1 allows it. */
export function parseVia(value: string): Via | undefined {
  const semicolon = value.indexOf(';');
  const head = viaHeads.get(semicolon < 0 ? value : value.slice(0, semicolon));
  return head && { transport: head.transport, host: head.host, port: head.port, params: semicolon < 0 ? '' : value.slice(semicolon) };
}

/** `SIP/2.0/UDP host:port` is the same in all that we send, and so in all that is answered. */
const viaHeads = new CommonTexts(500, parseViaHead);

function parseViaHead(text: string): Omit<Via, 'params'> | undefined {
  const head = text.trim();
  const first = head.indexOf('/');
  const second = first < 0 ? -1 : head.indexOf('/', first + 1);
  if (second < 0 || head.slice(0, first).trim().toUpperCase() !== 'SIP' || head.slice(first + 1, second).trim() !== '2.0') return undefined;
  const rest = head.slice(second + 1).trimStart();
  let space = 0;
  while (space < rest.length && rest.charCodeAt(space) > 32) space++;
  const sentBy = parseHostPort(rest.slice(space));
  if (!sentBy || space === 0) return undefined;
  return { transport: rest.slice(0, space).toUpperCase(), ...sentBy };
}

export interface SipUri {
  scheme: 'sip' | 'sips';
  user: string;
  host: string;
  port: number | undefined;
  params: string;
}

/** `sip:user@host:port;params?headers`; undefined for other schemes. The user part keeps its escapes and parameters. */
export function parseSipUri(uri: string): SipUri | undefined {
  const colon = uri.indexOf(':');
  const scheme = uri.slice(0, colon).toLowerCase();
  if (scheme !== 'sip' && scheme !== 'sips') return undefined;
  const at = uri.lastIndexOf('@');
  const user = at < 0 ? '' : uri.slice(colon + 1, at);
  let rest = uri.slice((at < 0 ? colon : at) + 1);
  const question = rest.indexOf('?');
  if (question >= 0) rest = rest.slice(0, question);
  const semicolon = rest.indexOf(';');
  const sentTo = parseHostPort(semicolon < 0 ? rest : rest.slice(0, semicolon));
  if (!sentTo) return undefined;
  return { scheme, user, ...sentTo, params: semicolon < 0 ? '' : rest.slice(semicolon) };
}

/** `host` or `[v6]`, as it must stand in a URI or a Via. */
export const hostInUri = (host: string) => (host.includes(':') ? `[${host}]` : host);

export const hostPortText = (at: { host: string; port: number }) => `${hostInUri(at.host)}:${at.port}`;

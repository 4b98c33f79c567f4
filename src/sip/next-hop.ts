/** Where a message goes when nobody says: a request by its top Route or its Request-URI (RFC 3261 8.1.2), a response by its top Via (18.2.2). */
import { param, parseNameAddr, parseSipUri, parseVia, splitList } from './message/fields.ts';
import { responseTarget } from './message/incoming.ts';
import type { OutgoingRequest } from './message/outgoing.ts';
import { CommonTexts } from './message/own-text.ts';
import type { HostPort } from './stack.ts';
import type { Destination } from './transport.ts';

/** Host and port of a SIP URI or of a Route value; maddr wins (RFC 3261 19.1.1). Undefined where it names no host. */
export const uriTarget = (uriOrRoute: string): HostPort | undefined => targets.get(uriOrRoute);

/** The peer's Contact and the next proxy are the same in many calls. */
const targets = new CommonTexts(500, readTarget);

function readTarget(uriOrRoute: string): HostPort | undefined {
  const uri = parseSipUri(uriOrRoute) ?? parseSipUri(parseNameAddr(uriOrRoute)?.uri ?? '');
  if (!uri) return undefined;
  const secure = uri.scheme === 'sips' || param(uri.params, 'transport')?.toLowerCase() === 'tls';
  return { host: param(uri.params, 'maddr') || uri.host, port: uri.port ?? (secure ? 5061 : 5060) };
}

/** Of a request of ours. */
export const requestTarget = ({ ruri, route }: OutgoingRequest): HostPort | undefined =>
  route === '' ? uriTarget(ruri.text) : routedTarget(ruri.text, route);

/** Of a request of ours, as text. A strict router is the Request-URI by then (message/outgoing.ts), and the Route holds what comes after it. */
export function requestTextTarget(text: string): HostPort | undefined {
  const start = text.indexOf(' ') + 1;
  const uri = text.slice(start, text.indexOf(' ', start));
  const headersEnd = text.indexOf('\r\n\r\n');
  const route = text.indexOf('\r\nRoute: ');
  if (route < 0 || route > headersEnd) return uriTarget(uri);
  return routedTarget(uri, text.slice(route + 9, text.indexOf('\r\n', route + 9)));
}

/** A loose router is the next hop; a strict one is the Request-URI by then (message/outgoing.ts). */
function routedTarget(uri: string, route: string): HostPort | undefined {
  const top = splitList(route)[0] ?? '';
  const address = parseNameAddr(top)?.uri ?? '';
  const loose = param(address.slice(address.indexOf(';') + 1 || address.length), 'lr') !== undefined;
  return uriTarget(loose ? top : uri);
}

/** Of a response of ours, as text: the first Via is the first header. */
export function responseTextTarget(text: string): Destination | undefined {
  const viaStart = text.indexOf('\r\nVia: ') + 7;
  const via = parseVia(splitList(text.slice(viaStart, text.indexOf('\r\n', viaStart)))[0] ?? '');
  return via && responseTarget(via);
}

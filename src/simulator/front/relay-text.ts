/**
 * What a proxy changes in a message that passes through it (RFC 3261 16.6 and 16.7), as text: everything else stays byte for byte, whatever it
 * is. Texts here are latin1, so that bytes and characters are one.
 */
import type { SipMessage } from '../../sip/stack.ts';

export interface RequestChanges {
  requestUri: string;
  /** Ours, on top. */
  via: string;
  /** Those below it, the sender's marked with `received` and `rport`. */
  vias: string[];
  routes: string[];
  recordRoute?: string;
  maxForwards: number;
  /** Header lines of our own. */
  extra?: string[];
}

export function forwardedRequest(text: string, method: string, changes: RequestChanges): string {
  const { head, body } = split(text);
  const lines = [`${method} ${changes.requestUri} SIP/2.0`, `Via: ${changes.via}`, ...changes.vias.map((via) => `Via: ${via}`)];
  if (changes.recordRoute) lines.push(`Record-Route: ${changes.recordRoute}`);
  for (const route of changes.routes) lines.push(`Route: ${route}`);
  lines.push(`Max-Forwards: ${changes.maxForwards}`, ...(changes.extra ?? []));
  keep(head, lines, REPLACED_IN_REQUESTS);
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}

/** Takes the top Via off. @returns undefined where it was the last: nobody is waiting for it. */
export function forwardedResponse(text: string, vias: string[]): string | undefined {
  if (vias.length < 2) return undefined;
  const { head, body } = split(text);
  const lines = [head[0]!, ...vias.slice(1).map((via) => `Via: ${via}`)];
  keep(head, lines, REPLACED_IN_RESPONSES);
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}

/** ACK to a final failure that goes no further than us (RFC 3261 17.1.1.3). */
export function ackFor(response: SipMessage, requestUri: string): string {
  return [
    `ACK ${requestUri} SIP/2.0`,
    `Via: ${response.headers('via')[0]}`,
    `From: ${response.header('from')}`,
    `To: ${response.header('to')}`,
    `Call-ID: ${response.callId}`,
    `CSeq: ${response.cseq} ACK`,
    'Max-Forwards: 1',
    'Content-Length: 0',
    '\r\n',
  ].join('\r\n');
}

/** Ours alone may say which call it is for a site. */
export const EDGE_CALL = 'X-Edge-Call';

const REPLACED_IN_REQUESTS = new Set(['via', 'v', 'route', 'max-forwards', EDGE_CALL.toLowerCase()]);
const REPLACED_IN_RESPONSES = new Set(['via', 'v']);

function split(text: string): { head: string[]; body: string } {
  const end = text.indexOf('\r\n\r\n');
  return end < 0 ? { head: text.split('\r\n'), body: '' } : { head: text.slice(0, end).split('\r\n'), body: text.slice(end + 4) };
}

/** Copies header lines that are not replaced, with their continuations. */
function keep(head: string[], into: string[], replaced: Set<string>): void {
  let dropping = false;
  for (let i = 1; i < head.length; i++) {
    const line = head[i]!;
    const first = line.charCodeAt(0);
    if (first !== 32 && first !== 9) {
      const colon = line.indexOf(':');
      dropping = replaced.has(line.slice(0, colon).trim().toLowerCase());
    }
    if (!dropping) into.push(line);
  }
}

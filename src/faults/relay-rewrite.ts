/**
 * Makes our relay invisible to both sides: addresses in a SIP message are exchanged for those of the relay, and those in its SDP for the ports
 * where the relay takes the audio. Everything else passes byte for byte.
 *
 *   generator C ⇄ front of V │ relay │ back of C ⇄ V, an address of the vendor's
 *
 * To the vendor C reads "back of C" and "front of V" reads V; to the generator it is the other way round. Hence both sides can send requests in a
 * dialog, and register, without ever hearing of each other's real address.
 */

/** Header fields that say where the next message goes (RFC 3261 18.2.2, 12.2.1.1, 16.12). Compact forms too. */
const ROUTED = /^(via|v|contact|m|route|record-route)[ \t]*:/i;

/** `host:port` as the other side is to see it; undefined: as it is. */
export type Rename = (host: string, port: number) => Promise<{ host: string; port: number } | undefined>;

/** Audio's address in an SDP, and what it is to be. */
export type MediaRename = (callId: string, host: string, port: number) => Promise<{ host: string; port: number } | undefined>;

export interface SipText {
  start: string;
  headers: string[];
  body: string;
}

/** Undefined: not a SIP message (a keep-alive, say). */
export function splitSip(text: string): SipText | undefined {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [start = '', ...headers] = text
    .slice(0, end)
    .replace(/\r\n[ \t]+/g, ' ')
    .split('\r\n');
  return /SIP\/2\.0/.test(start) ? { start, headers, body: text.slice(end + 4) } : undefined;
}

export function headerOf({ headers }: SipText, name: RegExp): string | undefined {
  const line = headers.find((header) => name.test(header));
  return line?.slice(line.indexOf(':') + 1).trim();
}

export const callIdOf = (message: SipText) => headerOf(message, /^(call-id|i)[ \t]*:/i) ?? '';
const isSdp = (message: SipText) => /application\/sdp/i.test(headerOf(message, /^(content-type|c)[ \t]*:/i) ?? '');

/** The message as the other side is to see it. */
export async function rewriteSip(message: SipText, rename: Rename, media: MediaRename): Promise<string> {
  const start = message.start.startsWith('SIP/2.0') ? message.start : await renameAddresses(message.start, rename);
  const headers: string[] = [];
  for (const header of message.headers) headers.push(ROUTED.test(header) ? await renameAddresses(header, rename) : header);
  const body = isSdp(message) ? await rewriteSdp(message.body, callIdOf(message), media) : message.body;
  const length = Buffer.byteLength(body);
  const counted = headers.map((header) => (/^(content-length|l)[ \t]*:/i.test(header) ? `Content-Length: ${length}` : header));
  return `${[start, ...counted].join('\r\n')}\r\n\r\n${body}`;
}

/** In URIs (`sip:user@host:port`) and in Via (`SIP/2.0/UDP host:port`). No port: 5060. A Via's rport is the port as well. */
async function renameAddresses(line: string, rename: Rename): Promise<string> {
  const place = /(sips?:(?:[^@\s<>;]*@)?|SIP\/2\.0\/(?:UDP|TCP)\s+)([A-Za-z0-9.-]+)(?::(\d{1,5}))?/gi;
  let out = '';
  let from = 0;
  let ports: [seen: number, real: number] | undefined;
  for (const found of line.matchAll(place)) {
    const port = Number(found[3] ?? 5060);
    const other = await rename(found[2]!, port);
    if (!other) continue;
    ports ??= [port, other.port];
    out += `${line.slice(from, found.index)}${found[1]}${other.host}:${other.port}`;
    from = found.index + found[0].length;
  }
  out += line.slice(from);
  return ports ? out.replace(/;rport=(\d+)/i, (all, port) => (Number(port) === ports[0] ? `;rport=${ports[1]}` : all)) : out;
}

/** The first audio stream (RFC 4566 5.7, 5.14); a hold by c=0.0.0.0 and a port of 0 stay. */
async function rewriteSdp(body: string, callId: string, media: MediaRename): Promise<string> {
  const lines = body.split(/\r?\n/);
  const audio = lines.findIndex((line) => /^m=audio [1-9]/.test(line));
  if (audio < 0) return body;
  const next = lines.findIndex((line, i) => i > audio && line.startsWith('m='));
  const section = lines.slice(audio, next < 0 ? undefined : next);
  const own = section.findIndex((line) => line.startsWith('c=IN IP4 '));
  const c = own >= 0 ? audio + own : lines.findIndex((line) => line.startsWith('c=IN IP4 '));
  const host = lines[c]?.slice('c=IN IP4 '.length).trim().split('/')[0];
  if (host === undefined || host === '0.0.0.0') return body;
  const port = Number(lines[audio]!.split(' ')[1]);
  const other = await media(callId, host, port);
  if (!other) return body;
  lines[c] = `c=IN IP4 ${other.host}`;
  lines[audio] = lines[audio]!.replace(/^m=audio \d+/, `m=audio ${other.port}`);
  const rtcp = section.findIndex((line) => line.startsWith('a=rtcp:'));
  if (rtcp >= 0) lines[audio + rtcp] = `a=rtcp:${other.port + 1}`;
  return lines.join('\r\n');
}

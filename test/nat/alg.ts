/**
 * A rewriting SIP ALG as home and office routers have: puts its own address for the caller's into everything that leaves (Via, Contact, SDP) and back
 * into what returns, and counts Content-Length anew.
 */
import { createSocket, type RemoteInfo } from 'node:dgram';
import { ALG_LISTENS, ALG_PORT, CALLER, NAT_OUTSIDE, say, VENDOR } from './namespaces.ts';

const inside = createSocket('udp4');
const outside = createSocket('udp4');
const OUTSIDE_PORT = 6060;
let caller: RemoteInfo | undefined;
let rewritten = 0;

const counted = (text: string) => {
  const end = text.indexOf('\r\n\r\n') + 4;
  return text.slice(0, end).replace(/^Content-Length: \d+/m, `Content-Length: ${Buffer.byteLength(text.slice(end))}`) + text.slice(end);
};
inside.on('message', (bytes, from) => {
  caller = from;
  const text = bytes.toString();
  const sent = text.replaceAll(`${CALLER}:${from.port}`, `${NAT_OUTSIDE}:${OUTSIDE_PORT}`).replaceAll(CALLER, NAT_OUTSIDE);
  if (sent !== text) rewritten++;
  outside.send(text.trim() === '' ? bytes : counted(sent), ALG_PORT, VENDOR);
  if (text.startsWith('INVITE')) say({ rewritten });
});
outside.on('message', (bytes) => {
  if (!caller) return;
  const text = bytes.toString().replaceAll(`${NAT_OUTSIDE}:${OUTSIDE_PORT}`, `${CALLER}:${caller.port}`);
  inside.send(counted(text), caller.port, caller.address);
});
await new Promise<void>((done) => inside.bind(ALG_LISTENS, done));
await new Promise<void>((done) => outside.bind(OUTSIDE_PORT, NAT_OUTSIDE, done));
say({ ready: true });

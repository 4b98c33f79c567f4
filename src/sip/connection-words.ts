/** What went wrong with a connection, in one line that says what to do; and whether it was our own machine that refused. */
import { isIP } from 'node:net';
import { hostPortText } from './message/fields.ts';
import type { HostPort, TransportName } from './stack.ts';

/** Refused by our own system: no fault of network or vendor. */
const LOCAL = new Set([
  'EACCES',
  'EPERM',
  'EMSGSIZE',
  'ENOBUFS',
  'ENOMEM',
  'EADDRNOTAVAIL',
  'EADDRINUSE',
  'EINVAL',
  'EBADF',
  'EMFILE',
  'ENFILE',
  'EAFNOSUPPORT',
  'ERR_SOCKET_BAD_PORT',
]);

/** Also a name that a fault of the run changed (name-view.ts). */
export const isLocalFault = (error: Error & { ours?: boolean }): boolean => error.ours === true || LOCAL.has(codeOf(error));

/** A wrong name, authority, certificate, port or whitelist may be our mistake as well as the vendor's. */
export const isMaybeOurs = (error: Error): boolean =>
  /^(ENOTFOUND|ENODATA|EAI_|ESERVFAIL|ETIMEOUT|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ERR_TLS_CERT|ERR_SSL|EPROTO|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|CERT_SIGNATURE|CERT_NOT_YET)/.test(
    codeOf(error),
  ) || /Unexpected server response|subprotocol/.test(error.message);

const codeOf = (error: Error) => (error as NodeJS.ErrnoException).code ?? '';

interface Tls {
  /** The certificate that the peer showed, as node:tls describes it. */
  cert?: {
    valid_to?: string;
    valid_from?: string;
    subjectaltname?: string;
    subject?: { CN?: string | string[] };
    issuer?: { CN?: string | string[] };
  };
}

/** One line: what happened at whom, and what to do. `name` is what the certificate was held against. */
export function connectionWords(error: Error & Tls & { ours?: boolean }, to: HostPort, transport: TransportName, name = to.host): string {
  const where = `${transport}:${hostPortText(to)}`;
  if (error.ours) return error.message;
  const code = codeOf(error);
  const { cert } = error;
  switch (code) {
    case 'ECONNREFUSED':
      return `${where} refuses connections: nothing listens there; check host, port and transport`;
    case 'ENOTFOUND':
    case 'ENODATA':
    case 'EAI_NODATA':
    case 'EAI_NONAME':
      return `the host ${to.host} is unknown: check its spelling and the name server`;
    case 'EAI_AGAIN':
    case 'ESERVFAIL':
    case 'ETIMEOUT':
      return `the name server gives no answer for ${to.host}: check the name server`;
    case 'ETIMEDOUT':
      return `${where} does not answer: wrong address, a firewall, or our address is not on the whitelist`;
    case 'EHANDSHAKE':
      return `${where} takes the connection and then says nothing: does it speak ${transport.toUpperCase()}?`;
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return `there is no route to ${to.host}: check the network`;
    case 'ECONNRESET':
    case 'EPIPE':
    case 'ERR_STREAM_DESTROYED':
      return `${where} reset the connection`;
    case 'EADDRNOTAVAIL':
    case 'EADDRINUSE':
      return `no local port is left towards ${where}: widen net.ipv4.ip_local_port_range or use more source addresses`;
    case 'EMFILE':
    case 'ENFILE':
      return `no file descriptor is left for a connection to ${where}: raise ulimit -n`;
    case 'CERT_HAS_EXPIRED':
      return `the certificate of ${where} expired${cert?.valid_to ? ` on ${cert.valid_to}` : ''}: it must be renewed there`;
    case 'CERT_NOT_YET_VALID':
      return `the certificate of ${where} is not valid yet${cert?.valid_from ? ` (from ${cert.valid_from})` : ''}: check the clocks`;
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `the certificate of ${where} is for ${namesOf(cert)}, not for ${name}: set the trunk's tlsName if that is the vendor's name, else have it corrected`;
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
      return `the certificate of ${where} is signed by an authority that is not trusted here: name its CA file in local.tls.ca`;
    case 'CERT_SIGNATURE_FAILURE':
      return `the certificate of ${where} is not signed by the CA it names: check local.tls.ca`;
    case 'CERT_REVOKED':
      return `the certificate of ${where} has been revoked: it must be replaced there`;
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
    case 'ERR_SSL_PACKET_LENGTH_TOO_LONG':
    case 'ERR_SSL_RECORD_LAYER_FAILURE':
    case 'ERR_SSL_UNEXPECTED_MESSAGE':
      return `what listens at ${where} does not speak TLS: check port and transport`;
    case 'EPROTO':
      return `${where} does not speak what we speak (${error.message.split('\n')[0]}): check port and transport`;
  }
  if (/CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE/.test(code) || /alert certificate required/i.test(error.message))
    return `${where} ended the handshake: it wants a certificate from us or shares no cipher; set local.tls.cert and local.tls.key`;
  if (/ALERT_(UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_\w+|UNSUPPORTED_CERTIFICATE|ACCESS_DENIED|DECRYPT_ERROR)/.test(code))
    return `${where} refuses our certificate (${error.message.replace(/^.*alert /i, '').split(':')[0]}): use one that it trusts in local.tls.cert`;
  if (/PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL|NO_PROTOCOLS|VERSION_TOO_LOW/.test(code))
    return `${where} and we share no TLS version: see local.tls.minVersion`;
  const http = /Unexpected server response: (\d+)/.exec(error.message)?.[1];
  if (http) return `${where} answers HTTP ${http} to the WebSocket handshake: check the trunk's path`;
  if (/Server sent (no|an invalid) subprotocol/.test(error.message))
    return `${where} is a WebSocket that does not speak SIP: check the trunk's path`;
  if (/^Parse Error|Invalid WebSocket frame|HPE_/.test(`${error.message}${code}`))
    return `what listens at ${where} does not speak WebSocket: check port and transport`;
  return `${where}: ${error.message.split('\n')[0]}`;
}

function namesOf(cert: Tls['cert']): string {
  const names = (cert?.subjectaltname ?? '').split(', ').flatMap((name) => name.split(':')[1] ?? []);
  const common = cert?.subject?.CN;
  const all = names.length > 0 ? names : common === undefined ? [] : [common].flat();
  return all.length === 0 ? 'another name' : all.slice(0, 4).join(', ');
}

/** What TLS shows as SNI: never an address (RFC 6066 3). */
export const serverNameOf = (name: string): string => (isIP(name) ? '' : name);

/** Opens the transport that a stack is to speak, and says what Via and Contact call it. */
import { createServer, isIPv6 } from 'node:net';
import { CallsurgeError } from '../errors.ts';
import { hearingWhileThere, sendingWhileThere } from './address-switch.ts';
import type { Locator } from './dns.ts';
import { tcpLinks } from './link-tcp.ts';
import { wsLinks } from './link-ws.ts';
import type { SipStackOptions, TransportName } from './stack.ts';
import type { Transport, TransportEvents } from './transport.ts';
import { openStream } from './transport-stream.ts';
import { openUdp } from './transport-udp.ts';

const DEFAULT_RECEIVE_BUFFER = 4 * 1024 * 1024;
/** RFC 5626 4.4.1 wants 95 to 120 s for TCP; NATs and load balancers on the way forget sooner. */
const DEFAULT_KEEP_ALIVE_MS = 30_000;

/** @throws CallsurgeError `port-in-use` where port or address cannot be had, `usage` for TLS settings that cannot be used. */
export async function openTransport(options: SipStackOptions, locator: Locator, events: TransportEvents): Promise<Transport> {
  return sendingWhileThere(await open(options, locator, hearingWhileThere(events, options.address)), options.address);
}

async function open(options: SipStackOptions, locator: Locator, events: TransportEvents): Promise<Transport> {
  const { clock, bind } = options;
  if (bind.transport === 'udp')
    return openUdp({ clock, bind, receiveBufferBytes: options.receiveBufferBytes ?? DEFAULT_RECEIVE_BUFFER, locator }, events);
  const secure = bind.transport === 'tls' || bind.transport === 'wss';
  const webSocket = bind.transport === 'ws' || bind.transport === 'wss';
  const tls = secure ? (options.tls ?? {}) : undefined;
  // Who cannot show a certificate cannot be connected to; a WebSocket client never is (RFC 7118 5).
  const listen = options.listen ?? (!webSocket && (!secure || (tls?.cert !== undefined && tls.key !== undefined)));
  const localAddress = bind.host === '0.0.0.0' || bind.host === '::' ? undefined : bind.host;
  const ownPort = listen || webSocket ? bind.port : await freePort(bind);
  const kind = webSocket
    ? wsLinks({ tls, localAddress, path: options.wsPath ?? '/' })
    : tcpLinks({ tls, localAddress, localPort: listen ? undefined : ownPort });
  return openStream(
    { name: bind.transport, clock, bind, kind, locator, listen, ownPort, keepAliveMs: options.keepAliveMs ?? DEFAULT_KEEP_ALIVE_MS },
    events,
  );
}

/**
 * A port for our side of every connection, so that Contact can name it although nothing listens: the vendor then finds the connection that is open
 * already. @throws CallsurgeError `port-in-use`
 */
function freePort(bind: { host: string; port: number }): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      const where = `${bind.host}:${bind.port}`;
      if (error.code === 'EADDRINUSE')
        reject(
          new CallsurgeError('port-in-use', `TCP ${where} is already in use`, {
            where,
            todo: 'stop the program that holds it or choose another port',
          }),
        );
      else
        reject(
          new CallsurgeError('port-in-use', `cannot use TCP ${where}: ${error.message}`, {
            where,
            todo: 'name an address of this machine and a port you may use',
          }),
        );
    });
    server.listen(bind.port, bind.host, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : bind.port));
    });
  });
}

/** Family of what can be reached from the address. */
export const familyOf = (host: string): 4 | 6 => (isIPv6(host) ? 6 : 4);

/** `UDP`, `TLS` … as a Via says it (RFC 3261 20.42, RFC 7118 5.2). */
export const viaName = (transport: TransportName): string => transport.toUpperCase();

/** What a Contact says behind host and port. UDP is what is meant where nothing stands. */
export const contactParam = (transport: TransportName): string => (transport === 'udp' ? '' : `;transport=${transport}`);

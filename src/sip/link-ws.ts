/** SIP over WebSocket (RFC 7118): subprotocol `sip`, one message a frame. */
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import { type RawData, WebSocket, WebSocketServer } from 'ws';
import { serverNameOf } from './connection-words.ts';
import { MAX_BODY_BYTES, MAX_HEAD_BYTES } from './framing.ts';
import { listening } from './link-tcp.ts';
import { type ConnectTo, type Link, type LinkEvents, type LinkKind, orderlyEnd, type TlsSide } from './links.ts';
import { hostInUri, hostPortText } from './message/fields.ts';
import type { HostPort } from './stack.ts';

const MAX_FRAME = MAX_HEAD_BYTES + MAX_BODY_BYTES;

export interface WsOptions {
  /** Undefined: ws; else wss. */
  tls: TlsSide | undefined;
  localAddress: string | undefined;
  /** Path of the vendor's WebSocket. */
  path: string;
}

export function wsLinks(options: WsOptions): LinkKind {
  return {
    connect: (to, events) => connectWs(options, to, events),
    listen: async (at, accept) => {
      const { tls } = options;
      const http = tls ? createHttpsServer({ cert: tls.cert, key: tls.key, minVersion: tls.minVersion ?? 'TLSv1.2' }) : createHttpServer();
      const server = new WebSocketServer({
        server: http,
        maxPayload: MAX_FRAME,
        perMessageDeflate: false,
        handleProtocols: (offered) => (offered.has('sip') ? 'sip' : false),
      });
      server.on('error', () => {});
      server.on('connection', (socket, request) => {
        const { remoteAddress, remotePort } = request.socket;
        const link = linkOf(socket, { host: remoteAddress ?? '', port: remotePort ?? 0 });
        begin(socket, accept(link));
      });
      await listening(http, at);
      const address = http.address();
      return {
        port: typeof address === 'object' && address ? address.port : at.port,
        close: () =>
          new Promise((resolve) => {
            for (const client of server.clients) client.terminate();
            server.close(() => http.close(() => resolve()));
            http.closeAllConnections();
          }),
      };
    },
  };
}

function connectWs({ tls, localAddress, path }: WsOptions, to: ConnectTo, events: LinkEvents): Link {
  const socket = new WebSocket(`${tls ? 'wss' : 'ws'}://${hostInUri(to.address)}:${to.port}${path}`, 'sip', {
    localAddress,
    perMessageDeflate: false,
    maxPayload: MAX_FRAME,
    headers: { Host: hostPortText({ host: to.name, port: to.port }) },
    ...(tls && {
      ca: tls.ca,
      cert: tls.cert,
      key: tls.key,
      minVersion: tls.minVersion ?? 'TLSv1.2',
      servername: serverNameOf(to.name),
      checkServerIdentity: (_host: string, cert: PeerCertificate) => checkServerIdentity(to.name, cert),
    }),
  } as ConstructorParameters<typeof WebSocket>[2]);
  socket.on('open', () => events.open());
  begin(socket, events);
  return linkOf(socket, { host: to.address, port: to.port });
}

function linkOf(socket: WebSocket, remote: HostPort): Link {
  return {
    remote,
    get waiting() {
      return socket.bufferedAmount;
    },
    get reached() {
      return socket.readyState === WebSocket.OPEN;
    },
    // Text, as RFC 7118 5.1 prefers for what is UTF-8.
    write: (bytes) => socket.readyState === WebSocket.OPEN && socket.send(bytes, { binary: false }),
    ping: () => socket.readyState === WebSocket.OPEN && socket.ping(),
    close: () => socket.terminate(),
  };
}

function begin(socket: WebSocket, events: LinkEvents): void {
  let over = false;
  const close = (error: Error) => {
    if (over) return;
    over = true;
    events.closed(error);
  };
  socket.on('message', (data: RawData) => {
    if (over) return;
    const bytes = Buffer.isBuffer(data) ? data : Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
    events.message(bytes);
  });
  socket.on('error', close);
  socket.on('close', () => close(orderlyEnd()));
}

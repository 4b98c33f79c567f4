/** SIP over TCP and over TLS (RFC 3261 18, 26.2.1). */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { checkServerIdentity, connect as connectTls, createServer as createTlsServer, type PeerCertificate, TLSSocket } from 'node:tls';
import { serverNameOf } from './connection-words.ts';
import { StreamFramer } from './framing.ts';
import { type ConnectTo, type Link, type LinkEvents, type LinkKind, orderlyEnd, type TlsSide } from './links.ts';
import type { HostPort } from './stack.ts';

const PING = Buffer.from('\r\n\r\n');
const PONG = Buffer.from('\r\n');
/** The system itself asks a silent peer whether it is still there (SO_KEEPALIVE). */
const SYSTEM_KEEP_ALIVE_MS = 60_000;

export interface TcpOptions {
  /** Undefined: TCP without TLS. */
  tls: TlsSide | undefined;
  /** Our address, unless the system is to choose. */
  localAddress: string | undefined;
  /** Our port for every connection, where Contact names it because nothing listens. */
  localPort: number | undefined;
}

export function tcpLinks(options: TcpOptions): LinkKind {
  return {
    connect: (to, events) => connectSocket(options, to, events),
    listen: async (at, accept) => {
      const taken = (socket: Socket) => {
        const carried = carry(socket, { host: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 });
        carried.begin(accept(carried.link));
      };
      const { tls } = options;
      const server = tls
        ? createTlsServer({ cert: tls.cert, key: tls.key, ca: tls.ca, minVersion: tls.minVersion ?? 'TLSv1.2' }, taken)
        : createServer(taken);
      await listening(server, at);
      const sockets = new Set<Socket>();
      server.on('connection', (socket: Socket) => {
        sockets.add(socket);
        socket.once('close', () => sockets.delete(socket));
        // A handshake that fails is told by `tlsClientError`; the raw socket must not throw.
        socket.on('error', () => {});
      });
      const address = server.address();
      return {
        port: typeof address === 'object' && address ? address.port : at.port,
        close: () =>
          new Promise((resolve) => {
            server.close(() => resolve());
            for (const socket of sockets) socket.destroy();
          }),
      };
    },
  };
}

/** @throws the system's error, for the caller to put into words. */
export function listening(server: Server, at: HostPort): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(at.port, at.host, () => {
      server.off('error', reject);
      server.on('error', () => {});
      resolve();
    });
  });
}

function connectSocket(options: TcpOptions, to: ConnectTo, events: LinkEvents): Link {
  const { tls } = options;
  const at = { host: to.address, port: to.port, localAddress: options.localAddress, localPort: to.anyPort ? undefined : options.localPort };
  const socket = tls
    ? connectTls({
        ...at,
        ca: tls.ca,
        cert: tls.cert,
        key: tls.key,
        minVersion: tls.minVersion ?? 'TLSv1.2',
        servername: serverNameOf(to.name),
        // Judged below, where the certificate can still be asked what it says of itself.
        rejectUnauthorized: false,
        checkServerIdentity: (_host: string, cert: PeerCertificate) => checkServerIdentity(to.name, cert),
      })
    : connect(at);
  const carried = carry(socket, { host: to.address, port: to.port });
  socket.once(tls ? 'secureConnect' : 'connect', () => {
    const why = socket instanceof TLSSocket ? untrusted(socket) : undefined;
    if (why) socket.destroy(why);
    else events.open();
  });
  carried.begin(events);
  return carried.link;
}

/** Why this peer is not to be spoken to; undefined for one whose certificate is right in every respect. */
function untrusted(socket: TLSSocket): Error | undefined {
  if (socket.authorized) return undefined;
  const code = String((socket.authorizationError as Error & { code?: string })?.code ?? socket.authorizationError);
  return Object.assign(new Error(code), { code, cert: socket.getPeerCertificate() });
}

/** A socket as a link. */
function carry(socket: Socket, remote: HostPort): { link: Link; begin(events: LinkEvents): void } {
  socket.setNoDelay(true);
  socket.setKeepAlive(true, SYSTEM_KEEP_ALIVE_MS);
  let corked = false;
  const write = (bytes: Buffer) => {
    if (socket.destroyed) return;
    // What one turn of the event loop has to say goes out as one segment.
    if (!corked) {
      corked = true;
      socket.cork();
      process.nextTick(() => {
        corked = false;
        socket.uncork();
      });
    }
    socket.write(bytes);
  };
  const link: Link = {
    remote,
    get waiting() {
      return socket.writableLength;
    },
    get reached() {
      return !socket.connecting && !socket.destroyed;
    },
    write,
    ping: () => write(PING),
    close: () => socket.destroySoon(),
  };
  return {
    link,
    begin(events) {
      let over = false;
      const close = (error: Error) => {
        if (over) return;
        over = true;
        socket.destroy();
        events.closed(error);
      };
      const framer = new StreamFramer({ message: (bytes) => events.message(bytes), ping: () => write(PONG) });
      socket.on('data', (chunk: Buffer) => {
        const problem = over ? undefined : framer.push(chunk);
        if (problem === undefined) return;
        events.problem(problem);
        close(Object.assign(new Error(`it sent what is no SIP: ${problem}`), { code: 'ENOTSIP' }));
      });
      socket.on('error', close);
      socket.on('end', () => close(orderlyEnd()));
      socket.on('close', () => close(orderlyEnd()));
    },
  };
}

/** One UDP socket for a whole stack. */
import { createSocket, type Socket } from 'node:dgram';
import { isIP, isIPv6 } from 'node:net';
import type { Clock } from '../clock.ts';
import { CallsurgeError } from '../errors.ts';
import { connectionWords, isLocalFault, isMaybeOurs } from './connection-words.ts';
import type { Locator } from './dns.ts';
import { hostPortText } from './message/fields.ts';
import type { HostPort } from './stack.ts';
import type { SendError, Transport, TransportEvents } from './transport.ts';

export interface UdpOptions {
  clock: Clock;
  bind: HostPort;
  receiveBufferBytes: number;
  locator: Locator;
}

const PING = Buffer.from('\r\n\r\n');

/** @throws CallsurgeError `port-in-use` or `usage`, naming host and port. */
export async function openUdp(options: UdpOptions, events: TransportEvents): Promise<Transport> {
  const { clock, bind, locator } = options;
  const family = isIPv6(bind.host) ? 6 : 4;
  const socket = createSocket({
    type: family === 6 ? 'udp6' : 'udp4',
    recvBufferSize: options.receiveBufferBytes,
    // Node looks even a literal address up, one tick later: answer those at once.
    lookup: (host, _options, done) => {
      if (isIP(host)) return done(null, host, isIP(host));
      locator.addresses(host).then(
        ([address]) => done(null, address!, family),
        (error) => done(error, '', family),
      );
    },
  });
  await bound(socket, bind);
  const local = { host: bind.host, port: socket.address().port };
  const receiveBuffer = socket.getRecvBufferSize();
  let open = true;

  socket.on('error', (error) => events.problem(clock.now(), `socket ${hostPortText(local)}: ${error.message}`));
  socket.on('message', (bytes, source) => {
    const at = clock.now();
    if (open) events.message(bytes, at, { host: source.address, port: source.port });
  });
  return {
    name: 'udp',
    reliable: false,
    local,
    receiveBuffer,
    send(bytes, to, failed) {
      if (!open) return failed(Object.assign(new Error('the stack is closed'), { code: 'EBADF', local: true }));
      try {
        socket.send(bytes, to.port, to.host, (error) => {
          if (error && open) failed(refused(error, to));
        });
      } catch (error) {
        failed(refused(error instanceof Error ? error : new Error(String(error)), to));
      }
    },
    ping(to) {
      if (open) socket.send(PING, to.port, to.host, () => {});
    },
    close: () =>
      new Promise((resolve) => {
        if (!open) return resolve();
        open = false;
        socket.close(() => resolve());
      }),
  };
}

function bound(socket: Socket, bind: HostPort): Promise<void> {
  return new Promise((resolve, reject) => {
    const refuse = (error: NodeJS.ErrnoException) => {
      socket.close();
      const where = hostPortText(bind);
      if (error.code === 'EADDRINUSE')
        reject(
          new CallsurgeError('port-in-use', `UDP ${where} is already in use`, {
            where,
            todo: 'stop the program that holds it or choose another port',
            cause: error,
          }),
        );
      else
        reject(
          new CallsurgeError('port-in-use', `cannot listen on UDP ${where}: ${error.message}`, {
            where,
            todo: 'name an address of this machine and a port you may use',
            cause: error,
          }),
        );
    };
    socket.once('error', refuse);
    socket.bind(bind.port, bind.host, () => {
      socket.off('error', refuse);
      resolve();
    });
  });
}

const refused = (cause: Error, to: HostPort): SendError =>
  Object.assign(new Error(connectionWords(cause, to, 'udp'), { cause }), {
    code: (cause as NodeJS.ErrnoException).code,
    local: isLocalFault(cause),
    maybeOurs: isMaybeOurs(cause),
  });

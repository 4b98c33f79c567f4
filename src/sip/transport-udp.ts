/** One UDP socket for a whole stack. */
import { createSocket, type Socket } from 'node:dgram';
import { lookup as resolveName } from 'node:dns';
import { isIP, isIPv6 } from 'node:net';
import type { Clock } from '../clock.ts';
import { CallsurgeError } from '../errors.ts';
import { hostPortText } from './message/fields.ts';
import type { HostPort } from './stack.ts';
import type { Transport, TransportEvents } from './transport.ts';

/** How long a name's address is believed (s of the system's resolver are not visible to us). */
const NAME_TTL_MS = 60_000;

export interface UdpOptions {
  clock: Clock;
  bind: HostPort;
  receiveBufferBytes: number;
}

/** @throws CallsurgeError `port-in-use` or `usage`, naming host and port. */
export async function openUdp(options: UdpOptions, events: TransportEvents): Promise<Transport> {
  const { clock, bind } = options;
  const family = isIPv6(bind.host) ? 6 : 4;
  const names = new Map<string, { address: string; until: number }>();
  const socket = createSocket({
    type: family === 6 ? 'udp6' : 'udp4',
    recvBufferSize: options.receiveBufferBytes,
    // Node looks even a literal address up, one tick later; answer those at once, and remember names.
    lookup: (host, _options, done) => {
      if (isIP(host)) return done(null, host, isIP(host));
      const known = names.get(host);
      if (known && known.until > clock.now()) return done(null, known.address, family);
      resolveName(host, { family }, (error, address) => {
        if (!error) names.set(host, { address, until: clock.now() + NAME_TTL_MS });
        done(error, address, family);
      });
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
    local,
    receiveBuffer,
    send(bytes, to, failed) {
      if (!open) return failed(Object.assign(new Error('the stack is closed'), { code: 'EBADF' }));
      try {
        socket.send(bytes, to.port, to.host, (error) => {
          if (error && open) failed(error);
        });
      } catch (error) {
        failed(error instanceof Error ? error : new Error(String(error)));
      }
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
          new CallsurgeError('usage', `cannot listen on UDP ${where}: ${error.message}`, {
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

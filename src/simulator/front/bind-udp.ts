/** A UDP socket for signalling, with a large receive buffer. */
import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { CallsurgeError } from '../../errors.ts';
import type { HostPort } from '../../sip/stack.ts';

const RECEIVE_BUFFER = 4 * 1024 * 1024;

/** Port 0: any free one. @throws CallsurgeError `port-in-use`, or `option-invalid` for an address that is not ours. */
export function bindUdp(at: HostPort): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const family = isIPv6(at.host) ? 6 : 4;
    const socket = createSocket({
      type: family === 6 ? 'udp6' : 'udp4',
      // Addresses only reach this socket; the default lookup would defer each datagram.
      lookup: (address, _options, callback) => callback(null, address, family),
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      socket.close();
      reject(portError(error, at));
    });
    socket.bind({ address: at.host, port: at.port, exclusive: true }, () => {
      socket.removeAllListeners('error');
      socket.on('error', () => {});
      try {
        socket.setRecvBufferSize(RECEIVE_BUFFER);
      } catch {
        // A smaller buffer than asked for is no reason not to work.
      }
      resolve(socket);
    });
  });
}

/** What a failed listen means to the user. */
export function portError(error: NodeJS.ErrnoException, at: HostPort): CallsurgeError {
  const where = `${at.host}:${at.port}`;
  if (error.code === 'EADDRINUSE')
    return new CallsurgeError('port-in-use', `the embedded vendor cannot listen on ${where}: the port is in use`, {
      where,
      todo: 'end the other program, or give another port',
      cause: error,
    });
  return new CallsurgeError('option-invalid', `the embedded vendor cannot listen on ${where} (${error.code ?? error.message})`, {
    where,
    todo: 'give an address of this machine and a port from 1024 up',
    cause: error,
  });
}

/** SIP over TCP through our relay: a connection to it is one to the vendor. Messages are cut out by Content-Length (RFC 3261 18.3). */

import type { AddressInfo } from 'node:net';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Harms, Way } from './relay-harm.ts';
import { headerOf, rewriteSip, splitSip } from './relay-rewrite.ts';

export interface TcpFrontOptions {
  harms: Harms;
  host: string;
  target: { host: string; port: number };
  media(side: 'client' | 'vendor', callId: string, host: string, port: number): Promise<{ host: string; port: number }>;
}

export interface TcpFront {
  port: number;
  /** Every connection ends by RST. */
  reset(): void;
  close(): Promise<void>;
}

const MESSAGE_LIMIT = 256 * 1024;

export async function openTcpFront(options: TcpFrontOptions): Promise<TcpFront> {
  const open = new Set<Socket>();
  const own = () => ({ host: options.host, port: (server.address() as AddressInfo).port });
  const server: Server = createServer((client) => {
    if (options.harms.resets) return void client.resetAndDestroy();
    const vendor = connect(options.target.port, options.target.host);
    for (const [one, other] of [
      [client, vendor],
      [vendor, client],
    ] as const) {
      open.add(one);
      one.setNoDelay(true);
      one.once('error', () => other.destroy());
      one.once('close', () => {
        open.delete(one);
        other.destroy();
      });
    }
    pass(client, vendor, 'to-vendor', options, own);
    pass(vendor, client, 'from-vendor', options, own);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, options.host, resolve);
  });
  return {
    port: own().port,
    reset: () => {
      for (const socket of open) socket.resetAndDestroy();
    },
    close: () =>
      new Promise((resolve) => {
        for (const socket of open) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

/** In order, each message after the one before: a delay holds up all that follow, as TCP does. */
function pass(from: Socket, to: Socket, way: Way, options: TcpFrontOptions, own: () => { host: string; port: number }): void {
  const { harms, target, media } = options;
  let held: Buffer = Buffer.alloc(0);
  let before: Promise<void> = Promise.resolve();
  const rename = async (host: string, port: number) => {
    const front = own();
    if (way === 'from-vendor') return host === target.host && port === target.port ? front : undefined;
    return host === front.host && port === front.port ? target : undefined;
  };
  const deliver = async (packet: Buffer, since: number) => {
    const [late] = harms.fate(way, 'sip', true);
    if (late === undefined) return;
    // In order behind one that is held up itself, it cannot go before its own turn comes.
    const due = Math.max(since + late, performance.now());
    const message = splitSip(packet.toString('latin1'));
    const side = way === 'to-vendor' ? 'client' : 'vendor';
    const text = message ? await rewriteSip(message, rename, (id, host, port) => media(side, id, host, port)) : undefined;
    const left = due - performance.now();
    if (left > 0) await new Promise((resolve) => setTimeout(resolve, left).unref());
    if (!to.destroyed) to.write(text === undefined ? packet : Buffer.from(text, 'latin1'));
    harms.gauge.passed(due, 0);
  };
  from.on('data', (part: Buffer) => {
    const since = performance.now();
    held = Buffer.concat([held, part]);
    if (held.length > MESSAGE_LIMIT) return void from.destroy();
    for (let length = messageLength(held); length > 0; length = messageLength(held)) {
      const packet = Buffer.from(held.subarray(0, length));
      held = held.subarray(length);
      before = before.then(() => deliver(packet, since)).catch(() => {});
    }
  });
}

/** Bytes of the first whole message; keep-alives (CRLF, RFC 5626 3.5.1) are one of their own. 0: not all there yet. */
function messageLength(bytes: Buffer): number {
  if (bytes.length >= 2 && bytes[0] === 13 && bytes[1] === 10) return bytes.length >= 4 && bytes[2] === 13 && bytes[3] === 10 ? 4 : 2;
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return 0;
  const message = splitSip(bytes.subarray(0, end + 4).toString('latin1'));
  const length = Number(message ? (headerOf(message, /^(content-length|l)[ \t]*:/i) ?? 0) : 0);
  return bytes.length >= end + 4 + length ? end + 4 + length : 0;
}

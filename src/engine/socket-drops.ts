/**
 * Datagrams that the kernel threw away because our receive buffer was full: the last column of /proc/net/udp and /proc/net/udp6 (Linux). Those
 * losses are the instrument's, not the vendor's.
 */
import { readFile } from 'node:fs/promises';

const FILES = ['/proc/net/udp', '/proc/net/udp6'];

/** Drops per socket: inode and local port (hexadecimal in the file) tell them apart. */
export function parseDrops(text: string, ours: (port: number) => boolean): Map<string, number> {
  const drops = new Map<string, number>();
  for (const line of text.split('\n').slice(1)) {
    const fields = line.trim().split(/\s+/);
    const port = Number.parseInt(fields[1]?.split(':')[1] ?? '', 16);
    if (fields.length >= 13 && ours(port)) drops.set(`${port}/${fields[9]}`, Number(fields[12]));
  }
  return drops;
}

/** Of all that a SIP side has bound, those on which the kernel may drop datagrams: any transport of it may be the UDP one. */
export function udpPorts(bound: readonly { port: number; transport: string }[]): number[] {
  return bound.flatMap(({ port, transport }) => (transport === 'udp' ? [port] : []));
}

export class SocketDrops {
  readonly #ours: (port: number) => boolean;
  #before = new Map<string, number>();

  /** @param ours which local UDP ports are this run's */
  constructor(ours: (port: number) => boolean) {
    this.#ours = ours;
  }

  /** Since the last call; null where the kernel does not tell (not Linux). */
  async take(): Promise<number | null> {
    const texts = await Promise.all(FILES.map((file) => readFile(file, 'utf8').catch(() => undefined)));
    if (texts.every((text) => text === undefined)) return null;
    const now = new Map(texts.flatMap((text) => (text === undefined ? [] : [...parseDrops(text, this.#ours)])));
    let sum = 0;
    for (const [socket, drops] of now) sum += Math.max(0, drops - (this.#before.get(socket) ?? 0));
    this.#before = now;
    return sum;
  }
}

/** A name server for tests: A, AAAA, SRV and NAPTR over UDP (RFC 1035, 2782, 3403), from a table that a test may change. */
import { createSocket } from 'node:dgram';
import type { NaptrRecord, SrvRecord } from '../../src/sip/dns.ts';

export interface Zone {
  A?: Record<string, string[]>;
  AAAA?: Record<string, string[]>;
  SRV?: Record<string, SrvRecord[]>;
  NAPTR?: Record<string, NaptrRecord[]>;
}

const TYPES: Record<number, keyof Zone> = { 1: 'A', 28: 'AAAA', 33: 'SRV', 35: 'NAPTR' };

export interface NameServer {
  /** For `setServers`. */
  address: string;
  zone: Zone;
  /** TTL of every answer, s. */
  ttlS: number;
  /** What was asked, as `A host`. */
  asked: string[];
  /** true: takes questions and says nothing. */
  silent: boolean;
  close(): Promise<void>;
}

export async function openNameServer(zone: Zone, ttlS = 60): Promise<NameServer> {
  const socket = createSocket('udp4');
  await new Promise<void>((done) => socket.bind(0, '127.0.0.1', done));
  const server: NameServer = {
    address: `127.0.0.1:${socket.address().port}`,
    zone,
    ttlS,
    asked: [],
    silent: false,
    close: () => new Promise((done) => socket.close(() => done())),
  };
  socket.on('message', (query, from) => {
    const { name, end } = readName(query, 12);
    const type = TYPES[query.readUInt16BE(end)];
    server.asked.push(`${type} ${name}`);
    if (server.silent) return;
    const records = (type && (server.zone[type] as Record<string, unknown[]> | undefined)?.[name.toLowerCase()]) ?? [];
    const known = Object.values(server.zone).some((table) => name.toLowerCase() in table);
    const head = Buffer.alloc(12);
    query.copy(head, 0, 0, 2);
    head.writeUInt16BE(known ? 0x8580 : 0x8583, 2);
    head.writeUInt16BE(1, 4);
    head.writeUInt16BE(records.length, 6);
    const answers = records.map((record) => {
      const data = dataOf(type!, record);
      const fixed = Buffer.alloc(12);
      fixed.writeUInt16BE(0xc00c, 0);
      fixed.writeUInt16BE(query.readUInt16BE(end), 2);
      fixed.writeUInt16BE(1, 4);
      fixed.writeUInt32BE(server.ttlS, 6);
      fixed.writeUInt16BE(data.length, 10);
      return Buffer.concat([fixed, data]);
    });
    socket.send(Buffer.concat([head, query.subarray(12, end + 4), ...answers]), from.port, from.address);
  });
  return server;
}

function readName(bytes: Buffer, start: number): { name: string; end: number } {
  const labels: string[] = [];
  let at = start;
  while (bytes[at]! > 0) {
    labels.push(bytes.toString('latin1', at + 1, at + 1 + bytes[at]!));
    at += 1 + bytes[at]!;
  }
  return { name: labels.join('.'), end: at + 1 };
}

const writeName = (name: string) => Buffer.concat([...name.split('.').filter(Boolean).map(text), Buffer.from([0])]);
const text = (value: string) => Buffer.concat([Buffer.from([value.length]), Buffer.from(value, 'latin1')]);
const numbers = (...values: number[]) => {
  const bytes = Buffer.alloc(values.length * 2);
  for (const [i, value] of values.entries()) bytes.writeUInt16BE(value, i * 2);
  return bytes;
};

function dataOf(type: keyof Zone, record: unknown): Buffer {
  if (type === 'A') return Buffer.from((record as string).split('.').map(Number));
  if (type === 'AAAA') return v6(record as string);
  if (type === 'SRV') {
    const { priority, weight, port, name } = record as SrvRecord;
    return Buffer.concat([numbers(priority, weight, port), writeName(name)]);
  }
  const { order, preference, flags, service, replacement } = record as NaptrRecord;
  return Buffer.concat([numbers(order, preference), text(flags), text(service), text(''), writeName(replacement)]);
}

/** `::1` and the like: one gap. */
function v6(address: string): Buffer {
  const [head = '', tail = ''] = address.split('::');
  const parse = (part: string) => (part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16)));
  const [before, after] = [parse(head), parse(tail)];
  return numbers(...before, ...Array(8 - before.length - after.length).fill(0), ...after);
}

/**
 * Where the vendor's monitoring posts its alarms: `POST http://host:port/alarm/TOKEN`, any JSON. Each becomes an event with the time at which it
 * came; the time from a fault to it is the detection time.
 */
import { timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../clock.ts';
import { CallsurgeError } from '../errors.ts';
import { type EventRow, rowOf } from '../record/schema.ts';

const BODY_LIMIT_BYTES = 64 * 1024;
const REQUEST_LIMIT_MS = 10_000;
/** Alarms that came before a run listened. */
const KEPT = 1000;

export interface AlarmReceiver {
  /** What to give to the vendor. */
  readonly url: string;
  /** From now on each alarm goes there, those that came before first. */
  listen(event: (row: EventRow) => void): void;
  close(): Promise<void>;
}

export interface AlarmOptions {
  clock: Clock;
  /** Default 127.0.0.1. */
  host?: string;
  /** Default: any free one. */
  port?: number;
  /** Part of the URL: whoever does not know it gets 404. At least 8 letters, digits or dashes. */
  token: string;
}

/** @throws CallsurgeError `port-in-use`, `option-invalid` */
export async function openAlarmReceiver(options: AlarmOptions): Promise<AlarmReceiver> {
  const { clock, host = '127.0.0.1', port = 0, token } = options;
  if (!/^[\w-]{8,}$/.test(token))
    throw new CallsurgeError('option-invalid', 'the token of the alarm webhook is too short or has other characters', {
      where: 'alarms.token',
      todo: 'use 8 or more letters, digits and dashes',
    });
  const early: EventRow[] = [];
  let take = (row: EventRow) => {
    if (early.length < KEPT) early.push(row);
  };
  const server = createServer({ requestTimeout: REQUEST_LIMIT_MS }, (request, response) => {
    const at = clock.now();
    const answer = (status: number) => response.writeHead(status, { connection: 'close' }).end();
    if (request.method !== 'POST' || !isOurs(request.url ?? '', token)) return answer(404);
    read(request).then(
      (text) => {
        answer(204);
        take(alarmRow(at, text));
      },
      () => answer(413),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) =>
      reject(
        new CallsurgeError('port-in-use', `the alarm webhook cannot listen: ${error.message}`, { where: `${host}:${port}`, cause: error }),
      ),
    );
    server.listen(port, host, resolve);
  });
  const { port: real } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${real}/alarm/${token}`,
    listen(event) {
      take = event;
      for (const row of early.splice(0)) event(row);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function alarmRow(at: number, text: string): EventRow {
  let body: unknown = text;
  try {
    body = JSON.parse(text);
  } catch {
    // Not JSON: the text is kept as it came.
  }
  const said = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  const name = typeof said.fault === 'string' ? said.fault : typeof said.name === 'string' ? said.name : null;
  const target = typeof said.site === 'string' ? said.site : null;
  return rowOf('events', { t_ms: at, kind: 'alarm', action: 'received', name, target, by: 'vendor', detail: body });
}

function isOurs(url: string, token: string): boolean {
  const given = Buffer.from(url.split('?')[0] ?? '');
  const wanted = Buffer.from(`/alarm/${token}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_LIMIT_BYTES) throw new RangeError('too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

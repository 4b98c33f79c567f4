/**
 * Where the vendor's monitoring posts its alarms: `POST http://host:port/alarm/TOKEN`, any JSON. Each becomes an event with the time at which it
 * came; the time from a fault to it is the detection time. `POST …/mark/TOKEN` takes what people mark (faults/mark.ts).
 */
import { randomUUID, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../clock.ts';
import { CallsurgeError, messageOf } from '../errors.ts';
import { type EventRow, rowOf } from '../record/schema.ts';
import { type Mark, readMark } from './mark.ts';

const BODY_LIMIT_BYTES = 64 * 1024;
const REQUEST_LIMIT_MS = 10_000;
/** Alarms that came before a run listened. */
const KEPT = 1000;

export interface AlarmReceiver {
  /** What to give to the vendor. */
  readonly url: string;
  /** From now on each alarm goes there, those that came before first. */
  listen(event: (row: EventRow) => void): void;
  /** Where people's marks go. */
  readonly markUrl: string;
  /** From now on each mark goes there; before, marks are refused (409): no run listens. */
  listenMarks(mark: (mark: Mark) => void): void;
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
  // Of its own: the vendor knows the other one, and must not be able to mark for the buyer.
  const markToken = randomUUID();
  const early: EventRow[] = [];
  let take = (row: EventRow) => {
    if (early.length < KEPT) early.push(row);
  };
  let takeMark: ((mark: Mark) => void) | undefined;
  const server = createServer({ requestTimeout: REQUEST_LIMIT_MS }, (request, response) => {
    const at = clock.now();
    const answer = (status: number, text = '') => response.writeHead(status, { connection: 'close' }).end(text);
    const ours = (path: string) => isOurs(request.url ?? '', path);
    if (request.method === 'POST' && ours(`/mark/${markToken}`))
      return void read(request).then(
        (text) => {
          try {
            if (!takeMark) return answer(409, 'no run is listening');
            takeMark(readMark(JSON.parse(text), at));
            answer(204);
          } catch (thrown) {
            answer(400, messageOf(thrown));
          }
        },
        () => answer(413),
      );
    if (request.method !== 'POST' || !ours(`/alarm/${token}`)) return answer(404);
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
  const base = `http://${host.includes(':') ? `[${host}]` : host}:${real}`;
  return {
    url: `${base}/alarm/${token}`,
    markUrl: `${base}/mark/${markToken}`,
    listenMarks(mark) {
      takeMark = mark;
    },
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

function isOurs(url: string, path: string): boolean {
  const given = Buffer.from(url.split('?')[0] ?? '');
  const wanted = Buffer.from(path);
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

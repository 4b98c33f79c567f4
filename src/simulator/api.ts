/** The embedded vendor's HTTP API; simulator/truth.ts lists what it offers. Bad requests get 400, unknown things 404, each with `{ error }`. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { HostPort } from '../sip/stack.ts';
import type { Site } from './core/sites.ts';
import { portError } from './front/bind-udp.ts';
import type { Front } from './front/front.ts';
import { PHONE_PAGE } from './front/web-phones.ts';
import type { SimulatorEvent, TruthRow } from './truth.ts';

const LONGEST_BODY = 65_536;

export interface ApiSources {
  front: Front;
  truth(): TruthRow[];
  events(): SimulatorEvent[];
}

interface Answer {
  status: number;
  body: unknown;
}

/** What the request asked is wrong; becomes its answer. */
class Refusal extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export interface Api {
  local: HostPort;
  close(): Promise<void>;
}

/** @throws CallsurgeError `port-in-use`. */
export async function openApi(at: HostPort, sources: ApiSources): Promise<Api> {
  const server = createServer((request, response) => {
    void respond(request, sources).then(({ status, body }) => {
      if (typeof body === 'string') return response.writeHead(status, { 'content-type': 'text/html; charset=utf-8' }).end(body);
      return response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  });
  await listen(server, at);
  const { address, port } = server.address() as AddressInfo;
  return {
    local: { host: address, port },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, at: HostPort): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(portError(error, at)));
    server.listen(at.port, at.host, () => resolve());
  });
}

async function respond(request: IncomingMessage, sources: ApiSources): Promise<Answer> {
  try {
    const path = new URL(request.url ?? '/', 'http://simulator').pathname.split('/').filter(Boolean).map(decodeURIComponent);
    if (request.method === 'GET') return get(path, sources);
    if (request.method === 'POST') return await post(path, await jsonOf(request), sources.front);
    throw new Refusal(405, `${request.method} is not known here`);
  } catch (error) {
    if (error instanceof Refusal) return { status: error.status, body: { error: error.message } };
    if (error instanceof URIError) return { status: 400, body: { error: 'the path cannot be read' } };
    return { status: 500, body: { error: (error as Error).message } };
  }
}

function get([what, ...rest]: string[], { front, truth, events }: ApiSources): Answer {
  if (rest.length === 0 && what === 'state') return { status: 200, body: front.centre.state() };
  if (rest.length === 0 && what === 'truth') return { status: 200, body: truth() };
  if (rest.length === 0 && what === 'events') return { status: 200, body: events() };
  if (rest.length === 0 && what === 'phone') return { status: 200, body: PHONE_PAGE };
  const phone = rest.length === 1 && what === 'phone' ? front.webPhones.asked(rest[0]!) : undefined;
  if (phone) return { status: 200, body: phone };
  throw new Refusal(404, 'there is GET /state, /truth, /events and /phone');
}

async function post([what, name, action]: string[], body: Record<string, unknown>, front: Front): Promise<Answer> {
  const { centre } = front;
  if (what === 'scale' && name === undefined) {
    const site = body.site === undefined ? null : siteOf(front, String(body.site));
    const at = centre.operator.scale(site, whole(body, 'channels'), optional(body, 'delayMs', duration));
    return { status: 202, body: { at } };
  }
  if (what === 'seats' && name === undefined) {
    if (typeof body.skill !== 'string' || body.skill === '') throw new Refusal(400, 'skill must be a name');
    return { status: 202, body: { at: centre.operator.addSeats(body.skill, whole(body, 'count'), optional(body, 'delayMs', duration)) } };
  }
  if (what === 'limits' && name === undefined) {
    centre.operator.setLimits({
      edgeChannels: optional(body, 'edgeChannels', orNull(whole)),
      edgeCps: optional(body, 'edgeCps', orNull(rate)),
      refuse: optional(body, 'refuse', refusal),
    });
    return { status: 200, body: { at: centre.state().now } };
  }
  if (what === 'sites' && name !== undefined) {
    const site = siteOf(front, name);
    if (action === 'stop') return { status: 200, body: { at: front.stopSite(site) } };
    if (action === 'freeze') return { status: 200, body: { at: front.freezeSite(site) } };
    if (action === 'start') return { status: 200, body: { at: await front.startSite(site) } };
  }
  if (what === 'phone' && name !== undefined) {
    if (name === 'login' && action === undefined) {
      const right = front.webPhones.login(String(body.name), String(body.password));
      return right ? { status: 200, body: { at: centre.state().now } } : { status: 403, body: { error: 'name or password is wrong' } };
    }
    const done = action === 'answer' ? front.webPhones.answer(name) : action === 'hang-up' && front.webPhones.hangUp(name);
    return done ? { status: 200, body: { at: centre.state().now } } : { status: 409, body: { error: 'there is nothing to do that with' } };
  }
  throw new Refusal(404, 'there is POST /scale, /seats, /limits and /sites/NAME/stop, freeze, start');
}

function siteOf(front: Front, name: string): Site {
  const site = front.centre.sites.get(name);
  if (site) return site;
  throw new Refusal(404, `there is no site "${name}", only ${front.centre.sites.all.map((each) => each.name).join(', ')}`);
}

type Reader<T> = (body: Record<string, unknown>, field: string) => T;

const whole: Reader<number> = (body, field) => {
  const value = body[field];
  if (Number.isInteger(value) && (value as number) >= 0) return value as number;
  throw new Refusal(400, `${field} must be a whole number from 0 up`);
};
const duration: Reader<number> = (body, field) => {
  const value = body[field];
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value;
  throw new Refusal(400, `${field} must be milliseconds from 0 up`);
};
const rate: Reader<number> = (body, field) => {
  const value = body[field];
  if (typeof value === 'number' && Number.isFinite(value) && value > 0) return value;
  throw new Refusal(400, `${field} must be above 0, or null for no limit`);
};
const refusal: Reader<503 | 486> = (body, field) => {
  const value = body[field];
  if (value === 503 || value === 486) return value;
  throw new Refusal(400, `${field} must be 503 or 486`);
};
const orNull =
  <T>(reader: Reader<T>): Reader<T | null> =>
  (body, field) =>
    body[field] === null ? null : reader(body, field);
const optional = <T>(body: Record<string, unknown>, field: string, reader: Reader<T>): T | undefined =>
  body[field] === undefined ? undefined : reader(body, field);

async function jsonOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  let text = '';
  request.setEncoding('utf8');
  for await (const chunk of request) {
    text += chunk;
    if (text.length > LONGEST_BODY) throw new Refusal(413, 'the body is too long');
  }
  if (text.trim() === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw new Refusal(400, 'the body must be a JSON object');
}

/**
 * A vendor profile's fields, as valibot checks them. Objects are strict: a misspelt field is an error. What concerns several fields at once is
 * in check.ts.
 */
import { isIP } from 'node:net';
import * as v from 'valibot';
import { type Duration, durationMs } from '../duration.ts';
import type { SimulatorConfig } from '../simulator/config.ts';
import type { ClaimName, Claims, Hook, Secret } from './profile.ts';

const text = v.pipe(v.string('must be a text'), v.nonEmpty('must not be empty'));
const name = v.pipe(text, v.regex(/^[A-Za-z0-9][A-Za-z0-9_-]*$/, 'must be letters, digits, - and _'));
const host = v.pipe(
  text,
  v.check((value) => isIP(value) > 0 || /^[A-Za-z0-9._-]+$/.test(value), 'must be a host name or an address, without sip: and port'),
);
const port = whole(0, 65_535);
const share = v.pipe(v.number('must be a number'), v.minValue(0, 'must be from 0 to 1'), v.maxValue(1, 'must be from 0 to 1'));
const positive = v.pipe(
  v.number('must be a number'),
  v.check((n) => n > 0 && Number.isFinite(n), 'must be above 0'),
);
const transport = v.picklist(['udp', 'tcp', 'tls', 'ws', 'wss'], 'must be udp, tcp, tls, ws or wss');

function whole(min: number, max: number) {
  const message = `must be a whole number from ${min} to ${max}`;
  return v.pipe(v.number(message), v.integer(message), v.minValue(min, message), v.maxValue(max, message));
}

const duration = v.custom<Duration>((value) => {
  if (typeof value !== 'string' && typeof value !== 'number') return false;
  try {
    return durationMs(value) >= 0;
  } catch {
    return false;
  }
}, 'must be a duration, as 90s, 1m30s or 250ms');

/** Below a second it would be load. */
const interval = v.pipe(
  duration,
  v.check((value) => durationMs(value) >= 1000, 'must be at least 1s'),
);

const secretNamed = (name: RegExp, message: string) =>
  v.custom<Secret>((value) => typeof value === 'object' && value !== null && name.test(String((value as Secret).env)), message);
const secret = secretNamed(/^[A-Za-z_]\w*$/, "must be env('NAME'): secrets stand in the environment, never in the file");
const perAccount = secretNamed(/^[A-Za-z_](\w|\{n\})*$/, "must be env('NAME_{n}')");
const account = v.union([v.strictObject({ perAccount }), secret], "must be env('NAME') or { perAccount: env('NAME_{n}') }");

const draw = v.union(
  [
    duration,
    v.strictObject({ exponential: duration }),
    v.strictObject({ lognormal: v.strictObject({ mean: duration, sigma: positive }) }),
    v.strictObject({ uniform: v.tuple([duration, duration]) }),
    v.strictObject({ weibull: v.strictObject({ scale: duration, shape: positive }) }),
  ],
  'must be a duration, or { exponential }, { lognormal: { mean, sigma } }, { uniform: [from, to] } or { weibull: { scale, shape } }',
);

const nameServer = v.pipe(
  text,
  v.check(
    (value) => isIP(value) > 0 || isIP(value.replace(/^\[(.*)\]:\d+$|^([\d.]+):\d+$/, '$1$2')) > 0,
    'must be an address, as 10.0.0.53 or 10.0.0.53:5353',
  ),
);
const pem = v.union([text, secret], "must be a PEM file, or env('NAME')");

const trunk = v.strictObject({
  name,
  host,
  port: v.optional(port),
  transport: v.optional(transport),
  tlsName: v.optional(host),
  path: v.optional(v.pipe(text, v.startsWith('/', 'must begin with /'))),
  proxy: v.optional(v.strictObject({ host, port: v.optional(port) })),
  keepAlive: v.optional(interval),
  domain: v.optional(host),
  credentials: v.optional(v.strictObject({ username: text, password: secret })),
  weight: v.optional(positive),
  priority: v.optional(whole(0, 1000)),
});

const agents = v.strictObject({
  kind: v.picklist(['sip', 'phone', 'browser', 'human'], 'must be sip, phone, browser or human'),
  name,
  count: whole(1, 100_000),
  skills: v.optional(v.array(text)),
  accounts: v.optional(v.strictObject({ username: text, first: v.optional(whole(0, 1e12)), password: account })),
  script: v.optional(text),
  numbers: v.optional(
    v.strictObject({
      number: v.pipe(text, v.regex(/^\+?([0-9]|\{n\})+$/, 'must be digits with {n} where the number goes')),
      first: v.optional(whole(0, 1e12)),
    }),
  ),
  registrar: v.optional(
    v.strictObject({
      host,
      port: v.optional(port),
      transport: v.optional(v.picklist(['udp', 'tcp', 'tls'], 'must be udp, tcp or tls')),
      domain: v.optional(host),
    }),
  ),
  expires: v.optional(duration),
  answerDelay: v.optional(draw),
  handling: v.optional(v.union([v.literal('until-caller'), draw], "must be a duration, a distribution or 'until-caller'")),
  wrapUp: v.optional(draw),
  noAnswer: v.optional(share),
  reject: v.optional(share),
  notReady: v.optional(v.strictObject({ every: draw, for: draw })),
  shifts: v.optional(v.array(v.strictObject({ from: duration, to: v.optional(duration), count: v.optional(whole(1, 100_000)) }))),
});

const terms = { veto: v.optional(v.boolean('must be true or false')), weight: v.optional(positive), words: v.optional(text) };
const atLeastShare = v.strictObject({ ...terms, atLeast: share });
const atMostTime = v.strictObject({ ...terms, atMost: duration });
const within = v.strictObject({ ...terms, within: duration });
const counting = v.picklist(['occupied', 'answered', 'queued', 'talking', 'legs'], 'must be occupied, answered, queued, talking or legs');

const CLAIMS = {
  concurrentCalls: v.strictObject({ ...terms, atLeast: positive, counting }),
  callsPerSecond: v.strictObject({ ...terms, atLeast: positive }),
  serviceLevel: v.strictObject({ ...terms, atLeast: share, within: duration }),
  connectRate: atLeastShare,
  abandonment: v.strictObject({ ...terms, atMost: share }),
  averageSpeedOfAnswer: atMostTime,
  setupDelay: v.strictObject({
    ...terms,
    percentile: v.pipe(v.number('must be a number'), v.minValue(0, 'must be from 0 to 100'), v.maxValue(100, 'must be from 0 to 100')),
    atMost: duration,
  }),
  failover: within,
  callsSurvive: atLeastShare,
  scaleUp: within,
  alarm: within,
  repair: within,
  availability: v.strictObject({ ...terms, monthly: share }),
  mos: v.strictObject({
    ...terms,
    atLeast: v.pipe(v.number('must be a number'), v.minValue(1, 'must be from 1 to 4.5'), v.maxValue(4.5, 'must be from 1 to 4.5')),
  }),
  oneWayDelay: atMostTime,
} satisfies { [K in ClaimName]: v.GenericSchema<unknown, NonNullable<Claims[K]>> };

const optionals = <T extends Record<string, v.GenericSchema>>(entries: T) =>
  Object.fromEntries(Object.entries(entries).map(([key, schema]) => [key, v.optional(schema)])) as {
    [K in keyof T]: v.OptionalSchema<T[K], undefined>;
  };

/** `400xxxxxxx`, `5*`. */
const pattern = v.pipe(text, v.regex(/^\+?[0-9xX]+\*?$|^\*$/, 'must be digits, x for any digit, and * at the end for any rest'));
const target = v.pipe(
  text,
  v.check((value) => {
    const [address, prefix, ...rest] = value.split('/') as [string, string?, ...string[]];
    if (prefix === undefined) return isIP(address) > 0 || /^[A-Za-z0-9._-]+$/.test(address);
    return rest.length === 0 && isIP(address) > 0 && /^\d{1,3}$/.test(prefix) && Number(prefix) <= (isIP(address) === 4 ? 32 : 128);
  }, 'must be a host name, an address or a block as 203.0.113.0/28'),
);
const clock = v.pipe(text, v.regex(/^([01]\d|2[0-3]):[0-5]\d$|^24:00$/, 'must be a time as 09:30'));
const day = v.picklist(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], 'must be mon, tue, wed, thu, fri, sat or sun');

const contract = v.strictObject({
  targets: v.pipe(
    v.array(target, 'must be a list of hosts'),
    v.minLength(1, 'must name at least one host: nothing else may receive traffic'),
  ),
  called: v.pipe(v.array(pattern, 'must be a list of number patterns'), v.minLength(1, 'must name at least one number')),
  callers: v.pipe(v.array(pattern, 'must be a list of number patterns'), v.minLength(1, 'must name at least one number')),
  vipCallers: v.optional(v.pipe(v.array(pattern, 'must be a list of number patterns'), v.minLength(1, 'must name at least one number'))),
  hours: v.optional(v.array(v.strictObject({ days: v.optional(v.array(day)), from: clock, to: clock }))),
  timezone: v.optional(v.pipe(text, v.check(isTimezone, 'must be a time zone, as Asia/Shanghai'))),
  maxCallsPerSecond: positive,
  maxChannels: whole(1, 10_000_000),
  contact: v.strictObject({ name: text, phone: v.optional(text), email: v.optional(text) }),
  permission: v.optional(text),
  validUntil: v.optional(
    v.pipe(text, v.regex(/^\d{4}-\d\d-\d\d$/, 'must be a date as 2026-12-31'), v.isoDate('must be a date as 2026-12-31')),
  ),
});

function isTimezone(zone: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: zone }));
  } catch {
    return false;
  }
}

const hook = v.union(
  [
    v.strictObject({
      http: v.pipe(text, v.regex(/^https?:\/\//, 'must begin with http:// or https://')),
      method: v.optional(v.picklist(['GET', 'POST', 'PUT', 'DELETE'], 'must be GET, POST, PUT or DELETE')),
      headers: v.optional(v.record(v.string(), v.union([v.string(), secret]))),
      body: v.optional(v.unknown()),
      timeout: v.optional(duration),
      expect: v.optional(whole(100, 599)),
    }),
    v.strictObject({ command: v.pipe(v.array(text), v.minLength(1, 'must name a program')), timeout: v.optional(duration) }),
  ],
  'must be { http, method, headers, body, timeout, expect } or { command, timeout }',
) satisfies v.GenericSchema<unknown, Hook>;

/** The simulator checks the values itself; here only the names are, all of them, so that a misspelt one is found. */
const any = v.optional(v.unknown());
const EMBEDDED = {
  sites: v.pipe(
    v.array(v.strictObject({ name, channels: whole(0, 10_000_000), cps: v.optional(positive) })),
    v.minLength(1, 'must have at least one site'),
  ),
  host: any,
  allowRemote: any,
  port: any,
  apiPort: any,
  rtpPorts: any,
  refuse: any,
  edgeChannels: any,
  edgeCps: any,
  failover: any,
  ringMs: any,
  answerMs: any,
  menu: any,
  numbers: any,
  menuTimeoutMs: any,
  queue: any,
  vipPrefix: any,
  ownAgents: any,
  accounts: any,
  phones: any,
  webPhones: any,
  trunk: any,
  callBack: any,
  agentRingMs: any,
  refusedRestMs: any,
  wrapUpMs: any,
  signalAgent: any,
  overload: any,
  trunkCredentials: any,
  scaleDelayMs: any,
  alarmUrl: any,
  alarmDelayMs: any,
  truthFile: any,
  offersFile: any,
  defects: any,
  seed: any,
} satisfies Record<keyof SimulatorConfig, v.GenericSchema>;

export const VENDOR = v.strictObject(
  {
    name,
    title: v.optional(text),
    access: v.optional(
      v.union(
        [
          v.strictObject({ kind: v.literal('direct') }),
          v.strictObject({ kind: v.literal('carrier'), control: v.optional(v.strictObject({ called: text, trunk: v.optional(name) })) }),
        ],
        "must be { kind: 'direct' } or { kind: 'carrier', control }",
      ),
    ),
    trunks: v.pipe(v.array(trunk, 'must be a list of trunks'), v.minLength(1, 'must have at least one trunk')),
    numbers: v.optional(v.record(v.string(), text)),
    agents: v.optional(v.array(agents)),
    claims: v.optional(v.strictObject(optionals(CLAIMS))),
    contract,
    trial: v.optional(
      v.strictObject({
        type: v.picklist(['shared', 'dedicated', 'pre-warmed', 'production'], 'must be shared, dedicated, pre-warmed or production'),
        seats: v.optional(whole(0, 1_000_000)),
        notes: v.optional(text),
      }),
    ),
    local: v.optional(
      v.strictObject({
        addresses: v.optional(v.pipe(v.array(host), v.minLength(1, 'must have at least one address'))),
        sipPort: v.optional(port),
        rtpPorts: v.optional(v.tuple([whole(1024, 65_535), whole(1024, 65_535)], 'must be [from, to]')),
        external: v.optional(host),
        nameServers: v.optional(v.pipe(v.array(nameServer, 'must be a list of addresses'), v.minLength(1, 'must name at least one'))),
        tls: v.optional(
          v.strictObject({
            ca: v.optional(pem),
            cert: v.optional(pem),
            key: v.optional(pem),
            minVersion: v.optional(v.picklist(['TLSv1.2', 'TLSv1.3'], 'must be TLSv1.2 or TLSv1.3')),
          }),
        ),
        alarms: v.optional(v.strictObject({ port: whole(1, 65_535), address: v.optional(host), token: v.optional(secret) })),
      }),
    ),
    limits: v.optional(
      v.strictObject({
        failover: v.optional(duration),
        provisional: v.optional(duration),
        mediaSilence: v.optional(duration),
        scheduleLag: v.optional(duration),
      }),
    ),
    signalling: v.optional(
      v.strictObject({ method: v.picklist(['INVITE', 'UPDATE', 'INFO'], 'must be INVITE, UPDATE or INFO'), header: v.optional(text) }),
    ),
    announcements: v.optional(
      v.record(name, v.strictObject({ hz: whole(100, 3900), allBusy: v.optional(v.boolean('must be true or false')) })),
    ),
    hooks: v.optional(
      v.strictObject({
        scale: v.optional(v.record(v.string(), hook)),
        faults: v.optional(v.record(v.string(), v.strictObject({ start: hook, end: v.optional(hook) }))),
      }),
    ),
    embedded: v.optional(v.strictObject(EMBEDDED)),
  },
  'must be the object of defineVendor({ … })',
);

/** Fields that an object at that place may have, for "did you mean". */
export function knownFields(path: readonly (string | number)[]): string[] {
  let at: unknown = VENDOR;
  for (const key of path) at = step(unwrap(at), key);
  return Object.keys((unwrap(at) as { entries?: object } | undefined)?.entries ?? {});
}

type Node =
  | { type?: string; wrapped?: unknown; pipe?: unknown[]; entries?: Record<string, unknown>; item?: unknown; value?: unknown }
  | undefined;

const unwrap = (schema: unknown): unknown => {
  const node = schema as Node;
  if (node?.wrapped) return unwrap(node.wrapped);
  return node;
};
const step = (schema: unknown, key: string | number): unknown => {
  const node = schema as Node;
  return node?.entries?.[key] ?? node?.item ?? (node?.type === 'record' ? node.value : undefined);
};

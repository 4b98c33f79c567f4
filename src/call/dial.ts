/** `dial()`: the one way a scenario starts a call. */
import { type Duration, durationMs } from '../duration.ts';
import { CallsurgeError } from '../errors.ts';
import { type CallRow, rowOf } from '../record/schema.ts';
import type { HeaderList, NextHop, OutgoingWay } from '../sip/stack.ts';
import { Call } from './call.ts';
import { currentVu, type VuContext, withVu } from './context.ts';
import { elsewhere } from './elsewhere.ts';
import type { Followed } from './in-dialog.ts';
import { adopt } from './iteration.ts';
import { CallerLeg } from './leg.ts';
import { CallMedia } from './media.ts';
import type { CallServices, LiveTrunk } from './services.ts';

/** RFC 4028 4. */
const LEAST_SESSION_S = 90;

export interface DialOptions {
  /** Trunk of the profile by name. Default: by priority and weight. */
  trunk?: string;
  /** Caller number to present. Default: the next of the contract's caller numbers, unique among open calls. */
  caller?: string;
  /** Presents a number of the contract's `vipCallers`, where it has them, and `X-VIP: 1`. */
  vip?: boolean;
  priority?: number;
  /** What the caller wants, for the report: a menu path or a skill. */
  intent?: string;
  headers?: HeaderList;
  /** User-to-User content (RFC 7433): helps to match the agent's leg. */
  uui?: string;
  /** none: signalling only, no RTP ports. Default: as the run says. */
  media?: 'rtp' | 'none';
  tags?: Record<string, string>;
  /** INVITE without SDP: the vendor makes the offer (RFC 3261 13.2.1). */
  lateOffer?: boolean;
  /** Reliable provisional responses (RFC 3262): demanded, offered (default), or not spoken of. */
  reliable?: 'required' | 'supported' | 'none';
  /** Session timer to ask for (RFC 4028), at least 90s. Default: none is asked for; one that the vendor asks for is kept. */
  sessionTimer?: Duration;
  /** 3xx: `follow` it to hosts of the profile's trunks and numbers of the contract, or only `record` it (default; outcome diverted). */
  redirects?: 'follow' | 'record';
  /** A REFER of the vendor: `follow` it with a call of its own (see `call.referred()`), or `refuse` it with 603 (default). */
  refers?: 'follow' | 'refuse';
  /** P-Asserted-Identity (RFC 3325): `true` for the caller's number, or another of the contract's caller numbers. */
  assertedIdentity?: string | true;
  /** Id of the call that this one repeats. */
  redialOf?: string;
  try?: number;
  /** Id of the call whose REFER led to this one. */
  transferOf?: string;
}

/**
 * Dials and returns as soon as the INVITE has been handed to the network; `call.answered()` waits for the rest.
 * @param number digits, or a key of the profile's `numbers`: so one scenario dials each vendor's own number
 * @throws CallsurgeError `contract-violation` where the number or the load is not permitted (nothing is sent), `call-failed` where we could not send.
 */
export async function dial(number: string, options: DialOptions = {}): Promise<Call> {
  const vu = currentVu('dial');
  const { services } = vu;
  const called = services.numbers[number] ?? number;
  vu.signal.throwIfAborted();
  const timer = sessionTimer(options.sessionTimer);
  const first = adopt.countOf(vu) === 0;
  const up = upTrunks(services, options.trunk);
  const trunk = chooseTrunk(up, options.trunk, vu.iteration);
  // Another trunk only where the profile says so, and the scenario did not name this one.
  const others = options.trunk !== undefined || services.limits.failoverMs === undefined ? [] : afterTrunk(up, trunk);
  const caller = options.caller ?? services.callerNumber(vu.iteration, options.vip ?? false);
  const now = services.clock.now();
  // What the script did before it dialled is no lag of ours; what the schedule was late with is.
  const intended = first ? vu.intendedAt + (now - vu.startedAt) : now;
  const row = rowOf('calls', {
    call: nextId(services),
    started: new Date(intended).toISOString(),
    scenario: vu.scenario,
    exec: vu.exec,
    worker: services.worker,
    vu: vu.vu,
    iteration: vu.iteration,
    trunk: trunk.name,
    remote: `${trunk.nextHop.host}:${trunk.nextHop.port}`,
    called,
    caller,
    intent: options.intent ?? null,
    vip: options.vip ?? false,
    priority: options.priority ?? null,
    redial_of: options.redialOf ?? vu.redial?.of ?? null,
    try: options.try ?? vu.redial?.try ?? 1,
    transfer_of: options.transferOf ?? null,
    wants_agent: false,
    intended_ms: intended,
    dialled_ms: now,
    tags: { ...vu.tags, ...options.tags },
  });
  const media = await openMedia(services, options);
  const leg = new CallerLeg(services, row, media.value, { viaCarrier: services.viaCarrier });
  adopt.add(vu, leg);
  const asserted = typeof options.assertedIdentity === 'string' ? options.assertedIdentity : caller;
  const refusal =
    media.error ??
    services.gate.check(called, caller) ??
    (asserted === caller ? undefined : services.gate.check(called, asserted)) ??
    services.gate.enter();
  if (refusal) {
    row.error = refusal.oneLine();
    leg.refuse(refusal.message);
    throw refusal;
  }
  if (options.refers === 'follow') leg.inDialog.follow = (uri) => follow(vu, leg, options, uri);
  leg.start(
    {
      ...wayOver(trunk, called, caller),
      otherwise: others.length === 0 ? undefined : others.map((other) => wayOver(other, called, caller)),
      failoverMs: services.limits.failoverMs,
      headers: [...headersOf(services, options), ...identity(options, asserted, trunk.domain)],
      body: options.lateOffer ? undefined : media.value.offer(),
      reliable: options.reliable,
      sessionTimer: timer,
      provisionalLimitMs: services.limits.provisionalMs,
    },
    options.uui,
    [trunk, ...others].map(({ name }) => name),
    options.redirects === 'follow' ? (_response, uri) => redirect(services, row, uri) : undefined,
  );
  return new Call(leg, vu);
}

function redirect(services: CallServices, row: CallRow, uri: string): NextHop | undefined {
  row.diverted_to ??= uri;
  const target = elsewhere(services, uri, row.caller!);
  if (target) row.redirects = (row.redirects ?? 0) + 1;
  return target?.nextHop;
}

/** The call that a REFER asks for, on behalf of the same caller. It is the VU's: hung up with the iteration, if nobody did before. */
function follow(vu: VuContext, leg: CallerLeg, options: DialOptions, uri: string): Followed | undefined {
  const { caller, call } = leg.row;
  const target = elsewhere(vu.services, uri, caller!);
  if (!target || vu.signal.aborted) return undefined;
  const next = { ...options, caller: caller!, trunk: target.trunk.name, transferOf: call!, redialOf: undefined, try: undefined };
  const made = withVu(vu, () => dial(target.number, next));
  leg.successor = { made };
  return made.then(
    (second) =>
      second.answered().then(
        () => second.status ?? 200,
        () => second.status ?? 503,
      ),
    () => 503,
  );
}

function identity(options: DialOptions, number: string, domain: string): HeaderList {
  return options.assertedIdentity === undefined ? [] : [['P-Asserted-Identity', `<sip:${number}@${domain}>`]];
}

/** @throws CallsurgeError `verb-misused` below the least that RFC 4028 4 allows. */
function sessionTimer(asked: Duration | undefined): { expiresS: number } | undefined {
  if (asked === undefined) return undefined;
  const expiresS = Math.round(durationMs(asked, 'dial({ sessionTimer })') / 1000);
  if (expiresS >= LEAST_SESSION_S) return { expiresS };
  throw new CallsurgeError('verb-misused', `dial({ sessionTimer: ${JSON.stringify(asked)} }) is too short`, {
    todo: `ask for ${LEAST_SESSION_S}s or more (RFC 4028 4)`,
  });
}

async function openMedia(services: CallServices, options: DialOptions): Promise<{ value: CallMedia; error?: CallsurgeError }> {
  const off = CallMedia.off(services);
  if (options.media === 'none' || !services.pump) return { value: off };
  try {
    return { value: await CallMedia.open(services) };
  } catch (error) {
    return { value: off, error: error instanceof CallsurgeError ? error : new CallsurgeError('internal', String(error), { cause: error }) };
  }
}

function headersOf(services: CallServices, options: DialOptions): HeaderList {
  const headers = [...services.headers, ...(options.headers ?? [])];
  if (options.vip) headers.push(['X-VIP', '1']);
  if (options.priority !== undefined) headers.push(['X-Priority', String(options.priority)]);
  if (options.uui !== undefined) headers.push(['User-to-User', `${Buffer.from(options.uui).toString('hex')};encoding=hex`]);
  return headers;
}

/** @throws CallsurgeError `call-failed` where a fault of ours has taken down the trunk that was asked for, or all. */
function upTrunks({ trunks, trunksDown }: CallServices, wanted: string | undefined): readonly LiveTrunk[] {
  if (!trunksDown || trunksDown.size === 0) return trunks;
  const up = trunks.filter(({ name }) => !trunksDown.has(name));
  if (up.length > 0 && (wanted === undefined || !trunksDown.has(wanted))) return up;
  throw new CallsurgeError('call-failed', `our trunk ${wanted ?? ''} is down by a fault of this run: the call was not made`);
}

/** How a call goes over that trunk. */
const wayOver = ({ domain, nextHop, credentials, route }: LiveTrunk, called: string, caller: string): OutgoingWay => ({
  requestUri: `sip:${called}@${domain}`,
  toUri: `sip:${called}@${domain}`,
  fromUri: `sip:${caller}@${domain}`,
  nextHop,
  credentials,
  route,
});

/** What is tried where that trunk does not answer: the others of its priority, then those of the next. */
export function afterTrunk(trunks: readonly LiveTrunk[], trunk: LiveTrunk): LiveTrunk[] {
  return trunks
    .filter((other) => other !== trunk && other.priority >= trunk.priority)
    .sort((a, b) => a.priority - b.priority || b.weight - a.weight);
}

/**
 * The trunk of the k-th caller: the lowest priority, shared by weight. A Weyl sequence (multiples of the golden ratio, modulo 1) spreads any
 * stretch of callers evenly, and gives the k-th caller the same trunk in every run.
 */
export function chooseTrunk(trunks: readonly LiveTrunk[], name: string | undefined, k: number): LiveTrunk {
  if (name !== undefined) {
    const named = trunks.find((trunk) => trunk.name === name);
    if (named) return named;
    throw new CallsurgeError('verb-misused', `the vendor profile has no trunk "${name}"`, {
      todo: `use one of ${trunks.map((t) => t.name).join(', ')}`,
    });
  }
  if (trunks.length === 1) return trunks[0]!;
  const best = Math.min(...trunks.map((trunk) => trunk.priority));
  const pool = trunks.filter((trunk) => trunk.priority === best);
  const total = pool.reduce((sum, trunk) => sum + trunk.weight, 0);
  let left = ((k * 0.6180339887498949) % 1) * total;
  for (const trunk of pool) {
    left -= trunk.weight;
    if (left < 0) return trunk;
  }
  return pool[pool.length - 1]!;
}

const counters = new WeakMap<CallServices, number>();
function nextId(services: CallServices): string {
  const n = (counters.get(services) ?? 0) + 1;
  counters.set(services, n);
  return `${services.worker}-${n}`;
}

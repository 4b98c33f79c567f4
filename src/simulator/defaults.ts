/** The embedded vendor's defaults, and the check of what a user wrote. Pure: core, front and vendor profile checks share it. */
import { CallsurgeError } from '../errors.ts';
import type { DefectKind, DefectShares, DrawMs, SimulatorConfig } from './config.ts';

export type NumberKind = 'menu' | 'queue' | 'echo' | 'busy' | 'ring' | 'early-queue';

/** A configuration with nothing left open. `edgeChannels` null: whatever the sites add up to, also after scaling. */
export interface CompleteConfig {
  host: string;
  port: number;
  apiPort: number;
  rtpPorts: [from: number, to: number];
  sites: { name: string; channels: number; cps: number }[];
  refuse: 503 | 486;
  edgeChannels: number | null;
  edgeCps: number;
  failover: { inviteTimeoutMs: number; probeMs: number; probesDown: number; probesUp: number };
  overload: { above: number; slowMs: number; failShare: number };
  ringMs: number;
  answerMs: number;
  menu: Record<string, string> | null;
  numbers: Record<string, NumberKind>;
  menuTimeoutMs: number;
  queue: { maxLength: number; maxWaitMs: number; overflow: 'busy' | 'announce' | 'divert' };
  vipPrefix: string;
  ownAgents: OwnAgentGroup[];
  accounts: { username: string; password: string; first: number; count: number; skill: string }[];
  phones: { number: string; first: number; count: number; skill: string }[];
  webPhones: { username: string; password: string; first: number; count: number; skill: string }[];
  trunk: { host: string; port: number } | null;
  callBack: { digit: string | null; abandoned: boolean; afterMs: DrawMs; ringMs: number } | null;
  agentRingMs: number;
  refusedRestMs: number;
  wrapUpMs: number;
  signalAgent: 'INVITE' | 'UPDATE' | 'INFO' | 'none';
  trunkCredentials: { username: string; password: string } | null;
  scaleDelayMs: number;
  alarmUrl: string | null;
  alarmDelayMs: number;
  truthFile: string | null;
  offersFile: string | null;
  /** Null: none. */
  defects: DefectShares | null;
  seed: number;
}

export interface OwnAgentGroup {
  count: number;
  skill: string;
  answerMs: DrawMs;
  handlingMs: DrawMs | 'until-caller';
  wrapUpMs: DrawMs;
}

const DEFECTS: readonly DefectKind[] = ['fifo', 'priority', 'misrouted', 'duplicate', 'ghost', 'idle'];

/** A refused call may come again after this. */
export const RETRY_AFTER_S = 2;
/** How long "all lines are busy" is played before BYE. */
export const ANNOUNCEMENT_MS = 2000;
/** An account that refused an offer or let it ring is left alone for a while, so that one deaf phone cannot be rung in a loop. */
const REFUSED_REST_MS = 1000;

/** What an agent group that is added over the API looks like where the configuration has none of that skill. */
export const DEFAULT_AGENT = { answerMs: 1000, handlingMs: { exponential: 40_000 }, wrapUpMs: 2000 } as const;

/** Fills in every default. @throws CallsurgeError `option-invalid`, naming the field. */
export function completeConfig(config: SimulatorConfig): CompleteConfig {
  const host = config.host ?? '127.0.0.1';
  if (!config.allowRemote && !isLoopback(host))
    throw new CallsurgeError('option-invalid', `the embedded vendor listens on loopback only, not on ${host}`, {
      where: 'simulator.host',
      todo: 'use 127.0.0.1, or set allowRemote: true if others on the network may call it',
    });
  if (host === '0.0.0.0' || host === '::')
    throw new CallsurgeError('option-invalid', `${host} is no address that callers can be told`, {
      where: 'simulator.host',
      todo: 'name the one address that they reach',
    });
  if (!Array.isArray(config.sites) || config.sites.length === 0) throw invalid('sites', 'needs at least one site');
  const names = new Set<string>();
  for (const [i, site] of config.sites.entries()) {
    if (!/^[A-Za-z0-9][A-Za-z0-9-]*$/.test(site.name)) throw invalid(`sites[${i}].name`, 'must be letters, digits and dashes');
    if (names.has(site.name)) throw invalid(`sites[${i}].name`, `"${site.name}" is there twice`);
    names.add(site.name);
    whole(site.channels, `sites[${i}].channels`);
    if (site.cps !== undefined) positive(site.cps, `sites[${i}].cps`);
  }
  const port = whole(config.port ?? 5070, 'port', 65_535);
  const rtpPorts = config.rtpPorts ?? [20_000, 29_998];
  if (!(whole(rtpPorts[0], 'rtpPorts[0]', 65_534) < whole(rtpPorts[1], 'rtpPorts[1]', 65_535))) throw invalid('rtpPorts', 'must rise');
  const menu = config.menu === undefined ? { '1': 'support', '2': 'sales' } : config.menu;
  if (menu && Object.keys(menu).length === 0) throw invalid('menu', 'has no digit; use null for no menu');
  for (const digit of Object.keys(menu ?? {})) if (!/^[0-9*#A-D]$/.test(digit)) throw invalid(`menu.${digit}`, 'must be one DTMF digit');
  const ownAgents = (config.ownAgents ?? []).map((group, i) => {
    whole(group.count, `ownAgents[${i}].count`);
    return { ...group, wrapUpMs: group.wrapUpMs ?? config.wrapUpMs ?? 0 };
  });
  for (const [i, group] of (config.accounts ?? []).entries()) {
    whole(group.count, `accounts[${i}].count`);
    if (group.count > 1 && !group.username.includes('{n}')) throw invalid(`accounts[${i}].username`, 'needs {n} where there are several');
  }
  for (const [i, group] of (config.phones ?? []).entries()) {
    whole(group.count, `phones[${i}].count`);
    if (group.count > 1 && !group.number.includes('{n}')) throw invalid(`phones[${i}].number`, 'needs {n} where there are several');
  }
  for (const [i, group] of (config.webPhones ?? []).entries()) {
    whole(group.count, `webPhones[${i}].count`);
    if (group.count > 1 && !group.username.includes('{n}')) throw invalid(`webPhones[${i}].username`, 'needs {n} where there are several');
  }
  if ((config.phones?.length || config.callBack) && !config.trunk) throw invalid('trunk', 'is missing: where calls are made to');
  if (config.trunk && !config.allowRemote && !isLoopback(config.trunk.host)) throw invalid('trunk.host', 'must be on loopback');
  const failover = config.failover ?? {};
  const queue = config.queue ?? {};
  return {
    host,
    port,
    apiPort: whole(config.apiPort ?? (port === 0 ? 0 : port + 100), 'apiPort', 65_535),
    rtpPorts,
    sites: config.sites.map((site) => ({ name: site.name, channels: site.channels, cps: site.cps ?? Number.POSITIVE_INFINITY })),
    refuse: config.refuse ?? 503,
    edgeChannels: config.edgeChannels === undefined ? null : whole(config.edgeChannels, 'edgeChannels'),
    edgeCps: config.edgeCps === undefined ? Number.POSITIVE_INFINITY : positive(config.edgeCps, 'edgeCps'),
    failover: {
      inviteTimeoutMs: ms(failover.inviteTimeoutMs ?? 1000, 'failover.inviteTimeoutMs'),
      probeMs: ms(failover.probeMs ?? 1000, 'failover.probeMs'),
      probesDown: Math.max(1, whole(failover.probesDown ?? 2, 'failover.probesDown')),
      probesUp: Math.max(1, whole(failover.probesUp ?? 2, 'failover.probesUp')),
    },
    overload: {
      above: config.overload ? whole(config.overload.above, 'overload.above') : Number.POSITIVE_INFINITY,
      slowMs: ms(config.overload?.slowMs ?? 0, 'overload.slowMs'),
      failShare: share(config.overload?.failShare ?? 0, 'overload.failShare'),
    },
    ringMs: ms(config.ringMs ?? 50, 'ringMs'),
    answerMs: ms(config.answerMs ?? 300, 'answerMs'),
    menu,
    numbers: config.numbers ?? {},
    menuTimeoutMs: ms(config.menuTimeoutMs ?? 20_000, 'menuTimeoutMs'),
    queue: {
      maxLength: queue.maxLength ?? Number.POSITIVE_INFINITY,
      maxWaitMs: queue.maxWaitMs ?? Number.POSITIVE_INFINITY,
      overflow: queue.overflow ?? 'announce',
    },
    vipPrefix: config.vipPrefix ?? '900',
    ownAgents,
    accounts: config.accounts ?? [],
    phones: config.phones ?? [],
    webPhones: config.webPhones ?? [],
    trunk: config.trunk ?? null,
    callBack: callBackOf(config.callBack, menu),
    agentRingMs: ms(config.agentRingMs ?? 15_000, 'agentRingMs'),
    refusedRestMs: ms(config.refusedRestMs ?? REFUSED_REST_MS, 'refusedRestMs'),
    wrapUpMs: ms(config.wrapUpMs ?? 0, 'wrapUpMs'),
    signalAgent: config.signalAgent ?? 'none',
    trunkCredentials: config.trunkCredentials ?? null,
    scaleDelayMs: ms(config.scaleDelayMs ?? 0, 'scaleDelayMs'),
    alarmUrl: config.alarmUrl ?? null,
    alarmDelayMs: ms(config.alarmDelayMs ?? 0, 'alarmDelayMs'),
    truthFile: config.truthFile ?? null,
    offersFile: config.offersFile ?? null,
    defects: config.defects ? defectShares(config.defects) : null,
    seed: config.seed ?? 1,
  };
}

function callBackOf(callBack: SimulatorConfig['callBack'], menu: CompleteConfig['menu']): CompleteConfig['callBack'] {
  if (!callBack) return null;
  const digit = callBack.digit === undefined ? '9' : callBack.digit;
  if (digit !== null && !/^[0-9*#A-D]$/.test(digit)) throw invalid('callBack.digit', 'must be one DTMF digit');
  if (digit !== null && menu?.[digit] !== undefined) throw invalid('callBack.digit', `${digit} is in the menu`);
  return {
    digit,
    abandoned: callBack.abandoned ?? false,
    afterMs: callBack.afterMs ?? 2000,
    ringMs: ms(callBack.ringMs ?? 20_000, 'callBack.ringMs'),
  };
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);
}

const invalid = (field: string, what: string) =>
  new CallsurgeError('option-invalid', `simulator.${field} ${what}`, { where: `simulator.${field}` });

function whole(value: number, field: string, max = Number.MAX_SAFE_INTEGER): number {
  if (Number.isInteger(value) && value >= 0 && value <= max) return value;
  throw invalid(field, `must be a whole number${max === Number.MAX_SAFE_INTEGER ? '' : ` up to ${max}`}, not ${value}`);
}

function positive(value: number, field: string): number {
  if (Number.isFinite(value) && value > 0) return value;
  throw invalid(field, `must be above 0, not ${value}`);
}

function defectShares(shares: DefectShares): DefectShares {
  for (const [kind, share] of Object.entries(shares)) {
    if (!DEFECTS.includes(kind as DefectKind)) throw invalid(`defects.${kind}`, `is none of ${DEFECTS.join(', ')}`);
    if (!(share >= 0 && share <= 1)) throw invalid(`defects.${kind}`, `must be a share from 0 to 1, not ${share}`);
  }
  return shares;
}

function ms(value: number, field: string): number {
  if (Number.isFinite(value) && value >= 0) return value;
  throw invalid(field, `must be milliseconds from 0 up, not ${value}`);
}

function share(value: number, field: string): number {
  if (value >= 0 && value <= 1) return value;
  throw invalid(field, `must be a share from 0 to 1, not ${value}`);
}

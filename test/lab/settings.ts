/** What a lab is made of: addresses, accounts, capacities. Loopback, or a network namespace of our own. */
import { CallsurgeError } from '../../src/errors.ts';

export const KINDS = ['process', 'docker'] as const;
export type LabKind = (typeof KINDS)[number];

export interface LabOptions {
  kind: LabKind;
  /** Agent accounts per site, 1…99. The last fifth answers `sales`, the others `support`. Default 10. */
  agentsPerSite?: number;
  /** Calls a site holds before it refuses with 503. Default 100. */
  maxCalls?: number;
  /** Callers waiting per queue and site before "queue full". Default 60. */
  qmaxlen?: number;
  /** One agent is rung this long. Default 15 s. */
  ringS?: number;
  /** A call that sends no RTP for this long is hung up. Default 30 s. */
  rtpTimeoutS?: number;
  /** Concurrent calls of the edge, 0 for no limit. Default 0. */
  edgeMax?: number;
  /** New calls per second of the edge. Default 100. */
  edgeCps?: number;
}
export type LabSettings = Required<LabOptions>;

export interface SiteAddress {
  name: string;
  host: string;
  /** First agent account; its password is `secret` and the number. */
  firstAgent: number;
}

/** The first three parts of the addresses of a lab whose sites are on a Docker network of their own; else all is on loopback. */
const NET = process.env.CALLSURGE_LAB_NET;
const at = (loopback: string, last: number) => (NET === undefined ? loopback : `${NET}.${last}`);

/** A bridge that only a network namespace of our own may have (own-network.ts). The edge is on its gateway. */
export const NETWORK = NET === undefined ? undefined : { name: 'callsurge-lab', subnet: `${NET}.0/24`, gateway: `${NET}.1` };
export const EDGE = { name: 'edge', host: at('127.0.10.1', 1), port: 5060, tlsPort: 5061 } as const;
export const SITES: readonly SiteAddress[] = [
  { name: 'site-a', host: at('127.0.11.1', 11), firstAgent: 1001 },
  { name: 'site-b', host: at('127.0.12.1', 12), firstAgent: 1101 },
];
/** Comes up only when `addSite()` asks for it. */
export const SPARE: SiteAddress = { name: 'site-c', host: at('127.0.13.1', 13), firstAgent: 1201 };
export const AMI = { port: 5038, username: 'lab', secret: 'labsecret' } as const;
/** Each site has its own address, so both may use the same ports: 2500 legs each. */
export const RTP_PORTS = [10_000, 14_999] as const;

/** Settings from options, then `LAB_AGENTS`, `LAB_MAXCALLS`, `LAB_QMAXLEN`, `LAB_RING`, `LAB_RTP_TIMEOUT`, `LAB_EDGE_MAX`, `LAB_EDGE_CPS`, then the defaults. */
export function settingsOf(options: LabOptions, env: NodeJS.ProcessEnv = process.env): LabSettings {
  const pick = (field: string, option: number | undefined, variable: string, fallback: number, [low, high]: [number, number]) => {
    const value = option ?? (env[variable] ? Number(env[variable]) : fallback);
    if (Number.isInteger(value) && value >= low && value <= high) return value;
    throw new CallsurgeError('usage', `${field} ${value} is not a whole number from ${low} to ${high}`, {
      where: variable,
      todo: 'correct the option or the environment variable',
    });
  };
  return {
    kind: options.kind,
    agentsPerSite: pick('agentsPerSite', options.agentsPerSite, 'LAB_AGENTS', 10, [1, 99]),
    maxCalls: pick('maxCalls', options.maxCalls, 'LAB_MAXCALLS', 100, [0, 1000]),
    qmaxlen: pick('qmaxlen', options.qmaxlen, 'LAB_QMAXLEN', 60, [1, 1000]),
    ringS: pick('ringS', options.ringS, 'LAB_RING', 15, [1, 300]),
    rtpTimeoutS: pick('rtpTimeoutS', options.rtpTimeoutS, 'LAB_RTP_TIMEOUT', 30, [1, 3600]),
    edgeMax: pick('edgeMax', options.edgeMax, 'LAB_EDGE_MAX', 0, [0, 10_000]),
    edgeCps: pick('edgeCps', options.edgeCps, 'LAB_EDGE_CPS', 100, [1, 10_000]),
  };
}

/** Accounts of a site by skill. */
export function agentsOf(site: SiteAddress, count: number): { support: number[]; sales: number[] } {
  const all = Array.from({ length: count }, (_, index) => site.firstAgent + index);
  const support = count - Math.floor(count / 5);
  return { support: all.slice(0, support), sales: all.slice(support) };
}

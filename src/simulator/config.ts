/**
 * The embedded vendor's make-up. Everything has a default but the sites: `simulatorDefaults` in simulator/defaults.ts. Durations are ms here:
 * the simulator's core knows no other unit. A `DrawMs` is drawn anew per use from the simulator's own seed.
 */
export type DrawMs =
  | number
  | { exponential: number }
  | { lognormal: { mean: number; sigma: number } }
  | { uniform: [from: number, to: number] };

export interface SimulatedSite {
  name: string;
  /** Calls it can hold at a time; the next gets `refuse`. */
  channels: number;
  /** New calls per second. Default: no limit. */
  cps?: number;
}

export interface SimulatorConfig {
  /** Default 127.0.0.1. Anything outside loopback must be asked for: `allowRemote`. */
  host?: string;
  allowRemote?: boolean;
  /** SIP port of the edge; sites follow at port+1, port+2 …, then RTP and the API as given. 0: any free. Default 5070. */
  port?: number;
  /** HTTP API. Default port+100. */
  apiPort?: number;
  rtpPorts?: [from: number, to: number];
  sites: SimulatedSite[];
  /** Status of a refused call: 503 with Retry-After, or 486. Default 503. */
  refuse?: 503 | 486;
  /** Total of the edge. Default: the sum of the sites. */
  edgeChannels?: number;
  edgeCps?: number;
  /** How the edge finds a dead site: no answer to an INVITE within this → next site; OPTIONS probes at this interval. */
  failover?: { inviteTimeoutMs?: number; probeMs?: number; probesDown?: number; probesUp?: number };
  /** From INVITE to 180, and to 200. */
  ringMs?: number;
  answerMs?: number;
  /** Digit → skill. Null: straight to the queue with the first skill. Default { '1': 'support', '2': 'sales' }. */
  menu?: Record<string, string> | null;
  /** Numbers that behave otherwise: echo (answers, never queues), busy, ring (never answers), early (queue in early media). */
  numbers?: Record<string, 'menu' | 'queue' | 'echo' | 'busy' | 'ring' | 'early-queue'>;
  menuTimeoutMs?: number;
  queue?: {
    maxLength?: number;
    /** Longest wait before the vendor gives up. */
    maxWaitMs?: number;
    /** Beyond `maxLength`: 486 before answer (where known), or announcement and BYE. */
    overflow?: 'busy' | 'announce' | 'divert';
  };
  /** Caller numbers with this prefix, or `X-VIP: 1`, get priority 10. Default '900'. */
  vipPrefix?: string;
  /** Agents of its own, at no SIP cost. */
  ownAgents?: { count: number; skill: string; answerMs: DrawMs; handlingMs: DrawMs | 'until-caller'; wrapUpMs?: DrawMs }[];
  /** Accounts that may register: `{n}` in username and password is the number. Each has a skill. */
  accounts?: { username: string; password: string; first: number; count: number; skill: string }[];
  /** Ring one agent this long before the next. Default 15000. */
  agentRingMs?: number;
  /** After an answered call the router leaves an agent alone for this long. */
  wrapUpMs?: number;
  /** Tells callers of the agent by re-INVITE, UPDATE or INFO (header X-Agent). Default none. */
  signalAgent?: 'INVITE' | 'UPDATE' | 'INFO' | 'none';
  /** Digest for callers. Absent: trusted by address. */
  trunkCredentials?: { username: string; password: string };
  /** Default delay of a scale request, unless it names its own. */
  scaleDelayMs?: number;
  /** POSTed to when a site goes down or comes back: { kind, site, at }. */
  alarmUrl?: string;
  alarmDelayMs?: number;
  /** Ground truth CSV. */
  truthFile?: string;
  seed?: number;
}

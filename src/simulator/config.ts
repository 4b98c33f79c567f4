/**
 * The embedded vendor's make-up. Everything has a default but the sites; `completeConfig` in simulator/defaults.ts fills them in and refuses
 * what cannot be, by field. Durations are ms here: the simulator's core knows no other unit. A `DrawMs` is drawn anew per use from the
 * simulator's own seed; means are means of what is drawn.
 */
export type DrawMs =
  | number
  | { exponential: number }
  | { lognormal: { mean: number; sigma: number } }
  | { uniform: [from: number, to: number] };

/** Mistakes made on purpose (core/defects.ts): the share, 0…1, of callers whom each befalls where it can. Of VIPs for `priority`. */
export type DefectKind = 'fifo' | 'priority' | 'misrouted' | 'duplicate' | 'ghost' | 'idle';
export type DefectShares = Partial<Record<DefectKind, number>>;

export interface SimulatedSite {
  /** Letters, digits and dashes; unique. */
  name: string;
  /** Calls it can hold at a time, ringing ones too. With all sites full the next gets `refuse`. */
  channels: number;
  /** New calls per second, in any second. Default: no limit. */
  cps?: number;
}

export interface SimulatorConfig {
  /** One address, not 0.0.0.0: it is what Contact and SDP say. Default 127.0.0.1. Outside loopback must be asked for: `allowRemote`. */
  host?: string;
  allowRemote?: boolean;
  /** SIP port (UDP) of the edge; the sites take port+1, port+2 … 0: any free one for each. Default 5070. */
  port?: number;
  /** HTTP API. Default port+100; any free one where `port` is 0. */
  apiPort?: number;
  /** Shared out evenly among the sites, in pairs: a caller with audio takes one, a registered agent another. Default 20000–29998. */
  rtpPorts?: [from: number, to: number];
  sites: SimulatedSite[];
  /** Status of a call that is too much: 503 with `Retry-After: 2`, or 486. Default 503. Where no site is believed up it is always 503. */
  refuse?: 503 | 486;
  /** Total of the edge. Default: the sum of the sites, also after scaling. */
  edgeChannels?: number;
  /** New calls per second at the edge, in any second. Default: no limit. */
  edgeCps?: number;
  /**
   * How the edge finds a dead site: an INVITE that no site has taken within `inviteTimeoutMs` (default 1000) goes to the next site, and the
   * silent one is marked down; OPTIONS every `probeMs` (default 1000; 0: none) mark it down after `probesDown` (2) unanswered in a row, and up
   * after `probesUp` (2) answered in a row. A probe is unanswered after 0.9 × `probeMs`, at most 2 s.
   */
  failover?: { inviteTimeoutMs?: number; probeMs?: number; probesDown?: number; probesUp?: number };
  /**
   * A vendor that gives way instead of refusing: each call that a site holds beyond `above` (with it) makes a new one ring, and with that
   * be answered, `slowMs` later, and makes it fail with 500 by a chance larger by `failShare`. Default: none.
   */
  overload?: { above: number; slowMs?: number; failShare?: number };
  /** From INVITE (at the site) to 180. Default 50. */
  ringMs?: number;
  /** From INVITE (at the site) to 200. Default 300. */
  answerMs?: number;
  /**
   * Digit → skill; other digits are ignored. Null: straight to the queue with the first skill, which is that of the first of: the menu's first
   * digit, `ownAgents`, `accounts`, `support`. Default { '1': 'support', '2': 'sales' }. Digits are heard by RFC 4733 and by SIP INFO.
   */
  menu?: Record<string, string> | null;
  /**
   * Numbers that behave otherwise than `menu` (or `queue`, where menu is null): queue (answered, queue of the first skill), echo (answers and
   * sends back what it hears, never queues), busy (486), ring (180 and no more), early-queue (183, hold tone in early media, 200 only when an
   * agent answers).
   */
  numbers?: Record<string, 'menu' | 'queue' | 'echo' | 'busy' | 'ring' | 'early-queue'>;
  /** Nobody presses a digit: BYE. Default 20000. */
  menuTimeoutMs?: number;
  queue?: {
    /** Callers of one skill that wait without an agent ringing for them. Default: no limit. */
    maxLength?: number;
    /** Longest wait before the vendor gives up: BYE, or 480 in early media. Default: none. */
    maxWaitMs?: number;
    /**
     * Beyond `maxLength`: busy = 486 where the call is not answered yet; announce (default) = answer, 350 Hz for 2 s, BYE; divert = 302. Callers
     * that have been answered already (menu) get the announcement and BYE in any case.
     */
    overflow?: 'busy' | 'announce' | 'divert';
  };
  /** Caller numbers with this prefix, or `X-VIP: 1`, get priority 10 (others 0). Default '900'; '': the header alone. */
  vipPrefix?: string;
  /** Agents of its own, at no SIP cost; the caller hears noise. `until-caller`: the agent never hangs up. `wrapUpMs`: default that below. */
  ownAgents?: { count: number; skill: string; answerMs: DrawMs; handlingMs: DrawMs | 'until-caller'; wrapUpMs?: DrawMs }[];
  /**
   * Accounts that may register at the edge (digest, any domain): `{n}` in username and password is the number. Each has a skill. Offers carry
   * the caller's number in From and P-Asserted-Identity, the caller's Call-ID in X-Call, the skill in X-Skill.
   */
  accounts?: { username: string; password: string; first: number; count: number; skill: string }[];
  /**
   * Agents who work by telephone: numbers that it calls over `trunk`, `{n}` is the number. They are at work from the start, each with a skill; offers
   * look like those of accounts.
   */
  phones?: { number: string; first: number; count: number; skill: string }[];
  /** Agents who work on its web page, `http://host:apiPort/phone`: `{n}` in name and password is the number. */
  webPhones?: { username: string; password: string; first: number; count: number; skill: string }[];
  /** Where it makes calls to: the customer's side of the trunk. Needed for `phones` and `callBack`. */
  trunk?: { host: string; port: number };
  /**
   * Calls customers back, at their caller number over `trunk`: those who press `digit` in the menu or the queue (default '9', null: none), who then hear
   * that it is noted and are hung up on, and with `abandoned` those who gave up in the queue, too (default false). `afterMs` (default 2000) after
   * their call has ended; whoever answers within `ringMs` (default 20000) is put through before all others of that skill. It tries once.
   */
  callBack?: { digit?: string | null; abandoned?: boolean; afterMs?: DrawMs; ringMs?: number };
  /** Ring one agent this long before the next. Default 15000. */
  agentRingMs?: number;
  /** Who refuses an offer or lets it ring is left alone for this long. Default 1000. */
  refusedRestMs?: number;
  /** After an answered call the router leaves an agent alone for this long. Default 0. */
  wrapUpMs?: number;
  /** Tells callers of the agent by re-INVITE, UPDATE or INFO (header X-Agent). Default none. */
  signalAgent?: 'INVITE' | 'UPDATE' | 'INFO' | 'none';
  /** Digest (407) for callers. Absent: trusted by address. */
  trunkCredentials?: { username: string; password: string };
  /** Default delay of a scale or seat request, unless it names its own. Default 0. */
  scaleDelayMs?: number;
  /** POSTed to when the edge sees a site go down or come back: { kind: 'site-down' | 'site-up', site, at }. */
  alarmUrl?: string;
  /** From the edge's finding to the POST. Default 0. */
  alarmDelayMs?: number;
  /** Ground truth CSV: made anew, a row for each call that has ended, at most half a second behind. */
  truthFile?: string;
  /** The same of offers to registered agents: a row for each that is over. */
  offersFile?: string;
  /** Default none. Each one made is an event of kind `defect`. */
  defects?: DefectShares;
  /** Default 1. */
  seed?: number;
}

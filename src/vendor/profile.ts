/**
 * Who is under test, as a buyer writes it down: `export default defineVendor({ … })`. Plain data (secrets as `env('NAME')`), so that it can be
 * checked field by field, printed, sent to workers and stored in run.json without a secret.
 */
import type { Duration } from '../duration.ts';
import type { SimulatorConfig } from '../simulator/config.ts';

/** A secret by the name of its environment variable. Never the value. */
export interface Secret {
  readonly env: string;
}

/** The only way to put a secret into a profile. */
export function env(name: string): Secret {
  return { env: name };
}

export interface Trunk {
  name: string;
  host: string;
  /** Default: what NAPTR and SRV records of a host name say (RFC 3263), else 5060; tls 5061, ws 80, wss 443. */
  port?: number;
  /** Default udp. */
  transport?: 'udp' | 'tcp' | 'tls' | 'ws' | 'wss';
  /** tls, wss: the name that the vendor's certificate must bear, and SNI. Default: host. */
  tlsName?: string;
  /** ws, wss: path of the WebSocket. Default `/`. One for all trunks. */
  path?: string;
  /** Outbound proxy: everything for this trunk goes there, with a Route that names it. host then stands in the Request-URI alone. */
  proxy?: { host: string; port?: number };
  /** Sends CRLF CRLF so often, that a NAT on the way keeps its mapping. Default: never over UDP; 30s on a quiet connection. */
  keepAlive?: Duration;
  /** Domain of our From and of the Request-URI. Default: host. */
  domain?: string;
  credentials?: { username: string; password: Secret };
  /** Share of new calls among trunks of one priority. Default 1. */
  weight?: number;
  /** Lower is tried first (several carriers, main and standby). Default 0. */
  priority?: number;
}

/** A number drawn per use: a fixed duration, or a distribution. Plain data. */
export type DrawSpec =
  | Duration
  | { exponential: Duration }
  | { lognormal: { mean: Duration; sigma: number } }
  | { uniform: [from: Duration, to: Duration] }
  | { weibull: { scale: Duration; shape: number } };

export interface AgentGroup {
  /**
   * `sip`: UAs of ours that register. `phone`: numbers bound at the vendor, who calls them over our trunk; answered here. `browser`, `human`: not ours.
   */
  kind: 'sip' | 'phone' | 'browser' | 'human';
  /** Group name, used in agent names. */
  name: string;
  /** How many. For `sip`: accounts are `username` with `{n}` replaced by first … first+count−1. */
  count: number;
  skills?: string[];
  /**
   * `{n}` is the agent's number: in the username, in the value of a common password (the variable holds `secret{n}`), and in the name of a
   * `perAccount` variable (`AGENT_{n}`).
   */
  accounts?: { username: string; first?: number; password: Secret | { perAccount: Secret } };
  /** `phone`: the numbers that the vendor calls, `{n}` as above. They ring at the SIP port of the first worker: set `local.sipPort`. */
  numbers?: { number: string; first?: number };
  /** `browser`: a Playwright script that works the vendor's web phone, one page an agent; relative to this file. Default: not ours. */
  script?: string;
  /** Where `sip` agents register. Default: the first trunk's host, port and transport. */
  registrar?: { host: string; port?: number; transport?: 'udp' | 'tcp' | 'tls'; domain?: string };
  /** Registration lifetime asked for. Default 600s. */
  expires?: Duration;
  /** From offer to 200. Default 2s. */
  answerDelay?: DrawSpec;
  /** From 200 to the agent's own BYE if the caller stays. Default: the caller hangs up first ("never"). */
  handling?: DrawSpec | 'until-caller';
  /** After a call, before ready (486 to offers). Default 0. */
  wrapUp?: DrawSpec;
  /** Share of offers left ringing, and share rejected with 486. Default 0. */
  noAnswer?: number;
  reject?: number;
  /** Breaks: not ready every so often, for so long; offers get 480. Default: none. */
  notReady?: { every: DrawSpec; for: DrawSpec };
  /** When they log in and out, from the load's start. Default: the whole run. */
  shifts?: { from: Duration; to?: Duration; count?: number }[];
}

/**
 * What the script of a `browser` agent is called with: `export default async ({ page, agent }: BrowserAgent<Page>) => { … }`, with Page from
 * playwright-core. It logs in, calls `agent.ready()`, and takes calls until `agent.signal` aborts or its page is closed.
 */
export interface BrowserAgent<Page = unknown> {
  page: Page;
  agent: {
    /** As in the record: group and number. */
    name: string;
    number: number;
    skills: readonly string[];
    /** Of `accounts`, if the group has them. */
    account: { username: string; password: string } | undefined;
    /** Aborts at the end of the run. */
    signal: AbortSignal;
    /** Logged in and ready for calls: the load waits for it. */
    ready(): void;
    /** Into events.csv: offered, answered, ended, or whatever the page shows. */
    note(action: string, detail?: object): void;
  };
}

/** How the vendor counts "concurrent" in a claim; all are reported. */
export type Counting = 'occupied' | 'answered' | 'queued' | 'talking' | 'legs';

interface ClaimTerms {
  /** A veto claim that is not a pass eliminates the vendor in a comparison. */
  veto?: boolean;
  /** Weight in a comparison. Default 1. */
  weight?: number;
  /** The vendor's own words. */
  words?: string;
}

export interface Claims {
  concurrentCalls?: ClaimTerms & { atLeast: number; counting: Counting };
  callsPerSecond?: ClaimTerms & { atLeast: number };
  /** Share of callers answered by an agent within the threshold, primary formula. */
  serviceLevel?: ClaimTerms & { atLeast: number; within: Duration };
  /** Agent connect rate. */
  connectRate?: ClaimTerms & { atLeast: number };
  abandonment?: ClaimTerms & { atMost: number };
  averageSpeedOfAnswer?: ClaimTerms & { atMost: Duration };
  setupDelay?: ClaimTerms & { percentile: number; atMost: Duration };
  failover?: ClaimTerms & { within: Duration };
  callsSurvive?: ClaimTerms & { atLeast: number };
  scaleUp?: ClaimTerms & { within: Duration };
  alarm?: ClaimTerms & { within: Duration };
  repair?: ClaimTerms & { within: Duration };
  availability?: ClaimTerms & { monthly: number };
  mos?: ClaimTerms & { atLeast: number };
  oneWayDelay?: ClaimTerms & { atMost: Duration };
}
export type ClaimName = keyof Claims;

/** What the vendor has permitted, in writing. Enforced before and during a run; anything outside is refused. */
export interface Contract {
  /** Hosts, addresses or CIDR blocks that may receive traffic. */
  targets: string[];
  /** Patterns of numbers that may be dialled: digits with `x` for any digit, `*` at the end for any rest: `400xxxxxxx`. */
  called: string[];
  /** Patterns of caller numbers that may be presented. */
  callers: string[];
  /** Patterns of the numbers that VIP callers present. Default: those of `callers`. */
  vipCallers?: string[];
  /** Windows in which load is allowed, local time of `timezone`. Default: always. */
  hours?: { days?: ('mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun')[]; from: string; to: string }[];
  timezone?: string;
  maxCallsPerSecond: number;
  maxChannels: number;
  /** Who at the vendor must be told, and answers when it goes wrong. */
  contact: { name: string; phone?: string; email?: string };
  /** Reference of the letter or mail that permits it. */
  permission?: string;
  validUntil?: string;
}

export type Hook =
  | {
      http: string;
      method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
      headers?: Record<string, string | Secret>;
      body?: unknown;
      timeout?: Duration;
      expect?: number;
    }
  | { command: string[]; timeout?: Duration };

export interface VendorProfile {
  /** Letters, digits and dashes: part of the run folder's name. */
  name: string;
  title?: string;
  /** direct: our trunks end at the vendor. carrier: a 400 number dialled through the buyer's own carrier trunk. */
  access?: { kind: 'direct' } | { kind: 'carrier'; control?: { called: string; trunk?: string } };
  trunks: Trunk[];
  /** Numbers of the service as scenarios dial them: by name, `dial('main')`, or by the number that a scenario for several vendors dials. */
  numbers?: Record<string, string>;
  agents?: AgentGroup[];
  claims?: Claims;
  contract: Contract;
  trial?: { type: 'shared' | 'dedicated' | 'pre-warmed' | 'production'; seats?: number; notes?: string };
  /** Our side. */
  local?: {
    /** Addresses to send from; workers take them in turn. Default 127.0.0.1 for a loopback vendor, else 0.0.0.0. */
    addresses?: string[];
    /** First SIP port; worker k takes the k-th. Default 0: any. */
    sipPort?: number;
    rtpPorts?: [from: number, to: number];
    /** Address in Via, Contact and SDP behind NAT. */
    external?: string;
    /** Name servers, as `10.0.0.53` or `10.0.0.53:5353`. Default: the system's. */
    nameServers?: string[];
    /** Our side of TLS. Files of PEM, or env('NAME') of a variable that holds the PEM or the file's name. */
    tls?: {
      /** Authority that signed the vendor's certificate. Default: those the world trusts. */
      ca?: string | Secret;
      /** Our certificate and key, where the vendor wants one. */
      cert?: string | Secret;
      key?: string | Secret;
      /** Default TLSv1.2. */
      minVersion?: 'TLSv1.2' | 'TLSv1.3';
    };
    /** Where the vendor's monitoring posts its alarms during a run. Without it only this machine can: 127.0.0.1, any port, a new token each time. */
    alarms?: {
      port: number;
      /** Default 127.0.0.1, for a tunnel or a reverse proxy of yours that speaks HTTPS. */
      address?: string;
      /** Part of the URL, 8 or more letters, digits and dashes. Default: a new one for each run. */
      token?: Secret;
    };
  };
  limits?: {
    /**
     * A trunk that answers 503, cannot be reached, or has not said even 100 within this: the call goes over the next trunk (of the same priority, then
     * the next). Default: a call keeps its trunk.
     */
    failover?: Duration;
    /** No provisional within this: outcome timeout. Default: Timer B, 32s. */
    provisional?: Duration;
    /** RTP from the vendor stopped for longer than this while talking: dropped. Default 10s. */
    mediaSilence?: Duration;
    /** Later than this against the schedule: outcome harness. Default 500ms. */
    scheduleLag?: Duration;
  };
  /** How an agent on the line is seen where we own none (metrics.md): the vendor's in-dialog request at agent answer. */
  signalling?: { method: 'INVITE' | 'UPDATE' | 'INFO'; header?: string };
  /**
   * Announcements by the tone that each begins with or consists of, a name each: callers can balk at them, and the record says what was heard.
   * `allBusy`: a call that hears it and reaches nobody is blocked; default for the name queue-full.
   */
  announcements?: Record<string, { hz: number; allBusy?: boolean }>;
  hooks?: {
    scale?: Record<string, Hook>;
    faults?: Record<string, { start: Hook; end?: Hook }>;
  };
  /** The embedded vendor: `run` starts it for the time of the run. */
  embedded?: SimulatorConfig;
}

/** Typed identity; checked when loaded (vendor/load.ts). */
export function defineVendor(profile: VendorProfile): VendorProfile {
  return profile;
}

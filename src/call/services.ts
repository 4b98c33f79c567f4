/** What calls and agents of one worker stand on. Made once per worker by the engine. */
import type { Clock } from '../clock.ts';
import type { CallsurgeError } from '../errors.ts';
import type { MediaPump } from '../media/stream.ts';
import type { AgentRow, CallRow, RowSink } from '../record/schema.ts';
import type { Credentials, HeaderList, NextHop, SipStack } from '../sip/stack.ts';
import type { CallBackExchange } from './call-back-line.ts';
import type { Correlator } from './correlator.ts';
import type { CallState } from './states.ts';

/** A trunk as used: names resolved, secrets read. */
export interface LiveTrunk {
  name: string;
  nextHop: NextHop;
  /** Preloaded Route, where an outbound proxy stands before the trunk. */
  route?: readonly string[];
  keepAliveMs?: number;
  /** As it stands in a URI: an IPv6 address in brackets. */
  domain: string;
  credentials: Credentials | undefined;
  weight: number;
  priority: number;
}

/** An announcement of the vendor, recognised by its tone. */
export interface Announcement {
  name: string;
  hz: number;
  /** "All lines are busy": a call that hears it and reaches nobody is blocked. */
  allBusy: boolean;
}

/** The contract's gate, asked before each call; the caps are the run's, not the worker's. */
export interface Gate {
  /** @returns undefined where the call may go, else why not. A refused call is not sent: outcome `harness`, event, and the run says so. */
  check(called: string, caller: string): CallsurgeError | undefined;
  /** A call is open from a true answer until `release`. */
  enter(): CallsurgeError | undefined;
  release(): void;
}

/** Decides which calls' signalling is kept. */
export interface TraceOffice {
  caller(row: CallRow): void;
  /** @param leg our name of the agent's leg. */
  agent(leg: string, row: AgentRow): void;
}

export interface CallServices {
  clock: Clock;
  worker: number;
  stack: SipStack;
  /** Undefined: signalling only. */
  pump: MediaPump | undefined;
  /** Address in our SDP. */
  mediaHost: string;
  correlator: Correlator;
  /** Callers of other workers who wait to be called back. Absent: there is no other worker. */
  callBacks?: CallBackExchange;
  sink: RowSink;
  gate: Gate;
  trunks: LiveTrunk[];
  /** Names of trunks that a fault of ours has taken down: no new calls over them. */
  trunksDown?: Set<string>;
  /** Whether a fault of ours had taken our address away at any time in it, Clock ms. */
  addressGone?(fromMs: number, toMs: number): boolean;
  /** The run's caller numbers: the k-th caller of the run presents the k-th number of the contract's patterns. */
  callerNumber(iteration: number, vip: boolean): string;
  /** Tones that mean something here: the profile's announcements. */
  announcements?: Announcement[];
  /** What the vendor's numbers are called in scenarios: by name, or by the number that all vendors' scenarios dial. */
  numbers: Record<string, string>;
  headers: HeaderList;
  limits: { provisionalMs: number | undefined; failoverMs?: number; mediaSilenceMs: number; scheduleLagMs: number };
  /** Agents of ours are expected on the line (profile has `sip` or `phone` agents). */
  ownAgents: boolean;
  signalling: { method: 'INVITE' | 'UPDATE' | 'INFO'; header: string | undefined } | undefined;
  /** Keeps the signalling of some calls; told of each when its row is written. */
  trace?: TraceOffice;
  /** Live census: each change of a call's state; `from` is null for a new call. */
  state?(from: CallState | null, to: CallState): void;
  /** Calls go through the buyer's own carrier: its faults and the vendor's cannot be told apart. */
  viaCarrier: boolean;
}

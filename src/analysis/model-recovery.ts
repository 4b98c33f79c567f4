/** What a run says of faults, scaling and the signalling between: the part of its analysis (model.ts) that tells of recovery. Times and durations as there. */
import type { Ratio, Spread } from './model.ts';

export interface Outage {
  /** Sending of the first affected attempt, and of the first unaffected one after which it held. End null: not over when the run ended. */
  startMs: number;
  endMs: number | null;
  /** ± of each end: the gap between attempts there. */
  resolutionMs: number;
  affected: number;
  failed: number;
}

export interface FaultFigures {
  name: string;
  target: string;
  /** Injector's action took effect; null where it failed: then the claim is not measured. */
  startMs: number | null;
  endMs: number | null;
  failed: string | null;
  firstTry: { outages: Outage[]; rtoMs: number | null; resolutionMs: number | null };
  /** Only attempts that failed for good. */
  eventual: { outages: Outage[]; rtoMs: number | null; resolutionMs: number | null };
  recovery90Ms: number | null;
  recovery99Ms: number | null;
  fullRecoveryMs: number | null;
  inProgress: { at: number; survived: number; dropped: number; frozen: number; ended: number };
  /** Longest time without RTP of each call that survived. */
  survivorGapMs?: Spread;
  detectionMs: number | null;
  availabilityEquivalent: number | null;
  /** ± of t0 where a person said when it was. */
  plusMinusMs?: number;
  /** A fault of our own side, and which; such a one keeps and breaks no promise of the vendor's. `failed`: calls that we could not make or end in its time. */
  own?: { kind: string; failed: number };
  /** Longest outage by first try that was promised for this fault. */
  expectedMs?: number | null;
  /** What people said, from t0. */
  people?: Partial<Record<'alarm' | 'ticket' | 'engineer' | 'workaround' | 'fixed', MarkedTime>>;
  /** Where answered calls went, sent before t0, while it lasted, and after. */
  routes?: { by: 'trunk' | 'site'; name: string; before: number; during: number; after: number }[];
  /** What came when the fault was taken back. Null: it was not. */
  failback?: { outages: number; longestMs: number | null; affected: number; failed: number; lost: number } | null;
  /** Agents of ours whose registration was lost in its time; those back; most REGISTERs that succeeded in one second; until the last was back. */
  registrations?: { lost: number; back: number; stormPerSecond: number; backMs: number | null };
  /** Of callers who waited at t0 and later got an agent: those whom nobody of their kind overtook who came after t0. */
  queueKept?: Ratio;
  /** Voice worse than before without a failed call: MOS of calls by the time of their answer. Null: not measured. */
  voice?: { limit: number; outages: Outage[]; backMs: number | null; resolutionMs: number | null } | null;
}

/** A time that people told. Several who disagree: the middle, and a ± that covers all. */
export interface MarkedTime {
  ms: number;
  plusMinusMs: number;
  by: ('buyer' | 'vendor')[];
  notes: string[];
}

/** The same fault several times. */
export interface RepeatedFault {
  name: string;
  times: number;
  /** Of those in which it was measured, ms. */
  firstTry: Spread;
  eventual: Spread;
  survived: Spread;
}

export interface ScaleFigures {
  name: string;
  triggerMs: number | null;
  failed: string | null;
  oldPlateau: number | null;
  target: number;
  firstExtraMs: number | null;
  scaleUpMs: number | null;
  resolutionMs: number | null;
  blockedWhile: number;
  droppedWhile: number;
  reached: number | null;
  /** Last call refused for capacity, ms from t0. */
  lastRefusalMs?: number | null;
  /** out: more was asked for; in: less. */
  direction?: 'out' | 'in';
  /** From t0 until the vendor itself reported it. */
  readyMs?: number | null;
  /** Mean wait of callers who joined the queue in the minute before t0, and between t0 and the end of scaling. */
  waitBeforeMs?: number | null;
  waitWhileMs?: number | null;
  /** From t0 until a call was offered to, or reached, an agent never seen before; and how many such agents there were. */
  newSeatMs?: number | null;
  newSeats?: number;
}

/** What the signalling did beside setting up and ending calls (signalling.ts). */
export interface SignallingFigures {
  /** Calls that followed a 3xx, and how many they followed. */
  redirected: number;
  redirects: number;
  /** Answered calls with a session timer (RFC 4028), and those that it ended. */
  sessionTimers: number;
  expired: number;
  /** Calls whose vendor sent REFER, and those whose REFER we refused. */
  refers: number;
  refersRefused: number;
  /** Calls that we asked the vendor to transfer, and those of which nothing came. */
  transfers: number;
  transfersFailed: number;
  connectionsLost: number;
  /** Requests that waited for an answer on them. */
  waiting: number;
  /** Losses after which a call of the same worker was answered, and the longest time until then. */
  reconnected: number;
  reconnectMs: number | null;
}

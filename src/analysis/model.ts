/**
 * What the analysis of a run says: the one input of every report. Plain data, so that it can be compared, merged and printed. `null` means not
 * measured, never zero. Times are Clock ms; durations are ms unless the name says otherwise.
 */

import type { CheckFigures, SampledMetric } from '../metrics/sample-metrics.ts';
import type { Blame, CorrelationMethod, EventRow, Outcome, RunMeta, TableName, TraceRow } from '../record/schema.ts';
import type { ClaimName, Counting } from '../vendor/profile.ts';
import type { CallBackFigures, ModelFigures, RoutingFigures } from './model-queue.ts';
import type { ReconciliationFigures } from './reconcile.ts';

/** A share with its 95 % Wilson interval (E. B. Wilson 1927). */
export interface Ratio {
  part: number;
  whole: number;
  value: number | null;
  low: number | null;
  high: number | null;
}

/** Percentiles interpolate linearly at p(n−1). */
export interface Spread {
  n: number;
  mean: number | null;
  min: number | null;
  p50: number | null;
  p90: number | null;
  p95: number | null;
  p99: number | null;
  max: number | null;
}

/** Equal steps from `startMs`; value i covers [startMs + i·stepMs, +stepMs). At most 1500 steps. */
export interface Series {
  startMs: number;
  stepMs: number;
  values: (number | null)[];
}

export interface OutcomeFigures {
  attempts: number;
  counts: Record<Outcome, number>;
  /** Outcome × SIP status × Q.850, for the table of failures. */
  byStatus: { outcome: Outcome; status: number | null; q850: number | null; reason: string | null; count: number }[];
  byBlame: Record<Blame, number>;
  /** The commonest reasons, most first, with what control calls and our own relay prove beyond a call's own evidence (blame.ts). */
  reasons?: { blame: Blame; why: string; count: number }[];
}

/** One kind of end with calls whose signalling was kept (trace.csv). */
export interface EvidenceKind {
  outcome: Outcome;
  status: number | null;
  q850: number | null;
  reason: string | null;
  /** Names of the first of them. */
  calls: string[];
  /** The messages of the first: start line and CSeq alone. */
  example: TraceRow[];
}

export interface EvidenceFigures {
  kinds: EvidenceKind[];
}

/** RFC 6076 and E.425, over attempts that are neither `cut` nor `harness`. */
export interface SessionFigures {
  srd: Spread;
  /** Failed attempts apart (RFC 6076 4.3 MUST NOT mix). */
  srdFailed: Spread;
  pdd: Spread;
  sdd: Spread;
  sdt: Spread;
  /** Agent on the line to BYE. */
  talk?: Spread;
  /** E.425 ACD: seconds talked (with the agent; of calls that ask for none, 200 to BYE) over answered calls, in ms. */
  acdMs?: number | null;
  ser: Ratio;
  seer: Ratio;
  isa: Ratio;
  scr: Ratio;
  asr: Ratio;
  ner: Ratio;
  firstTry: Ratio;
  eventual: Ratio;
  /** From the intended start, so that a late generator cannot hide. */
  srdFromIntended: Spread;
}

export interface ConcurrencyFigures {
  /** Exact, event-sourced. */
  peaks: Record<Counting, { value: number; atMs: number | null }>;
  /** All five at the moment of each peak. */
  atPeaks?: Record<Counting, Record<Counting, number>>;
  /** Largest value inside each step. */
  series: Record<Counting, Series>;
  arrivals: { planned: Series | null; intended: Series; achieved: Series; perSecondPeak: number };
}

export interface QueueFigures {
  /** False where no method of correlation worked: then the rest is null. */
  measured: boolean;
  methods: Partial<Record<CorrelationMethod, number>>;
  thresholdMs: number;
  shortMs: number;
  answered: number;
  abandoned: number;
  abandonedShort: number;
  blocked: number;
  diverted: number;
  /** An≤T/(An+Ab), then the four others in the order of docs/metrics.md. */
  serviceLevel: [Ratio, Ratio, Ratio, Ratio, Ratio];
  asaMs: number | null;
  waitAnswered: Spread;
  waitAbandoned: Spread;
  abandonment: Ratio;
  connectRate: Ratio;
  longestWaitMs: number | null;
  /** Kaplan–Meier: P(wait > t) of the virtual wait, abandonment censoring. */
  survival: { ms: number; share: number }[];
  longest: Series;
  length: Series;
}

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

export interface QualityFigures {
  calls: number;
  lossPercent: Spread;
  jitterMs: Spread;
  gapMs: Spread;
  mos: Spread;
  /** Calls in which one side never heard the other. */
  oneWay: number;
  model: string;
}

export interface HealthFigures {
  seconds: number;
  unhealthySeconds: number;
  lag: Spread;
  loop: Spread;
  rtpLate: Spread;
  socketDrops: number;
  dropped: number;
  harnessShare: Ratio;
  /** Of these, by a planned fault of our own side: no weakness of the instrument. */
  plannedFailures?: number;
  /** Shaded in charts. */
  unhealthy: { fromMs: number; toMs: number; why: string }[];
}

export interface ThresholdFigures {
  metric: string;
  expression: string;
  state: 'ok' | 'failed' | 'no data';
  value: number | null;
  abortOnFail: boolean;
}

export type VerdictState = 'pass' | 'fail' | 'not proven' | 'not measured' | 'not valid';

export interface Verdict {
  claim: ClaimName;
  state: VerdictState;
  /** What was promised and what was measured, in the unit of the claim: ms, calls, share, MOS. */
  promised: number;
  measured: number | null;
  low: number | null;
  high: number | null;
  n: number;
  unit: 'calls' | 'calls/s' | 'share' | 'ms' | 'mos';
  /** Key and figures of the explanation: report/messages turns it into words. */
  why: string;
  veto: boolean;
  counting: Counting | null;
}

export interface RunAnalysis {
  meta: RunMeta;
  /** Why the run supports no verdict, if so; and how complete the record is (a killed run lacks its end). */
  validity: {
    valid: boolean;
    /** Keys: harness-share, mostly-unhealthy. */
    reasons: string[];
    complete: boolean;
    lastMs: number;
    /** Legs that were open when the record ends: a killed run's calls in progress. They count in the concurrency until `lastMs`. */
    stillOpen?: number;
    /** What could not be read of the record. */
    damage?: { table: TableName; torn: boolean; badLines: number; badCells: number }[];
  };
  outcomes: OutcomeFigures;
  evidence?: EvidenceFigures;
  sessions: SessionFigures;
  concurrency: ConcurrencyFigures;
  queue: QueueFigures;
  agents: { offered: number; answered: number; missed: number; rejected: number; occupancy: Ratio };
  /** Order of service, offers to agents, and the queue by skill, class and minute. */
  routing?: RoutingFigures;
  /** Null: nobody asked to be called back. */
  callBacks?: CallBackFigures | null;
  /** Null where the run's own rows give no arrival rate, handling time or agents. */
  model?: ModelFigures | null;
  /** The vendor's own record beside ours, if one was imported. */
  reconciliation?: ReconciliationFigures;
  faults: FaultFigures[];
  /** Faults of one name that happened more than once. */
  repeated?: RepeatedFault[];
  /** Failed for good, outside every fault's time: nobody asked for these. */
  unprovoked?: Outage[];
  scaling: ScaleFigures[];
  signalling?: SignallingFigures;
  quality: QualityFigures | null;
  health: HealthFigures;
  thresholds: ThresholdFigures[];
  /** Sampled metrics (k6's own and the scenario's) by name, and each check. */
  metrics?: Record<string, SampledMetric>;
  checks?: CheckFigures[];
  verdicts: Verdict[];
  srdSeries: { p50: Series; p95: Series };
  waitSeries: { p50: Series; p95: Series };
  outcomeSeries: Record<Outcome, Series>;
  /** Faults, scaling, alarms, marks, drain: drawn on every chart. */
  events: EventRow[];
}

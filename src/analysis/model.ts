/**
 * What the analysis of a run says: the one input of every report. Plain data, so that it can be compared, merged and printed. `null` means not
 * measured, never zero. Times are Clock ms; durations are ms unless the name says otherwise.
 */

import type { CheckFigures, SampledMetric } from '../metrics/sample-metrics.ts';
import type { Blame, CorrelationMethod, EventRow, Outcome, RunMeta, TableName, TraceRow } from '../record/schema.ts';
import type { ClaimName, Counting } from '../vendor/profile.ts';
import type { CallBackFigures, ModelFigures, RoutingFigures } from './model-queue.ts';
import type { FaultFigures, Outage, RepeatedFault, ScaleFigures, SignallingFigures } from './model-recovery.ts';
import type { ReconciliationFigures } from './reconcile.ts';

export type { FaultFigures, MarkedTime, Outage, RepeatedFault, ScaleFigures, SignallingFigures } from './model-recovery.ts';

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

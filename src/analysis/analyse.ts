/**
 * A run's record, row by row, becomes its analysis. Feed timeline and events before the calls (record/replay.ts does), so that the unsound seconds
 * are known when their calls arrive; any other order gives the same figures, but may let the instrument's bad seconds count against the vendor.
 */

import { SERVICE_LEVEL_MS } from '../metrics/builtin.ts';
import { firstStatus, queueExit } from '../metrics/call-times.ts';
import { SampleMetrics } from '../metrics/sample-metrics.ts';
import { parseThresholds } from '../metrics/threshold-grammar.ts';
import { ThresholdFold } from '../metrics/thresholds.ts';
import type {
  AgentRow,
  CallRow,
  EventRow,
  OpenRow,
  RowTypes,
  RunMeta,
  SampleRow,
  TableName,
  TimelineRow,
  TraceRow,
} from '../record/schema.ts';
import { AgentFold } from './agents.ts';
import { AttemptLog } from './attempts.ts';
import { BlameFold } from './blame.ts';
import { CallBackFold } from './call-backs.ts';
import { CallEvidence } from './call-evidence.ts';
import { type Terms, termsOf } from './claims.ts';
import { ConcurrencyFold } from './concurrency.ts';
import { elasticity, scaleAims } from './elasticity.ts';
import { EvidenceFold } from './evidence.ts';
import { failover } from './failover.ts';
import { HARNESS_LIMIT, HealthFold } from './health.ts';
import { ImpactLog, repeatedFaults } from './impact.ts';
import { Incidents } from './incidents.ts';
import { excused, LimitFold } from './limit.ts';
import type { FaultFigures, HealthFigures, RunAnalysis } from './model.ts';
import { OutcomeFold } from './outcomes.ts';
import { plannedSeries } from './planned.ts';
import { RoutingFold } from './routing.ts';
import { SignallingFold } from './signalling.ts';
import { stepsOver } from './steps.ts';
import { StillOpen } from './still-open.ts';
import { unprovokedOutages } from './unprovoked.ts';
import { verdicts } from './verdict.ts';

/** What could not be read of a table (record/read.ts says so). */
export interface TableDamage {
  table: TableName;
  torn: boolean;
  badLines: number;
  badCells: number;
}

export interface RunFold {
  add<T extends TableName>(table: T, row: RowTypes[T]): void;
  /** What could not be read of the record: the analysis tells it. */
  read(damage: TableDamage): void;
  figures(): RunAnalysis;
}

/** Judges nothing but what it is given: the same rows and meta give the same analysis everywhere. */
export function createAnalysis(meta: RunMeta): RunFold {
  return new Analysis(meta);
}

class Analysis implements RunFold {
  readonly #meta: RunMeta;
  readonly #terms: Terms;
  readonly #all: CallEvidence;
  readonly #sound: CallEvidence;
  /** Of sound seconds, too, but whose failure they are depends on rows still to come. */
  readonly #unsettled: CallRow[] = [];
  readonly #outcomes = new OutcomeFold();
  readonly #blame: BlameFold;
  readonly #evidence = new EvidenceFold();
  readonly #concurrency = new ConcurrencyFold();
  readonly #attempts = new AttemptLog();
  readonly #agents = new AgentFold();
  readonly #health = new HealthFold();
  readonly #incidents = new Incidents();
  readonly #impact = new ImpactLog();
  readonly #limit = new LimitFold();
  readonly #open = new StillOpen();
  readonly #signalling = new SignallingFold();
  readonly #routing: RoutingFold;
  readonly #callBacks = new CallBackFold();
  readonly #thresholds: ThresholdFold;
  readonly #samples: SampleMetrics;
  readonly #damage: TableDamage[] = [];
  #firstMs = Number.POSITIVE_INFINITY;
  #lastMs = Number.NEGATIVE_INFINITY;
  #probes = 0;

  constructor(meta: RunMeta) {
    this.#meta = meta;
    this.#terms = termsOf(meta);
    this.#blame = new BlameFold(this.#terms);
    this.#all = new CallEvidence(this.#terms);
    this.#sound = new CallEvidence(this.#terms);
    this.#routing = new RoutingFold({
      thresholdMs: this.#terms.serviceLevelMs ?? SERVICE_LEVEL_MS,
      zeroMs: meta.loadStartMs ?? meta.startMs,
      level: this.#terms.claims.serviceLevel?.atLeast ?? null,
      agents: this.#terms.agents,
      skillsOf: this.#terms.skillsOf,
    });
    this.#samples = new SampleMetrics(meta.loadStartMs ?? meta.startMs);
    this.#thresholds = new ThresholdFold(parseThresholds((meta.options as { thresholds?: unknown } | null)?.thresholds), {
      startMs: meta.loadStartMs,
      serviceLevelMs: this.#terms.serviceLevelMs ?? undefined,
    });
  }

  add<T extends TableName>(table: T, row: RowTypes[T]): void {
    switch (table) {
      case 'calls':
        return this.#addCall(row as CallRow);
      case 'agents':
        return this.#addAgent(row as AgentRow);
      case 'timeline':
        return this.#addSecond(row as TimelineRow);
      case 'events':
        return this.#addEvent(row as EventRow);
      case 'samples':
        return this.#addSample(row as SampleRow);
      case 'trace':
        return this.#evidence.addTrace(row as TraceRow);
      case 'open':
        this.#saw((row as OpenRow).t_ms);
        return this.#open.add(row as OpenRow);
    }
  }

  read(damage: TableDamage): void {
    const { table, torn, badLines, badCells } = damage;
    if (torn || badLines > 0 || badCells > 0) this.#damage.push({ table, torn, badLines, badCells });
  }

  figures(): RunAnalysis {
    const meta = this.#meta;
    const startMs = meta.loadStartMs ?? meta.startMs;
    const lastMs = Math.max(this.#lastMs, meta.end?.endMs ?? Number.NEGATIVE_INFINITY, startMs);
    const steps = stepsOver(Math.min(startMs, this.#firstMs), lastMs);
    const health = this.#health.figures();
    const levels = this.#concurrency.levels(this.#open, lastMs);
    const faults = failover(this.#attempts, this.#incidents, levels.answered, lastMs, this.#impact);
    const elsewhere = this.#blame.elsewhere();
    const unprovoked = unprovokedOutages(this.#attempts, faults, elsewhere);
    const scaling = elasticity(this.#attempts, this.#incidents, levels.answered, scaleAims(meta.surge), lastMs, this.#impact);
    const concurrency = this.#concurrency.figures(steps, plannedSeries(meta, steps), this.#open, lastMs);
    const validity = this.#validity(health, lastMs);
    const queue = this.#all.queue.figures(steps);
    const outcomes = this.#outcomes.figures();
    return {
      meta,
      validity,
      outcomes: { ...outcomes, ...this.#blame.figures(outcomes.byBlame) },
      evidence: this.#evidence.figures(),
      sessions: this.#all.sessions.figures(),
      concurrency,
      queue,
      agents: this.#agents.figures(startMs, lastMs, this.#terms.agents, this.#routing.loggedInMs(startMs, lastMs)),
      routing: this.#routing.figures(lastMs, health.unhealthy),
      callBacks: this.#callBacks.figures(),
      model: queue.measured ? this.#routing.model(lastMs) : null,
      faults,
      repeated: repeatedFaults(faults),
      unprovoked,
      scaling,
      signalling: this.#signalling.figures(),
      quality: this.#all.quality.figures(),
      health,
      thresholds: this.#thresholds.figures(lastMs),
      ...this.#samples.figures(lastMs),
      verdicts: verdicts({
        claims: this.#terms.claims,
        validity,
        all: this.#all.evidence(),
        sound: this.#against().evidence(),
        elsewhere: elsewhere.size,
        peaks: concurrency.peaks,
        limit: this.#limit.against(levels.answered, excused(faults, scaling), elsewhere),
        faults: faults.filter(({ own }) => own === undefined),
        unprovoked,
        scaling,
        health,
        maxChannels: this.#terms.contract.maxChannels ?? null,
        maxCallsPerSecond: this.#terms.contract.maxCallsPerSecond ?? null,
        repairs: this.#repairs(faults),
        watchedMs: lastMs - startMs,
        probeIntervals: this.#probes > 0 ? this.#probes : Math.floor((lastMs - startMs) / 1000),
      }),
      srdSeries: this.#all.sessions.seriesOf(steps),
      waitSeries: this.#all.queue.seriesOf(steps),
      outcomeSeries: this.#outcomes.seriesOf(steps),
      events: this.#incidents.events(),
    };
  }

  #addCall(row: CallRow): void {
    this.#open.ended(row.call);
    this.#saw(row.invite_ms ?? row.intended_ms);
    this.#saw(row.end_ms);
    const from = row.intended_ms ?? row.invite_ms ?? 0;
    const sound = this.#health.sound(from, Math.max(from, queueExit(row) ?? row.end_ms ?? from));
    this.#all.add(row);
    if (sound && this.#blame.mayChange(row)) this.#unsettled.push(row);
    else if (sound && !this.#blame.isElsewhere(row)) this.#sound.add(row);
    this.#outcomes.add(row);
    this.#signalling.add(row);
    this.#blame.add(row);
    this.#evidence.addCall(row);
    this.#routing.add(row);
    this.#concurrency.add(row);
    const invite = row.invite_ms ?? from;
    this.#impact.add(row);
    this.#attempts.add(row, this.#health.slack(invite, firstStatus(row) ?? invite));
    this.#health.addCall(row);
    this.#limit.add(row, sound);
    this.#thresholds.addCall(row);
  }

  #addAgent(row: AgentRow): void {
    this.#saw(row.end_ms);
    this.#agents.add(row);
    this.#impact.addAgent(row);
    this.#routing.addAgent(row);
    this.#concurrency.addAgent(row);
    this.#all.quality.addAgent(row);
  }

  #addSecond(row: TimelineRow): void {
    this.#saw(row.t_ms);
    this.#health.add(row);
  }

  #addEvent(row: EventRow): void {
    this.#saw(row.t_ms);
    if (row.kind === 'probe') this.#probes++;
    this.#incidents.add(row);
    this.#blame.addEvent(row);
    this.#signalling.addEvent(row);
    this.#routing.addEvent(row);
    this.#callBacks.add(row);
  }

  #addSample(row: SampleRow): void {
    this.#saw(row.t_ms);
    this.#thresholds.add(row);
    this.#samples.add(row);
    if (row.metric === 'dropped_iterations' && row.t_ms !== null) this.#concurrency.addDropped(row.t_ms, row.value ?? 1);
  }

  #saw(at: number | null): void {
    if (at === null) return;
    this.#firstMs = Math.min(this.#firstMs, at);
    this.#lastMs = Math.max(this.#lastMs, at);
  }

  /** What may be held against the vendor, now that it is known whose each failure was. */
  #against(): CallEvidence {
    const against = new CallEvidence(this.#terms).merge(this.#sound);
    for (const row of this.#unsettled) if (!this.#blame.isElsewhere(row)) against.add(row);
    return against;
  }

  #validity(health: HealthFigures, lastMs: number): RunAnalysis['validity'] {
    const reasons: string[] = [];
    const { part, whole } = health.harnessShare;
    if (whole > 0 && (part - (health.plannedFailures ?? 0)) / whole > HARNESS_LIMIT) reasons.push('harness-share');
    if (health.unhealthySeconds * 2 > health.seconds) reasons.push('mostly-unhealthy');
    return {
      valid: reasons.length === 0,
      reasons,
      complete: this.#meta.end !== null,
      lastMs,
      stillOpen: this.#open.count,
      damage: [...this.#damage],
    };
  }

  /** "Fixed" by somebody's word, after each fault. */
  #repairs(faults: readonly FaultFigures[]): { ms: number; plusMinusMs: number }[] {
    return faults.flatMap(({ people, plusMinusMs = 0 }) =>
      people?.fixed ? [{ ms: people.fixed.ms, plusMinusMs: people.fixed.plusMinusMs + plusMinusMs }] : [],
    );
  }
}

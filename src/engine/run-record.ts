/**
 * Where every row of a run goes, on the main thread: into the run folder, into the folds that decide while it runs (thresholds, counts, open
 * calls), and to those who watch.
 */
import type { Clock } from '../clock.ts';
import type { StopRules } from '../metrics/stop-rules.ts';
import type { ThresholdSpec } from '../metrics/threshold-grammar.ts';
import { ThresholdFold } from '../metrics/thresholds.ts';
import { csvLine } from '../record/csv-line.ts';
import { unfold } from '../record/folded.ts';
import type { RunFolder } from '../record/journal.ts';
import { OpenLines } from '../record/open-lines.ts';
import { unpack } from '../record/packed.ts';
import { type EventRow, OUTCOMES, type Outcome, type RowSink, type RowTypes, rowOf, type TableName } from '../record/schema.ts';
import type { BatchSink, RowBatch } from './row-batches.ts';
import { TraceLimit } from './trace-limit.ts';
import type { Watchers } from './watchers.ts';

export class RunRecord implements RowSink, BatchSink {
  readonly outcomes = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0])) as Record<Outcome, number>;
  readonly warnings: string[] = [];
  readonly openCalls = new OpenLines();
  /** The circuit breaker, where the scenario has one. */
  stopRules: StopRules | undefined;
  readonly #clock: Clock;
  readonly #folder: RunFolder;
  readonly #watchers: Watchers;
  readonly #specs: readonly ThresholdSpec[];
  readonly #serviceLevelMs: number | undefined;
  /** What setup() did, until the load's start is known. */
  readonly #before: { calls: RowTypes['calls'][]; samples: RowTypes['samples'][] } = { calls: [], samples: [] };
  readonly #trace = new TraceLimit(() => this.warn('trace', 'trace.csv is full: the signalling of further calls is not kept'));
  #thresholds: ThresholdFold;
  #loading = false;

  constructor(clock: Clock, folder: RunFolder, watchers: Watchers, specs: readonly ThresholdSpec[], serviceLevelMs: number | undefined) {
    this.#clock = clock;
    this.#folder = folder;
    this.#watchers = watchers;
    this.#specs = specs;
    this.#serviceLevelMs = serviceLevelMs;
    this.#thresholds = new ThresholdFold(specs, { serviceLevelMs });
  }

  get thresholds(): ThresholdFold {
    return this.#thresholds;
  }

  /** Rates of counters and delayAbortEval count from here, as in reports. */
  loadStarts(startMs: number): void {
    this.#thresholds = new ThresholdFold(this.#specs, { startMs, serviceLevelMs: this.#serviceLevelMs });
    for (const row of this.#before.calls.splice(0)) this.#thresholds.addCall(row);
    for (const row of this.#before.samples.splice(0)) this.#thresholds.add(row);
    this.#loading = true;
  }

  write<T extends TableName>(table: T, row: RowTypes[T]): void {
    if (table === 'trace' && !this.#trace.admits(row as RowTypes['trace'])) return;
    this.#folder.write(table, row);
    if (table === 'calls') {
      const { outcome } = row as RowTypes['calls'];
      if (outcome !== null) this.outcomes[outcome as Outcome]++;
      this.#call(row as RowTypes['calls']);
    } else if (table === 'samples') this.#sample(row as RowTypes['samples']);
    else if (table === 'open') this.#open(row as RowTypes['open']);
    else if (table === 'events') this.#watchers.tell('onEvent', row as RowTypes['events']);
  }

  /** What a worker wrote, table by table in the order of writing. */
  take({ lines, open, outcomes, calls, rows }: RowBatch): void {
    for (const [table, text, n] of lines) this.#folder.writeLines(table, text, n);
    for (let k = 0; k < open.length; k += 2) {
      const [call, line] = [open[k]!, open[k + 1]!];
      if (line === '') this.openCalls.closed(call);
      else this.openCalls.opened(call, line);
    }
    for (const outcome of OUTCOMES) this.outcomes[outcome] += outcomes[outcome] ?? 0;
    for (const cells of calls) this.#call(unfold(cells));
    for (const [table, cells] of rows) this.write(table, unpack(table, cells) as never);
  }

  event(cells: Partial<EventRow> & Pick<EventRow, 'kind'>): void {
    this.write('events', rowOf('events', { t_ms: this.#clock.now(), by: 'harness', ...cells }));
  }

  /** Something the reader of the report must know. */
  warn(name: string, message: string, target: string | null = null): void {
    this.warnings.push(message);
    this.event({ kind: 'warning', name, target, detail: { message } });
    this.#watchers.tell('onWarning', message);
  }

  #call(row: RowTypes['calls']): void {
    this.#thresholds.addCall(row);
    if (this.#loading) this.stopRules?.add(row);
    if (!this.#loading) this.#before.calls.push(row);
  }

  #open(row: RowTypes['open']): void {
    if (row.call === null) return;
    if (row.op === 'close') this.openCalls.closed(row.call);
    else if (row.op === 'open') this.openCalls.opened(row.call, csvLine('open', row));
  }

  #sample(row: RowTypes['samples']): void {
    this.#thresholds.add(row);
    if (!this.#loading) this.#before.samples.push(row);
  }
}

/** The run's row of each second, made of what the workers told of theirs and of what the main thread knows of itself. */
import type { Clock } from '../clock.ts';
import { type Outcome, rowOf } from '../record/schema.ts';
import type { RelaySecond } from './relay-seconds.ts';
import type { RunRecord } from './run-record.ts';
import { everySecond } from './seconds.ts';
import { census, noStates, type OwnFigures, type RunSnapshot, runRow, type SecondReport, type StateCounts } from './snapshot.ts';
import type { SocketDrops } from './socket-drops.ts';
import { ThreadHealth } from './thread-health.ts';

/** How long workers have to tell of a second that is over. */
const GRACE_MS = 400;
const FAILED: Outcome[] = ['blocked', 'rejected', 'timeout', 'dropped', 'harness'];

export interface RunSecondsOptions {
  clock: Clock;
  record: RunRecord;
  drops: SocketDrops;
  /** Workers that are there. */
  workers(): number[];
  phase(): string;
  /** Whether our relay is there and has to answer for its seconds. */
  relayed(): boolean;
  /** Undefined before the load. */
  loadStart(): number | undefined;
  totalMs: number;
  told(snapshot: RunSnapshot): void;
}

export class RunSeconds {
  readonly #options: RunSecondsOptions;
  readonly #thread = new ThreadHealth();
  readonly #reports = new Map<number, Map<number, SecondReport>>();
  readonly #relay = new Map<number, string | null>();
  readonly #stop: () => void;
  #from: number;
  #attempts = 0;
  #dropped = 0;

  constructor(options: RunSecondsOptions) {
    this.#options = options;
    // Workers report whole seconds: the one that has begun is the first that all of them see whole.
    this.#from = Math.floor(options.clock.now() / 1000) * 1000 + 1000;
    this.#stop = everySecond(options.clock, (secondMs) => void this.#tell(secondMs), GRACE_MS);
  }

  take(report: SecondReport): void {
    const second = report.row.t_ms!;
    this.#options.record.write('timeline', report.row);
    const reports = this.#reports.get(second) ?? new Map<number, SecondReport>();
    this.#reports.set(second, reports.set(report.row.worker!, report));
  }

  takeRelay({ secondMs, unhealthy }: RelaySecond): void {
    this.#relay.set(secondMs, unhealthy);
  }

  stop(): void {
    this.#stop();
    this.#thread.stop();
  }

  async #tell(secondMs: number): Promise<void> {
    const own = { ...this.#thread.take(), socket_drops: await this.#options.drops.take() };
    // A stall of this thread makes it skip seconds; the workers' word for them is not lost.
    for (const second of [...this.#reports.keys()].sort((a, b) => a - b)) if (second < secondMs) this.#write(second, {});
    this.#write(secondMs, own);
  }

  #write(secondMs: number, own: Partial<OwnFigures>): void {
    const { record, workers, phase, loadStart, totalMs } = this.#options;
    const reports = [...(this.#reports.get(secondMs)?.values() ?? [])];
    this.#reports.delete(secondMs);
    if (secondMs < this.#from) return;
    const missing = workers().filter((worker) => !reports.some(({ row }) => row.worker === worker));
    const row = runRow(secondMs, reports, own, missing, this.#ofRelay(secondMs));
    record.write('timeline', row);
    this.#attempts += row.started ?? 0;
    this.#dropped += row.dropped ?? 0;
    const at = secondMs + 1000;
    this.#sample(at, 'vus', 'gauge', row.vus ?? 0);
    this.#sample(at, 'vus_max', 'gauge', row.vus_max ?? 0);
    for (const [metric, key] of [['data_sent', 'sentBytes'] as const, ['data_received', 'receivedBytes'] as const]) {
      const bytes = reports.reduce((sum, report) => sum + report[key], 0);
      if (bytes > 0) this.#sample(at, metric, 'counter', bytes);
    }
    const start = loadStart();
    this.#options.told({
      phase: phase(),
      elapsedMs: start === undefined ? 0 : Math.max(0, at - start),
      totalMs,
      attempts: this.#attempts,
      perSecond: row.started ?? 0,
      ...census(reports.reduce(add, noStates())),
      failed: FAILED.reduce((sum, outcome) => sum + record.outcomes[outcome], 0),
      dropped: this.#dropped,
      agents: row.agents_registered ?? 0,
      vus: row.vus ?? 0,
      lagP99Ms: row.lag_p99_ms ?? 0,
      healthy: row.healthy ?? false,
      unhealthy: row.unhealthy,
    });
  }

  #ofRelay(secondMs: number): string[] {
    const told = this.#relay.get(secondMs);
    for (const second of this.#relay.keys()) if (second <= secondMs) this.#relay.delete(second);
    if (told === undefined) return this.#options.relayed() ? ['relay did not report'] : [];
    return told === null ? [] : [`relay: ${told}`];
  }

  #sample(t_ms: number, metric: string, type: string, value: number): void {
    this.#options.record.write('samples', rowOf('samples', { t_ms, metric, type, value }));
  }
}

function add(sum: StateCounts, { states }: SecondReport): StateCounts {
  for (const state of Object.keys(sum) as (keyof StateCounts)[]) sum[state] += states[state];
  return sum;
}

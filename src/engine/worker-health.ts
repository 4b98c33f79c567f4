/** Gathers one worker's second: what was started, how late, and how the thread, the sockets and the pump are. */
import type { AgentDesk } from '../call/agents.ts';
import type { CallState } from '../call/states.ts';
import type { Clock } from '../clock.ts';
import type { MediaPump } from '../media/stream.ts';
import { rowOf } from '../record/schema.ts';
import { judgeHealth } from './health-limits.ts';
import { everySecond } from './seconds.ts';
import { noStates, type SecondReport, type StateCounts } from './snapshot.ts';
import { ThreadHealth } from './thread-health.ts';

/** RTP header and 20 ms of G.711, bytes: what a packet of the pump carries. */
const RTP_PACKET_BYTES = 172;

export interface WorkerHealthOptions {
  clock: Clock;
  worker: number;
  pump: MediaPump | undefined;
  desk: AgentDesk | undefined;
  /** VUs in an iteration now. */
  vus(): number;
  report(second: SecondReport): void;
}

export class WorkerHealth {
  readonly #options: WorkerHealthOptions;
  readonly #thread = new ThreadHealth();
  readonly #stop: () => void;
  readonly states: StateCounts = noStates();
  #lags: number[] = [];
  #started = 0;
  #dropped = 0;
  #vusMade = 0;

  constructor(options: WorkerHealthOptions) {
    this.#options = options;
    this.#stop = everySecond(options.clock, (secondMs) => this.#tell(secondMs));
  }

  get vusMade(): number {
    return this.#vusMade;
  }

  /** A call went from one state to the next. */
  moved(from: CallState | null, to: CallState): void {
    if (from === null) this.#started++;
    else this.states[from]--;
    if (to !== 'ended') this.states[to]++;
  }

  lag(ms: number): void {
    this.#lags.push(ms);
  }

  dropped(n: number): void {
    this.#dropped += n;
  }

  made(vus: number): void {
    this.#vusMade += vus;
  }

  stop(): void {
    this.#stop();
    this.#thread.stop();
  }

  #tell(secondMs: number): void {
    const { worker, pump, desk } = this.#options;
    const lags = this.#lags.sort((a, b) => a - b);
    const media = pump?.stats();
    const open = Object.values(this.states).reduce((sum, n) => sum + n, 0);
    const row = judgeHealth(
      rowOf('timeline', {
        t_ms: secondMs,
        worker,
        started: this.#started,
        open,
        vus: this.#options.vus(),
        vus_max: this.#vusMade,
        dropped: this.#dropped,
        agents_registered: desk?.registered ?? 0,
        lag_p99_ms: lags.length === 0 ? null : lags[Math.ceil(lags.length * 0.99) - 1]!,
        lag_max_ms: lags.at(-1) ?? null,
        ...this.#thread.take(),
        rtp_late_p99_ms: media?.lateP99Ms ?? null,
        ports_free: media?.portsFree ?? null,
      }),
    );
    this.#options.report({
      row,
      states: { ...this.states },
      sentBytes: (media?.sent ?? 0) * RTP_PACKET_BYTES,
      receivedBytes: (media?.received ?? 0) * RTP_PACKET_BYTES,
    });
    this.#lags = [];
    this.#started = 0;
    this.#dropped = 0;
  }
}

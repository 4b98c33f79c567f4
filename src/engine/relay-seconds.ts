/**
 * Each second of the relay's thread: its event loop, garbage collection, CPU, what the kernel dropped at its sockets, and how late it passed packets
 * on. What it is late by looks like the vendor's delay, so a second in which it was too late supports no verdict (health-limits.ts).
 */
import type { Clock } from '../clock.ts';
import type { Relay } from '../faults/relay.ts';
import { rowOf } from '../record/schema.ts';
import { judgeHealth, RELAY_LATE_LIMIT_MS } from './health-limits.ts';
import { everySecond } from './seconds.ts';
import { SocketDrops } from './socket-drops.ts';
import { ThreadHealth } from './thread-health.ts';

export interface RelaySecond {
  /** Start of the second, Clock ms. */
  secondMs: number;
  /** What was not well, in words; null: nothing. */
  unhealthy: string | null;
}

/** Of the whole run, ms. */
export interface RelayWorst {
  /** p99 of the worst second. */
  lateP99Ms: number;
  lateMaxMs: number;
  loopP99Ms: number;
  unhealthySeconds: number;
}

export class RelaySeconds {
  readonly #relay: Relay;
  readonly #thread = new ThreadHealth();
  readonly #drops: SocketDrops;
  readonly #tell: (second: RelaySecond) => void;
  readonly #worst: RelayWorst = { lateP99Ms: 0, lateMaxMs: 0, loopP99Ms: 0, unhealthySeconds: 0 };
  readonly #stop: () => void;

  constructor(clock: Clock, relay: Relay, tell: (second: RelaySecond) => void) {
    this.#relay = relay;
    this.#drops = new SocketDrops((port) => relay.owns(port));
    this.#tell = tell;
    this.#stop = everySecond(clock, (secondMs) => void this.#second(secondMs));
  }

  stop(): RelayWorst {
    this.#stop();
    this.#thread.stop();
    return { ...this.#worst };
  }

  async #second(secondMs: number): Promise<void> {
    const figures = this.#thread.take();
    const { p99Ms, maxMs } = this.#relay.lateness();
    const { unhealthy, loop_p99_ms } = judgeHealth(rowOf('timeline', { ...figures, socket_drops: await this.#drops.take() }));
    const late = p99Ms !== null && p99Ms > RELAY_LATE_LIMIT_MS ? `packets passed on ${p99Ms.toFixed(0)} ms late` : null;
    const why = [unhealthy, late].filter((word) => word !== null).join(', ');
    const worst = this.#worst;
    const rounded = (ms: number | null) => Math.round((ms ?? 0) * 10) / 10;
    worst.lateP99Ms = Math.max(worst.lateP99Ms, rounded(p99Ms));
    worst.lateMaxMs = Math.max(worst.lateMaxMs, rounded(maxMs));
    worst.loopP99Ms = Math.max(worst.loopP99Ms, rounded(loop_p99_ms));
    if (why !== '') worst.unhealthySeconds++;
    this.#tell({ secondMs, unhealthy: why === '' ? null : why });
  }
}

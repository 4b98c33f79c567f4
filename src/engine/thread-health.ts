/**
 * What a thread can find out about itself: event-loop delay, garbage collection and CPU since it was last asked.
 *
 * The delay is the lateness of a timer of our own. Node's monitorEventLoopDelay would do, but it forgets the interval in which it is reset, and with
 * it a stall that begins there.
 */
import { PerformanceObserver } from 'node:perf_hooks';

export interface ThreadFigures {
  loop_p99_ms: number;
  gc_ms: number;
  cpu: number;
}

const SAMPLE_EVERY_MS = 10;

export class ThreadHealth {
  readonly #collections: PerformanceObserver;
  #timer: NodeJS.Timeout;
  #late: number[] = [];
  #due = 0;
  #gcMs = 0;
  #cpu = process.threadCpuUsage();
  #at = performance.now();

  constructor() {
    this.#timer = this.#arm();
    this.#collections = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) this.#gcMs += entry.duration;
    });
    this.#collections.observe({ entryTypes: ['gc'] });
  }

  /** Since the last call. */
  take(): ThreadFigures {
    const at = performance.now();
    const used = process.threadCpuUsage(this.#cpu);
    // What is late already and has not been told yet belongs to the time that is over.
    const late = [...this.#late, Math.max(0, at - this.#due)].sort((a, b) => a - b);
    const figures = {
      loop_p99_ms: late[Math.ceil(late.length * 0.99) - 1]!,
      gc_ms: this.#gcMs,
      cpu: (used.user + used.system) / 1000 / Math.max(1, at - this.#at),
    };
    this.#late = [];
    this.#gcMs = 0;
    this.#cpu = process.threadCpuUsage();
    this.#at = at;
    return figures;
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#collections.disconnect();
  }

  #arm(): NodeJS.Timeout {
    this.#due = performance.now() + SAMPLE_EVERY_MS;
    return setTimeout(() => {
      this.#late.push(performance.now() - this.#due);
      this.#timer = this.#arm();
    }, SAMPLE_EVERY_MS).unref();
  }
}

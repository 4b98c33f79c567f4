/** What a thread can find out about itself: event-loop delay, garbage collection and CPU since it was last asked. */
import { monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks';

export interface ThreadFigures {
  loop_p99_ms: number;
  gc_ms: number;
  cpu: number;
}

/** The histogram's sampling interval; the delay it reports includes it, so it is taken off again. */
const RESOLUTION_MS = 10;
const NS_PER_MS = 1e6;

export class ThreadHealth {
  readonly #loop = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  readonly #collections: PerformanceObserver;
  #gcMs = 0;
  #cpu = process.threadCpuUsage();
  #at = performance.now();

  constructor() {
    this.#loop.enable();
    this.#collections = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) this.#gcMs += entry.duration;
    });
    this.#collections.observe({ entryTypes: ['gc'] });
  }

  /** Since the last call. */
  take(): ThreadFigures {
    const at = performance.now();
    const used = process.threadCpuUsage(this.#cpu);
    const figures = {
      loop_p99_ms: this.#loop.count === 0 ? 0 : Math.max(0, this.#loop.percentile(99) / NS_PER_MS - RESOLUTION_MS),
      gc_ms: this.#gcMs,
      cpu: (used.user + used.system) / 1000 / Math.max(1, at - this.#at),
    };
    this.#loop.reset();
    this.#gcMs = 0;
    this.#cpu = process.threadCpuUsage();
    this.#at = at;
    return figures;
  }

  stop(): void {
    this.#loop.disable();
    this.#collections.disconnect();
  }
}

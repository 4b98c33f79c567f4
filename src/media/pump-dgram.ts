/**
 * The media pump on dgram: one pacing loop for all streams of a thread. A timer per stream would wake the thread for every packet; here each wake
 * sends whatever is due. Streams start on one of the ticks within a ptime, by chance, so that their packets spread evenly.
 */
import type { TimerHandle } from '../clock.ts';
import { CallsurgeError } from '../errors.ts';
import { randomStream } from '../random.ts';
import { Lateness } from './lateness.ts';
import { bind, type PortPair, PortPairs } from './ports.ts';
import type { MediaPump, PumpOptions, PumpStats, RtpStream, StreamHandlers } from './stream.ts';
import { DgramStream, type StreamHost } from './stream-dgram.ts';

const DEFAULT_TICK_MS = 5;
const DEFAULT_QUARANTINE_MS = 2000;
const DEFAULT_SILENCE_MS = 5000;
/** A tick this late found the thread asleep: packets of that time still wait in the sockets, so nobody is called silent on it. */
const STALL_MS = 50;

/** @throws CallsurgeError `option-invalid` for a host that is not of this machine or a port range without a pair. */
export async function createMediaPump(options: PumpOptions): Promise<MediaPump> {
  const pump = new DgramPump(options);
  (await bind(options.host, 0))?.close();
  return pump;
}

class DgramPump implements MediaPump, StreamHost {
  readonly clock: PumpOptions['clock'];
  readonly totals = { sent: 0, received: 0, lateness: new Lateness() };
  readonly #ports: PortPairs;
  readonly #streams = new Set<DgramStream>();
  readonly #tickMs: number;
  readonly #seed: number;
  readonly #random: ReturnType<typeof randomStream>;
  /** Our own address: nothing goes out, nothing comes in. */
  gone = false;
  #opened = 0;
  #closed = false;
  #timer: TimerHandle | undefined;
  /** The grid: ticks are due at `#gridAt + n · tickMs`. */
  #gridAt = 0;
  #tickedAt = 0;

  constructor(options: PumpOptions) {
    this.clock = options.clock;
    this.#seed = options.seed;
    this.#tickMs = options.tickMs ?? DEFAULT_TICK_MS;
    this.#ports = new PortPairs(options.clock, options.host, options.ports, options.quarantineMs ?? DEFAULT_QUARANTINE_MS);
    this.#random = randomStream(options.seed, 'rtp-phase', options.ports.from);
    this.#gridAt = Math.ceil(options.clock.now());
  }

  async open(handlers: StreamHandlers = {}, options: { silenceLimitMs?: number } = {}): Promise<RtpStream> {
    if (this.#closed) throw pumpClosed();
    const pair = await this.#ports.take();
    if (this.#closed) {
      this.#ports.release(pair);
      throw pumpClosed();
    }
    // Numbered by port as well: workers share the seed, not the ports.
    const random = randomStream(this.#seed, 'rtp', this.#opened++ * 65536 + pair.port);
    const stream = new DgramStream(this, pair, random, handlers, options.silenceLimitMs ?? DEFAULT_SILENCE_MS);
    this.#streams.add(stream);
    if (!this.#timer) this.#schedule(this.clock.now());
    return stream;
  }

  addressGone(gone: boolean): void {
    this.gone = gone;
  }

  stats(): PumpStats {
    const { sent, received, lateness } = this.totals;
    const stats = { streams: this.#streams.size, portsFree: this.#ports.free, lateP99Ms: lateness.percentile(0.99), sent, received };
    this.totals.sent = this.totals.received = 0;
    lateness.reset();
    return stats;
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const stream of this.#streams) stream.close();
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  phase(now: number, withinMs: number): number {
    const slots = Math.max(1, Math.floor(withinMs / this.#tickMs));
    const next = Math.ceil((now - this.#gridAt) / this.#tickMs);
    return this.#gridAt + (next + this.#random.integer(0, slots - 1)) * this.#tickMs;
  }

  closed(stream: DgramStream, pair: PortPair): void {
    this.#streams.delete(stream);
    this.#ports.release(pair);
  }

  /**
   * Wakes at the grid's first instant after `now`, the time up to which streams were served. A late tick costs the ticks it slept through, not
   * the grid. Node's timers cut to whole milliseconds: rounded up, a tick seldom wakes too early to find its frames due.
   */
  #schedule(now: number): void {
    const next = this.#gridAt + (Math.floor((now - this.#gridAt) / this.#tickMs) + 1) * this.#tickMs;
    this.#timer = this.clock.after(Math.ceil(next - this.clock.now()), () => this.#tick());
  }

  #tick(): void {
    this.#timer = undefined;
    const now = this.clock.now();
    const awake = now - this.#tickedAt < STALL_MS;
    this.#tickedAt = now;
    try {
      for (const stream of this.#streams) stream.tick(now, awake);
    } finally {
      if (this.#streams.size > 0 && !this.#closed) this.#schedule(now);
    }
  }
}

const pumpClosed = () => new CallsurgeError('stopped', 'the media pump is closed', { where: 'MediaPump.open' });

/**
 * How good the instrument must be in a second for that second to support a verdict (docs/metrics.md, the instrument's own health). Figures in
 * ms unless said otherwise; each is judged where it is known.
 */
import type { TimelineRow } from '../record/schema.ts';

/**
 * Starts later than this against the schedule, p99. An attempt counts as affected by a fault when its setup took 100 ms longer than before
 * (docs/metrics.md, failover): what the instrument adds of its own must stay below that.
 */
export const LAG_LIMIT_MS = 100;
/** Event-loop delay, p99, for the same reason: what arrives while the loop is held up looks late by as much. */
export const LOOP_LIMIT_MS = 100;
/** Garbage collection in one second. */
export const GC_LIMIT_MS = 200;
/** CPU of one thread, 0…1 of a core: above it queues build inside the instrument. */
export const CPU_LIMIT = 0.95;
/** RTP packets later than a usual jitter buffer takes in (three frames), p99. */
export const RTP_LATE_LIMIT_MS = 60;
/** Packets that our relay passed on later than it was to, p99: they look late by as much, in the same jitter buffer. */
export const RELAY_LATE_LIMIT_MS = RTP_LATE_LIMIT_MS;
/** Datagrams that the kernel dropped at our sockets. */
export const SOCKET_DROPS_LIMIT = 0;
/** Iterations that found no VU. */
export const DROPPED_LIMIT = 0;
/** RTP ports free, at least. */
export const PORTS_FREE_LIMIT = 1;

type Judged = 'lag_p99_ms' | 'loop_p99_ms' | 'gc_ms' | 'cpu' | 'rtp_late_p99_ms' | 'socket_drops' | 'dropped';

const MOST: Record<Judged, { limit: number; words(value: number): string }> = {
  lag_p99_ms: { limit: LAG_LIMIT_MS, words: (v) => `schedule lag ${v.toFixed(0)} ms` },
  loop_p99_ms: { limit: LOOP_LIMIT_MS, words: (v) => `event-loop delay ${v.toFixed(0)} ms` },
  gc_ms: { limit: GC_LIMIT_MS, words: (v) => `garbage collection ${v.toFixed(0)} ms` },
  cpu: { limit: CPU_LIMIT, words: (v) => `CPU ${(v * 100).toFixed(0)} %` },
  rtp_late_p99_ms: { limit: RTP_LATE_LIMIT_MS, words: (v) => `RTP late by ${v.toFixed(0)} ms` },
  socket_drops: { limit: SOCKET_DROPS_LIMIT, words: (v) => `${v} datagrams dropped by the kernel` },
  dropped: { limit: DROPPED_LIMIT, words: (v) => `${v} iterations dropped` },
};

/** Three decimals: what is behind them is noise, and a run has many seconds. */
const rounded = (value: number) => Math.round(value * 1000) / 1000;

/** Sets `healthy` and `unhealthy` of a row by its other cells, and rounds those. */
export function judgeHealth(row: TimelineRow): TimelineRow {
  for (const key of Object.keys(MOST) as Judged[]) if (row[key] !== null) row[key] = rounded(row[key]);
  if (row.lag_max_ms !== null) row.lag_max_ms = rounded(row.lag_max_ms);
  const why = (Object.keys(MOST) as Judged[]).flatMap((key) => {
    const value = row[key];
    return value !== null && value > MOST[key].limit ? [MOST[key].words(value)] : [];
  });
  if (row.ports_free !== null && row.ports_free < PORTS_FREE_LIMIT) why.push('no RTP port free');
  row.healthy = why.length === 0;
  row.unhealthy = why.length === 0 ? null : why.join(', ');
  return row;
}

/** What workers tell each second, and what the run as a whole then shows. */
import type { CallState } from '../call/states.ts';
import { rowOf, type TimelineRow } from '../record/schema.ts';
import { judgeHealth } from './health-limits.ts';

export type StateCounts = Record<CallState, number>;

/** A worker's second. */
export interface SecondReport {
  row: TimelineRow;
  states: StateCounts;
  /** RTP and SIP, bytes in this second where the stack and the pump count them. */
  sentBytes: number;
  receivedBytes: number;
}

/** One second of the run, for whoever watches it. */
export interface RunSnapshot {
  phase: string;
  /** From the load's start; 0 before it. */
  elapsedMs: number;
  totalMs: number;
  /** Calls started so far, and in this second. */
  attempts: number;
  perSecond: number;
  occupied: number;
  answered: number;
  queued: number;
  talking: number;
  /** Calls that failed, and iterations dropped, so far. */
  failed: number;
  dropped: number;
  agents: number;
  vus: number;
  lagP99Ms: number;
  healthy: boolean;
  unhealthy: string | null;
}

export const noStates = (): StateCounts => ({ setup: 0, ringing: 0, early: 0, ivr: 0, queued: 0, talking: 0, releasing: 0, ended: 0 });

/** The four live counts of docs/metrics.md. A caller queueing in early media counts as answered here; the report's counts are exact. */
export function census(states: StateCounts): { occupied: number; answered: number; queued: number; talking: number } {
  const { setup, ringing, early, ivr, queued, talking, releasing } = states;
  const answered = ivr + queued + talking;
  return { occupied: setup + ringing + early + answered + releasing, answered, queued, talking };
}

const worst = (values: (number | null)[]): number | null => {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.max(...known);
};
const sum = (values: (number | null)[]): number => values.reduce<number>((total, value) => total + (value ?? 0), 0);

/** What the main thread knows of its own second. */
export interface OwnFigures {
  loop_p99_ms: number;
  gc_ms: number;
  cpu: number;
  socket_drops: number | null;
}

/** The run's row of a second: sums of the workers' counts, the worst of their lags, and what the main thread knows of itself. */
export function runRow(
  t_ms: number,
  reports: readonly SecondReport[],
  own: Partial<OwnFigures>,
  missing: readonly number[],
  /** What was not well beside threads and workers: our relay, say. */
  beside: readonly string[] = [],
): TimelineRow {
  const rows = reports.map(({ row }) => row);
  // The main thread answers for itself here; the workers have judged their own seconds.
  const judged = judgeHealth(rowOf('timeline', own));
  const why = [
    ...(judged.unhealthy === null ? [] : [`main thread: ${judged.unhealthy}`]),
    ...rows.flatMap(({ worker, unhealthy }) => (unhealthy === null ? [] : [`worker ${worker}: ${unhealthy}`])),
    ...missing.map((worker) => `worker ${worker} did not report`),
    ...beside,
  ];
  return rowOf('timeline', {
    t_ms,
    started: sum(rows.map((r) => r.started)),
    open: sum(rows.map((r) => r.open)),
    vus: sum(rows.map((r) => r.vus)),
    vus_max: sum(rows.map((r) => r.vus_max)),
    dropped: sum(rows.map((r) => r.dropped)),
    agents_registered: sum(rows.map((r) => r.agents_registered)),
    lag_p99_ms: worst(rows.map((r) => r.lag_p99_ms)),
    lag_max_ms: worst(rows.map((r) => r.lag_max_ms)),
    rtp_late_p99_ms: worst(rows.map((r) => r.rtp_late_p99_ms)),
    ports_free: rows.some((r) => r.ports_free !== null) ? sum(rows.map((r) => r.ports_free)) : null,
    loop_p99_ms: judged.loop_p99_ms,
    gc_ms: judged.gc_ms,
    cpu: judged.cpu,
    socket_drops: judged.socket_drops,
    healthy: why.length === 0,
    unhealthy: why.length === 0 ? null : why.join('; '),
  });
}

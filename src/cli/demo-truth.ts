/**
 * The demo's measured times beside the embedded vendor's own truth: its events and its record of each call. A run never sees these; they are fetched
 * when it is over, to show by how much the instrument is wrong.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunAnalysis } from '../analysis/model.ts';
import type { SimulatorEvent, TruthRow } from '../simulator/truth.ts';

export interface VendorTruth {
  events: SimulatorEvent[];
  calls: TruthRow[];
}

export interface TruthCheck {
  what: string;
  /** ms after the fault or the request. */
  measured: number | null;
  /** ±, ms. */
  resolution: number | null;
  truth: number | null;
  /** How the truth was read. */
  how: string;
  agrees: boolean;
}

export async function fetchTruth(api: string): Promise<VendorTruth> {
  const get = async <T>(path: string) => (await fetch(`${api}${path}`, { signal: AbortSignal.timeout(5000) })).json() as Promise<T>;
  return { events: await get<SimulatorEvent[]>('/events'), calls: await get<TruthRow[]>('/truth') };
}

/** Kept beside the record, for whoever wants to check. */
export function keepTruth(dir: string, truth: VendorTruth): void {
  writeFileSync(join(dir, 'vendor-truth.json'), `${JSON.stringify(truth, null, 1)}\n`);
}

export function checkTruth(analysis: RunAnalysis, truth: VendorTruth): TruthCheck[] {
  const faults = analysis.faults.map((fault): TruthCheck => {
    const { rtoMs, resolutionMs } = fault.firstTry;
    const down = fault.startMs === null ? undefined : outageEnd(truth, fault.startMs);
    const real = down === undefined ? null : down - fault.startMs!;
    return verdict(`outage, ${fault.name}`, rtoMs, resolutionMs, real, 'until the edge no longer sent callers to the dead site');
  });
  const scaling = analysis.scaling.map((scale): TruthCheck => {
    const at = scale.triggerMs;
    const real = at === null ? undefined : heldAnswered(truth.calls, Math.ceil(0.98 * scale.target), at, holdOf(analysis, scale.name));
    return verdict(
      `scale-up, ${scale.name}`,
      scale.scaleUpMs,
      scale.resolutionMs,
      real === undefined ? null : real - at!,
      'from when the vendor held 98 % of the target answered and refused nobody',
    );
  });
  return [...faults, ...scaling];
}

function holdOf(analysis: RunAnalysis, name: string): number {
  const { scaling = [] } = (analysis.meta.surge ?? {}) as { scaling?: { name: string; holdMs: number }[] };
  return scaling.find((step) => step.name === name)?.holdMs ?? 0;
}

/** A call takes this long to be answered, and the two sides see it a moment apart; attempts and probes set the rest. */
const SLACK_MS = 1000;

function verdict(what: string, measured: number | null, resolution: number | null, truth: number | null, how: string): TruthCheck {
  const agrees = measured !== null && truth !== null && Math.abs(measured - truth) <= (resolution ?? 0) + SLACK_MS;
  return { what, measured, resolution, truth, how, agrees };
}

/** First moment after `from` at which the edge saw a site down. */
function outageEnd(truth: VendorTruth, from: number): number | undefined {
  return truth.events.find(({ kind, name, t_ms }) => kind === 'route' && name.endsWith(' down') && t_ms >= from)?.t_ms;
}

/**
 * First moment after `from` from which the vendor's own record shows that many calls answered for the whole hold, with fewer than 0.5 % of what came in it
 * refused (docs/metrics.md, scale-up time). Looked for the slow and plain way, so that it owes nothing to the code it checks.
 */
function heldAnswered(calls: readonly TruthRow[], target: number, from: number, holdMs: number): number | undefined {
  const moments = calls
    .flatMap(({ answered_ms, ended_ms, received_ms }) => [answered_ms, ended_ms, received_ms + 1])
    .filter((at): at is number => at !== null && at >= from)
    .sort((a, b) => a - b);
  const answeredAt = (at: number) =>
    calls.filter(({ answered_ms, ended_ms }) => answered_ms !== null && answered_ms <= at && (ended_ms === null || ended_ms > at)).length;
  const holds = (at: number) => {
    const inside = moments.filter((moment) => moment >= at && moment <= at + holdMs);
    if ([at, ...inside].some((moment) => answeredAt(moment) < target)) return false;
    const came = calls.filter(({ received_ms }) => received_ms >= at && received_ms < at + holdMs);
    return came.filter(({ outcome }) => outcome === 'blocked').length <= 0.005 * came.length;
  };
  const last = (moments.at(-1) ?? from) - holdMs;
  return moments.find((at) => at <= last && holds(at));
}

export function truthText(checks: readonly TruthCheck[]): string {
  const s = (ms: number | null) => (ms === null ? 'not measured' : `${(ms / 1000).toFixed(2)} s`);
  const lines = checks.map(
    ({ what, measured, resolution, truth, how, agrees }) =>
      `    ${agrees ? '✓' : '✗'} ${what}: measured ${s(measured)}${resolution === null ? '' : ` ± ${s(resolution)}`}, truth ${s(truth)} (${how})`,
  );
  return `  █ Against the embedded vendor’s own truth\n\n${lines.join('\n')}\n`;
}

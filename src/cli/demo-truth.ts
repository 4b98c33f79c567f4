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
    const real = at === null ? undefined : answeredReached(truth.calls, Math.ceil(0.98 * scale.target), at);
    return verdict(
      `scale-up, ${scale.name}`,
      scale.scaleUpMs,
      scale.resolutionMs,
      real === undefined ? null : real - at!,
      'until the vendor held 98 % of the target answered',
    );
  });
  return [...faults, ...scaling];
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

/** First moment after `from` at which that many calls were answered at once, by the vendor's own record. */
function answeredReached(calls: readonly TruthRow[], target: number, from: number): number | undefined {
  const changes = calls
    .flatMap(({ answered_ms, ended_ms }) =>
      answered_ms === null
        ? []
        : [
            { at: answered_ms, by: 1 },
            { at: ended_ms ?? Number.POSITIVE_INFINITY, by: -1 },
          ],
    )
    .sort((a, b) => a.at - b.at || a.by - b.by);
  let open = 0;
  for (const { at, by } of changes) {
    open += by;
    if (at >= from && open >= target) return at;
  }
  return undefined;
}

export function truthText(checks: readonly TruthCheck[]): string {
  const s = (ms: number | null) => (ms === null ? 'not measured' : `${(ms / 1000).toFixed(2)} s`);
  const lines = checks.map(
    ({ what, measured, resolution, truth, how, agrees }) =>
      `    ${agrees ? '✓' : '✗'} ${what}: measured ${s(measured)}${resolution === null ? '' : ` ± ${s(resolution)}`}, truth ${s(truth)} (${how})`,
  );
  return `  █ Against the embedded vendor’s own truth\n\n${lines.join('\n')}\n`;
}

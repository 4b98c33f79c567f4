/** One run of ours against the lab by the command line, and Asterisk's own record of the same calls. */
import { createAnalysis } from '../../src/analysis/analyse.ts';
import type { RunAnalysis } from '../../src/analysis/model.ts';
import { readMeta } from '../../src/record/read-meta.ts';
import { replay } from '../../src/record/replay.ts';
import type { AgentRow, CallRow, EventRow, OpenRow, TimelineRow } from '../../src/record/schema.ts';
import { recordOf, type SiteRecord } from '../agreement/with-asterisk.ts';
import { Place, rowsOf } from '../e2e/callsurge.ts';
import type { Lab } from '../lab/lab.ts';

export interface LabRecord {
  calls: CallRow[];
  agents: AgentRow[];
  timeline: TimelineRow[];
  events: EventRow[];
  open: OpenRow[];
  /** What our own report is made from. */
  analysis: RunAnalysis;
  sites: SiteRecord[];
  /** Channels at Asterisk, callers' and agents', after our drain. */
  channelsLeft: number;
  code: number | null;
}

/** After the drain Asterisk ends its legs within this. */
const SETTLE_MS = 10_000;

/**
 * @param files what the run needs beside it: scenario and vendor profile
 * @param also done with the run's folder before it is removed
 * @throws Error when the run left no record
 */
export async function playAtLab(
  lab: Lab,
  files: Record<string, string>,
  args: string[],
  also: (place: Place, dir: string) => Promise<void> = async () => {},
): Promise<LabRecord> {
  for (const site of lab.sites) site.ami.clear();
  using place = new Place(files);
  const finished = await place.run(['run', ...args, '--quiet'], { LAB_AGENT_PASSWORD: 'secret{n}' });
  const [dir] = place.runs();
  if (!dir) throw new Error(`the run left no record: ${finished.stderr || finished.stdout}`);
  let channelsLeft = Number.POSITIVE_INFINITY;
  for (const deadline = Date.now() + SETTLE_MS; channelsLeft > 0 && Date.now() < deadline; ) {
    channelsLeft = (await Promise.all(lab.sites.map((site) => site.channels()))).reduce((sum, n) => sum + n, 0);
    if (channelsLeft > 0) await new Promise((resolve) => setTimeout(resolve, 100));
  }
  if (channelsLeft === 0) await lab.idle(30_000);
  await also(place, dir);
  const fold = createAnalysis(readMeta(dir));
  await replay(dir, fold);
  return {
    calls: await rowsOf(dir, 'calls'),
    agents: await rowsOf(dir, 'agents'),
    timeline: await rowsOf(dir, 'timeline'),
    events: await rowsOf(dir, 'events'),
    open: await rowsOf(dir, 'open'),
    analysis: fold.figures(),
    sites: lab.sites.map(recordOf),
    channelsLeft,
    code: finished.code,
  };
}

/** Seconds in which our own instrument was not within its limits, and what was not, for a table. */
export function unhealthyText(timeline: readonly TimelineRow[]): string {
  const seconds = timeline.filter(({ worker }) => worker === null);
  const bad = seconds.filter(({ healthy }) => healthy === false);
  const why = new Map<string, number>();
  for (const { unhealthy } of bad)
    for (const kind of ['schedule lag', 'event-loop delay', 'RTP late', 'CPU', 'socket', 'ports'])
      if (unhealthy?.includes(kind)) why.set(kind, (why.get(kind) ?? 0) + 1);
  const reasons = [...why].map(([kind, n]) => `${kind} in ${n}`).join(', ');
  return `${bad.length} of ${seconds.length}${reasons === '' ? '' : ` (${reasons})`}`;
}

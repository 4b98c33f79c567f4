/**
 * `npm run truth -- lab-transports`: the whole of scenarios/midnight-spike.ts through Kamailio to two Asterisk sites over UDP, TCP and TLS in turn; our
 * record against Asterisk's own each time.
 */
import { join } from 'node:path';
import { fateOfRow } from '../agreement/fate.ts';
import { peakChecks, peaksOfFacts, peaksOfRows } from '../agreement/peaks.ts';
import { compare } from '../agreement/with-asterisk.ts';
import { ROOT } from '../e2e/callsurge.ts';
import { type Lab, startLab } from '../lab/lab.ts';
import type { TruthTable } from './cli.ts';
import { elapsedText } from './elapsed.ts';
import { type LabRecord, playAtLab, unhealthyText } from './lab-play.ts';

const TRANSPORTS = ['udp', 'tcp', 'tls'] as const;
type Transport = (typeof TRANSPORTS)[number];

const vendor = (transport: Transport, lab: Lab) => `
import { defineVendor } from 'callsurge';
import lab from '${ROOT}/scenarios/vendors/lab.ts';
export default defineVendor({ ...lab, trunks: [{ name: 'edge', host: '${lab.edge.host}', transport: '${transport}' }],
  local: ${transport === 'tls' ? `{ tls: { ca: '${lab.edge.ca}' } }` : '{}'} });
`;

export async function run(): Promise<TruthTable> {
  const rows: string[][] = [];
  let ok = true;
  for (const transport of TRANSPORTS) {
    // One lab each: others on this machine may have it in between.
    const lab = await startLab({ kind: 'process', agentsPerSite: 5, maxCalls: 60, qmaxlen: 40 });
    try {
      await lab.seenByEdge();
      const args = [join(ROOT, 'scenarios/midnight-spike.ts'), '--vendor', 'vendor.ts'];
      const { cells, good } = judge(transport, await playAtLab(lab, { 'vendor.ts': vendor(transport, lab) }, args));
      rows.push(cells);
      ok &&= good;
    } finally {
      await lab.down();
    }
  }
  return {
    title:
      'The whole of `scenarios/midnight-spike.ts` with eight agents, over each transport in turn, through a Kamailio edge to two Asterisk sites (test/lab). Outcomes call by call ' +
      'against queue_log and AMI, waits against AMI (all within 250 ms). The calls that were neither answered nor abandoned were refused: a site holds 60, and 40 waiting. Peaks: occupied, answered, queued, talking. The agents register at the sites over UDP each time.',
    columns: [
      'transport',
      'calls',
      'answered',
      'abandoned',
      'same',
      'differences',
      'races',
      'waits differ by p50',
      'p99',
      'max',
      'peaks (Asterisk’s)',
      'INVITEs sent again',
      'connections lost',
      'channels left',
      'our unhealthy seconds',
      'as it should be',
    ],
    rows,
    ok,
  };
}

function judge(
  transport: Transport,
  { calls, events, open, timeline, sites, channelsLeft }: LabRecord,
): { cells: string[]; good: boolean } {
  const agreement = compare(calls, sites);
  const { same, differences, races, waitErrors } = agreement;
  console.error(agreement.table);
  const peaks = peakChecks(peaksOfRows(calls), peaksOfFacts(sites.flatMap((site) => site.facts)));
  const fates = calls.map(fateOfRow);
  const again = calls.reduce((sum, row) => sum + (row.invite_retransmissions ?? 0), 0);
  const lost = events.filter(({ name }) => name === 'connection').length;
  const over = new Set(open.flatMap((row) => (row.party === 'caller' && row.op === 'open' ? [row.transport] : [])));
  const good =
    agreement.ok &&
    peaks.every((peak) => peak.ok) &&
    calls.length >= 300 &&
    fates.includes('answered') &&
    fates.includes('abandoned') &&
    over.size === 1 &&
    over.has(transport) &&
    (transport === 'udp' || again === 0) &&
    lost === 0 &&
    channelsLeft === 0;
  const cells = [
    transport.toUpperCase(),
    `${calls.length}`,
    `${fates.filter((fate) => fate === 'answered').length}`,
    `${fates.filter((fate) => fate === 'abandoned').length}`,
    `${same}`,
    `${differences.length}`,
    `${races.length}`,
    elapsedText(waitErrors.p50 ?? Number.NaN),
    elapsedText(waitErrors.p99 ?? Number.NaN),
    elapsedText(waitErrors.max ?? Number.NaN),
    peaks.map(({ ours, theirs }) => `${ours} (${theirs})`).join(', '),
    `${again}`,
    `${lost}`,
    `${channelsLeft}`,
    unhealthyText(timeline),
    good ? 'yes' : '**no**',
  ];
  return { cells, good };
}

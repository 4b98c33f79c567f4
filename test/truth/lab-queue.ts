/**
 * `npm run truth -- lab-queue`: 2000 calls to two skills of a real call centre, with abandonment, VIPs and agents who miss calls; our record against
 * Asterisk's queue_log, events and CDR. `LAB_QUEUE_CALLS=200` for a short one.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { orderOf } from '../../src/analysis/order.ts';
import { QueueLog, turnsOf } from '../../src/analysis/queue-log.ts';
import type { ReconciliationFigures } from '../../src/analysis/reconcile.ts';
import type { CallRow } from '../../src/record/schema.ts';
import { type Agreement, type Difference, groupBy } from '../agreement/agreement.ts';
import { checkChannels } from '../agreement/channels.ts';
import { decidedMs, fateOfRow, waitOf } from '../agreement/fate.ts';
import { agreeOnOrder, type Place, passedOver, placesOfFacts, placesOfRows } from '../agreement/order.ts';
import { peakChecks, peaksOfFacts, peaksOfRows } from '../agreement/peaks.ts';
import { spreadOf } from '../agreement/spread.ts';
import { ASTERISK_WAIT_MS, compare, fateOfFact } from '../agreement/with-asterisk.ts';
import { type Place as Folder, ROOT } from '../e2e/callsurge.ts';
import type { CallFact } from '../lab/call-facts.ts';
import { startLab } from '../lab/lab.ts';
import { queueOutcomes } from '../lab/queue-log.ts';
import type { TruthTable } from './cli.ts';
import { type LabRecord, playAtLab, unhealthyText } from './lab-play.ts';
import { AGENTS_PER_SITE, scenario, vendor } from './lab-queue-scenario.ts';

type Line = [what: string, ours: string, theirs: string, agrees: boolean];

/** Of the mapping in docs/reconciling.md. */
const CDR_MAPPING = /```json\n(\{\n {2}"header": false[\s\S]*?)```/.exec(readFileSync(join(ROOT, 'docs/reconciling.md'), 'utf8'))![1]!;

export async function run(): Promise<TruthTable> {
  const wanted = Number(process.env.LAB_QUEUE_CALLS ?? 2000);
  const lab = await startLab({ kind: 'process', agentsPerSite: AGENTS_PER_SITE, maxCalls: 150, qmaxlen: 60, ringS: 4 });
  try {
    const reconciled: Line[] = [];
    const files = { 'scenario.ts': scenario(wanted), 'vendor.ts': vendor(ROOT) };
    const record = await playAtLab(lab, files, ['scenario.ts', '--vendor', 'vendor.ts'], async (place, dir) => {
      const all = (of: (site: (typeof lab.sites)[number]) => string) => lab.sites.map(of).join('');
      place.write(
        'queue_log',
        all((site) => site.queueLogText()),
      );
      place.write(
        'cdr.csv',
        all((site) => site.cdrText()),
      );
      place.write('cdr.json', CDR_MAPPING);
      reconciled.push(
        await reconcile(place, dir, 'queue_log', 'asterisk-queue-log', true),
        await reconcile(place, dir, 'cdr.csv', 'cdr.json', false),
      );
    });
    const { lines, agreement } = judge(record, wanted);
    const left = listed(agreement, record);
    const rows = [...lines, ...reconciled, ...left];
    return {
      title:
        `${record.calls.length} calls in ${Math.round(record.timeline.filter(({ worker }) => worker === null).length)} s over UDP to two Asterisk sites behind Kamailio (test/lab): menu, two skills, 12 % VIPs, ` +
        `${2 * AGENTS_PER_SITE} agents of ours who let 4 % of the calls ring, refuse 4 %, write up and take breaks. Outcomes from queue_log, times from AMI events, channels from the CDR; ` +
        `a race is what both sides decide within 50 ms of each other (docs/metrics.md, agreement). Our instrument’s unhealthy seconds: ${unhealthyText(record.timeline)}.`,
      columns: ['what', 'ours', 'Asterisk’s', 'agree'],
      rows: rows.map(([what, ours, theirs, agrees]) => [what, ours, theirs, theirs === '' ? '' : agrees ? 'yes' : '**no**']),
      ok: agreement.ok && rows.every(([, , , agrees]) => agrees) && record.channelsLeft === 0,
    };
  } finally {
    await lab.down();
  }
}

/** Each call that needs a word, and whether our own instrument was unwell in a second that decided it. */
function listed({ differences, races, waitsBeyond }: Agreement, { calls, timeline }: LabRecord): Line[] {
  const unwell = timeline.filter(({ worker, healthy }) => worker === null && healthy === false).map(({ t_ms }) => t_ms!);
  const isUnwell = (at: number | null) =>
    at !== null && unwell.some((from) => at >= from - ASTERISK_WAIT_MS && at < from + 1000 + ASTERISK_WAIT_MS);
  const rows = new Map(calls.map((row) => [row.sip_call_id, row]));
  const line = (kind: string, { key, what }: Difference): Line => {
    const row = rows.get(key);
    const ours = row && (isUnwell(row.queue_ms) || isUnwell(decidedMs(row)));
    return [`${kind} ${key}`, ours ? `${what}; our instrument was unwell then` : what, '', true];
  };
  return [
    ...differences.map((one) => line('difference', one)),
    ...races.map((one) => line('race', one)),
    ...waitsBeyond.map((one) => line('beyond', one)),
  ];
}

const ms = (value: number | null) => (value === null ? '–' : value < 1000 ? `${value.toFixed(1)} ms` : `${(value / 1000).toFixed(2)} s`);
const percent = (part: number, whole: number) => (whole === 0 ? '–' : `${((100 * part) / whole).toFixed(1)} %`);
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

function judge(record: LabRecord, wanted: number): { lines: Line[]; agreement: Agreement } {
  const { calls, sites, agents, analysis } = record;
  const facts = sites.flatMap((site) => site.facts);
  const agreement = compare(calls, sites);
  const { races, racesAllowed, differences } = agreement;
  const outcomes = new Map(sites.flatMap(({ queueLog }) => [...queueOutcomes(queueLog)]));
  const lines: Line[] = [
    [
      'calls, outcomes the same, differences, races (allowed)',
      `${agreement.calls}`,
      `${agreement.same}, ${differences.length}, ${races.length} (${racesAllowed})`,
      differences.length === 0 && races.length <= racesAllowed && agreement.calls >= wanted,
    ],
    ...slices(calls).flatMap(([name, rows]) => ofSlice(name, rows, facts, outcomes)),
  ];
  for (const { counting, ours, theirs, ok } of peakChecks(peaksOfRows(calls), peaksOfFacts(facts)))
    lines.push([`most ${counting} at a time`, `${ours}`, `${theirs}`, ok]);
  // Both machines' clocks are one; a call begins and ends at most a wait's limit apart.
  const { seconds, outside, peak } = checkChannels(calls, sites, ASTERISK_WAIT_MS);
  lines.push([
    'channels in each second, within what the CDR allows',
    `peak ${peak.ours}, ${seconds} seconds`,
    `${peak.least} to ${peak.most} then; outside in ${outside}`,
    outside === 0,
  ]);
  lines.push(...orders(record, facts), offers(record, facts, racesAllowed));
  const turned = (outcome: string) => agents.filter((row) => row.outcome === outcome).length;
  const gaveUp = calls.filter((row) => fateOfRow(row) === 'abandoned').length;
  // A queue that nobody leaves, or agents who take every call, would prove little.
  const used = gaveUp > calls.length * 0.05 && turned('missed') > 0 && turned('rejected') > 0 && calls.some(({ vip }) => vip === true);
  lines.push(['longest wait', ms(analysis.queue?.longestWaitMs ?? null), used ? 'the queue was used' : 'the queue was hardly used', used]);
  lines.push(['channels left after the drain', '0', `${record.channelsLeft}`, record.channelsLeft === 0]);
  return { lines, agreement };
}

const slices = (calls: readonly CallRow[]): [string, CallRow[]][] => [
  ['all', [...calls]],
  ...[...groupBy(calls, (row) => `${row.intent}, ${row.vip ? 'VIPs' : 'others'}`)].sort(([a], [b]) => (a < b ? -1 : 1)),
];

/** Counts by our outcomes and by queue_log's, waits by our times and by AMI's. */
function ofSlice(name: string, rows: readonly CallRow[], facts: readonly CallFact[], outcomes: ReturnType<typeof queueOutcomes>): Line[] {
  const byId = new Map(facts.map((fact) => [fact.sipCallId, fact]));
  const pairs = rows.flatMap((row) => {
    const fact = byId.get(row.sip_call_id ?? '');
    return fact ? [{ row, fact }] : [];
  });
  const count = (fates: readonly string[]) =>
    `${fates.filter((fate) => fate === 'answered').length} / ${fates.filter((fate) => fate === 'abandoned').length}`;
  const ours = count(rows.map(fateOfRow));
  const theirs = count(pairs.map(({ fact }) => outcomes.get(fact.uniqueid)?.outcome ?? fateOfFact(fact)));
  const waits = pairs.flatMap(({ row, fact }) => {
    const [our, end] = [waitOf(row), fact.connectMs ?? fact.abandonMs];
    const served = fact.connectMs !== null;
    return our === null || end === null || fact.joinMs === null || served !== (row.agent_ms !== null)
      ? []
      : [{ ours: our, theirs: end - fact.joinMs, served }];
  });
  const apart = waits.map((wait) => Math.abs(wait.ours - wait.theirs));
  const spread = spreadOf(apart);
  const beyond = apart.filter((one) => one > ASTERISK_WAIT_MS).length;
  const side = (of: (wait: (typeof waits)[number]) => number) => {
    const served = waits.filter((wait) => wait.served).map(of);
    const mean = served.length > 0 ? sum(served) / served.length : null;
    return `ASA ${ms(mean)}, within 20 s ${percent(served.filter((wait) => wait <= 20_000).length, waits.length)}, longest ${ms(Math.max(0, ...waits.map(of)))}`;
  };
  // One that raced stands with another outcome on each side.
  return [
    [`${name}: answered / abandoned`, ours, theirs, true],
    [`${name}: waits`, side((wait) => wait.ours), side((wait) => wait.theirs), true],
    [
      `${name}: waits differ by p50, p99, max; beyond ${ASTERISK_WAIT_MS} ms`,
      `n ${spread.n}`,
      `${ms(spread.p50)}, ${ms(spread.p99)}, ${ms(spread.max)}; ${beyond}`,
      beyond === 0 && spread.n > 0,
    ],
  ];
}

/** Asterisk's waiting callers look once a second whether it is their turn (RECHECK in app_queue.c). */
const LOOK_MS = 1000;
/** A look falls that much later at most: 1 ms a look, and what the machine adds. */
const LATE_MS = 100;

function orders({ calls, agents, analysis }: LabRecord, facts: readonly CallFact[]): Line[] {
  const [ours, theirs] = [placesOfRows(calls, agents), placesOfFacts(facts)];
  const lines = (['fifo', 'priority'] as const).map((kind): Line => {
    const { ours: our, theirs: their, both, differences, races } = agreeOnOrder(ours, theirs, kind);
    const close = races.length > 0 ? `, ${races.length} by a gap near 50 ms` : '';
    return [
      kind === 'fifo' ? 'callers passed over, same queue of one site and class' : 'VIPs passed over by others, same queue of one site',
      `${our}`,
      `${their}; both ${both}${close}${differences.length > 0 ? `, ${differences.length} differ` : ''}`,
      differences.length === 0,
    ];
  });
  const late = new Set(calls.filter(({ outcome }) => outcome === 'harness').map(({ sip_call_id }) => sip_call_id));
  const judged = ours.filter(({ key }) => !late.has(key));
  const log = new QueueLog();
  for (const row of calls) log.add(row);
  for (const row of agents) log.addAgent(row);
  const { part } = orderOf(log.calls, turnsOf(log.matched()), { queueOf: ({ queue, site }) => `${site} ${queue}` }).fifo.overtaken;
  const reported = analysis.routing?.fifoSameSite?.overtaken.part ?? Number.NaN;
  lines.push([
    'the same as our report counts; in it, without the seconds in which our instrument was unwell',
    `${passedOver(judged, 'fifo').size}`,
    `${part}; ${reported} (both ours)`,
    part === passedOver(judged, 'fifo').size && reported <= part,
  ]);
  const passed = [...passedOver(theirs, 'fifo').values()].flat();
  const looked = passed.filter(
    (by: Place) => (by.turn! - by.entry) % LOOK_MS <= LATE_MS || (by.turn! - by.entry) % LOOK_MS >= LOOK_MS - LATE_MS,
  );
  lines.push(['overtakers whose turn came whole seconds after they joined', '', `${looked.length} of ${passed.length}`, true]);
  return lines;
}

function offers({ agents }: LabRecord, facts: readonly CallFact[], allowed: number): Line {
  const turned = (outcome: string) => agents.filter((row) => row.outcome === outcome).length;
  const theirs = facts.flatMap((fact) => fact.offers);
  const connected = facts.filter(({ connectMs }) => connectMs !== null).length;
  const answered = turned('answered');
  return [
    'agents rung; answered; missed and refused',
    `${agents.length}; ${answered}; ${turned('missed')} and ${turned('rejected')}`,
    `${theirs.length}; ${connected}; ${theirs.filter(({ failedMs }) => failedMs !== null).length} not answered, the others left by their caller`,
    // An agent may answer a caller who leaves in that moment: Asterisk then connects nobody.
    agents.length === theirs.length && Math.abs(answered - connected) <= allowed,
  ];
}

/** `callsurge reconcile` with Asterisk's own files. */
async function reconcile(place: Folder, dir: string, file: string, mapping: string, tellsWaits: boolean): Promise<Line> {
  const what = `\`callsurge reconcile\` with ${file === 'queue_log' ? 'queue_log' : 'the CDR'}: matched, other outcomes, races`;
  const done = await place.run(['reconcile', dir, file, '--mapping', mapping]);
  if (done.code !== 0) return [what, '', done.stderr.trim(), false];
  const figures = JSON.parse(readFileSync(join(dir, 'reconciliation.json'), 'utf8')) as ReconciliationFigures;
  const { byCallId, byCaller, onlyOurs, onlyTheirs, outcomeDiffers, races, waitDiffers } = figures;
  const waits = tellsWaits ? `; waits differ by p50 ${ms(waitDiffers.p50)}, max ${ms(waitDiffers.max)}` : `; waits not told`;
  return [
    what,
    `${byCallId} by Call-ID, ${byCaller} by caller`,
    `${outcomeDiffers.part}, ${races}; only ours ${onlyOurs}, only theirs ${onlyTheirs}${waits}`,
    onlyOurs === 0 &&
      onlyTheirs === 0 &&
      outcomeDiffers.part <= Math.max(1, Math.floor(outcomeDiffers.whole * 0.002)) &&
      (tellsWaits || waitDiffers.n === 0),
  ];
}

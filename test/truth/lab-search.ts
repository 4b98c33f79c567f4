/**
 * `npm run truth -- lab-search`: `callsurge search` and `callsurge probe` by the command line against the lab. The limits to find are MAXCALLS of the two
 * Asterisk sites and the calls per second of the edge; the prober is stopped, started again, and meets an edge that is killed.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Papa from 'papaparse';
import type { SearchRecord } from '../../src/analysis/search-result.ts';
import { EXIT } from '../../src/cli/exit-codes.ts';
import { readProbes } from '../../src/record/probe-files.ts';
import type { ProbeRow } from '../../src/record/schema.ts';
import { peaksOfFacts } from '../agreement/peaks.ts';
import { Place, ROOT } from '../e2e/callsurge.ts';
import { type Lab, startLab } from '../lab/lab.ts';
import type { TruthTable } from './cli.ts';
import { elapsedText } from './elapsed.ts';

type Line = [what: string, truth: string, found: string, right: boolean];

/** No agents, no claims: only the trunk. */
const VENDOR = `
import { defineVendor } from 'callsurge';
import lab from '${ROOT}/scenarios/vendors/lab.ts';
export default defineVendor({ ...lab, agents: undefined, claims: {}, trial: undefined });
`;
const TRIALS = ['--trial', '3s', '--confirm', '5s', '--pause', '500ms'];

export async function run(): Promise<TruthTable> {
  const lab = await startLab({ kind: 'process', maxCalls: 10, agentsPerSite: 1 });
  try {
    const lines = [...(await channelsSought(lab, 20)), ...(await rateSought(lab, 15)), ...(await probe(lab))];
    return {
      title:
        'Two Asterisk sites behind a Kamailio edge (test/lab), the command line as a user types it. Asterisk: its events of each call. Kamailio: its own ' +
        'counters. A site holds ten calls (`MAXCALLS`), the edge tries the other one and then refuses with 503.',
      columns: ['what', 'true', 'found', 'as it should be'],
      rows: lines.map(([what, truth, found, right]) => [what, truth, found, right ? 'yes' : '**no**']),
      ok: lines.every(([, , , right]) => right),
    };
  } finally {
    await lab.down();
  }
}

const facts = (lab: Lab) => lab.sites.flatMap((site) => site.ami.calls());
const channels = async (lab: Lab) => (await Promise.all(lab.sites.map((site) => site.channels()))).reduce((sum, n) => sum + n, 0);

async function search(sought: 'concurrency' | 'rate', max: number): Promise<SearchRecord & { code: number | null; ms: number }> {
  using place = new Place({ 'vendor.ts': VENDOR });
  const done = await place.run(['search', '--vendor', 'vendor.ts', '--number', 'echo', '--for', sought, '--max', `${max}`, ...TRIALS]);
  console.error(done.stdout + done.stderr);
  const [dir] = place.runs();
  return { ...(JSON.parse(readFileSync(join(dir!, 'search.json'), 'utf8')) as SearchRecord), code: done.code, ms: done.ms };
}

/** The edge's own limit; the sites hold whatever comes. A rate is found within one (docs/limits-and-availability.md). */
async function rateSought(lab: Lab, limit: number): Promise<Line[]> {
  for (const { name } of lab.sites) await lab.setMaxCalls(name, 100);
  await lab.rpc(`htable.seti knob cps ${limit}`);
  const { result, trials, code, ms } = await search('rate', 50);
  await lab.rpc('htable.seti knob cps 100');
  return [
    [
      '`search --for rate`: calls per second that Kamailio lets in',
      `${limit}`,
      `carries ${result.lower}, fails at ${result.upper}: ${result.kind} (${trials.length} trials in ${elapsedText(ms)})`,
      Math.abs(result.lower - limit) <= 1 &&
        result.upper !== null &&
        result.kind === 'configured limit' &&
        result.confirmed &&
        result.valid &&
        code === EXIT.ok,
    ],
  ];
}

async function channelsSought(lab: Lab, limit: number): Promise<Line[]> {
  const { result, trials, code, ms } = await search('concurrency', 100);
  const taken = facts(lab).filter(({ refused }) => refused === null);
  const most = peaksOfFacts(taken).occupied;
  // Each trial's first INVITE finds the line empty: calls at Asterisk that were refused by both sites are the calls that a trial lost.
  const lost = trials.filter(({ against }) => against === 'vendor').reduce((sum, { figures }) => sum + figures.refused, 0);
  const served = new Set(taken.map(({ sipCallId }) => sipCallId));
  const refused = new Set(facts(lab).flatMap(({ sipCallId }) => (served.has(sipCallId) ? [] : [sipCallId]))).size;
  return [
    [
      '`search`: calls at a time that the two sites carry',
      `${limit}`,
      `carries ${result.lower}, fails at ${result.upper}: ${result.kind}`,
      result.lower === limit && result.upper === limit + 1 && result.kind === 'configured limit' && result.end === 'found',
    ],
    [
      'confirmed by long trials, valid beside our own ceiling',
      'yes',
      `${result.confirmed ? 'yes' : 'no'}, ${result.valid ? 'yes' : 'no'} (${trials.length} trials in ${elapsedText(ms)})`,
      result.confirmed && result.valid,
    ],
    ['most calls at a time in all of it, by Asterisk', `${most}`, `${result.lower}`, most === result.lower],
    ['calls refused in all of it, by Asterisk', `${refused}`, `${lost}`, refused === lost],
    ['channels left', `${await channels(lab)}`, '0', (await channels(lab)) === 0],
    ['exit code', `${EXIT.ok}`, `${code}`, code === EXIT.ok],
  ];
}

const EVERY_MS = 2000;
const PROBE = ['probe', '--vendor', 'vendor.ts', '--number', 'echo', '--every', '2s', '--call-every', '10s', '--hold', '1s'];

/** Two minutes in all: 40 s, a pause of 20 s, then on; the edge is dead for 15 s on the way. */
async function probe(lab: Lab): Promise<Line[]> {
  for (const site of lab.sites) site.ami.clear();
  const asked = await optionsAtEdge(lab);
  using place = new Place({ 'vendor.ts': VENDOR });
  const from = Date.now();
  const first = place.start([...PROBE, '--for', '2m']);
  await first.said(/Z up/);
  await sleep(40_000);
  first.child.kill('SIGINT');
  const stopped = await first.done;
  const counted = (await optionsAtEdge(lab)) - asked;
  const dir = join(place.dir, 'reports/probe-lab');
  const rowsOf = () => {
    const rows: ProbeRow[] = [];
    readProbes(dir, (row) => void rows.push(row));
    return rows;
  };
  const before = rowsOf();
  await sleep(20_000);

  const second = place.start([...PROBE, '--for', '2m']);
  await second.said(/Z up/);
  await sleep(10_000);
  const down = { from: Date.now(), started: 0, to: 0 };
  await lab.edgeNode.kill('SIGKILL');
  await second.said(/Z down/);
  await sleep(Math.max(0, down.from + 15_000 - Date.now()));
  down.started = Date.now();
  await lab.edgeNode.start();
  await lab.seenByEdge();
  down.to = Date.now();
  const ended = await second.done;
  const tookMs = Date.now() - from;
  console.error(stopped.stdout + ended.stdout + ended.stderr);
  const rows = rowsOf();
  const calls = rows.filter(({ kind, result }) => kind === 'call' && result === 'up').length;
  const [total] = table(join(dir, 'availability.csv'));
  const outages = table(join(dir, 'outages.csv'));
  const [outage] = outages;
  const [least, most] = [Number(outage?.least_ms), Number(outage?.most_ms)];
  // It answers somewhere between its start and our seeing that it does.
  const truth = [down.started - down.from, down.to - down.from] as const;
  const gap =
    Math.min(...rows.filter((row) => !before.includes(row) && row.t_ms! > before.at(-1)!.t_ms!).map((row) => row.t_ms!)) -
    before.at(-1)!.t_ms!;
  const missing = Number(total!.not_observed);
  return [
    [
      '`probe`: OPTIONS of the first part, by Kamailio',
      `${counted}`,
      `${before.filter(({ kind }) => kind === 'options').length}`,
      counted === before.filter(({ kind }) => kind === 'options').length,
    ],
    ['calls made and answered, by Asterisk', `${facts(lab).length}`, `${calls}`, facts(lab).length === calls && calls >= 6],
    [
      `intervals of ${EVERY_MS / 1000} s in the pause: not observed`,
      `${Math.floor(gap / EVERY_MS) - 1} to ${Math.ceil(gap / EVERY_MS)}`,
      `${missing}`,
      missing >= Math.floor(gap / EVERY_MS) - 1 && missing <= Math.ceil(gap / EVERY_MS),
    ],
    [
      'the edge killed and started again',
      `out for ${elapsedText(truth[0])} to ${elapsedText(truth[1])}`,
      outages.length > 0
        ? outages.map((one) => `${elapsedText(Number(one.least_ms))} to ${elapsedText(Number(one.most_ms))} (${one.why})`).join(', ')
        : 'nothing',
      outages.length === 1 && least <= truth[1] && truth[0] <= most,
    ],
    [
      'intervals up, down and not observed; length in all',
      elapsedText(tookMs),
      `${total!.up}, ${total!.down}, ${missing}; ${elapsedText((Number(total!.up) + Number(total!.down) + missing) * EVERY_MS)}`,
      Math.abs((Number(total!.up) + Number(total!.down) + missing) * EVERY_MS - tookMs) <= 3 * EVERY_MS,
    ],
    ['channels left', `${await channels(lab)}`, '0', (await channels(lab)) === 0],
    [
      'exit codes: stopped, then ended by itself',
      `${EXIT.stoppedBySignal}, ${EXIT.ok}`,
      `${stopped.code}, ${ended.code}`,
      stopped.code === EXIT.stoppedBySignal && ended.code === EXIT.ok,
    ],
  ];
}

const table = (file: string) =>
  Papa.parse<Record<string, string>>(readFileSync(file, 'utf8').replace('\ufeff', ''), { header: true, skipEmptyLines: true }).data;

/** OPTIONS that Kamailio has received; its own probes of the sites are not among them. */
async function optionsAtEdge(lab: Lab): Promise<number> {
  const [line] = (await lab.rpc('stats.get_statistics rcv_requests_options')) as string[];
  return Number(/(\d+)\s*$/.exec(line!)![1]);
}

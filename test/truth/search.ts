/** Limits that the embedded vendor really has against those that `callsurge search` finds. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LimitKind, SearchRecord } from '../../src/analysis/search-result.ts';
import type { Sought } from '../../src/analysis/trial.ts';
import type { SearchFlags } from '../../src/cli/search.ts';
import { searchFor } from '../../src/cli/search-play.ts';
import { readTable } from '../../src/record/read.ts';
import type { SimulatorConfig } from '../../src/simulator/config.ts';
import type { VendorProfile } from '../../src/vendor/profile.ts';
import type { TruthTable } from './cli.ts';

interface Limit {
  name: string;
  sought: Sought;
  vendor: Partial<SimulatorConfig> & Pick<SimulatorConfig, 'sites'>;
  cap: { channels: number; perSecond: number };
  /** What is found must lie between these; null: nothing is there to be found below the cap. */
  truth: { from: number; to: number; words?: string } | null;
  kind: LimitKind;
  /** A busy machine may leave it open, with the reason; a wrong figure never. */
  mayStayOpen?: boolean;
  times: number;
  start?: number;
  stopWhen?: string;
}

const sites = (a: number, b: number) => [
  { name: 'a', channels: a },
  { name: 'b', channels: b },
];

const LIMITS: Limit[] = [
  {
    name: '137 channels on two sites, refused with 503',
    sought: 'concurrency',
    vendor: { sites: sites(70, 67) },
    cap: { channels: 300, perSecond: 100 },
    truth: { from: 137, to: 137 },
    kind: 'configured limit',
    times: 2,
  },
  {
    name: '60 channels at the edge, refused with 486',
    sought: 'concurrency',
    vendor: { sites: sites(70, 67), edgeChannels: 60, refuse: 486 },
    cap: { channels: 100, perSecond: 100 },
    truth: { from: 60, to: 60 },
    kind: 'configured limit',
    times: 1,
  },
  {
    name: '137 channels, of which the contract permits 80',
    sought: 'concurrency',
    vendor: { sites: sites(70, 67) },
    cap: { channels: 80, perSecond: 100 },
    truth: null,
    kind: 'not reached',
    times: 1,
  },
  {
    name: '40 calls in any second',
    sought: 'rate',
    vendor: { sites: sites(400, 400), edgeCps: 40 },
    cap: { channels: 500, perSecond: 100 },
    truth: { from: 39, to: 41, words: '40' },
    kind: 'configured limit',
    mayStayOpen: true,
    times: 3,
  },
  {
    name: 'gets 20 ms slower by each call above 20; the 61st is refused with 503',
    sought: 'concurrency',
    vendor: { sites: sites(0, 60), overload: { above: 20, slowMs: 20 } },
    cap: { channels: 100, perSecond: 100 },
    truth: { from: 60, to: 60 },
    kind: 'degrades',
    times: 1,
  },
  {
    name: 'fails with 500 by a chance of 2 % for each call above 40, and 10 ms slower',
    sought: 'concurrency',
    vendor: { sites: sites(0, 500), overload: { above: 40, slowMs: 10, failShare: 0.02 } },
    cap: { channels: 100, perSecond: 100 },
    // Of 41 calls 2 % of the trials see one fail, of 50 two in three, of 60 all but one in a hundred.
    truth: { from: 40, to: 60 },
    kind: 'degrades',
    times: 2,
  },
  {
    name: '10 channels, and a rule that ends it when more than half are refused',
    sought: 'concurrency',
    vendor: { sites: sites(5, 5) },
    cap: { channels: 100, perSecond: 50 },
    truth: null,
    kind: 'not reached',
    start: 32,
    stopWhen: 'call_blocked rate>0.5',
    times: 1,
  },
];

const CALLED = '4002000000';
/** Of this file alone. */
const PORT = 26_860;

export async function run(): Promise<TruthTable> {
  const rows: string[][] = [];
  let ok = true;
  for (const limit of LIMITS) {
    for (let time = 1; time <= limit.times; time++) {
      const { cells, good } = await one(limit, time);
      rows.push(cells);
      ok &&= good;
    }
  }
  return {
    title:
      'Limits of the embedded vendor against those that `callsurge search` finds: short trials of 3 s, long ones of 5 s, the majority of three confirms, no loss allowed, signalling only. A rate is found within 1, because the edges of a second race with the calls, or left open with the reason. The last column but one holds the most calls at a time and in any second that were sent, and what the contract permits.',
    columns: [
      'limit',
      'truth',
      'carried',
      'failed at',
      'undecided',
      'kind',
      'trials',
      'our own ceiling',
      'sent at most, of permitted',
      'as it should be',
    ],
    rows,
    ok,
  };
}

async function one(limit: Limit, seed: number): Promise<{ cells: string[]; good: boolean }> {
  const { name, sought, vendor, cap, truth, start = 8, stopWhen } = limit;
  const profile: VendorProfile = {
    name: 'limited',
    trunks: [{ name: 'edge', host: '127.0.0.1', port: PORT }],
    contract: {
      targets: ['127.0.0.1'],
      called: [CALLED],
      callers: ['5550xxxxx'],
      maxCallsPerSecond: cap.perSecond,
      maxChannels: cap.channels,
      contact: { name: 'nobody' },
    },
    embedded: { port: PORT, apiPort: PORT + 20, ringMs: 20, answerMs: 60, numbers: { [CALLED]: 'echo' }, ...vendor },
  };
  const out = mkdtempSync(join(tmpdir(), 'callsurge-truth-'));
  const flags: SearchFlags = {
    vendor: 'limited',
    for: sought,
    start,
    epsilon: 0,
    width: 0.005,
    trial: '3s',
    confirm: '5s',
    repeats: 3,
    pause: '300ms',
    hold: '200ms',
    media: 'none',
    stopWhen: stopWhen === undefined ? undefined : [stopWhen],
    baseline: true,
    seed,
    out,
    lang: 'en',
  };
  try {
    const { dir, record } = await searchFor(profile, flags, { say: (line) => console.error(line) });
    const { lower, upper, undecided, kind, ceiling, end } = record.result;
    const most = await mostSent(dir, record);
    const polite = most.together <= cap.channels && most.inASecond <= cap.perSecond;
    const found = judged(limit, record);
    const cells = [
      name,
      truth === null
        ? stopWhen
          ? `ended by its rule`
          : `above ${record.result.max}`
        : (truth.words ?? (truth.from === truth.to ? `${truth.from}` : `${truth.from} to ${truth.to}`)),
      String(lower),
      upper === null ? 'nothing' : String(upper),
      undecided ? (undecided.from === undecided.to ? `${undecided.from}` : `${undecided.from} to ${undecided.to}`) : '',
      end === 'stop-when' ? 'stopped' : (kind ?? 'unknown'),
      String(record.trials.length),
      ceiling ? `${ceiling.atLeast ? '≥ ' : ''}${ceiling.load}` : 'not measured',
      `${most.together} of ${cap.channels}, ${most.inASecond} of ${cap.perSecond}/s`,
      found === 'wrong' || !polite ? '**no**' : found,
    ];
    return { cells, good: found !== 'wrong' && polite };
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

/** yes; or why nothing can be said, where that is allowed; or wrong. */
function judged({ truth, kind, mayStayOpen, stopWhen }: Limit, { result, trials }: SearchRecord): string {
  const { lower, upper, upperIs, valid, confirmed, end, max } = result;
  if (trials.some(({ against, load }) => against === 'vendor' && load > max)) return 'wrong';
  if (stopWhen) return end === 'stop-when' && trials.filter(({ against }) => against === 'vendor').length === 0 ? 'yes' : 'wrong';
  if (end !== 'found' || !confirmed) return 'wrong';
  if (truth === null) return lower === max && upper === null && result.kind === kind && valid ? 'yes' : 'wrong';
  const inside = lower >= truth.from && lower <= truth.to;
  if (inside && upperIs === 'vendor') return result.kind === kind && valid && upper! <= truth.to + 2 ? 'yes' : 'wrong';
  // Not decided: what it says to be carried must be carried all the same.
  const honest = lower <= truth.to && (upperIs !== 'vendor' || upper! > truth.from) && !valid;
  return mayStayOpen && honest ? `left open: ${result.kind}` : 'wrong';
}

/** Over all trials against the vendor: calls in progress at one moment, and INVITEs of new calls in any second. */
async function mostSent(dir: string, { trials }: SearchRecord): Promise<{ together: number; inASecond: number }> {
  let together = 0;
  let inASecond = 0;
  for (const { against, folder, figures } of trials) {
    if (against !== 'vendor') continue;
    together = Math.max(together, figures.peakOccupied);
    const sent: number[] = [];
    await readTable(join(dir, folder), 'calls', ({ invite_ms }) => void (invite_ms !== null && sent.push(invite_ms)));
    sent.sort((a, b) => a - b);
    for (let from = 0, to = 0; to < sent.length; to++) {
      while (sent[to]! - sent[from]! >= 1000) from++;
      inASecond = Math.max(inASecond, to - from + 1);
    }
  }
  return { together, inASecond };
}

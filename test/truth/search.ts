/** Limits that the embedded vendor really has against those that `callsurge search` finds. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LimitKind } from '../../src/analysis/search-result.ts';
import type { Sought } from '../../src/analysis/trial.ts';
import type { SearchFlags } from '../../src/cli/search.ts';
import { searchFor } from '../../src/cli/search-play.ts';
import type { SimulatorConfig } from '../../src/simulator/config.ts';
import type { VendorProfile } from '../../src/vendor/profile.ts';
import type { TruthTable } from './cli.ts';

interface Limit {
  name: string;
  sought: Sought;
  vendor: Partial<SimulatorConfig> & Pick<SimulatorConfig, 'sites'>;
  cap: { channels: number; perSecond: number };
  /** What is found must lie within `within` of it; null: nothing is there to be found below the cap. */
  truth: number | null;
  within: number;
  kind: LimitKind;
  times: number;
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
    truth: 137,
    within: 0,
    kind: 'configured limit',
    times: 2,
  },
  {
    name: '60 channels at the edge, refused with 486',
    sought: 'concurrency',
    vendor: { sites: sites(70, 67), edgeChannels: 60, refuse: 486 },
    cap: { channels: 100, perSecond: 100 },
    truth: 60,
    within: 0,
    kind: 'configured limit',
    times: 1,
  },
  {
    name: '137 channels, of which the contract permits 80',
    sought: 'concurrency',
    vendor: { sites: sites(70, 67) },
    cap: { channels: 80, perSecond: 100 },
    truth: null,
    within: 0,
    kind: 'not reached',
    times: 1,
  },
  {
    name: '40 calls in any second',
    sought: 'rate',
    vendor: { sites: sites(400, 400), edgeCps: 40 },
    cap: { channels: 500, perSecond: 100 },
    truth: 40,
    within: 1,
    kind: 'configured limit',
    times: 3,
  },
];

const CALLED = '4002000000';
/** Of this file alone. */
const PORT = 6860;

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
      'Limits of the embedded vendor against those that `callsurge search` finds: short trials of 3 s, long ones of 5 s, the majority of three confirms, no loss allowed, signalling only. A rate is found within 1, because the edges of a second race with the calls.',
    columns: ['limit', 'truth', 'carried', 'failed at', 'kind', 'trials', 'our own ceiling', 'as it should be'],
    rows,
    ok,
  };
}

async function one({ name, sought, vendor, cap, truth, within, kind }: Limit, seed: number): Promise<{ cells: string[]; good: boolean }> {
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
    start: 8,
    epsilon: 0,
    width: 0.005,
    trial: '3s',
    confirm: '5s',
    repeats: 3,
    pause: '300ms',
    hold: '200ms',
    media: 'none',
    baseline: true,
    seed,
    out,
    lang: 'en',
  };
  try {
    const { record } = await searchFor(profile, flags, { say: (line) => console.error(line) });
    const { lower, upper, kind: found, ceiling, valid, confirmed, end, max } = record.result;
    const where =
      truth === null ? lower === max && upper === null : Math.abs(lower - truth) <= within && upper !== null && upper <= truth + 1 + within;
    const good =
      where &&
      found === kind &&
      valid &&
      confirmed &&
      end === 'found' &&
      record.trials.every(({ against, load }) => against === 'baseline' || load <= max);
    const cells = [
      name,
      truth === null ? `above ${max}` : String(truth),
      String(lower),
      upper === null ? 'nothing' : String(upper),
      found ?? 'unknown',
      String(record.trials.length),
      ceiling ? `${ceiling.atLeast ? '≥ ' : ''}${ceiling.load}` : 'not measured',
      good ? 'yes' : '**no**',
    ];
    return { cells, good };
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

/** A whole run over real sockets against the embedded vendor in a process of its own, and what both sides know of it afterwards. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Papa from 'papaparse';
import { createAnalysis } from '../../src/analysis/analyse.ts';
import type { RunAnalysis } from '../../src/analysis/model.ts';
import { startEmbedded } from '../../src/cli/embedded.ts';
import { startRun } from '../../src/engine/run.ts';
import { replay } from '../../src/record/replay.ts';
import type { AgentRow, CallRow } from '../../src/record/schema.ts';
import type { SimulatorConfig } from '../../src/simulator/config.ts';
import type { OfferTruth, SimulatorEvent, TruthRow } from '../../src/simulator/truth.ts';
import type { AgentGroup, Claims } from '../../src/vendor/profile.ts';
import type { VendorTruth } from '../agreement/defects.ts';
import { requestFor, rowsOf, temporaryFolder, vendorAt } from '../engine/fixture.ts';

const PASSWORD = 'QUEUE_TRUTH_PASSWORD';

/** One skill's people; several groups may share one. */
export interface People extends Partial<AgentGroup> {
  name: string;
  skill: string;
  first: number;
  count: number;
}

export interface Played {
  /** Run folder, and the one with the vendor's truth.csv and offers.csv. */
  dir: string;
  vendorDir: string;
  /** Those that came to an INVITE. */
  calls: CallRow[];
  agents: AgentRow[];
  analysis: RunAnalysis;
  vendor: VendorTruth;
}

/** @param port the edge's; its API and the sites take the next ones, RTP none: signalling alone decides who waits for whom */
export async function play(source: string, people: readonly People[], port: number, config: Partial<SimulatorConfig>): Promise<Played> {
  process.env[PASSWORD] = 'secret{n}';
  const folder = temporaryFolder();
  const [truthFile, offersFile] = [join(folder, 'truth.csv'), join(folder, 'offers.csv')];
  const embedded = await startEmbedded({
    port,
    apiPort: port + 10,
    rtpPorts: [port + 20, port + 60],
    sites: [{ name: 'only', channels: 2000 }],
    menu: { '1': 'support', '2': 'sales' },
    accounts: people.map(({ skill, first, count }) => ({ username: '{n}', password: 'secret{n}', first, count, skill })),
    truthFile,
    offersFile,
    ...config,
  });
  let told: SimulatorEvent[] = [];
  let dir = '';
  try {
    const profile = vendorAt(port, {
      agents: people.map(({ skill, first, ...group }) => ({
        kind: 'sip',
        skills: [skill],
        accounts: { username: '{n}', first, password: { env: PASSWORD } },
        ...group,
      })),
    });
    const claims: Claims = { serviceLevel: { atLeast: 0.8, within: '8s' } };
    const vendor = { ...profile, claims, contract: { ...profile.contract, callers: ['40090xxxxxx'], vipCallers: ['900xxxx'] } };
    const result = await startRun(await requestFor(source, vendor, { workers: 2 })).done;
    dir = result.dir;
    told = (await (await fetch(`${embedded.api}/events`)).json()) as SimulatorEvent[];
    const fold = createAnalysis(result.meta);
    await replay(dir, fold);
    await embedded.stop();
    return {
      dir,
      vendorDir: folder,
      calls: (await rowsOf(dir, 'calls')).filter(({ invite_ms }) => invite_ms !== null),
      agents: await rowsOf(dir, 'agents'),
      analysis: fold.figures(),
      vendor: { truth: read<TruthRow>(truthFile), offers: read<OfferTruth>(offersFile), events: told },
    };
  } finally {
    await embedded.stop();
  }
}

const NUMBERS = new Set(['priority', 'status', 'queue_position', 'agent_offers']);

/** The vendor's own file. */
function read<Row>(file: string): Row[] {
  const { data } = Papa.parse<Record<string, string>>(readFileSync(file, 'utf8'), { header: true, skipEmptyLines: true });
  return data.map((line) => {
    const cells = Object.entries(line).map(([column, cell]) => {
      const number = column.endsWith('_ms') || NUMBERS.has(column);
      return [column, cell === '' ? null : number ? Number(cell) : cell] as const;
    });
    return Object.fromEntries(cells) as Row;
  });
}

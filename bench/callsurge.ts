/** callsurge as a user runs it: a scenario, one worker, trace and record on; its figures from its own run folder. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { readTable } from '../src/record/read.ts';
import { readMeta } from '../src/record/read-meta.ts';
import { type Generator, kbPerCall, type Load, type Outcome, percentile } from './generator.ts';
import { cpuBetween, startPinned } from './process.ts';
import { HOST } from './sipp.ts';

const MAIN = resolve(import.meta.dirname, '../src/cli/main.ts');
/** Up to the full rate in two seconds: a cold machine would measure its compiler. */
export const RAMP_S = 2;

export interface CallsurgeOptions {
  uasPort: number;
  core: number;
  trace: boolean;
  /** Of Node, `--cpu-prof` say; sees the main thread alone. */
  nodeArgs?: string[];
  /** Code for the scenario file, which the worker runs: a profiler of that thread, say. */
  preamble?: string;
  /** Where the run folder is to stay. */
  keep?: string;
}

export function callsurgeCaller(options: CallsurgeOptions): Generator {
  return { name: options.trace ? 'callsurge' : 'callsurge, no trace', play: (load) => play(load, options) };
}

async function play(load: Load, options: CallsurgeOptions): Promise<Outcome> {
  const { rate, seconds, holdMs } = load;
  const dir = options.keep ?? mkdtempSync(join(tmpdir(), 'bench-callsurge-'));
  try {
    writeFileSync(join(dir, 'flat.ts'), (options.preamble ?? '') + scenario(load));
    writeFileSync(join(dir, 'uas.ts'), vendor(options.uasPort));
    const args = [...(options.nodeArgs ?? []), MAIN, 'run', 'flat.ts', '--vendor', './uas.ts', '--workers', '1', '--quiet'];
    if (!options.trace) args.push('--no-trace');
    const limitMs = (RAMP_S + seconds) * 1000 + holdMs + 90_000;
    const run = startPinned(options.core, process.execPath, args, { cwd: dir, limitMs });
    const code = await run.done;
    const name = readdirSync(join(dir, 'reports')).at(-1);
    if (!name) throw new Error(`callsurge made no run folder: ${run.printed().slice(-2000)}`);
    return {
      ...(await figuresOf(join(dir, 'reports', name), load, run.samples)),
      ...(code === null ? { why: 'killed: it did not end' } : {}),
    };
  } finally {
    if (!options.keep) rmSync(dir, { recursive: true, force: true });
  }

  async function figuresOf(folder: string, { holdMs }: Load, samples: Outcome['samples']): Promise<Outcome> {
    const startMs = readMeta(folder).loadStartMs ?? Number.NaN;
    const from = startMs + RAMP_S * 1000;
    const to = from + seconds * 1000;
    const outcomes: Record<string, number> = {};
    const lags: number[] = [];
    let atFullRate = 0;
    await readTable(folder, 'calls', (row) => {
      outcomes[row.outcome ?? '?'] = (outcomes[row.outcome ?? '?'] ?? 0) + 1;
      if (row.intended_ms === null || row.intended_ms < from || row.intended_ms >= to) return;
      atFullRate++;
      if (row.invite_ms !== null) lags.push(row.invite_ms - row.intended_ms);
    });
    const { completed = 0, ...others } = outcomes;
    const planned = Math.floor((rate / 5 + rate) * (RAMP_S / 2) + rate * seconds);
    const why = Object.entries(others).map(([outcome, n]) => `${n} ${outcome}`);
    const made = Object.values(outcomes).reduce((sum, n) => sum + n, 0);
    // The ramp's own rounding may make one call more or less.
    if (made < planned - 1) why.push(`${planned - made} were not made`);
    const { cpuS, seconds: window } = cpuBetween(samples, from, to);
    return {
      planned,
      completed,
      why: why.join(', '),
      cpuPer10k: (cpuS / ((atFullRate / seconds) * window)) * 10_000,
      lagP99Ms: percentile(lags, 0.99),
      kbPerHeldCall: holdMs > seconds * 1000 ? kbPerCall(samples, startMs, to + 1500, made) : Number.NaN,
      samples,
    };
  }
}

function scenario({ rate, seconds, holdMs }: Load): string {
  const open = Math.ceil((rate * (holdMs + 1000)) / 1000) + 500;
  return `import { dial, type SurgeOptions } from 'callsurge';
export const options = { scenarios: { flat: { executor: 'ramping-arrival-rate', startRate: ${Math.floor(rate / 5)}, preAllocatedVUs: ${open}, maxVUs: ${2 * open},
  gracefulStop: '${Math.ceil(holdMs / 1000) + 35}s', stages: [{ duration: '${RAMP_S}s', target: ${rate} }, { duration: '${seconds}s', target: ${rate} }] } } };
export const surge: SurgeOptions = { media: 'none', callLength: '${holdMs + 50}ms' };
export default async function () {
  const call = await dial('4001000000');
  await call.answered();
  await call.wait('${holdMs}ms');
  await call.hangUp();
}
`;
}

/** A vendor profile of the SIPp callee. */
export function vendor(port: number): string {
  return `import { defineVendor } from 'callsurge';
export default defineVendor({ name: 'uas', trunks: [{ name: 'uas', host: '${HOST}', port: ${port} }],
  contract: { targets: ['${HOST}'], called: ['4001000000'], callers: ['5550xxxxx'], maxCallsPerSecond: 100000, maxChannels: 1000000, contact: { name: 'yourself' } } });
`;
}

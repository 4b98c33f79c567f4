/**
 * `npm run bench:sip`: SIPp and callsurge in turn against the same SIPp callee in one run, so that the ratio means something where absolute figures
 * drift. The callee has core 1, the caller core 0. callsurge runs as its users run it: a scenario, one worker, trace and record on.
 *
 * A rate is clean where every planned call was made, answered and ended, and none was more than 500 ms late.
 */
import { createSocket } from 'node:dgram';
import { parseArgs } from 'node:util';
import { callsurgeCaller } from './callsurge.ts';
import type { Generator, Load, Outcome } from './generator.ts';
import { type Pinned, udpDrops } from './process.ts';
import { machine, writeResults } from './results.ts';
import { HOST, sippCaller, startUas } from './sipp.ts';
import { stackCaller } from './stack.ts';
import { figure, markdownTable } from './table.ts';

const { values: flags } = parseArgs({
  options: {
    /** At each rate; the search takes 5 s at most. Default 5, with `--long` 10. */
    seconds: { type: 'string' },
    /** What issue and docs ask for: three runs of 30 s at 1500 calls/s, 10 000 held calls. About eight minutes. */
    long: { type: 'boolean', default: false },
    /** Length of the three runs, s; 0: none. Default 0, with `--long` 30. */
    sustain: { type: 'string' },
    /** Rates for CPU and lag. */
    rates: { type: 'string', default: '500,1000' },
    /** Search for the highest clean rate up to this; 0: no search. */
    'max-rate': { type: 'string', default: '6000' },
    /** Calls held at once; 0: not measured. */
    held: { type: 'string' },
    port: { type: 'string', default: '7600' },
    only: { type: 'string', multiple: true },
    out: { type: 'string' },
    'no-file': { type: 'boolean', default: false },
  },
});
const seconds = Number(flags.seconds ?? (flags.long ? 10 : 5));
const searchSeconds = Math.min(5, seconds);
/** The rate that one core is to carry without a spot, three times of three. */
const SUSTAINED = { rate: 1500, runs: 3, seconds: Number(flags.sustain ?? (flags.long ? 30 : 0)) };
/** Held calls come within this, s. */
const HOLD_RAMP_S = 15;
const held = Number(flags.held ?? (flags.long ? 10_000 : 5000));
const maxRate = Number(flags['max-rate']);
const uasPort = Number(flags.port);
const core = 0;

const sipp = sippCaller({ uasPort, port: uasPort + 1, core });
const callsurge = callsurgeCaller({ uasPort, core, trace: true });
const traceless = callsurgeCaller({ uasPort, core, trace: false });
const bare = stackCaller({ uasPort, core });
const wanted = (generator: Generator) => !flags.only || flags.only.includes(generator.name);

const COLUMNS = ['caller', 'calls/s', 's', 'clean', 'CPU-s per 10 k calls', 'lag p99 ms', 'callee CPU', 'callee drops', 'load average'];
const rows: string[][] = [];
const notes: string[] = [];

interface Measured extends Outcome {
  rate: number;
}

let soiled = false;
let uas = startUas(uasPort, 1, 30 * 60_000);
await listening(uasPort);
console.log(`${machine()}\n`);
try {
  const cpu = await costs();
  const sustained = SUSTAINED.seconds > 0 ? await sustainedRuns() : [];
  const best = maxRate > 0 ? await highestRates() : [];
  const memory = held > 0 ? await memories() : [];
  const parts = [
    markdownTable(COLUMNS, rows),
    markdownTable(['', 'SIPp', 'callsurge', 'ratio', 'callsurge, no trace', 'the bare stack'], [...cpu, ...sustained, ...best, ...memory]),
    ...notes,
  ];
  const text = parts.join('\n\n');
  console.log(`\n${text}`);
  if (!flags['no-file']) console.log(`\nwritten to ${writeResults('sip', 'SIP', text, flags.out)}`);
} finally {
  uas.child.kill('SIGKILL');
}

async function costs(): Promise<string[][]> {
  const table: string[][] = [];
  for (const rate of flags.rates
    .split(',')
    .map(Number)
    .filter((rate) => rate > 0)) {
    const load = { rate, seconds, holdMs: 100 };
    const [a, b, c, d] = [await once(sipp, load), await once(callsurge, load), await once(traceless, load), await once(bare, load)];
    table.push(line(`CPU-s per 10 k calls at ${rate} calls/s`, [a, b, c, d], (run) => run.cpuPer10k));
    table.push(line(`schedule lag p99 at ${rate} calls/s, ms`, [a, b, c, d], (run) => run.lagP99Ms));
  }
  return table;
}

async function sustainedRuns(): Promise<string[][]> {
  const { rate, runs, seconds } = SUSTAINED;
  const played: Measured[] = [];
  for (let k = 0; k < runs; k++) {
    const run = await once(callsurge, { rate, seconds, holdMs: 100 });
    if (run) played.push(run);
  }
  const clean = played.filter(({ why }) => why === '').length;
  const worst = Math.max(...played.map(({ lagP99Ms }) => lagP99Ms));
  const row = (name: string, value: string) => [name, '–', value, '–', '–', '–'];
  return [
    row(`runs of ${seconds} s at ${rate} calls/s that were clean`, `${clean} of ${runs}`),
    row(`schedule lag p99 in the worst of them, ms`, figure(worst)),
  ];
}

async function highestRates(): Promise<string[][]> {
  const [a, b] = [await highest(sipp, [4000, 8000, 12_000, 16_000]), await highest(callsurge, stepsTo(maxRate))];
  const c = wanted(bare) ? await highest(bare, stepsTo(maxRate)) : undefined;
  return [line('highest clean rate, calls/s', [a, b, undefined, c], (run) => run.rate, 0)];
}

async function memories(): Promise<string[][]> {
  const rate = Math.max(500, Math.ceil(held / HOLD_RAMP_S));
  const holdSeconds = held / rate;
  // Held until the last has come and a little longer. The ramp's calls come on top.
  const load = { rate, seconds: holdSeconds, holdMs: holdSeconds * 1000 + 5000 };
  const [a, b, d] = [await once(sipp, load), await once(callsurge, load), await once(bare, load)];
  return [line(`KB of memory per held call, ${held} held`, [a, b, undefined, d], (run) => run.kbPerHeldCall, 1)];
}

/** Climbs until a rate is not clean, then tries once half-way back. */
async function highest(generator: Generator, steps: readonly number[]): Promise<Measured | undefined> {
  if (!wanted(generator)) return undefined;
  let best: Measured | undefined;
  for (const rate of steps) {
    const run = await cleanAt(generator, rate);
    if (run) best = run;
    else {
      const between = best && Math.round((best.rate + rate) / 200) * 100;
      const half = between && between !== rate && between !== best!.rate ? await cleanAt(generator, between) : undefined;
      return half ?? best;
    }
  }
  if (best) notes.push(`${generator.name}: ${best.rate} calls/s is the highest rate tried, not its limit.`);
  return best;
}

async function cleanAt(generator: Generator, rate: number): Promise<Measured | undefined> {
  const run = await once(generator, { rate, seconds: searchSeconds, holdMs: 100 });
  return run?.why === '' ? run : undefined;
}

async function once(generator: Generator, load: Load): Promise<Measured | undefined> {
  if (!wanted(generator)) return undefined;
  await freshUas();
  const { loadavg } = await import('node:os');
  const before = loadavg()[0]!;
  const drops = udpDrops(uasPort);
  const uasFrom = uas.samples.at(-1);
  let run: Outcome;
  try {
    run = await generator.play(load);
  } catch (error) {
    notes.push(`${generator.name} at ${load.rate} calls/s: ${(error as Error).message.slice(0, 500)}`);
    return undefined;
  }
  const uasTo = uas.samples.at(-1);
  const calleeCpu = uasFrom && uasTo ? ((uasTo.cpuS - uasFrom.cpuS) / (uasTo.at - uasFrom.at)) * 1000 : Number.NaN;
  soiled = run.why !== '';
  const clean = soiled ? run.why : 'yes';
  const cells = [
    generator.name,
    String(load.rate),
    String(Number(load.seconds.toFixed(1))),
    clean,
    figure(run.cpuPer10k),
    figure(run.lagP99Ms, 1),
  ];
  rows.push([...cells, figure(calleeCpu), String(udpDrops(uasPort) - drops), figure(before, 1)]);
  console.log(rows.at(-1)!.join(' · '));
  return { ...run, rate: load.rate };
}

function line(name: string, runs: readonly (Measured | undefined)[], value: (run: Measured) => number, digits = 2): string[] {
  const [a, b, c, d] = runs.map((run) => (run ? value(run) : Number.NaN));
  return [name, figure(a!, digits), figure(b!, digits), figure(b! / a!), figure(c!, digits), figure(d!, digits)];
}

function stepsTo(most: number): number[] {
  return [1000, 1500, 2000, 2500, 3000, 3500, 4000, 5000, 6000].filter((rate) => rate <= most && (!flags.long || rate >= 2000));
}

/** A callee that has died, or still has the calls of a run that failed to deal with, fails one run and not the rest. */
async function freshUas(): Promise<void> {
  const dead = uas.child.exitCode !== null || uas.child.signalCode !== null;
  if (!dead && !soiled) return;
  if (dead) notes.push(`The callee had ended and was started again: ${uas.printed().slice(-200)}`);
  uas.child.kill('SIGKILL');
  await uas.done;
  soiled = false;
  uas = startUas(uasPort, 1, 30 * 60_000) satisfies Pinned;
  await listening(uasPort);
}

/** Waits until the port is taken. */
async function listening(port: number): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const free = await new Promise<boolean>((resolve) => {
      const socket = createSocket('udp4');
      socket.once('error', () => socket.close(() => resolve(false)));
      socket.bind(port, HOST, () => socket.close(() => resolve(true)));
    });
    if (!free) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`SIPp does not listen on ${HOST}:${port}: is it installed (apt-get install sip-tester)?`);
}

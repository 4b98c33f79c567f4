/** `npm run bench:rtp`: how late RTP goes out, for rising numbers of streams on one core, both directions sent and received there. */
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { cpuBetween, startPinned } from './process.ts';
import { machine, writeResults } from './results.ts';
import { figure, markdownTable } from './table.ts';

const { values: flags } = parseArgs({
  options: {
    calls: { type: 'string', default: '50,100,250,500,750' },
    seconds: { type: 'string', default: '5' },
    port: { type: 'string', default: '12000' },
    'no-file': { type: 'boolean', default: false },
  },
});
const seconds = Number(flags.seconds);
/** Packets of 20 ms that each call's two sides send in a second. */
const PACKETS_PER_CALL = 100;

console.log(`${machine()}\n`);
const rows: string[][] = [];
for (const calls of flags.calls.split(',').map(Number)) {
  const before = loadavg()[0]!;
  const args = [join(import.meta.dirname, 'rtp-streams.ts'), String(calls), String(seconds), flags.port];
  const run = startPinned(0, process.execPath, args, { limitMs: (seconds + 60) * 1000 });
  await run.done;
  const line = run.printed().trim().split('\n').at(-1) ?? '';
  if (!line.startsWith('{')) {
    rows.push([
      String(calls),
      `failed: ${
        run
          .printed()
          .split('\n')
          .find((one) => one.includes('rror')) ?? line
      }`,
      '',
      '',
      '',
      figure(before, 1),
    ]);
    continue;
  }
  const said = JSON.parse(line) as { medianP99Ms: number; worstP99Ms: number; sent: number; received: number };
  const end = run.samples.at(-1)!.at;
  const { cpuS, seconds: window } = cpuBetween(run.samples, end - seconds * 1000, end);
  const rate = (100 * said.sent) / (calls * PACKETS_PER_CALL * seconds);
  rows.push([
    String(calls),
    figure(said.medianP99Ms, 1),
    figure(said.worstP99Ms, 1),
    `${rate.toFixed(1)} %`,
    figure(cpuS / window),
    figure(before, 1),
  ]);
  console.log(rows.at(-1)!.join(' · '));
}
const text = markdownTable(
  ['calls', 'lateness p99 ms, median second', 'worst second', 'packets sent of those due', 'CPU', 'load average'],
  rows,
);
console.log(`\n${text}`);
if (!flags['no-file']) console.log(`\nwritten to ${writeResults('rtp', 'RTP', text)}`);

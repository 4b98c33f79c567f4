/** SIPp, on both sides: the callee of every measurement, and the caller that ours is measured against. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Generator, kbPerCall, type Load, type Outcome } from './generator.ts';
import { cpuBetween, type Pinned, startPinned } from './process.ts';

export const HOST = '127.0.0.1';
/** The receive buffer that both sides ask the kernel for, bytes. */
const BUFFER = 4 * 1024 * 1024;

/** The callee, on core 1; the same process for every run. */
export function startUas(port: number, core: number, limitMs: number): Pinned {
  const args = ['-sf', join(import.meta.dirname, 'uas.xml'), '-i', HOST, '-p', String(port), '-nostdin', '-buff_size', String(BUFFER)];
  return startPinned(core, 'sipp', args, { limitMs });
}

/** SIPp's built-in caller. */
export function sippCaller(options: { uasPort: number; port: number; core: number }): Generator {
  return { name: 'SIPp', play: (load) => play(load, options) };
}

async function play({ rate, seconds, holdMs }: Load, { uasPort, port, core }: Parameters<typeof sippCaller>[0]): Promise<Outcome> {
  const dir = mkdtempSync(join(tmpdir(), 'bench-sipp-'));
  const planned = rate * seconds;
  const args = [`${HOST}:${uasPort}`, '-sn', 'uac', '-i', HOST, '-p', String(port), '-nostdin', '-buff_size', String(BUFFER)];
  // Its own default limit of open calls would make it drop arrivals in silence.
  args.push('-r', String(rate), '-m', String(planned), '-l', '1000000', '-d', String(holdMs), '-trace_stat', '-fd', '1');
  const startMs = Date.now();
  try {
    const caller = startPinned(core, 'sipp', args, { cwd: dir, limitMs: seconds * 1000 + holdMs + 40_000 });
    const code = await caller.done;
    const stat = lastStat(dir);
    const completed = stat('SuccessfulCall(C)');
    // The last calls begin at `seconds`: a window that ends a little earlier is at the full rate.
    const from = startMs + 500;
    const to = startMs + seconds * 1000 - 100;
    const { cpuS, seconds: window } = cpuBetween(caller.samples, from, to);
    const overtimeMs = caller.samples.at(-1)!.at - startMs - (seconds * 1000 + holdMs);
    const why = [
      code !== 0 && `exit code ${code}`,
      stat('FailedCall(C)') > 0 && `${stat('FailedCall(C)')} failed`,
      stat('TotalCallCreated') < planned && `${planned - stat('TotalCallCreated')} were not made`,
      overtimeMs > 1000 + 50 * seconds && `it took ${Math.round(overtimeMs)} ms longer`,
    ].filter((text) => text !== false);
    return {
      planned,
      completed,
      why: why.join(', '),
      cpuPer10k: (cpuS / (rate * window)) * 10_000,
      lagP99Ms: Number.NaN,
      kbPerHeldCall:
        holdMs > seconds * 1000 ? kbPerCall(caller.samples, startMs + 100, startMs + seconds * 1000 + 500, planned) : Number.NaN,
      samples: caller.samples,
    };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** SIPp's statistics file: one line a second, the last one counts; `(C)` columns are cumulative. */
function lastStat(dir: string): (column: string) => number {
  const file = readdirSync(dir).find((name) => name.endsWith('.csv'));
  const lines = file ? readFileSync(join(dir, file), 'utf8').trim().split('\n') : [];
  const header = (lines[0] ?? '').split(';');
  const last = (lines.at(-1) ?? '').split(';');
  return (column) => Number(last[header.indexOf(column)] ?? Number.NaN);
}

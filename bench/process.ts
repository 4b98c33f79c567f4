/** Processes on a core of their own, and what they cost, as the kernel counts it (/proc; Linux only). */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** USER_HZ of every Linux that Node runs on. */
const TICKS_PER_S = 100;
const SAMPLE_MS = 50;

export interface Sample {
  /** Ms since the Unix epoch. */
  at: number;
  /** User and system time of all its threads, s. */
  cpuS: number;
  rssKb: number;
}

export interface Pinned {
  child: ChildProcess;
  samples: Sample[];
  /** What it printed, the end of it. */
  printed: () => string;
  /** Resolves with its exit code when it has ended; null where it was killed. */
  done: Promise<number | null>;
}

/** Starts `command` on one core, and looks at it every 50 ms. It is killed after `limitMs`. */
export function startPinned(core: number, command: string, args: string[], options: { cwd?: string; limitMs: number }): Pinned {
  const child = spawn('taskset', ['-c', String(core), command, ...args], { cwd: options.cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  const samples: Sample[] = [];
  let printed = '';
  for (const stream of [child.stdout, child.stderr])
    stream!.setEncoding('utf8').on('data', (text: string) => {
      printed = (printed + text).slice(-200_000);
    });
  const look = setInterval(() => {
    const sample = sampleOf(child.pid);
    if (sample) samples.push(sample);
  }, SAMPLE_MS);
  const limit = setTimeout(() => child.kill('SIGKILL'), options.limitMs);
  const done = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      clearInterval(look);
      clearTimeout(limit);
      resolve(code);
    });
  });
  return { child, samples, printed: () => printed, done };
}

export function sampleOf(pid: number | undefined): Sample | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Fields 14 and 15, counted behind the name, which may hold anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return {
      at: Date.now(),
      cpuS: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S,
      rssKb: Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0),
    };
  } catch {
    return undefined;
  }
}

/** CPU-seconds between two times, between the samples nearest to them. */
export function cpuBetween(samples: readonly Sample[], fromMs: number, toMs: number): { cpuS: number; seconds: number } {
  const from = nearest(samples, fromMs);
  const to = nearest(samples, toMs);
  if (!from || !to) return { cpuS: Number.NaN, seconds: Number.NaN };
  return { cpuS: to.cpuS - from.cpuS, seconds: (to.at - from.at) / 1000 };
}

export function nearest(samples: readonly Sample[], at: number): Sample | undefined {
  let best = samples[0];
  for (const sample of samples) if (best && Math.abs(sample.at - at) < Math.abs(best.at - at)) best = sample;
  return best;
}

/** Datagrams that the kernel dropped at the receive buffer of a local UDP port, so far. */
export function udpDrops(port: number): number {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0');
  const lines = readFileSync('/proc/net/udp', 'utf8').trim().split('\n').slice(1);
  const mine = lines.map((line) => line.trim().split(/\s+/)).filter((fields) => fields[1]!.endsWith(`:${wanted}`));
  return mine.reduce((sum, fields) => sum + Number(fields.at(-1)), 0);
}

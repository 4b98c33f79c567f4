/** SIPp as callers and agents for the lab's own tests: an independent user agent, so that the lab is not proved by what it is meant to prove. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EDGE } from './settings.ts';

const scenario = (name: string) => join(import.meta.dirname, 'sipp', `${name}.xml`);

export interface SippCalls {
  number: string;
  calls: number;
  /** Calls per second. */
  rate: number;
  /** Caller numbers, taken in turn. Default 4001000000. */
  callers?: string[];
  /** From the answer to BYE. Default 500 ms. */
  holdMs?: number;
  /** Default: the edge. */
  to?: string;
}

export interface SippResult {
  /** Final statuses, in order of arrival, with the Server that answered. */
  finals: { status: number; server: string }[];
  /** SIPp found every call as the scenario wants it. */
  ok: boolean;
  printed: string;
}

/** Makes calls and waits for their end. */
export async function callWithSipp(wanted: SippCalls): Promise<SippResult> {
  const dir = mkdtempSync(join(tmpdir(), 'lab-callers-'));
  try {
    writeFileSync(join(dir, 'callers.csv'), `SEQUENTIAL\n${(wanted.callers ?? ['4001000000']).join('\n')}\n`);
    const { to = `${EDGE.host}:${EDGE.port}`, holdMs = 500 } = wanted;
    const args = [to, '-sf', scenario('caller'), '-inf', join(dir, 'callers.csv'), '-s', wanted.number, '-d', String(holdMs)];
    args.push('-m', String(wanted.calls), '-r', String(wanted.rate), '-l', '500', '-i', '127.0.31.1', '-mi', '127.0.31.1', '-p', '16000');
    args.push('-trace_logs', '-log_file', join(dir, 'finals'), '-timeout', '60s', '-timeout_error', '-nostdin');
    const { code, printed } = await ended(spawn('sipp', args, { stdio: ['ignore', 'pipe', 'pipe'] }));
    const finals = lines(join(dir, 'finals')).map((line) => ({ status: Number(line.split(' ')[0]), server: line.split(' ')[1] ?? '' }));
    return { finals, ok: code === 0, printed };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Agents that register at a site and answer what they are offered. */
export class SippAgents {
  readonly #running: ChildProcess[] = [];
  #dir = '';

  /** Registers `count` accounts from `first` at the site; each rings for `ringMs` and answers. */
  async start(site: { host: string; firstAgent: number }, count: number, ringMs = 300): Promise<void> {
    this.#dir ||= mkdtempSync(join(tmpdir(), 'lab-agents-'));
    const from = site.host.replace(/^127\.0\.1/, '127.0.2');
    const accounts = Array.from({ length: count }, (_, index) => site.firstAgent + index);
    const port = (account: number) => 20_000 + account;
    const input = join(this.#dir, `${site.firstAgent}.csv`);
    const line = (account: number) => `${account};[authentication username=${account} password=secret${account}];${port(account)}`;
    writeFileSync(input, `SEQUENTIAL\n${accounts.map(line).join('\n')}\n`);
    for (const account of accounts) {
      const media = String(30_000 + (account % 1000) * 4);
      const args = ['-sf', scenario('agent'), '-i', from, '-mi', from, '-p', String(port(account)), '-mp', media];
      args.push('-d', String(ringMs), '-aa', '-rtp_echo', '-nostdin');
      this.#running.push(spawn('sipp', args, { stdio: 'ignore' }));
    }
    const args = [`${site.host}:5060`, '-sf', scenario('register'), '-inf', input, '-i', from, '-p', '15060'];
    args.push('-m', String(count), '-r', '50', '-timeout', '10s', '-timeout_error', '-nostdin');
    const { code, printed } = await ended(spawn('sipp', args, { stdio: ['ignore', 'pipe', 'pipe'] }));
    if (code !== 0) throw new Error(`agents cannot register at ${site.host}: ${printed.slice(-500)}`);
  }

  stop(): void {
    for (const agent of this.#running) agent.kill('SIGKILL');
    if (this.#dir) rmSync(this.#dir, { recursive: true, force: true });
  }
}

function ended(child: ChildProcess): Promise<{ code: number | null; printed: string }> {
  let printed = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      printed = (printed + chunk).slice(-20_000);
    });
  return new Promise((resolve, reject) => child.once('error', reject).once('close', (code) => resolve({ code, printed })));
}

function lines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n').filter(Boolean);
  } catch {
    return [];
  }
}

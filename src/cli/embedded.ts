/**
 * The embedded vendor for the time of a run: a process of its own, so that its event loop and ours do not disturb each other. It ends with us, also
 * when we are killed: its standard input closes then.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { CallsurgeError } from '../errors.ts';
import type { SimulatorConfig } from '../simulator/config.ts';

export interface EmbeddedVendor {
  /** `http://host:port` of its API. */
  api: string;
  sip: { host: string; port: number };
  /** Ends it, and waits until its ground truth is written. */
  stop(): Promise<void>;
}

const START_MS = 10_000;
const STOP_MS = 5_000;

/** @throws CallsurgeError `port-in-use` with the line that it printed, or `internal`. */
export async function startEmbedded(config: SimulatorConfig): Promise<EmbeddedVendor> {
  const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
  const entry = fileURLToPath(new URL(`../simulator/process${extension}`, import.meta.url));
  // A process group of its own: a Ctrl-C in the terminal must not end it before our calls are hung up.
  const child = spawn(process.execPath, [entry, JSON.stringify(config)], { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-4000);
  });
  const line = await new Promise<string | undefined>((resolve) => {
    const timer = setTimeout(() => resolve(undefined), START_MS);
    const done = (text: string | undefined) => {
      clearTimeout(timer);
      resolve(text);
    };
    createInterface({ input: child.stdout }).once('line', done);
    void exited.then(() => done(undefined));
  });
  if (line === undefined) {
    child.kill('SIGKILL');
    const why = complaint.trim().split('\n').at(-1) || `no answer within ${START_MS / 1000} s`;
    throw new CallsurgeError(/port-in-use/.test(why) ? 'port-in-use' : 'internal', `the embedded vendor did not start: ${why}`);
  }
  const ready = JSON.parse(line) as { sip: { host: string; port: number }; api: { host: string; port: number } };
  return {
    api: `http://${ready.api.host}:${ready.api.port}`,
    sip: ready.sip,
    stop: async () => {
      child.stdin.end();
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
      await exited;
      clearTimeout(timer);
    },
  };
}

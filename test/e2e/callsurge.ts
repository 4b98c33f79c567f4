/** The command line as a user starts it: a process of its own, in a folder of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { readTable } from '../../src/record/read.ts';
import type { RowTypes, TableName } from '../../src/record/schema.ts';

export const ROOT = resolve(import.meta.dirname, '../..');
const MAIN = join(ROOT, 'src/cli/main.ts');

export interface Finished {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  ms: number;
}

export interface Started {
  child: ChildProcess;
  /** Resolves when the output has that text. Rejects when the process ends first. */
  said(text: string | RegExp): Promise<void>;
  done: Promise<Finished>;
}

/** A folder for one test; `files` are written into it. */
export class Place implements Disposable {
  readonly dir = mkdtempSync(join(tmpdir(), 'callsurge-e2e-'));

  constructor(files: Record<string, string> = {}) {
    for (const [name, text] of Object.entries(files)) this.write(name, text);
  }

  write(name: string, text: string): string {
    const path = join(this.dir, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  }

  start(args: string[], env: Record<string, string> = {}): Started {
    const began = performance.now();
    const child = spawn(process.execPath, [MAIN, ...args], {
      cwd: this.dir,
      env: { ...process.env, NO_COLOR: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    const watchers = new Set<() => void>();
    const hear = () => {
      for (const watch of [...watchers]) watch();
    };
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      hear();
    });
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      hear();
    });
    const done = new Promise<Finished>((settle) =>
      child.once('close', (code, signal) => settle({ code, signal, stdout, stderr, ms: performance.now() - began })),
    );
    const said = (text: string | RegExp) =>
      new Promise<void>((settle, reject) => {
        const watch = () => {
          const all = stdout + stderr;
          if (typeof text === 'string' ? !all.includes(text) : !text.test(all)) return;
          watchers.delete(watch);
          settle();
        };
        watchers.add(watch);
        watch();
        void done.then(() => reject(new Error(`it ended without saying ${text}:\n${stdout}\n${stderr}`)));
      });
    return { child, said, done };
  }

  run(args: string[], env: Record<string, string> = {}): Promise<Finished> {
    return this.start(args, env).done;
  }

  /** Run folders, oldest first. */
  runs(): string[] {
    try {
      return readdirSync(join(this.dir, 'reports'))
        .sort()
        .map((name) => join(this.dir, 'reports', name));
    } catch {
      return [];
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}

export async function rowsOf<T extends TableName>(dir: string, table: T): Promise<RowTypes[T][]> {
  const rows: RowTypes[T][] = [];
  await readTable(dir, table, (row) => rows.push(row));
  return rows;
}

/** A vendor profile of the embedded vendor on ports of its own, so that test files do not meet. */
export function embeddedProfile(port: number, more: { agents?: number; embedded?: string; contract?: string; rest?: string } = {}): string {
  const agents = more.agents ?? 0;
  return `import { defineVendor, env } from 'callsurge';
export default defineVendor({
  name: 'embedded',
  trunks: [{ name: 'edge', host: '127.0.0.1', port: ${port} }],
  ${agents > 0 ? `agents: [{ kind: 'sip', name: 'support', count: ${agents}, skills: ['support'], accounts: { username: '{n}', first: 1001, password: env('E2E_PASSWORD') }, answerDelay: { uniform: ['100ms', '300ms'] }, wrapUp: '200ms' }],` : ''}
  contract: { targets: ['127.0.0.1'], called: ['4001000000', '4002000000'], callers: ['5550xxxxx'], maxCallsPerSecond: 1000, maxChannels: 5000, contact: { name: 'yourself' }${more.contract ?? ''} },
  embedded: {
    port: ${port}, apiPort: ${port + 90}, sites: [{ name: 'a', channels: 2000 }, { name: 'b', channels: 2000 }],
    ringMs: 20, answerMs: 60, numbers: { '4002000000': 'echo' },
    ${agents > 0 ? `accounts: [{ username: '{n}', password: 'pw{n}', first: 1001, count: ${agents}, skill: 'support' }],` : ''}
    ${more.embedded ?? ''}
  },
  ${more.rest ?? ''}
});
`;
}

/** What `env('E2E_PASSWORD')` stands for. */
export const E2E_ENV = { E2E_PASSWORD: 'pw{n}' };

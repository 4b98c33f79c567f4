/** SIPp as a peer: one scenario file of test/sip/sipp each. Its exit code is its verdict: 0 only if the call went exactly as the file says. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const SCENARIOS = join(import.meta.dirname, '../sip/sipp');

/** What the head comment of a scenario file says of it. */
export interface Head {
  file: string;
  behaviour: string;
  rfc: string;
  /** The role that we play in it. */
  ours: 'caller' | 'callee';
}

/** @throws Error where a file's head comment lacks a field. */
export function heads(): Head[] {
  return readdirSync(SCENARIOS)
    .filter((file) => file.endsWith('.xml'))
    .map((file) => file.slice(0, -4))
    .sort()
    .map((file) => {
      const comment = /<!--([\s\S]*?)-->/.exec(readFileSync(join(SCENARIOS, `${file}.xml`), 'utf8'))?.[1] ?? '';
      const field = (name: string) => {
        const value = new RegExp(`^ {2}${name}: (.+)$`, 'm').exec(comment)?.[1];
        if (!value) throw new Error(`${file}: the head comment has no "${name}:"`);
        return value;
      };
      const ours = field('ours');
      if (ours !== 'caller' && ours !== 'callee') throw new Error(`${file}: ours is caller or callee`);
      return { file, behaviour: field('behaviour'), rfc: field('rfc'), ours };
    });
}

export interface Sipp {
  port: number;
  /** `exit 0`, or what it had to complain of. */
  verdict: Promise<string>;
  stop(): void;
}

/** Plays one call of a scenario. @param target host:port, where SIPp is the caller */
export async function startSipp(scenario: string, port: number, target?: string): Promise<Sipp> {
  const folder = mkdtempSync(join(tmpdir(), 'callsurge-sipp-'));
  const args = ['-sf', join(SCENARIOS, `${scenario}.xml`), '-i', '127.0.0.1', '-p', String(port), '-m', '1', '-timeout', '12'];
  const child = spawn('sipp', [...(target ? [target] : []), ...args, '-nostdin', '-trace_err', '-trace_msg'], {
    cwd: folder,
    stdio: 'ignore',
  });
  const verdict = new Promise<string>((resolve) => {
    child.on('exit', (code) => {
      const said = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8').slice(-4000));
      rmSync(folder, { recursive: true });
      resolve(code === 0 ? 'exit 0' : `exit ${code}: ${said.join('\n')}`);
    });
  });
  if (!target) await listening(port);
  return { port, verdict, stop: () => child.kill('SIGKILL') };
}

/** By the kernel's table: a socket that tries the port could take it from SIPp just then. */
async function listening(port: number): Promise<void> {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')} `;
  for (let tries = 0; tries < 500; tries++) {
    if (existsSync('/proc/net/udp') ? readFileSync('/proc/net/udp', 'latin1').includes(wanted) : tries > 50) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

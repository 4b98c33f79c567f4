/** A command of the buyer's: `['ssh', 'lab', 'pull-the-cable']`. Never through a shell; killed with all it started when it takes too long. */
import { spawn } from 'node:child_process';
import { durationMs } from '../duration.ts';
import type { Hook } from '../vendor/profile.ts';
import type { Injector } from './injector.ts';

export type CommandHook = Extract<Hook, { command: string[] }>;

const TIMEOUT = '30s';
/** Of what the command wrote to stderr, the record keeps the end. */
const KEPT_CHARACTERS = 300;
const START_WORDS: Record<string, string> = { ENOENT: 'there is no such program', EACCES: 'it may not be run' };

/** It took effect when the command ended with 0. */
export function commandHook(hook: CommandHook): Injector {
  const [program = '', ...args] = hook.command;
  return ({ clock, env }, signal) =>
    new Promise((resolve, reject) => {
      const timeoutMs = durationMs(hook.timeout ?? TIMEOUT, 'hook.timeout');
      // A group of its own, so that the kill reaches what the command started, and a Ctrl-C at the terminal does not.
      const child = spawn(program, args, { env, stdio: ['ignore', 'ignore', 'pipe'], detached: true });
      let said = '';
      let killed: string | undefined;
      const kill = (why: string) => {
        killed ??= why;
        try {
          if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
        } catch {
          child.kill('SIGKILL');
        }
      };
      const timer = setTimeout(() => kill(`killed after ${timeoutMs} ms`), timeoutMs);
      const onAbort = () => kill('killed: the run ended');
      signal.addEventListener('abort', onAbort, { once: true });
      const over = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
      };
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        said = (said + text).slice(-KEPT_CHARACTERS);
      });
      child.once('error', (error) => {
        over();
        reject(new Error(`${program}: ${START_WORDS[(error as NodeJS.ErrnoException).code ?? ''] ?? error.message}`));
      });
      // `exit`, not `close`: something left in the background may hold stderr open for ever.
      child.once('exit', (code, by) => {
        over();
        const at = clock.now();
        child.stderr.destroy();
        if (code === 0 && killed === undefined) return resolve({ at, value: 0 });
        const why = killed ?? (code === null ? `ended by ${by}` : `exit code ${code}`);
        reject(new Error(`${program}: ${why}${said ? `: ${said.trim()}` : ''}`));
      });
    });
}

/**
 * A process on this machine: stopped (SIGSTOP, and SIGCONT to end it), asked to end (TERM) or killed, and started again by a command. It took
 * effect when the kernel shows it, not when the signal was sent. Signals go to that one process, never to a group and never to ourselves.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../clock.ts';
import { messageOf } from '../errors.ts';
import type { ProcessFault } from '../scenario/surge.ts';
import { commandHook } from './command-hook.ts';
import type { Injector } from './injector.ts';

/** How long a process may take to stop or to end after its signal. */
const EFFECT_MS = 10_000;
const LOOK_MS = 2;

/** Start and end of the fault. The process that was stopped is the one that is continued, whatever the pid file says by then. */
export function processFault(fault: ProcessFault): { start: Injector; end: Injector | undefined } {
  let stopped: number | undefined;
  const start: Injector = async ({ clock }, signal) => {
    const pid = pidOf(fault);
    const name = `SIG${fault.signal}` as const;
    const wasThere = stateOf(pid);
    send(pid, name);
    if (fault.signal === 'STOP') stopped = pid;
    const done =
      fault.signal === 'STOP' ? (state: string) => state === 'T' || state === 't' : (state: string) => state === '' || state === 'Z';
    // Where there is no /proc only the kernel's taking of the signal is known.
    if (wasThere !== undefined && wasThere !== '') await until(clock, () => done(stateOf(pid) ?? ''), signal, `${name} to process ${pid}`);
    return { at: clock.now(), detail: { pid } };
  };
  if (fault.signal !== 'STOP') return { start, end: fault.restart && commandHook({ command: fault.restart }) };
  const end: Injector = async ({ clock }) => {
    if (stopped === undefined) throw new Error('no process was stopped');
    send(stopped, 'SIGCONT');
    return { at: clock.now(), detail: { pid: stopped } };
  };
  return { start, end };
}

function pidOf({ pid, pidFile }: ProcessFault): number {
  let found = pid;
  if (pidFile !== undefined) {
    let text: string;
    try {
      text = readFileSync(pidFile, 'utf8');
    } catch (thrown) {
      throw new Error(`the pid file cannot be read: ${messageOf(thrown)}`);
    }
    found = Number(/^\s*(\d+)\s*$/.exec(text)?.[1]);
  }
  if (!Number.isSafeInteger(found) || found! <= 1) throw new Error(`${pidFile ?? 'pid'} holds no process id`);
  if (found === process.pid || found === process.ppid) throw new Error(`process ${found} is callsurge itself`);
  return found!;
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    const why = code === 'ESRCH' ? 'there is no such process' : code === 'EPERM' ? 'it belongs to somebody else' : messageOf(thrown);
    throw new Error(`${signal} to process ${pid}: ${why}`);
  }
}

/** proc(5): the letter after the name in parentheses. '' where the process is gone, undefined where there is no /proc. */
function stateOf(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2)[0] ?? '';
  } catch {
    return process.platform === 'linux' ? '' : undefined;
  }
}

async function until(clock: Clock, done: () => boolean, signal: AbortSignal, what: string): Promise<void> {
  const limit = clock.now() + EFFECT_MS;
  while (!done()) {
    signal.throwIfAborted();
    if (clock.now() > limit) throw new Error(`${what}: no effect within ${EFFECT_MS} ms`);
    await sleep(LOOK_MS);
  }
}

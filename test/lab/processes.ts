/** Nodes as plain processes: Asterisk and Kamailio from the lab's own Debian tree, in a chroot and
 * a mount namespace, each in the foreground. */
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Held, isAlive, type ProcessRef, processRef, updateHeld } from './held.ts';
import type { LabNode } from './node.ts';
import type { NodePlan } from './render.ts';
import { ROOTFS } from './rootfs.ts';

/** Where a lab's run folders lie: inside the tree, so that the nodes see them. */
export function processFolders(id: string): { folder: string; inside: string } {
  const inside = `/run/callsurge/${id}`;
  const folder = join(ROOTFS, inside);
  mkdirSync(folder, { recursive: true });
  return { folder, inside };
}

/** Ends a process: asks, then insists after `graceMs`. Never touches another program that got the same id. */
export async function endProcess(ref: ProcessRef, graceMs = 3000): Promise<void> {
  for (const [signal, waitMs] of [
    ['SIGTERM', graceMs],
    ['SIGKILL', 3000],
  ] as const) {
    if (!isAlive(ref)) return;
    try {
      signalAll(ref, 'SIGCONT');
      signalAll(ref, signal);
    } catch {
      return;
    }
    for (const deadline = Date.now() + waitMs; isAlive(ref) && Date.now() < deadline; ) await sleep(20);
  }
}

/** To the process and its children: each node leads a process group of its own (Kamailio forks). */
function signalAll(ref: ProcessRef, signal: NodeJS.Signals): void {
  try {
    process.kill(-ref.pid, signal);
  } catch {
    process.kill(ref.pid, signal);
  }
}

export class ProcessNode implements LabNode {
  readonly name: string;
  readonly #plan: NodePlan;
  readonly #held: Held;
  #ref: ProcessRef | null = null;

  constructor(plan: NodePlan, held: Held) {
    this.name = plan.name;
    this.#plan = plan;
    this.#held = held;
  }

  get pid(): number | null {
    return this.#ref?.pid ?? null;
  }

  async start(): Promise<void> {
    const output = openSync(join(this.#plan.folder, 'output.log'), 'a');
    // A mount namespace of its own gives the node /proc, gone with the process; each exec keeps the process id.
    const enter = 'mount --rbind /proc "$0/proc" && exec chroot "$0" "$@"';
    const args = ['--mount', 'sh', '-c', enter, ROOTFS, ...this.#plan.command];
    const child = spawn('unshare', args, { detached: true, stdio: ['ignore', output, output] });
    closeSync(output);
    await new Promise<void>((resolve, reject) => child.once('spawn', resolve).once('error', reject));
    child.unref();
    this.#ref = processRef(this.name, child.pid!);
    if (!this.#ref) throw new Error(`${this.name} ended at once: see ${this.#plan.folder}/output.log`);
    this.#held.processes = [...this.#held.processes.filter((other) => other.name !== this.name), this.#ref];
    updateHeld(this.#held);
  }

  async stop(): Promise<void> {
    if (this.#ref) await endProcess(this.#ref);
    this.#ref = null;
  }

  async kill(signal: NodeJS.Signals): Promise<void> {
    if (!this.#ref || !isAlive(this.#ref)) throw new Error(`${this.name} is not running`);
    signalAll(this.#ref, signal);
    if (signal === 'SIGKILL') {
      for (const deadline = Date.now() + 3000; isAlive(this.#ref) && Date.now() < deadline; ) await sleep(5);
      this.#ref = null;
    }
  }
}

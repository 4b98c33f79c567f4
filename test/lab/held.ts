/**
 * Who has the lab. Every lab uses the same loopback addresses, so a machine has one at a time: one file is both the lock and
 * the list of what a lab has started. Ending a lab ends exactly what stands in it; a process is known by its id and its start time, so that
 * an id used again by another program is never touched.
 */
import { existsSync, linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CallsurgeError } from '../../src/errors.ts';
import type { Say } from './rootfs.ts';
import type { LabKind } from './settings.ts';

export interface ProcessRef {
  name: string;
  pid: number;
  /** Start time in clock ticks since boot: field 22 of /proc/PID/stat. */
  start: string;
}

export interface Held {
  kind: LabKind;
  /** Who brought it up and will take it down; null for a lab left up by the command line. */
  owner: ProcessRef | null;
  processes: ProcessRef[];
  /** Containers by id, and the Docker host they are at. */
  containers: string[];
  dockerHost: string | null;
  /** Run folders, removed when the lab ends. */
  folders: string[];
}

/** Beside no cache and no clone: the addresses are the machine's, and so is the lock. */
const FILE = join(existsSync('/run/lock') ? '/run/lock' : '/tmp', 'callsurge-lab.json');

/** A process's identity, or null when there is none with this id (a zombie counts as none). */
export function processRef(name: string, pid: number): ProcessRef | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? null : { name, pid, start: fields[19]! };
  } catch {
    return null;
  }
}

export const isAlive = (ref: ProcessRef) => processRef(ref.name, ref.pid)?.start === ref.start;

/** The lab that is up or coming up, or null. */
export function heldLab(): Held | null {
  try {
    return JSON.parse(readFileSync(FILE, 'utf8')) as Held;
  } catch {
    return null;
  }
}

/** Rewrites the list of what the lab has started. */
export function updateHeld(held: Held): void {
  const next = `${FILE}.${process.pid}`;
  writeFileSync(next, JSON.stringify(held, null, 1));
  renameSync(next, FILE);
}

export function releaseHeld(): void {
  rmSync(FILE, { force: true });
}

/**
 * Takes the lab for this process, waiting for another test run to end. What a dead owner left behind is ended by `clean` first.
 * @throws CallsurgeError when somebody keeps it for longer than `waitMs`, or left it up from the command line.
 */
export async function acquire(kind: LabKind, waitMs: number, clean: (left: Held) => Promise<void>, say: Say): Promise<Held> {
  const held: Held = {
    kind,
    owner: processRef('owner', process.pid),
    processes: [],
    containers: [],
    dockerHost: null,
    folders: [],
  };
  // A hard link either appears whole or fails because the name is taken.
  const mine = `${FILE}.${process.pid}`;
  writeFileSync(mine, JSON.stringify(held, null, 1));
  const deadline = Date.now() + waitMs;
  for (let said = false; ; ) {
    try {
      linkSync(mine, FILE);
      rmSync(mine);
      return held;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const other = heldLab();
    if (other?.owner === null && other.processes.some(isAlive))
      throw new CallsurgeError('machine-limit', 'a lab is already up', { where: FILE, todo: 'npm run lab -- down' });
    if (other && (other.owner === null || !isAlive(other.owner))) {
      // Only one of several waiting takes over: whoever renames the file.
      const left = `${FILE}.left-${process.pid}`;
      try {
        renameSync(FILE, left);
      } catch {
        continue;
      }
      say('ending what an earlier lab left behind');
      await clean(other);
      rmSync(left, { force: true });
      continue;
    }
    if (Date.now() > deadline)
      throw new CallsurgeError('machine-limit', `another test run (pid ${other?.owner?.pid ?? '?'}) keeps the lab`, {
        where: FILE,
        todo: 'wait for it',
      });
    if (!said) say(`waiting for the lab: pid ${other?.owner?.pid ?? '?'} has it`);
    said = true;
    await sleep(500);
  }
}

/**
 * Who has the lab. Every lab uses the same loopback addresses, so a machine has one at a time: one file is both the lock and
 * the list of what a lab has started. Ending a lab ends exactly what stands in it; a process is known by its id and its start time, so that
 * an id used again by another program is never touched.
 */
import { existsSync, linkSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
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
  sweepAbandoned();
  const mine = `${FILE}.${process.pid}`;
  writeFileSync(mine, JSON.stringify(held, null, 1));
  try {
    const left = await waitForTurn(mine, waitMs, say);
    if (left) await clean(left);
    return held;
  } finally {
    rmSync(mine, { force: true });
  }
}

/** @returns what a dead owner left behind, if its place was taken. */
async function waitForTurn(mine: string, waitMs: number, say: Say): Promise<Held | null> {
  const deadline = Date.now() + waitMs;
  for (let said = false; ; ) {
    if (take(mine)) return null;
    const other = heldLab();
    if (other?.owner === null && other.processes.some(isAlive))
      throw new CallsurgeError('machine-limit', 'a lab is already up', { where: FILE, todo: 'npm run lab -- down' });
    if (other && (other.owner === null || !isAlive(other.owner)) && takeOver(other, mine)) {
      say('ending what an earlier lab left behind');
      return other;
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

/** A hard link either appears whole or fails because the name is taken. */
function take(mine: string): boolean {
  try {
    linkSync(mine, FILE);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Puts `mine` in the place of a dead owner's file. Of several that wait only one can move that file away; false for the others. */
function takeOver(dead: Held, mine: string): boolean {
  const left = `${FILE}.left-${process.pid}`;
  try {
    renameSync(FILE, left);
  } catch {
    return false;
  }
  // Somebody was faster, and this is already its file: give it back.
  const same = readFileSync(left, 'utf8') === JSON.stringify(dead, null, 1);
  const taken = take(same ? mine : left);
  rmSync(left, { force: true });
  return same && taken;
}

/** Removes what processes that were killed while they waited had prepared. */
function sweepAbandoned(): void {
  for (const name of readdirSync(dirname(FILE))) {
    const pid = name.startsWith(`${basename(FILE)}.`) ? Number(name.slice(name.lastIndexOf('.') + 1)) : Number.NaN;
    if (Number.isInteger(pid) && !processRef(name, pid)) rmSync(join(dirname(FILE), name), { force: true });
  }
}

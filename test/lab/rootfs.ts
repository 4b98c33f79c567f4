/**
 * What the process lab runs from: a Debian bullseye tree with Asterisk 16 and Kamailio (Debian 12 and later have no Asterisk), made once per
 * machine with debootstrap, in half a minute, and kept in the lab's cache.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { CallsurgeError } from '../../src/errors.ts';

/** Cache of the machine, shared by all clones; of the user where that is not root. */
export const CACHE =
  process.env.CALLSURGE_LAB_CACHE ?? (process.getuid?.() === 0 ? '/var/cache/callsurge-lab' : join(homedir(), '.cache/callsurge-lab'));
export const SUITE = 'bullseye';
const PACKAGES = ['asterisk', 'kamailio', 'kamailio-tls-modules', 'netbase'];
/** Changes when PACKAGES does: an older tree is left alone and another one made. */
export const ROOTFS = join(CACHE, `rootfs-${SUITE}-1`);
/** bullseye leaves the mirrors for the archive at the end of its support. */
const MIRRORS = ['http://deb.debian.org/debian', 'http://archive.debian.org/debian'];

/** A lab cannot be had here; the message says what is missing. */
export class LabUnavailable extends CallsurgeError {
  constructor(what: string, todo: string) {
    super('machine-limit', what, { where: 'lab', todo });
  }
}

export type Say = (line: string) => void;

/** Why this machine cannot run the process lab, or null. */
export function processLabObstacle(): string | null {
  if (process.platform !== 'linux') return 'the process lab needs Linux';
  if (process.getuid?.() !== 0) return 'the process lab needs root (chroot)';
  if (existsSync(ROOTFS) || onPath('debootstrap') || onPath('apt-get')) return null;
  return 'the process lab needs debootstrap, or apt-get to install it';
}

/** Brings the tree into the cache if it is not there. Safe to interrupt and to run twice at once: built aside, renamed when complete. */
export function ensureRootfs(say: Say): void {
  if (existsSync(ROOTFS)) return;
  const obstacle = processLabObstacle();
  if (obstacle) throw new LabUnavailable(obstacle, 'run as root on Debian or Ubuntu, or use --kind docker');
  bootstrap(ROOTFS, SUITE, PACKAGES, say);
}

/** debootstrap of `suite` with `packages` to `target`. */
export function bootstrap(target: string, suite: string, packages: string[], say: Say): void {
  ensurePackage('debootstrap', 'debootstrap', say);
  mkdirSync(join(CACHE, 'debs'), { recursive: true });
  const building = `${target}.building-${process.pid}`;
  const log = `${target}.log`;
  let last = '';
  for (const mirror of [...MIRRORS, ...MIRRORS]) {
    say(`making ${target} from ${mirror} (about half a minute)`);
    rmSync(building, { recursive: true, force: true });
    const args = ['--variant=minbase', `--cache-dir=${join(CACHE, 'debs')}`];
    if (packages.length > 0) args.push(`--include=${packages.join(',')}`);
    const made = spawnSync('debootstrap', [...args, suite, building, mirror], { encoding: 'utf8', maxBuffer: 64 << 20, timeout: 900_000 });
    writeFileSync(log, `${made.stdout}${made.stderr}`);
    if (made.status === 0) {
      // Nothing in the tree may start a service or reach a network of its own; the packages' archives are no longer needed.
      rmSync(join(building, 'var/cache/apt/archives'), { recursive: true, force: true });
      mkdirSync(join(building, 'var/cache/apt/archives/partial'), { recursive: true });
      try {
        renameSync(building, target);
      } catch (error) {
        if (!existsSync(target)) throw error;
        rmSync(building, { recursive: true, force: true });
      }
      return;
    }
    last = lastLine(readFileSync(log, 'utf8'));
  }
  rmSync(building, { recursive: true, force: true });
  throw new LabUnavailable(`debootstrap of ${suite} failed: ${last}`, `see ${log}`);
}

/** Installs a Debian package where `program` is missing: only as root, and only with apt-get. */
export function ensurePackage(program: string, name: string, say: Say): void {
  if (onPath(program)) return;
  if (process.getuid?.() !== 0 || !onPath('apt-get'))
    throw new LabUnavailable(`${program} is not installed`, `install the package ${name}`);
  say(`installing ${name}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (...args: string[]) => spawnSync('apt-get', ['-qq', '-o', 'Acquire::Retries=3', ...args], { encoding: 'utf8', env });
  let done = apt('install', '-y', '--no-install-recommends', name);
  if (done.status !== 0) {
    apt('update');
    done = apt('install', '-y', '--no-install-recommends', name);
  }
  if (done.status !== 0 || !onPath(program))
    throw new LabUnavailable(`${name} cannot be installed: ${lastLine(done.stderr)}`, 'install it by hand');
}

export const onPath = (program: string) =>
  `${process.env.PATH ?? ''}:/usr/sbin:/sbin`.split(':').some((dir) => dir !== '' && existsSync(join(dir, program)));

const lastLine = (text: string) => text.trim().split('\n').at(-1) ?? '';

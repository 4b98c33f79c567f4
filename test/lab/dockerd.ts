/**
 * A Docker daemon for the lab: the one that is there, or one started by hand where `dockerd` is installed and nobody runs it (a CI machine
 * without systemd). Ours has no bridge and touches no firewall rule: the lab's containers use the host's network, and of that only loopback; or, in a
 * network namespace of our own, a bridge that ends with it (own-network.ts).
 */
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Held, type ProcessRef, processRef, updateHeld } from './held.ts';
import { endProcess } from './processes.ts';
import { CACHE, LabUnavailable, onPath, type Say } from './rootfs.ts';
import { NETWORK } from './settings.ts';

const SYSTEM_SOCKET = '/var/run/docker.sock';
const OWN = join(CACHE, 'docker');
const OWN_SOCKET = join(OWN, 'docker.sock');

/** Why this machine cannot run the Docker lab, or null. */
export function dockerLabObstacle(): string | null {
  if (process.platform !== 'linux') return 'the Docker lab needs Linux: its containers use the host network';
  if (process.env.DOCKER_HOST || spawnSync('docker', ['version'], { stdio: 'ignore', timeout: 10_000 }).status === 0) return null;
  if (process.getuid?.() === 0 && onPath('dockerd')) return null;
  return 'no Docker daemon answers, and none can be started';
}

/** Makes sure that a daemon answers. @returns its DOCKER_HOST. A daemon that is started here stands in `held` and ends with the lab. */
export async function ensureDaemon(held: Held, say: Say): Promise<string> {
  // A daemon outside our network namespace would put the lab's bridge on the machine.
  if (!NETWORK && process.env.DOCKER_HOST) return process.env.DOCKER_HOST;
  if (!NETWORK && (await answers(SYSTEM_SOCKET))) return `unix://${SYSTEM_SOCKET}`;
  const obstacle = dockerLabObstacle();
  if (obstacle) throw new LabUnavailable(obstacle, 'install docker.io and run as root, or use --kind process');
  mkdirSync(OWN, { recursive: true });
  // Networks that a killed daemon remembers: it would make their bridges again, perhaps in another namespace.
  rmSync(join(OWN, 'data/network'), { recursive: true, force: true });
  say('starting a Docker daemon');
  const log = join(OWN, 'dockerd.log');
  const output = openSync(log, 'w');
  const args = [
    '--data-root',
    join(OWN, 'data'),
    '--exec-root',
    join(OWN, 'run'),
    '--pidfile',
    join(OWN, 'pid'),
    '-H',
    `unix://${OWN_SOCKET}`,
  ];
  args.push('--bridge=none', '--iptables=false', '--ip6tables=false', '--ip-forward=false', '--ip-masq=false');
  const child = spawn('dockerd', args, { detached: true, stdio: ['ignore', output, output] });
  closeSync(output);
  await new Promise<void>((resolve, reject) => child.once('spawn', resolve).once('error', reject));
  child.unref();
  const ref = processRef('dockerd', child.pid!);
  if (ref) {
    held.processes.push(ref);
    updateHeld(held);
  }
  for (const deadline = Date.now() + 30_000; Date.now() < deadline && child.exitCode === null; await sleep(100))
    if (existsSync(OWN_SOCKET) && (await answers(OWN_SOCKET))) return `unix://${OWN_SOCKET}`;
  throw new LabUnavailable('dockerd does not come up', `see ${log}`);
}

/** Whether a daemon replies to a ping on this socket. */
function answers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(socketPath, () => socket.write('GET /_ping HTTP/1.0\r\n\r\n'));
    socket.setTimeout(2000, () => socket.destroy());
    socket.once('data', (data) => {
      resolve(data.toString().includes(' 200 '));
      socket.destroy();
    });
    socket.once('error', () => resolve(false)).once('close', () => resolve(false));
  });
}

/** Ends a daemon that was started here. It leaves the name of its network namespace mounted: that goes too. */
export async function endDaemon(ref: ProcessRef): Promise<void> {
  await endProcess(ref, 15_000);
  const names = join(OWN, 'run/netns');
  if (!existsSync(names)) return;
  for (const name of readdirSync(names)) spawnSync('umount', [join(names, name)], { stdio: 'ignore' });
}

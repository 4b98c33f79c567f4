/**
 * Nodes as containers, through testcontainers: one image from docker/Dockerfile, the node's run folder mounted, the host's network; or, in a network
 * namespace of our own, sites on a bridge (own-network.ts). The configuration is the process lab's, byte for byte.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { ensureDaemon } from './dockerd.ts';
import { type Held, processRef, updateHeld } from './held.ts';
import type { LabNode } from './node.ts';
import type { NodePlan } from './render.ts';
import { bootstrap, CACHE, LabUnavailable, type Say, SUITE } from './rootfs.ts';
import { NETWORK, SITES, SPARE } from './settings.ts';

// Ryuk, testcontainers' reaper, comes from a registry; here the lab's own list is what ends leftovers. Set before the library reads it.
process.env.TESTCONTAINERS_RYUK_DISABLED = 'true';
// Inside a container the library would look for the gateway of a bridge that our daemon does not have; the host network needs none.
process.env.TESTCONTAINERS_HOST_OVERRIDE = '127.0.0.1';
const { GenericContainer, getContainerRuntimeClient } = await import('testcontainers');
type Dockerode = Awaited<ReturnType<typeof getContainerRuntimeClient>>['container']['dockerode'];

const CONTEXT = join(import.meta.dirname, 'docker');
const BASE = `debian:${SUITE}-slim`;
const PULL_TIMEOUT_S = '60';

/** A daemon, the image, and a run folder that its containers mount. */
export async function containerHome(id: string, held: Held, say: Say) {
  held.dockerHost = process.env.DOCKER_HOST = await ensureDaemon(held, say);
  updateHeld(held);
  const docker = await dockerode();
  const image = await ensureImage(docker, held.dockerHost, say);
  const folder = join(CACHE, 'runs', id);
  mkdirSync(folder, { recursive: true });
  if (NETWORK) await makeNetwork(docker, NETWORK);
  return { folder, inside: `/run/callsurge/${id}`, node: (plan: NodePlan) => new ContainerNode(plan, image, docker, held) };
}

/** The sites' own bridge, in a network namespace of our own. */
async function makeNetwork(docker: Dockerode, { name, subnet, gateway }: NonNullable<typeof NETWORK>): Promise<void> {
  const IPAM = { Driver: 'default', Config: [{ Subnet: subnet, Gateway: gateway }] };
  const Options = { 'com.docker.network.bridge.enable_ip_masquerade': 'false' };
  await docker.createNetwork({ Name: name, Driver: 'bridge', IPAM, Options });
}

const dockerode = async (): Promise<Dockerode> => (await getContainerRuntimeClient()).container.dockerode;

/** Builds the image once per Dockerfile; its tag carries the Dockerfile's hash. @returns the tag. */
async function ensureImage(docker: Dockerode, dockerHost: string, say: Say): Promise<string> {
  const hash = createHash('sha256')
    .update(readFileSync(join(CONTEXT, 'Dockerfile')))
    .digest('hex')
    .slice(0, 12);
  const tag = `callsurge-lab:${hash}`;
  if (await hasImage(docker, tag)) return tag;
  await ensureBase(docker, dockerHost, say);
  say(`building ${tag} (about a minute)`);
  // testcontainers' own builder offers no network mode, and swallows a failed RUN.
  const stream = await docker.buildImage({ context: CONTEXT, src: ['Dockerfile'] }, { t: tag, networkmode: 'host', forcerm: true });
  await new Promise<void>((resolve, reject) =>
    docker.modem.followProgress(stream, (error, output: { error?: string }[]) => {
      const failed = error?.message ?? output.find((line) => line.error)?.error;
      if (failed) reject(new LabUnavailable(`the image cannot be built: ${failed}`, `docker build ${CONTEXT}`));
      else resolve();
    }),
  );
  return tag;
}

/** The base image: from a registry; where none can be reached, made with debootstrap and imported under the same name. */
async function ensureBase(docker: Dockerode, dockerHost: string, say: Say): Promise<void> {
  if (await hasImage(docker, BASE)) return;
  say(`pulling ${BASE}`);
  const pulled = spawnSync('timeout', [PULL_TIMEOUT_S, 'docker', '-H', dockerHost, 'pull', '-q', BASE], { encoding: 'utf8' });
  if (pulled.status === 0) return;
  say('no registry can be reached: making the base image with debootstrap');
  const tree = join(CACHE, `base-${SUITE}`);
  rmSync(tree, { recursive: true, force: true });
  bootstrap(tree, SUITE, [], say);
  const tar = spawn('tar', ['-C', tree, '-c', '.'], { stdio: ['ignore', 'pipe', 'ignore'] });
  const imported = spawn('docker', ['-H', dockerHost, 'import', '-', BASE], { stdio: ['pipe', 'ignore', 'ignore'] });
  tar.stdout.pipe(imported.stdin);
  const code = await new Promise<number | null>((resolve) => imported.once('close', resolve).once('error', () => resolve(null)));
  rmSync(tree, { recursive: true, force: true });
  if (code !== 0) throw new LabUnavailable(`docker import of ${BASE} failed`, 'pull or import that image by hand');
}

const hasImage = (docker: Dockerode, tag: string) =>
  docker
    .getImage(tag)
    .inspect()
    .then(
      () => true,
      () => false,
    );

class ContainerNode implements LabNode {
  readonly name: string;
  readonly #plan: NodePlan;
  readonly #image: string;
  readonly #docker: Dockerode;
  readonly #held: Held;
  #id: string | null = null;
  #pid: number | null = null;

  constructor(plan: NodePlan, image: string, docker: Dockerode, held: Held) {
    this.name = plan.name;
    this.#plan = plan;
    this.#image = image;
    this.#docker = docker;
    this.#held = held;
  }

  get pid(): number | null {
    return this.#pid;
  }

  async start(): Promise<void> {
    if (this.#id) await this.#docker.getContainer(this.#id).start();
    else await this.#create();
    const { State } = await this.#docker.getContainer(this.#id!).inspect();
    this.#pid = State.Pid;
    const ref = processRef(this.name, State.Pid);
    this.#held.processes = this.#held.processes.filter((other) => other.name !== this.name);
    if (ref) this.#held.processes.push(ref);
    updateHeld(this.#held);
  }

  /** A container at an address of the lab's own network; testcontainers has no word for the address. */
  async #createAt(address: string, network: string): Promise<string> {
    const { uid, gid } = userInfo();
    const made = await this.#docker.createContainer({
      Image: this.#image,
      User: `${uid}:${gid}`,
      Entrypoint: [this.#plan.command[0]!],
      Cmd: this.#plan.command.slice(1),
      Labels: { 'callsurge.lab': this.name },
      HostConfig: {
        NetworkMode: network,
        Binds: [`${this.#plan.folder}:${this.#plan.inside}:rw`],
        Ulimits: [{ Name: 'nofile', Soft: 20_000, Hard: 20_000 }],
      },
      NetworkingConfig: { EndpointsConfig: { [network]: { IPAMConfig: { IPv4Address: address } } } },
    });
    await made.start();
    return made.id;
  }

  async #create(): Promise<void> {
    const { uid, gid } = userInfo();
    const site = [...SITES, SPARE].find(({ name }) => name === this.name);
    if (NETWORK && site) return this.#hold(await this.#createAt(site.host, NETWORK.name));
    const started = await new GenericContainer(this.#image)
      // What the node writes to its run folder belongs to whoever removes it.
      .withUser(`${uid}:${gid}`)
      .withEntrypoint([this.#plan.command[0]!])
      .withCommand(this.#plan.command.slice(1))
      .withNetworkMode('host')
      .withBindMounts([{ source: this.#plan.folder, target: this.#plan.inside, mode: 'rw' }])
      .withUlimits({ nofile: { soft: 20_000, hard: 20_000 } })
      .withLabels({ 'callsurge.lab': this.name })
      .withStartupTimeout(30_000)
      .start();
    this.#hold(started.getId());
  }

  #hold(id: string): void {
    this.#id = id;
    this.#held.containers.push(id);
    updateHeld(this.#held);
  }

  async stop(): Promise<void> {
    if (this.#id) await this.#docker.getContainer(this.#id).stop({ t: 3 });
    this.#pid = null;
  }

  async kill(signal: NodeJS.Signals): Promise<void> {
    if (!this.#id || this.#pid === null) throw new Error(`${this.name} is not running`);
    await this.#docker.getContainer(this.#id).kill({ signal });
    if (signal !== 'SIGKILL') return;
    await this.#docker.getContainer(this.#id).wait();
    this.#pid = null;
  }
}

/** Removes the lab's containers, by id. A daemon that is gone has none. */
export async function endContainers(held: Held): Promise<void> {
  if (held.dockerHost) process.env.DOCKER_HOST = held.dockerHost;
  const docker = await dockerode().catch(() => null);
  if (!docker) return;
  await Promise.all(
    held.containers.map((id) =>
      docker
        .getContainer(id)
        .remove({ force: true, v: true })
        .catch((error: { statusCode?: number }) => {
          if (error.statusCode !== 404) throw error;
        }),
    ),
  );
}

/**
 * The project's own call centre: two Asterisk sites (menu, queues, registered agents) behind a Kamailio edge, on loopback addresses. The same
 * configuration runs as plain processes or in containers. One lab at a time on a machine.
 *
 *     const lab = await startLab({ kind: 'process', maxCalls: 40 });
 *     … calls to sip:2002@127.0.10.1 …
 *     await lab.down();
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CallsurgeError } from '../../src/errors.ts';
import { endDaemon } from './dockerd.ts';
import { acquire, type Held, heldLab, isAlive, releaseHeld, updateHeld } from './held.ts';
import type { LabNode } from './node.ts';
import { endProcess, ProcessNode, processFolders } from './processes.ts';
import { type NodePlan, renderEdge, renderSite, writeSiteList } from './render.ts';
import { ensureRootfs, type Say } from './rootfs.ts';
import { edgeRpc, edgeSites } from './rpc.ts';
import { EDGE, type LabKind, type LabOptions, SITES, SPARE, settingsOf } from './settings.ts';
import { LabSite } from './site.ts';

export interface Lab {
  readonly kind: LabKind;
  /** UDP and TCP at `port`, TLS at `tlsPort` with a certificate signed by the authority in the file `ca`. */
  readonly edge: { readonly host: string; readonly port: number; readonly tlsPort: number; readonly ca: string };
  readonly sites: readonly LabSite[];
  /** The edge's plug. */
  readonly edgeNode: LabNode;
  /** Run folders of the nodes; removed by down(). */
  readonly folder: string;
  /** Kamailio's JSON-RPC: `dispatcher.list`, `htable.seti knob max 10`. */
  rpc(command: string): Promise<unknown>;
  /** Capacity of a site from now on. */
  setMaxCalls(site: string, calls: number): Promise<void>;
  /** A third site, started now: when it takes calls the edge is told of it. `removeSite()` takes it out of the edge's list and ends it. */
  addSite(): Promise<LabSite>;
  removeSite(): Promise<void>;
  /** Waits until the edge sees every site of `names` (default: all) active. */
  seenByEdge(names?: string[], timeoutMs?: number): Promise<void>;
  /**
   * Waits until no channel is open and Asterisk's record of every call is complete: hung up by AMI, present in the CDR.
   * @throws Error after `timeoutMs`, naming what is left.
   */
  idle(timeoutMs?: number): Promise<void>;
  /** Ends everything the lab started, and removes its folders. */
  down(): Promise<void>;
}

export interface StartOptions extends LabOptions {
  /** How long to wait for another test run to give the lab up. Default 15 min. */
  waitMs?: number;
  /** Leaves the lab up when this process ends (command line). */
  leave?: boolean;
  say?: Say;
}

/** Brings a lab up; what is missing is set up first. @throws CallsurgeError with what the machine lacks. */
export async function startLab(options: StartOptions): Promise<Lab> {
  const settings = settingsOf(options);
  const say = options.say ?? ((line) => console.error(`lab: ${line}`));
  const held = await acquire(settings.kind, options.waitMs ?? 900_000, endHeld, say);
  try {
    const id = `${process.pid}-${Date.now().toString(36)}`;
    const home = settings.kind === 'process' ? processHome(id, say) : await dockerHome(id, held, say);
    held.folders.push(home.folder);
    updateHeld(held);
    const place = (name: string): [string, string] => {
      mkdirSync(join(home.folder, name), { recursive: true });
      return [join(home.folder, name), `${home.inside}/${name}`];
    };
    const edgePlan = renderEdge(settings, ...place(EDGE.name));
    const edge = home.node(edgePlan, held);
    const sites = SITES.map((address) => {
      const plan = renderSite(address, settings, ...place(address.name));
      return { address, plan, node: home.node(plan, held) };
    });
    for (const node of [...sites.map((site) => site.node), edge]) await node.start();
    const labSites = sites.map(({ address, node, plan }) => new LabSite(address, node, plan.folder));
    let spare: LabSite | undefined;
    const endSpare = async () => {
      await spare?.ami.close();
      await spare?.stop();
      spare = undefined;
    };
    let isDown = false;
    const lab: Lab = {
      kind: settings.kind,
      edge: { host: EDGE.host, port: EDGE.port, tlsPort: EDGE.tlsPort, ca: join(home.folder, EDGE.name, 'etc/ca.pem') },
      sites: labSites,
      edgeNode: edge,
      folder: home.folder,
      rpc: edgeRpc,
      setMaxCalls: (name, calls) => siteOf(labSites, name).setMaxCalls(calls),
      seenByEdge: (names = SITES.map((site) => site.name), timeoutMs = 20_000) => seenByEdge(names, timeoutMs),
      addSite: async () => {
        const plan = renderSite(SPARE, settings, ...place(SPARE.name));
        const node = home.node(plan, held);
        await node.start();
        spare = new LabSite(SPARE, node, plan.folder);
        await spare.ready();
        writeSiteList(edgePlan.folder, [...SITES, SPARE]);
        await edgeRpc('dispatcher.reload');
        return spare;
      },
      removeSite: async () => {
        writeSiteList(edgePlan.folder, SITES);
        await edgeRpc('dispatcher.reload');
        await endSpare();
      },
      idle: (timeoutMs = 10_000) => idle(labSites, timeoutMs),
      down: async () => {
        if (isDown) return;
        isDown = true;
        await spare?.ami.close();
        await Promise.all(labSites.map((site) => site.ami.close()));
        await endHeld(held);
        releaseHeld();
      },
    };
    try {
      await Promise.all(labSites.map((site) => site.ready()));
      await lab.seenByEdge();
    } catch (error) {
      await Promise.all(labSites.map((site) => site.ami.close()));
      throw error;
    }
    if (options.leave) {
      held.owner = null;
      updateHeld(held);
      await Promise.all(labSites.map((site) => site.ami.close()));
    }
    return lab;
  } catch (error) {
    await endHeld(held);
    releaseHeld();
    throw error;
  }
}

interface Home {
  folder: string;
  inside: string;
  node(plan: NodePlan, held: Held): LabNode;
}

function processHome(id: string, say: Say): Home {
  ensureRootfs(say);
  return { ...processFolders(id), node: (plan, held) => new ProcessNode(plan, held) };
}

/** Loaded only when asked for: testcontainers is large. */
async function dockerHome(id: string, held: Held, say: Say): Promise<Home> {
  const { containerHome } = await import('./containers.ts');
  return containerHome(id, held, say);
}

/** Ends what stands in the list, and only that: containers first, then processes, the Docker daemon last. */
export async function endHeld(held: Held): Promise<void> {
  if (held.containers.length > 0) {
    const { endContainers } = await import('./containers.ts');
    await endContainers(held);
  }
  const daemon = held.processes.filter((ref) => ref.name === 'dockerd');
  await Promise.all(held.processes.filter((ref) => ref.name !== 'dockerd').map((ref) => endProcess(ref)));
  for (const ref of daemon) await endDaemon(ref);
  for (const folder of held.folders) rmSync(folder, { recursive: true, force: true });
}

/**
 * Takes down the lab that the command line left up, or that a dead test run left behind.
 * @returns what was ended. @throws CallsurgeError when a test run that is still alive has it.
 */
export async function takeDown(): Promise<Held | null> {
  const held = heldLab();
  if (!held) return null;
  if (held.owner && isAlive(held.owner))
    throw new CallsurgeError('machine-limit', `a test run has the lab (pid ${held.owner.pid})`, {
      where: 'lab',
      todo: 'it takes it down when it ends',
    });
  await endHeld(held);
  releaseHeld();
  return held;
}

/** State of the lab for people. */
export async function labStatus(): Promise<string[]> {
  const held = heldLab();
  if (!held) return ['down'];
  const owner = held.owner ? `of a test run (pid ${held.owner.pid}${isAlive(held.owner) ? '' : ', dead'})` : 'left up by the command line';
  const lines = [`${held.kind} lab, ${owner}`];
  for (const ref of held.processes) lines.push(`  ${ref.name.padEnd(8)} pid ${ref.pid} ${isAlive(ref) ? 'running' : 'gone'}`);
  const seen = await edgeSites().catch((error: Error) => ({ edge: error.message }));
  for (const [uri, flags] of Object.entries(seen)) lines.push(`  ${uri} ${flags === 'AP' ? 'active' : flags}`);
  return lines;
}

function siteOf(sites: readonly LabSite[], name: string): LabSite {
  const site = sites.find((one) => one.name === name);
  if (!site) throw new Error(`no site ${name}: ${sites.map((one) => one.name).join(', ')}`);
  return site;
}

/** Events may overtake the answer to a command: no open channel does not yet mean that every hangup was reported. */
async function idle(sites: readonly LabSite[], timeoutMs: number): Promise<void> {
  let left: string[] = [];
  for (const deadline = Date.now() + timeoutMs; Date.now() < deadline; await sleep(50)) {
    left = [];
    for (const site of sites) {
      const channels = await site.channels();
      if (channels > 0) left.push(`${site.name}: ${channels} channels`);
      const inCdr = new Set(site.cdr().map((row) => row.uniqueid));
      for (const fact of site.ami.calls())
        if (fact.hangupMs === null || !inCdr.has(fact.uniqueid))
          left.push(`${site.name}: ${fact.caller} to ${fact.called} (${fact.sipCallId})`);
    }
    if (left.length === 0) return;
  }
  throw new Error(
    `the lab is not idle after ${timeoutMs} ms: ${left.slice(0, 5).join('; ')}${left.length > 5 ? ` and ${left.length - 5} more` : ''}`,
  );
}

async function seenByEdge(names: string[], timeoutMs: number): Promise<void> {
  const wanted = [...SITES, SPARE].filter((site) => names.includes(site.name)).map((site) => `sip:${site.host}:5060`);
  let seen: Record<string, string> = {};
  for (const deadline = Date.now() + timeoutMs; Date.now() < deadline; await sleep(100)) {
    seen = await edgeSites().catch(() => ({}));
    if (wanted.every((uri) => seen[uri]?.startsWith('A'))) return;
  }
  throw new Error(`the edge does not see ${names.join(', ')} within ${timeoutMs} ms: ${JSON.stringify(seen)}`);
}

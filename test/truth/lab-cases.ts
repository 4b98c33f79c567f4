/** What is done to the lab, and what its parts and our scorecard say of it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultFigures } from '../../src/analysis/model.ts';
import type { Lab } from '../lab/lab.ts';
import { NETWORK } from '../lab/settings.ts';
import type { LabSite } from '../lab/site.ts';
import { elapsedText } from './elapsed.ts';
import { type LabPlay, labVendor, load, pidOf, playOn, type SeenByEdge, scalingApi } from './lab-faults.ts';

export interface Side {
  what: string;
  ours: string;
  kamailio: string;
  asterisk: string;
  agrees: boolean;
}

const PER_SECOND = 20;
/** The edge's list is looked at every 50 ms, over HTTP. */
const LOOK_MS = 200;

/**
 * Site b takes no calls, so site a is the whole vendor: the outage ends when the edge has it back. Frozen, ended (SIGTERM), killed.
 * @param which of them, one after another, each 14 s.
 */
export async function aloneOut(lab: Lab, which: readonly ('STOP' | 'TERM' | 'KILL')[]): Promise<Side[]> {
  const [a] = lab.sites;
  await lab.setMaxCalls('site-b', 0);
  await lab.seenByEdge();
  const every = 16_000;
  const faults = which.map((signal, k) => ({
    name: `site a: SIG${signal}`,
    at: `${6 + (k * every) / 1000}s`,
    for: '3s',
    do: { kind: 'process', signal, pid: pidOf('site-a') },
  }));
  // After the first TERM or KILL the process id is another one: those are done by hand, and marked to the millisecond.
  const byHand = which.map((signal, k) => ({ signal, atMs: 6000 + k * every })).filter(({ signal }) => signal !== 'STOP');
  const planned = faults.filter((_, k) => which[k] === 'STOP');
  const play = await playOn(lab, load(PER_SECOND, 8 + (which.length * every) / 1000, { faults: planned }), async (handle, startMs, now) => {
    for (const { signal, atMs } of byHand) {
      await sleep(Math.max(0, startMs + atMs - now()));
      const at = now();
      await (signal === 'KILL' ? a!.kill('SIGKILL') : a!.stop());
      handle.typedMark({ type: 'fault', by: 'buyer', at, errorMs: 50, note: `site a: SIG${signal}`, fault: `site a: SIG${signal}` });
      await sleep(3000);
      await a!.start();
    }
  });
  await lab.setMaxCalls('site-b', 100);
  return play.analysis.faults.map((fault) => alone(fault, play));
}

/** The same with site a's container paused and killed by the Docker engine. */
export async function containerOut(lab: Lab, container: string, socket: string): Promise<Side[]> {
  await lab.setMaxCalls('site-b', 0);
  await lab.seenByEdge();
  const faults = [
    { name: 'site a: container paused', at: '6s', for: '3s', do: { kind: 'container', container, action: 'pause', socket } },
    { name: 'site a: container killed', at: '22s', for: '3s', do: { kind: 'container', container, action: 'kill', socket } },
  ];
  const play = await playOn(lab, load(PER_SECOND, 40, { faults }));
  await lab.setMaxCalls('site-b', 100);
  return play.analysis.faults.map((fault) => alone(fault, play));
}

/** Site a is all there is, and its container is cut off its network: by the docker command as a fault of kind command, then by the injector. */
export async function networkCut(lab: Lab, container: string, dockerHost: string): Promise<Side[]> {
  await lab.setMaxCalls('site-b', 0);
  await lab.seenByEdge();
  const { name } = NETWORK!;
  const docker = (...words: string[]) => ({ command: ['docker', '-H', dockerHost, 'network', ...words] });
  const faults = [
    {
      name: 'site a: docker network disconnect',
      at: '6s',
      for: '3s',
      do: {
        kind: 'command',
        start: docker('disconnect', '-f', name, container),
        end: docker('connect', '--ip', lab.sites[0]!.host, name, container),
      },
    },
    {
      name: 'site a: container cut off its network',
      at: '24s',
      for: '3s',
      do: { kind: 'container', container, action: 'disconnect', network: name, socket: dockerHost.replace('unix://', '') },
    },
  ];
  const vendor = { ...labVendor(lab), local: { addresses: [lab.edge.host] } };
  const play = await playOn(lab, load(PER_SECOND, 44, { faults }), undefined, vendor);
  await lab.setMaxCalls('site-b', 100);
  return play.analysis.faults.map((fault) => alone(fault, play));
}

function alone(fault: FaultFigures, { edge, analysis }: LabPlay): Side {
  const t0 = fault.startMs!;
  const { rtoMs, resolutionMs, outages } = fault.firstTry;
  const next = analysis.faults.find(({ startMs }) => startMs! > t0)?.startMs ?? Number.POSITIVE_INFINITY;
  const seen = edge.filter(({ atMs, site }) => site === 'site-a' && atMs > t0 - LOOK_MS && atMs < next);
  const down = seen.find(({ active }) => !active);
  const up = seen.findLast(({ active }) => active);
  // What the edge's list shows, it does from then on: the first call that gets through comes after that, and within our resolution.
  const agrees = rtoMs !== null && resolutionMs !== null && up !== undefined && Math.abs(t0 + rtoMs - up.atMs) <= resolutionMs + LOOK_MS;
  return {
    what: `${fault.name}, the other site full`,
    ours: `out for ${rtoMs === null ? '?' : elapsedText(rtoMs)} ± ${elapsedText(resolutionMs ?? Number.NaN)}, ${outages.reduce((sum, { failed }) => sum + failed, 0)} calls failed; of ${fault.inProgress.at} in progress ${fault.inProgress.dropped + fault.inProgress.frozen} lost`,
    kamailio: `${down ? `down after ${elapsedText(down.atMs - t0)}` : 'never down'}, ${up ? `up after ${elapsedText(up.atMs - t0)}` : 'never up'}`,
    asterisk: '–',
    agrees,
  };
}

/** Both sites take calls, one is killed: where calls went by our record, and by Asterisk's events. */
export async function oneOfTwo(lab: Lab): Promise<Side> {
  const [a] = lab.sites;
  for (const site of lab.sites) site.ami.clear();
  await lab.seenByEdge();
  const play = await playOn(lab, load(PER_SECOND, 24), async (handle, startMs, now) => {
    await sleep(Math.max(0, startMs + 6000 - now()));
    const at = now();
    await a!.kill('SIGKILL');
    handle.typedMark({ type: 'fault', by: 'buyer', at, errorMs: 50, note: 'site-a killed', fault: 'site-a killed' });
    await sleep(6000);
    await a!.start();
    handle.typedMark({ type: 'fixed', by: 'vendor', at: now(), errorMs: 100, fault: 'site-a killed' });
  });
  // Calls that died with the site have no end in its events: idle() would wait for them for ever.
  await sleep(1500);
  const [fault] = play.analysis.faults;
  const t0 = fault!.startMs!;
  const routes = (fault!.routes ?? []).filter(({ by }) => by === 'site');
  const ours = Object.fromEntries(routes.map(({ name, before, during, after }) => [name.replace('vendor-', ''), [before, during, after]]));
  const theirs = Object.fromEntries(
    lab.sites.map(({ name, ami }) => {
      const after = fault!.endMs ?? Number.POSITIVE_INFINITY;
      const starts = ami.calls().map(({ startMs }) => startMs);
      const between = (from: number, to: number) => starts.filter((at) => at >= from && at < to).length;
      return [name, [between(0, t0), between(t0, after), between(after, Number.POSITIVE_INFINITY)]];
    }),
  );
  const sums = (of: Record<string, number[]>) => Object.values(of).reduce((sum, counts) => sum + counts.reduce((a, b) => a + b, 0), 0);
  const near = (site: string, k: number) => Math.abs((ours[site]?.[k] ?? 0) - (theirs[site]?.[k] ?? 0)) <= 3;
  const fixed = fault!.people?.fixed;
  const text = (of: Record<string, number[]>) =>
    Object.entries(of)
      .map(([name, [before, during, after]]) => `${name} ${before} / ${during} / ${after}`)
      .join(', ');
  return {
    what: 'site a killed, site b takes over (calls before / while / after, by site)',
    ours: `${text(ours)}; of ${fault!.inProgress.at} in progress ${fault!.inProgress.dropped + fault!.inProgress.frozen} lost; fixed after ${fixed ? elapsedText(fixed.ms) : '?'}`,
    kamailio: states(play.edge, t0),
    asterisk: text(theirs),
    // Asterisk sees a call some milliseconds after us; one that the edge tried at the dead site, a second later.
    agrees: [0, 1, 2].every((k) => near('site-a', k) && near('site-b', k)) && Math.abs(sums(ours) - sums(theirs)) <= 3,
  };
}

const states = (edge: readonly SeenByEdge[], t0: number) =>
  edge
    .filter(({ site }) => site === 'site-a')
    .map(({ active, atMs }) => `${active ? 'up' : 'down'} after ${elapsedText(atMs - t0)}`)
    .join(', ') || 'no change seen';

/** The edge itself ends and comes back. */
export async function edgeRestarted(lab: Lab): Promise<Side> {
  const at = { down: 0, up: 0 };
  const play = await playOn(lab, load(PER_SECOND, 22), async (handle, startMs, now) => {
    await sleep(Math.max(0, startMs + 6000 - now()));
    at.down = now();
    await lab.edgeNode.kill('SIGKILL');
    handle.typedMark({ type: 'fault', by: 'buyer', at: at.down, errorMs: 50, fault: 'edge restarted' });
    await sleep(2000);
    await lab.edgeNode.start();
    await lab.seenByEdge();
    at.up = now();
  });
  const [fault] = play.analysis.faults;
  const { rtoMs, resolutionMs } = fault!.firstTry;
  const rpc = at.up - at.down;
  return {
    what: 'edge killed and started again',
    ours: `out for ${rtoMs === null ? '?' : elapsedText(rtoMs)} ± ${elapsedText(resolutionMs ?? Number.NaN)}; of ${fault!.inProgress.at} in progress ${fault!.inProgress.dropped + fault!.inProgress.frozen} lost`,
    kamailio: `answers with both sites active after ${elapsedText(rpc)}`,
    asterisk: '–',
    agrees: rtoMs !== null && resolutionMs !== null && rtoMs >= 2000 && rtoMs <= rpc + resolutionMs + 2 * LOOK_MS,
  };
}

/** The vendor's scaling API says yes at once; MAXCALLS of both sites is raised so much later. */
export async function raised(lab: Lab, delayMs: number): Promise<Side> {
  const target = 40;
  for (const { name } of lab.sites) await lab.setMaxCalls(name, 10);
  let inForce = Number.NaN;
  const api = await scalingApi(delayMs, async () => {
    await Promise.all(lab.sites.map(({ name }) => lab.setMaxCalls(name, 60)));
    inForce = performance.timeOrigin + performance.now();
  });
  try {
    const surge = {
      scaling: [{ name: 'more', at: '6s', target, hold: '5s', do: { kind: 'request', start: { http: api.url } } }],
    };
    const play = await playOn(lab, load(PER_SECOND, 6 + delayMs / 1000 + 14, surge, 2500));
    const [step] = play.analysis.scaling;
    const truth = inForce - step!.triggerMs!;
    const { scaleUpMs, firstExtraMs, blockedWhile } = step!;
    return {
      what: `MAXCALLS raised ${delayMs / 1000} s after it was asked for`,
      ours: `first extra after ${firstExtraMs === null ? '?' : elapsedText(firstExtraMs)}, ${target} held after ${scaleUpMs === null ? '?' : elapsedText(scaleUpMs)}; ${blockedWhile} refused meanwhile`,
      kamailio: '–',
      asterisk: `in force after ${elapsedText(truth)}`,
      // Calls last 2.5 s: so long until the level has risen; the first extra call comes at once.
      agrees:
        firstExtraMs !== null &&
        Math.abs(firstExtraMs - truth) <= 1000 &&
        scaleUpMs !== null &&
        scaleUpMs >= truth - 100 &&
        scaleUpMs <= truth + 4000,
    };
  } finally {
    api.close();
    for (const { name } of lab.sites) await lab.setMaxCalls(name, 100);
  }
}

/** Two small sites are full; the vendor's scaling API says yes at once, starts a third one and tells its edge. */
export async function siteAdded(lab: Lab, delayMs: number): Promise<Side> {
  const target = 40;
  for (const { name } of lab.sites) await lab.setMaxCalls(name, 10);
  await lab.seenByEdge();
  const now = () => performance.timeOrigin + performance.now();
  let up = Number.NaN;
  let third: LabSite | undefined;
  const api = await scalingApi(delayMs, async () => {
    third = await lab.addSite();
    up = now();
  });
  try {
    const surge = {
      scaling: [{ name: 'third site', at: '6s', target, hold: '5s', do: { kind: 'request', start: { http: api.url } } }],
    };
    const play = await playOn(lab, load(PER_SECOND, 24, surge, 2500));
    await sleep(500);
    const calls = third?.ami.calls().map(({ startMs }) => startMs) ?? [];
    const [step] = play.analysis.scaling;
    const t0 = step!.triggerMs!;
    const { scaleUpMs, firstExtraMs, blockedWhile } = step!;
    const seen = play.edge.find(({ site, active }) => site === 'site-c' && active);
    const first = Math.min(...calls) - t0;
    const there = play.calls.filter(({ site }) => site === 'vendor-site-c').length;
    return {
      what: `a third site started ${delayMs / 1000} s after it was asked for, and given to the edge`,
      ours: `first extra after ${said(firstExtraMs)}, ${target} held after ${said(scaleUpMs)}; ${blockedWhile} refused meanwhile; ${there} calls answered there`,
      kamailio: `in its list, active, after ${said(seen ? seen.atMs - t0 : null)}`,
      asterisk: `takes calls after ${elapsedText(up - t0)}, first call after ${said(Number.isFinite(first) ? first : null)}; ${calls.length} calls`,
      agrees:
        seen !== undefined &&
        firstExtraMs !== null &&
        // The first call beyond the old plateau is the new site's first, give or take one of the old sites' that ended.
        Math.abs(firstExtraMs - first) <= 1000 &&
        Math.abs(seen.atMs - t0 - first) <= 1000 &&
        scaleUpMs !== null &&
        // Calls last 2.5 s: so long until the level has risen.
        scaleUpMs >= first - 100 &&
        scaleUpMs <= first + 4000 &&
        there > 20 &&
        Math.abs(there - calls.length) <= 3,
    };
  } finally {
    api.close();
    await lab.removeSite();
    for (const { name } of lab.sites) await lab.setMaxCalls(name, 100);
  }
}

const said = (ms: number | null) => (ms === null ? '?' : elapsedText(ms));

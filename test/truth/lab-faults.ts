/**
 * Faults of the lab while a run of ours is on, and what the lab's own parts say of them: Kamailio's list of sites, looked at every 50 ms, and
 * Asterisk's events of each call. Both stand beside our scorecard.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAnalysis } from '../../src/analysis/analyse.ts';
import type { RunAnalysis } from '../../src/analysis/model.ts';
import type { RunHandle } from '../../src/engine/request.ts';
import { startRun } from '../../src/engine/run.ts';
import { readTable } from '../../src/record/read.ts';
import { replay } from '../../src/record/replay.ts';
import type { CallRow, EventRow } from '../../src/record/schema.ts';
import type { VendorProfile } from '../../src/vendor/profile.ts';
import { requestFor } from '../engine/fixture.ts';
import { heldLab } from '../lab/held.ts';
import type { Lab } from '../lab/lab.ts';
import { edgeSites } from '../lab/rpc.ts';
import { SITES, SPARE } from '../lab/settings.ts';

const ECHO = '9196';

export function labVendor(lab: Lab): VendorProfile {
  return {
    name: 'lab',
    trunks: [{ name: 'edge', host: lab.edge.host, port: lab.edge.port }],
    contract: {
      targets: [lab.edge.host],
      called: [ECHO],
      callers: ['5xxxxxx'],
      maxCallsPerSecond: 100,
      maxChannels: 500,
      contact: { name: 'yourself' },
    },
  };
}

/** Calls to the echo, evenly spaced so that a gap between two of them is known; faults come from the test. */
export const load = (perSecond: number, seconds: number, surge: object = {}, holdMs = 2500) => `
  import { dial } from 'callsurge';
  export const options = { scenarios: { peak: { executor: 'constant-arrival-rate', rate: ${perSecond}, duration: '${seconds}s', preAllocatedVUs: 60, maxVUs: 400, gracefulStop: '6s' } } };
  export const surge = ${JSON.stringify({ drain: '8s', probes: { perSecond: 10 }, callLength: `${holdMs}ms`, ...surge })};
  export default async function () { const call = await dial('${ECHO}'); await call.answered(); await call.wait('${holdMs}ms'); await call.hangUp(); }
`;

export interface SeenByEdge {
  atMs: number;
  site: string;
  active: boolean;
}

/** Each change of state that the edge's own list shows. An edge that does not answer is no site active. */
export class EdgeWatch {
  readonly changes: SeenByEdge[] = [];
  readonly #now: () => number;
  #last: Record<string, boolean> = {};
  #stopped = false;
  readonly done: Promise<void>;

  constructor(now: () => number) {
    this.#now = now;
    this.done = this.#watch();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.done;
  }

  async #watch(): Promise<void> {
    while (!this.#stopped) {
      const seen = await edgeSites().catch(() => ({}) as Record<string, string>);
      const atMs = this.#now();
      for (const { name: site, host } of [...SITES, SPARE]) {
        const active = seen[`sip:${host}:5060`]?.startsWith('A') === true;
        if (this.#last[site] !== undefined && this.#last[site] !== active) this.changes.push({ atMs, site, active });
        this.#last[site] = active;
      }
      await sleep(50);
    }
  }
}

export interface LabPlay {
  analysis: RunAnalysis;
  edge: SeenByEdge[];
  events: EventRow[];
  calls: CallRow[];
}

/** Runs the load; `meanwhile` is told when it began and may pull plugs. */
export async function playOn(
  lab: Lab,
  source: string,
  meanwhile: (handle: RunHandle, startMs: number, now: () => number) => Promise<void> = async () => {},
  vendor: VendorProfile = labVendor(lab),
): Promise<LabPlay> {
  const events: EventRow[] = [];
  const began = Promise.withResolvers<number>();
  const request = await requestFor(source, vendor, {
    observers: [
      {
        onEvent: (event) => {
          events.push(event);
          if (event.kind === 'run' && event.action === 'load') began.resolve(event.t_ms!);
        },
      },
    ],
  });
  const anchor = performance.timeOrigin;
  const now = () => anchor + performance.now();
  const watch = new EdgeWatch(now);
  const handle = startRun(request);
  const side = began.promise.then((startMs) => meanwhile(handle, startMs, now));
  const result = await handle.done;
  began.resolve(Number.NaN);
  await side;
  await watch.stop();
  const fold = createAnalysis(result.meta);
  await replay(result.dir, fold);
  const calls: CallRow[] = [];
  await readTable(result.dir, 'calls', (row) => void calls.push(row));
  return { analysis: fold.figures(), edge: watch.changes, events, calls };
}

/** A node's process on this machine. */
export function pidOf(name: string): number {
  const pid = heldLab()?.processes.find((ref) => ref.name === name)?.pid;
  if (pid === undefined) throw new Error(`the lab runs no ${name}`);
  return pid;
}

/** A vendor's scaling API: says yes at once, and has the capacity so much later. */
export async function scalingApi(delayMs: number, scale: () => Promise<void>): Promise<{ url: string; close(): void }> {
  const server: Server = createServer((request, response) => {
    request.resume();
    response.writeHead(202).end();
    setTimeout(() => void scale(), delayMs);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/scale`, close: () => server.close() };
}

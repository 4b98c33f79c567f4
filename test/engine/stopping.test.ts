import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { RunObserver } from '../../src/engine/request.ts';
import { runScenario, startRun } from '../../src/engine/run.ts';
import { openFaults, sweepRun } from '../../src/engine/sweep.ts';
import { rowOf } from '../../src/record/schema.ts';
import { openPeer, type Peer, removeFolders, requestFor, rowsOf, temporaryFolder, vendorAt } from './fixture.ts';

let peer: Peer | undefined;
afterEach(async () => {
  await peer?.close();
  peer = undefined;
});
afterAll(removeFolders);

/** Calls that only end when they are ended. */
const LONG_CALLS = `
  import { dial, sleep } from 'callsurge';
  export const options = {
    scenarios: { peak: { executor: 'constant-arrival-rate', rate: 20, duration: '60s', preAllocatedVUs: 100, maxVUs: 400 } },
  };
  export default async function () {
    const call = await dial('4001000000');
    await call.answered();
    await call.wait('5m');
  }
`;

const until = async (holds: () => boolean, limitMs = 10_000) => {
  const end = Date.now() + limitMs;
  while (!holds()) {
    if (Date.now() > end) throw new Error('it never came to that');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

describe('stopping a run', () => {
  it('hangs up every call on the first signal, runs teardown, and says so', async () => {
    peer = await openPeer();
    const phases: string[] = [];
    const observer: RunObserver = { onPhase: (phase) => phases.push(phase) };
    const source = `${LONG_CALLS}
      import { Counter } from 'callsurge';
      const torn = new Counter('torn_down');
      export function teardown() { torn.add(1); }`;
    const run = startRun(await requestFor(source, vendorAt(peer.stack.local.port), { workers: 2, observers: [observer] }));
    await until(() => peer!.open.size >= 20);
    run.stop();
    const result = await run.done;
    expect(result.ending).toEqual({ reason: 'stoppedBySignal' });
    expect(result.exitCode).toBe(105);
    expect(peer.open.size).toBe(0);
    expect(result.openCalls).toBe(0);
    expect(result.outcomes.cut).toBe(peer.invites.length);
    expect(result.meta.end).toMatchObject({ how: 'signal', exitCode: 105 });
    expect((await rowsOf(result.dir, 'samples')).filter(({ metric }) => metric === 'torn_down')).toHaveLength(1);
    expect(phases).toEqual(['record', 'relay', 'preflight', 'workers', 'agents', 'scenario', 'load', 'drain']);
    expect(result.iterations.peak!.interrupted).toBe(peer.invites.length);
  });

  it('may come before anything has begun, and while setup() dials', async () => {
    peer = await openPeer();
    const early = startRun(await requestFor(LONG_CALLS, vendorAt(peer.stack.local.port)));
    early.stop();
    expect((await early.done).exitCode).toBe(105);
    expect(peer.invites).toEqual([]);

    const source = `${LONG_CALLS}
      export async function setup() { const call = await dial('4001000000'); await call.answered(); await call.wait('5m'); }
      export function teardown() { throw new Error('not after a setup() that did not end'); }`;
    const run = startRun(await requestFor(source, vendorAt(peer.stack.local.port)));
    await until(() => peer!.open.size === 1);
    run.stop();
    const result = await run.done;
    expect(result.ending).toEqual({ reason: 'stoppedBySignal' });
    expect(result.warnings).toEqual([]);
    expect(peer.open.size).toBe(0);
    expect(result.openCalls).toBe(0);
  });

  it('cancels what still rings', async () => {
    peer = await openPeer(null);
    const run = startRun(await requestFor(LONG_CALLS, vendorAt(peer.stack.local.port)));
    await until(() => peer!.invites.length >= 10);
    run.stop();
    const result = await run.done;
    expect(peer.cancels).toBe(peer.invites.length);
    expect(result.outcomes.cut).toBe(peer.invites.length);
    expect(result.openCalls).toBe(0);
  });

  it('ends within a second on the second signal, with one BYE a call on the wire', async () => {
    peer = await openPeer();
    const run = startRun(await requestFor(LONG_CALLS, vendorAt(peer.stack.local.port), { workers: 2 }));
    await until(() => peer!.open.size >= 20);
    const since = Date.now();
    run.stop();
    run.stopNow();
    const result = await run.done;
    expect(Date.now() - since).toBeLessThan(2000);
    expect(result.exitCode).toBe(105);
    await until(() => peer!.open.size === 0);
  });

  it('interrupts what runs longer than gracefulStop and ends its call', async () => {
    peer = await openPeer();
    const source = `
      import { dial } from 'callsurge';
      export const options = { scenarios: { s: { executor: 'constant-vus', vus: 3, duration: '500ms', gracefulStop: '300ms' } } };
      export default async function () {
        const call = await dial('4001000000');
        await call.answered();
        await call.wait('5m');
      }
    `;
    const result = await runScenario(await requestFor(source, vendorAt(peer.stack.local.port)));
    expect(result.exitCode).toBe(0);
    expect(result.outcomes.cut).toBe(3);
    expect(result.iterations.s).toMatchObject({ complete: 0, interrupted: 3 });
    expect(peer.open.size).toBe(0);
    const samples = await rowsOf(result.dir, 'samples');
    expect(samples.filter((s) => s.metric === 'iterations')).toEqual([]);
  });

  it('ends what a crashed worker left open, goes on with the others, and is not valid', async () => {
    peer = await openPeer();
    const source = `
      import { dial } from 'callsurge';
      export const options = { scenarios: { peak: { executor: 'constant-arrival-rate', rate: 20, duration: '3s', preAllocatedVUs: 100, gracefulStop: '0s' } } };
      export default async function () {
        const call = await dial('4001000000');
        await call.answered();
        if (__ITER === 21) setTimeout(() => { throw new Error('a defect'); }, 0);
        await call.wait('5m');
      }
    `;
    const result = await runScenario(await requestFor(source, vendorAt(peer.stack.local.port), { workers: 2 }));
    expect(result.ending).toMatchObject({ reason: 'runNotValid' });
    expect(result.exitCode).toBe(124);
    const events = await rowsOf(result.dir, 'events');
    expect(events.find((e) => e.kind === 'worker' && e.action === 'crashed')?.detail).toEqual({ message: 'a defect' });
    expect(result.iterations.peak!.interrupted).toBe(30);
    await until(() => peer!.open.size === 0);
    expect(result.openCalls).toBe(0);
    // All that were on the wire are in the record: those of the crashed worker as ours.
    expect(result.outcomes.cut + result.outcomes.harness).toBe(peer.invites.length);
    expect(result.outcomes.harness).toBeGreaterThanOrEqual(10);
  });

  it('ends cleanly when the only worker crashes', async () => {
    peer = await openPeer();
    const source = `
      export const options = { duration: '20s', vus: 1 };
      export default async function () { setTimeout(() => { throw new Error('a defect'); }, 0); await new Promise((r) => setTimeout(r, 1000)); }
    `;
    const result = await runScenario(await requestFor(source, vendorAt(peer.stack.local.port)));
    expect(result.ending).toMatchObject({ reason: 'error' });
    expect(result.exitCode).toBe(1);
    expect(result.meta.end).toMatchObject({ how: 'failed' });
  });

  it('ends a worker whose scenario loops without waiting and hears nothing any more', async () => {
    peer = await openPeer();
    const source = `
      import { dial, sleep } from 'callsurge';
      export const options = { scenarios: { s: { executor: 'constant-vus', vus: 2, duration: '30s', gracefulStop: '0s' } } };
      export default async function () {
        await dial('4001000000');
        while (true) try { await sleep('10s'); } catch {}
      }
    `;
    const request = await requestFor(source, vendorAt(peer.stack.local.port));
    request.surge.drainMs = 100;
    const run = startRun(request);
    await until(() => peer!.open.size === 2);
    // The 200s must have been read before nothing is read any more.
    await new Promise((resolve) => setTimeout(resolve, 300));
    run.stop();
    const result = await run.done;
    expect(result.warnings.join()).toMatch(/did not answer/);
    await until(() => peer!.open.size === 0);
  });

  it('leaves a journal with which sweep ends what a kill -9 left open', async () => {
    peer = await openPeer();
    const folder = temporaryFolder();
    const scenario = join(folder, 'long.ts');
    writeFileSync(scenario, LONG_CALLS);
    const child = spawn(
      process.execPath,
      [join(import.meta.dirname, 'killed-run.ts'), scenario, String(peer.stack.local.port), join(folder, 'run')],
      {
        stdio: 'inherit',
      },
    );
    const exited = once(child, 'exit');
    await until(() => peer!.open.size >= 30, 15_000);
    child.kill('SIGKILL');
    await exited;
    await new Promise((resolve) => setTimeout(resolve, 100));
    const open = peer.open.size;
    expect(open).toBeGreaterThanOrEqual(30);
    const swept = await sweepRun(join(folder, 'run'));
    // The journal is at most half a second behind: ten calls at 20/s, and some room.
    expect(peer.open.size).toBeLessThanOrEqual(15);
    expect(swept.filter(({ ended }) => ended).length).toBeGreaterThanOrEqual(open - peer.open.size);
    expect(swept.every(({ method }) => method === 'BYE' || method === 'CANCEL')).toBe(true);
    expect(await sweepRun(join(folder, 'run'))).toEqual([]);
  });

  it('names the faults that a killed run left on', async () => {
    const { RunFolder } = await import('../../src/record/journal.ts');
    const folder = RunFolder.create(join(temporaryFolder(), 'run'));
    const event = (name: string, action: string) =>
      folder.write('events', rowOf('events', { t_ms: 1000, kind: 'fault', name, action, target: 'line' }));
    for (const action of ['start', 'started', 'end', 'ended']) event('taken back', action);
    for (const action of ['start', 'started']) event('left on', action);
    for (const action of ['start', 'started', 'end', 'end-failed']) event('not taken back', action);
    folder.close();
    expect((await openFaults(folder.dir)).map(({ name }) => name)).toEqual(['left on', 'not taken back']);
  });
});

/** Faults of our own side in whole runs: our address gone, and another answer for the vendor's name. */
import { afterAll, afterEach, expect, it } from 'vitest';
import { createAnalysis } from '../../src/analysis/analyse.ts';
import { runScenario, startRun } from '../../src/engine/run.ts';
import { replay } from '../../src/record/replay.ts';
import { openNameServer } from '../sip/dns-server.ts';
import { openPeer, type Peer, removeFolders, requestFor, rowsOf, vendorAt } from './fixture.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});
afterAll(removeFolders);

async function peer(bind?: { host: string; port: number }): Promise<Peer> {
  const one = await openPeer(5, undefined, bind);
  closing.push(() => one.close());
  return one;
}

const scenario = (seconds: number, surge: object, holdMs = 100) => `
  import { dial } from 'callsurge';
  export const options = { scenarios: { peak: { executor: 'constant-arrival-rate', rate: 20, duration: '${seconds}s', preAllocatedVUs: 100, gracefulStop: '5s' } } };
  export const surge = ${JSON.stringify({ drain: '5s', callLength: '100ms', ...surge })};
  export default async function () { const call = await dial('4001000000'); await call.answered(); await call.wait('${holdMs}ms'); await call.hangUp(); }
`;

async function figuresOf(result: Awaited<ReturnType<typeof runScenario>>) {
  const fold = createAnalysis(result.meta);
  await replay(result.dir, fold);
  const events = await rowsOf(result.dir, 'events');
  const at = (action: string) => events.find((event) => event.kind === 'fault' && event.action === action)!.t_ms!;
  return { figures: fold.figures(), calls: await rowsOf(result.dir, 'calls'), events, at };
}

it('with our own address gone no call can be made: our failure, no promise of the vendor’s, and all is well when it is back', async () => {
  const vendor = vendorAt((await peer()).stack.local.port, { claims: { failover: { within: '5s' } } });
  const faults = [{ name: 'gone', at: '1s', for: '1500ms', do: { kind: 'own', action: 'address-gone' } }];
  const result = await runScenario(await requestFor(scenario(4, { faults }), vendor, { workers: 2 }));
  const { figures, calls, events, at } = await figuresOf(result);
  const lost = calls.filter((call) => call.dialled_ms! >= at('started') && call.dialled_ms! < at('end'));
  expect(lost.length).toBeGreaterThan(20);
  // Planned: they do not make the run unfit for a verdict.
  expect(figures.health.plannedFailures).toBeGreaterThanOrEqual(lost.length);
  for (const call of lost)
    expect(call).toMatchObject({
      outcome: 'harness',
      blame: 'harness',
      blame_why: expect.stringMatching(/our own address 127.0.0.1 is gone/),
    });
  const later = calls.filter((call) => call.dialled_ms! > at('ended'));
  expect(later.length).toBeGreaterThan(20);
  expect(new Set(later.map(({ outcome }) => outcome))).toEqual(new Set(['completed']));
  // What was not sent says nothing of the vendor.
  const lostProbes = events.filter(({ kind, action, t_ms }) => kind === 'probe' && action === 'lost' && t_ms! > at('started'));
  expect(lostProbes).toEqual([]);
  expect(figures.faults[0]!.own).toMatchObject({ kind: 'address-gone' });
  expect(Math.abs(figures.faults[0]!.own!.failed - lost.length)).toBeLessThanOrEqual(3);
  expect(figures.verdicts[0]).toMatchObject({ state: 'not measured', why: 'no-fault' });
});

it('gives the address back when the run is aborted, so that calls in progress are hung up', async () => {
  const vendor = await peer();
  const faults = [{ name: 'gone', at: '1s', for: '60s', do: { kind: 'own', action: 'address-gone' } }];
  const asked = await requestFor(scenario(70, { faults }, 60_000), vendorAt(vendor.stack.local.port));
  const handle = startRun(asked);
  await expect
    .poll(async () => (await rowsOf(asked.dir, 'events').catch(() => [])).some(({ action }) => action === 'started'), { timeout: 10_000 })
    .toBe(true);
  expect(vendor.open.size).toBeGreaterThan(5);
  handle.stop();
  const result = await handle.done;
  expect((await rowsOf(result.dir, 'events')).some(({ kind, action }) => kind === 'fault' && action === 'ended')).toBe(true);
  await expect.poll(() => vendor.open.size).toBe(0);
});

it('another answer for the vendor’s name: new calls go there after the TTL, calls in progress stay, and they come back', async () => {
  const one = await peer();
  const { port } = one.stack.local;
  const two = await peer({ host: '127.0.0.2', port });
  const names = await openNameServer({ A: { 'sbc.example': ['127.0.0.1'] } }, 1);
  closing.push(() => names.close());
  const vendor = vendorAt(port, { local: { addresses: ['127.0.0.1'], nameServers: [names.address] } });
  vendor.trunks[0]!.host = 'sbc.example';
  vendor.contract.targets.push('sbc.example', '127.0.0.2');
  const answer = { kind: 'own', action: 'dns-answer', name: 'sbc.example', answer: ['127.0.0.2'], ttl: '1s' };
  const faults = [{ name: 'moved', at: '1500ms', for: '2500ms', do: answer }];
  const result = await runScenario(await requestFor(scenario(7, { faults }, 1500), vendor));
  const { calls, at } = await figuresOf(result);
  expect(result.outcomes.completed).toBe(140);
  const there = two.invites.map(({ at }) => at);
  const here = one.invites.map(({ at }) => at);
  const slack = 400;
  expect(Math.min(...there)).toBeGreaterThan(at('started') - slack);
  expect(Math.min(...there)).toBeLessThan(at('started') + 1000 + slack);
  expect(Math.max(...there)).toBeLessThan(at('ended') + 1000 + slack);
  const between = (list: number[], from: number, to: number) => list.filter((t) => t > from && t < to).length;
  expect(between(here, at('started') + 1000 + slack, at('ended') - slack)).toBe(0);
  expect(between(here, at('ended') + 1000 + slack, Number.POSITIVE_INFINITY)).toBeGreaterThan(10);
  // Each call ended where it began: 1.5 s long, they lived across both changes.
  expect([one.byes, two.byes]).toEqual([one.invites.length, two.invites.length]);
  const remotes = new Set(calls.map(({ remote }) => remote));
  expect(remotes).toEqual(new Set([`127.0.0.1:${port}`, `127.0.0.2:${port}`]));
});

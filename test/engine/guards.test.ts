import { existsSync } from 'node:fs';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { runScenario } from '../../src/engine/run.ts';
import { openPeer, type Peer, removeFolders, requestFor, rowsOf, vendorAt } from './fixture.ts';

let peer: Peer | undefined;
afterEach(async () => {
  await peer?.close();
  peer = undefined;
});
afterAll(removeFolders);

const CALL = `
  import { dial, exec } from 'callsurge';
  export default async function () {
    const call = await dial('4001000000');
    await call.answered();
    await call.wait('100ms');
  }
`;
const arrivals = (rate: number, duration: string, rest = '') =>
  `export const options = { scenarios: { peak: { executor: 'constant-arrival-rate', rate: ${rate}, duration: '${duration}', preAllocatedVUs: 100 } }, ${rest} };`;

/** Most instants inside any window of that length. */
function densest(times: number[], windowMs: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  let most = 0;
  for (let from = 0, to = 0; to < sorted.length; to++) {
    while (sorted[to]! - sorted[from]! >= windowMs) from++;
    most = Math.max(most, to - from + 1);
  }
  return most;
}

describe('what ends or limits a run', () => {
  it('never exceeds the contract, whatever the scenario asks for', async () => {
    peer = await openPeer(5);
    const vendor = vendorAt(peer.stack.local.port);
    vendor.contract.maxCallsPerSecond = 20;
    vendor.contract.maxChannels = 8;
    const source = `${CALL.replace("'100ms'", "'600ms'")}${arrivals(60, '2s')}`;
    const result = await runScenario(await requestFor(source, vendor, { workers: 2 }));
    expect(result.outcomes.completed + result.outcomes.harness).toBe(120);
    expect(result.outcomes.harness).toBeGreaterThan(60);
    expect(peer.invites.length).toBe(result.outcomes.completed);
    const calls = (await rowsOf(result.dir, 'calls')).filter((call) => call.invite_ms !== null);
    expect(
      densest(
        calls.map((call) => call.invite_ms!),
        990,
      ),
    ).toBeLessThanOrEqual(20);
    // From the INVITE on the wire to the answer to the BYE: within what the gate counts as open.
    const edges = calls.flatMap((call) => [[call.invite_ms!, 1] as const, [call.end_ms!, -1] as const]);
    let open = 0;
    const peaks = edges.sort((a, b) => a[0] - b[0] || a[1] - b[1]).map(([, step]) => (open += step));
    expect(Math.max(...peaks)).toBeLessThanOrEqual(8);
    expect(Math.max(...peaks)).toBeGreaterThanOrEqual(7);
  });

  it('loses none of an even load exactly at the cap', async () => {
    peer = await openPeer(5);
    const vendor = vendorAt(peer.stack.local.port);
    vendor.contract.maxCallsPerSecond = 50;
    const result = await runScenario(await requestFor(`${CALL}${arrivals(50, '2s')}`, vendor, { workers: 2 }));
    // Without holding back what a timer brings too close together, about every second call is refused.
    expect(result.outcomes.harness).toBeLessThanOrEqual(10);
    expect(result.outcomes.completed + result.outcomes.harness).toBe(100);
  });

  it('refuses numbers outside the contract and sends nothing', async () => {
    peer = await openPeer(5);
    const source = `
      import { dial } from 'callsurge';
      export const options = { iterations: 2, vus: 1 };
      export default async function () { await dial(__ITER === 0 ? '110' : '5551234'); }`;
    const result = await runScenario(await requestFor(source, vendorAt(peer.stack.local.port)));
    expect(peer.invites).toEqual([]);
    expect(result.outcomes.harness).toBe(2);
    expect(result.iterations.default!.exceptions).toBe(2);
    const events = await rowsOf(result.dir, 'events');
    expect(events.filter((e) => e.name === 'exception')).toHaveLength(2);
  });

  it('sends nothing outside the hours of the contract', async () => {
    peer = await openPeer(5);
    const vendor = vendorAt(peer.stack.local.port);
    vendor.contract.validUntil = '2020-01-01';
    const result = await runScenario(await requestFor(`${CALL}${arrivals(5, '1s')}`, vendor));
    expect(result.exitCode).toBe(104);
    expect(peer.stack.stats().received).toBe(0);
  });

  it('refuses a host outside the contract and a missing secret before there is a run folder', async () => {
    peer = await openPeer(5);
    const outside = vendorAt(peer.stack.local.port);
    outside.contract.targets = ['192.0.2.1'];
    const secret = vendorAt(peer.stack.local.port);
    secret.trunks[0]!.credentials = { username: 'u', password: { env: 'CALLSURGE_TEST_NOT_SET' } };
    for (const vendor of [outside, secret]) {
      const result = await runScenario(await requestFor(`${CALL}${arrivals(5, '1s')}`, vendor));
      expect(result.exitCode).toBe(104);
      expect(existsSync(result.dir)).toBe(false);
    }
    expect(peer.stack.stats().received).toBe(0);
  });

  it('takes no more workers than there are VUs, and says so', async () => {
    peer = await openPeer(5);
    const source = `export const options = { iterations: 4, vus: 2 }; export default async function () {}`;
    const result = await runScenario(await requestFor(source, vendorAt(peer.stack.local.port), { workers: 3 }));
    expect(result.meta.workers).toBe(2);
    expect(result.warnings.join()).toMatch(/2 workers instead of 3/);
    expect(result.iterations.default!.complete).toBe(4);
  });

  it('says in one line that no trunk answers, and sends no call', async () => {
    peer = await openPeer(5);
    const { port } = peer.stack.local;
    await peer.close();
    const result = await runScenario(await requestFor(`${CALL}${arrivals(5, '1s')}`, vendorAt(port)));
    peer = undefined;
    expect(result.exitCode).toBe(120);
    expect(result.ending).toMatchObject({ reason: 'error', error: { code: 'vendor-unreachable' } });
    expect(result.meta.end).toMatchObject({ how: 'failed', exitCode: 120 });
  });

  it('aborts by a threshold with abortOnFail after delayAbortEval: exit 99', async () => {
    peer = await openPeer(5);
    const rest = `thresholds: { call_duration: [{ threshold: 'p(95)<50', abortOnFail: true, delayAbortEval: '1s' }] }`;
    const result = await runScenario(await requestFor(`${CALL}${arrivals(20, '30s', rest)}`, vendorAt(peer.stack.local.port)));
    expect(result.exitCode).toBe(99);
    expect(result.meta.end).toMatchObject({ how: 'aborted' });
    expect(result.meta.end!.endMs - result.meta.loadStartMs!).toBeLessThan(15_000);
    expect(result.thresholds).toMatchObject([{ state: 'failed' }]);
    expect(peer.open.size).toBe(0);
  });

  it('fails a threshold without a sample at the end: exit 99, finished', async () => {
    peer = await openPeer(5);
    const rest = `thresholds: { call_duration: ['p(95)<5000'] }`;
    const source = `export default async function () {}\n${arrivals(5, '1s', rest)}`;
    const result = await runScenario(await requestFor(source, vendorAt(peer.stack.local.port)));
    expect(result.exitCode).toBe(99);
    expect(result.meta.end).toMatchObject({ how: 'finished' });
    expect(result.thresholds).toMatchObject([{ state: 'no data' }]);
  });

  it('ends when the scenario aborts the test: exit 108', async () => {
    peer = await openPeer(5);
    const source = `
      import { dial, exec } from 'callsurge';
      ${arrivals(20, '30s')}
      export default async function () {
        if (exec.scenario.iterationInTest === 30) exec.test.abort('seen enough');
        const call = await dial('4001000000');
        await call.answered();
        await call.wait('5m');
      }`;
    const result = await runScenario(await requestFor(source, vendorAt(peer.stack.local.port), { workers: 2 }));
    expect(result.exitCode).toBe(108);
    expect(result.ending).toEqual({ reason: 'aborted', why: 'seen enough' });
    expect(peer.open.size).toBe(0);
  });

  it('names what setup() threw: exit 107, no load', async () => {
    peer = await openPeer(5);
    const source = `${CALL}${arrivals(5, '1s')} export function setup() { throw new Error('no token'); }`;
    const result = await runScenario(await requestFor(source, vendorAt(peer.stack.local.port), { workers: 2 }));
    expect(result.exitCode).toBe(107);
    expect(result.meta.end!.why).toMatch(/no token/);
    expect(peer.invites).toEqual([]);
  });

  it('is not broken by an observer that throws', async () => {
    peer = await openPeer(5);
    let seconds = 0;
    const observers = [
      {
        onPhase: () => {
          throw new Error('no terminal');
        },
      },
      { onSecond: () => seconds++ },
    ];
    const result = await runScenario(await requestFor(`${CALL}${arrivals(10, '4s')}`, vendorAt(peer.stack.local.port), { observers }));
    expect(result.exitCode).toBe(0);
    expect(result.warnings.join()).toMatch(/no terminal/);
    expect(seconds).toBeGreaterThanOrEqual(1);
  });
});

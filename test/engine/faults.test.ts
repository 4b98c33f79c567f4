/** Faults inside whole runs: those that do not happen, those of our own side, and our relay. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, expect, it } from 'vitest';
import { createAnalysis } from '../../src/analysis/analyse.ts';
import { RealClock } from '../../src/clock.ts';
import { runScenario, startRun } from '../../src/engine/run.ts';
import { openAlarmReceiver } from '../../src/faults/alarms.ts';
import { appendMark, type Mark, type MarkType, sendMark } from '../../src/faults/mark.ts';
import { replay } from '../../src/record/replay.ts';
import { openPeer, type Peer, removeFolders, requestFor, rowsOf, vendorAt } from './fixture.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});
afterAll(removeFolders);

async function peer(): Promise<Peer> {
  const one = await openPeer(5);
  closing.push(() => one.close());
  return one;
}

const scenario = (seconds: number, surge: object) => `
  import { dial } from 'callsurge';
  export const options = { scenarios: { peak: { executor: 'constant-arrival-rate', rate: 20, duration: '${seconds}s', preAllocatedVUs: 100, gracefulStop: '5s' } } };
  export const surge = ${JSON.stringify({ drain: '5s', callLength: '100ms', ...surge })};
  export default async function () { const call = await dial('4001000000'); await call.answered(); await call.wait('100ms'); await call.hangUp(); }
`;

it('a fault whose command fails, hangs or is refused did not happen: the run goes on and the claim is not measured', async () => {
  const vendor = vendorAt((await peer()).stack.local.port, { claims: { failover: { within: '5s' }, callsSurvive: { atLeast: 0.9 } } });
  const api = createServer((_, response) => response.writeHead(403).end());
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
  closing.push(() => api.close());
  const url = `http://127.0.0.1:${(api.address() as AddressInfo).port}/down`;
  const faults = [
    { name: 'fails', at: '200ms', for: '2500ms', do: { kind: 'command', start: { command: [process.execPath, '-e', 'process.exit(3)'] } } },
    { name: 'hangs', at: '300ms', for: '2500ms', do: { kind: 'command', start: { command: ['sleep', '30'], timeout: '400ms' } } },
    { name: 'refused', at: '400ms', for: '2500ms', do: { kind: 'request', start: { http: url } } },
    { name: 'nobody there', at: '500ms', for: '500ms', do: { kind: 'process', signal: 'STOP', pid: 4_190_000 } },
    {
      name: 'no engine',
      at: '600ms',
      for: '500ms',
      do: { kind: 'container', container: 'x', action: 'pause', socket: '/nowhere/docker.sock' },
    },
  ];
  const result = await runScenario(await requestFor(scenario(3, { faults }), vendor));
  expect(result.ending.reason).toBe('ok');
  expect(result.outcomes.completed).toBe(60);
  const fold = createAnalysis(result.meta);
  await replay(result.dir, fold);
  const { faults: figures, verdicts } = fold.figures();
  expect(figures.map(({ startMs }) => startMs)).toEqual(faults.map(() => null));
  expect(Object.fromEntries(figures.map(({ name, failed }) => [name, failed]))).toEqual({
    fails: expect.stringMatching(/exit code 3/),
    hangs: expect.stringMatching(/killed after 400 ms/),
    refused: expect.stringMatching(/403/),
    'nobody there': expect.stringMatching(/no such process/),
    'no engine': expect.stringMatching(/docker/),
  });
  for (const verdict of verdicts)
    expect(verdict).toMatchObject({ state: 'not measured', why: expect.stringMatching(/fault-did-not-happen/) });
  expect(verdicts).toHaveLength(2);
});

it('marks reach the run that goes on, and the folder of one that is over', async () => {
  const vendor = vendorAt((await peer()).stack.local.port);
  const alarms = await openAlarmReceiver({ clock: new RealClock(), token: 'token-of-a-test' });
  closing.push(() => alarms.close());
  const faults = [{ name: 'cable', at: '200ms', for: '2s', do: { kind: 'manual', instruction: 'pull it' } }];
  const asked = await requestFor(scenario(3, { faults }), vendor, { alarms });
  const handle = startRun(asked);
  alarms.listenMarks((mark) => handle.typedMark(mark));
  const mark = (type: MarkType, by: 'buyer' | 'vendor'): Mark => ({ type, by, at: new RealClock().now(), errorMs: 100 });
  // Until the step waits, a mark of a fault would be one of its own.
  await expect
    .poll(async () => (await rowsOf(asked.dir, 'events').catch(() => [])).some(({ kind }) => kind === 'fault'), { timeout: 8000 })
    .toBe(true);
  expect(await sendMark(asked.dir, mark('fault', 'buyer'))).toBe(true);
  await expect
    .poll(async () => (await rowsOf(asked.dir, 'events')).some(({ kind, action }) => kind === 'fault' && action === 'end'), {
      timeout: 8000,
    })
    .toBe(true);
  expect(await sendMark(asked.dir, mark('fixed', 'vendor'))).toBe(true);
  const result = await handle.done;
  const late = mark('ticket', 'buyer');
  expect(await sendMark(asked.dir, late), 'the run is over').toBe(false);
  appendMark(asked.dir, late);
  const fold = createAnalysis(result.meta);
  await replay(result.dir, fold);
  const { faults: figures } = fold.figures();
  expect(figures).toHaveLength(1);
  expect(figures[0]).toMatchObject({
    name: 'cable',
    failed: null,
    plusMinusMs: 100,
    people: { fixed: { by: ['vendor'] }, ticket: { by: ['buyer'] } },
  });
  expect(figures[0]!.endMs! - figures[0]!.startMs!).toBeGreaterThan(100);
});

it('with our own trunk down calls take the other one, and come back at the end', async () => {
  const [one, two] = [await peer(), await peer()];
  const vendor = vendorAt(one.stack.local.port);
  vendor.trunks.push({ name: 'standby', host: '127.0.0.1', port: two.stack.local.port });
  const faults = [{ name: 'ours', at: '1s', for: '1500ms', do: { kind: 'own', action: 'trunk-down', trunk: 'main' } }];
  const result = await runScenario(await requestFor(scenario(4, { faults, probes: { perSecond: 0 } }), vendor, { workers: 2 }));
  const events = await rowsOf(result.dir, 'events');
  const at = (action: string) => events.find((event) => event.kind === 'fault' && event.action === action)!.t_ms!;
  const calls = await rowsOf(result.dir, 'calls');
  const over = (trunk: string, from: number, to: number) =>
    calls.filter((call) => call.trunk === trunk && call.dialled_ms! >= from && call.dialled_ms! < to).length;
  expect(over('main', at('started'), at('end'))).toBe(0);
  expect(over('standby', at('started'), at('end'))).toBeGreaterThan(20);
  expect(over('main', 0, at('start'))).toBeGreaterThan(5);
  expect(over('main', at('ended'), Number.POSITIVE_INFINITY)).toBeGreaterThan(5);
  expect(result.outcomes.completed).toBe(80);
});

it('our relay changes nothing while no fault is on, and a black hole is an outage that is measured', async () => {
  const vendor = vendorAt((await peer()).stack.local.port);
  const faults = [{ name: 'hole', at: '1s', for: '1200ms', do: { kind: 'relay', blackHole: true } }];
  const result = await runScenario(await requestFor(scenario(8, { faults, probes: { perSecond: 20 } }), vendor, { workers: 2 }));
  const fold = createAnalysis(result.meta);
  await replay(result.dir, fold);
  const { faults: figures, outcomes } = fold.figures();
  expect(outcomes.counts.completed).toBe(160);
  const { firstTry, eventual } = figures[0]!;
  expect(firstTry.outages).toHaveLength(1);
  expect(Math.abs(firstTry.rtoMs! - 1200)).toBeLessThanOrEqual(firstTry.resolutionMs! + 150);
  expect(eventual.outages).toEqual([]);
  const relayed = (await rowsOf(result.dir, 'events')).find(
    ({ kind, name, action }) => kind === 'phase' && name === 'relay' && action === 'end',
  );
  expect(relayed).toMatchObject({ target: 'main', detail: { lost: expect.any(Number), lateP99Ms: expect.any(Number) } });
});

it('our relay stands before an outbound proxy, too', async () => {
  const { stack } = await peer();
  const vendor = vendorAt(0);
  vendor.trunks = [{ name: 'main', host: 'vendor.example', proxy: { host: '127.0.0.1', port: stack.local.port } }];
  vendor.contract.targets.push('vendor.example');
  const result = await runScenario(await requestFor(scenario(1, { relay: true }), vendor));
  expect(result.outcomes.completed).toBe(20);
  const relayed = (await rowsOf(result.dir, 'events')).find(({ name, action, target }) => name === 'relay' && action === 'end' && target);
  // INVITE, 180, 200, ACK, BYE, 200 of each call.
  expect((relayed!.detail as { passed: number }).passed).toBeGreaterThanOrEqual(120);
});

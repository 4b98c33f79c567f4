/** The prober against a SIP peer of our own: what is up, down and unknown, how outages are timed, and that a stop is prompt. */
import { afterEach, describe, expect, it } from 'vitest';
import { AvailabilityFold } from '../../src/analysis/availability.ts';
import type { LiveTrunk } from '../../src/call/services.ts';
import { RealClock, sleepOn } from '../../src/clock.ts';
import { liveTrunks } from '../../src/engine/live-vendor.ts';
import { probeCall } from '../../src/engine/probe-call.ts';
import { probeUntil } from '../../src/engine/prober.ts';
import { preflight } from '../../src/engine/probes.ts';
import { createMediaPump } from '../../src/media/index.ts';
import type { ProbeRow } from '../../src/record/schema.ts';
import { createSipStack } from '../../src/sip/index.ts';
import { openPeer, type Peer, vendorAt } from './fixture.ts';

const clock = new RealClock();
const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

const EVERY = 200;

async function setUp(answerMs: number | null = 5) {
  let mood: 'well' | 'ill' | 'silent' = 'well';
  const peer: Peer = await openPeer(answerMs, (incoming) => {
    if (mood === 'well') incoming.respond(200);
    else if (mood === 'ill') incoming.respond(503);
  });
  const stack = await createSipStack({ clock, bind: { host: '127.0.0.1', port: 0, transport: 'udp' }, userAgent: 'prober', idPrefix: 'q' });
  open.push(peer, stack);
  const trunk: LiveTrunk = {
    name: 'main',
    nextHop: { host: '127.0.0.1', port: peer.stack.local.port, transport: 'udp' },
    domain: 'vendor',
    credentials: undefined,
    weight: 1,
    priority: 0,
  };
  const rows: ProbeRow[] = [];
  const run = (forMs: number, over: Partial<Parameters<typeof probeUntil>[1]> = {}, signal = new AbortController().signal) =>
    probeUntil(
      { everyMs: EVERY, callEveryMs: over.call ? 600 : null, fastMs: 60, untilMs: Date.now() + forMs },
      { clock, stack, trunks: [trunk], rules: { open: () => true }, write: (row) => void rows.push(row), ...over },
      signal,
    );
  return { peer, stack, trunk, rows, run, be: (next: typeof mood) => (mood = next) };
}

const figures = (rows: readonly ProbeRow[]) => {
  const fold = new AvailabilityFold({ everyMs: EVERY });
  for (const row of rows) fold.add(row);
  return fold.figures();
};

describe('a round', () => {
  it('is up where the vendor answers, and there is one an interval', async () => {
    const { rows, run } = await setUp();
    await run(1400);
    expect(rows.at(0)?.kind).toBe('start');
    expect(rows.at(-1)?.kind).toBe('stop');
    const options = rows.filter(({ kind }) => kind === 'options');
    expect(options.every(({ result, status, answer_ms }) => result === 'up' && status === 200 && answer_ms! < 1000)).toBe(true);
    expect(options.length).toBeGreaterThanOrEqual(5);
    expect(options.length).toBeLessThanOrEqual(9);
  });

  it('is down at 503 and at silence, asked faster until it is up again, and the outage is timed', async () => {
    const { rows, run, be } = await setUp();
    const running = run(4000);
    await sleepOn(clock, 700);
    be('ill');
    await sleepOn(clock, 900);
    be('well');
    await sleepOn(clock, 700);
    be('silent');
    await sleepOn(clock, 1000);
    be('well');
    await running;
    const { outages, total } = figures(rows);
    expect(outages.map(({ why }) => why)).toEqual([expect.stringContaining('503'), 'no answer']);
    for (const [i, truth] of [900, 1000].entries()) {
      expect(outages[i]!.leastMs).toBeLessThanOrEqual(truth + 50);
      expect(outages[i]!.mostMs).toBeGreaterThanOrEqual(truth - 50);
      expect(Math.abs(outages[i]!.ms - truth)).toBeLessThan(500);
    }
    expect(total.down).toBeGreaterThanOrEqual(3);
    expect(rows.filter(({ result }) => result === 'down').length).toBeGreaterThan(total.down);
  });

  it('in hours that the contract closes is not made, and told apart', async () => {
    const { rows, run, peer } = await setUp();
    const closedUntil = Date.now() + 800;
    await run(1400, { rules: { open: (at) => at >= closedUntil } });
    const { total } = figures(rows);
    expect(total.closed).toBeGreaterThanOrEqual(3);
    expect(total.up).toBeGreaterThanOrEqual(2);
    expect(total.down + total.missing).toBeLessThanOrEqual(1);
    expect(peer.invites).toEqual([]);
  });
});

describe('a call', () => {
  const caller = async (answerMs: number | null) => {
    const set = await setUp(answerMs);
    const pump = await createMediaPump({ clock, host: '127.0.0.1', ports: { from: 26_800, to: 26_860 }, seed: 1 });
    open.push(pump);
    const call = (signal: AbortSignal) =>
      probeCall({
        clock,
        stack: set.stack,
        pump,
        trunk: set.trunk,
        called: '4001000000',
        caller: '90000000001',
        mediaHost: '127.0.0.1',
        holdMs: 150,
        signal,
      });
    return { ...set, call };
  };

  it('now and then is made, answered and hung up', async () => {
    const { rows, run, peer, call } = await caller(20);
    await run(1500, { call });
    const calls = rows.filter(({ kind }) => kind === 'call');
    expect(calls.length).toBeGreaterThanOrEqual(2);
    expect(calls.length).toBeLessThanOrEqual(4);
    expect(calls.every(({ result, status, answer_ms }) => result === 'up' && status === 200 && answer_ms! >= 20)).toBe(true);
    expect(peer.byes).toBe(calls.length);
    expect(peer.open.size).toBe(0);
  });

  it('that rings when the prober is stopped is cancelled, soon, and tells nothing', async () => {
    const { rows, run, peer, call } = await caller(null);
    const stop = new AbortController();
    const running = run(60_000, { call }, stop.signal);
    while (peer.invites.length === 0) await sleepOn(clock, 20);
    await sleepOn(clock, 100);
    const at = clock.now();
    stop.abort(new Error('stopped'));
    await running;
    expect(clock.now() - at).toBeLessThan(3000);
    expect(peer.cancels).toBe(1);
    expect(rows.filter(({ kind }) => kind === 'call').map(({ result }) => result)).toEqual(['unknown']);
    expect(figures(rows).total.down).toBe(0);
  });
});

it('goes by way of the proxy, with a Route that names it', async () => {
  const routes: string[][] = [];
  const peer = await openPeer(5, (incoming) => {
    routes.push(incoming.request.headers('Route'));
    incoming.respond(200);
  });
  const stack = await createSipStack({ clock, bind: { host: '127.0.0.1', port: 0, transport: 'udp' }, userAgent: 'prober', idPrefix: 'q' });
  open.push(peer, stack);
  const [trunk] = liveTrunks(
    {
      ...vendorAt(5999),
      trunks: [{ name: 'main', host: 'sip.vendor-a.example', proxy: { host: '127.0.0.1', port: peer.stack.local.port } }],
    },
    {},
  );
  const rows: ProbeRow[] = [];
  const terms = { everyMs: EVERY, callEveryMs: null, fastMs: 60, untilMs: Date.now() + 500 };
  const needs = { clock, stack, trunks: [trunk!], rules: { open: () => true }, write: (row: ProbeRow) => void rows.push(row) };
  await probeUntil(terms, needs, new AbortController().signal);
  expect(rows.some(({ kind, result }) => kind === 'options' && result === 'up')).toBe(true);
  expect(await preflight(stack, [trunk!])).toEqual([]);
  expect(routes.length).toBeGreaterThanOrEqual(2);
  for (const route of routes) expect(route).toEqual([`<sip:127.0.0.1:${peer.stack.local.port};lr>`]);
});

import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { runScenario } from '../../src/engine/run.ts';
import type { IncomingRequest } from '../../src/sip/stack.ts';
import { openPeer, type Peer, removeFolders, requestFor, rowsOf, vendorAt } from './fixture.ts';

let peer: Peer | undefined;
afterEach(async () => {
  await peer?.close();
  peer = undefined;
});
afterAll(removeFolders);

describe('probes', () => {
  it('show an outage as lost probes, each sent once, with the times of sending', async () => {
    const seen: number[] = [];
    const deaf = { from: Number.POSITIVE_INFINITY, to: Number.POSITIVE_INFINITY };
    const take = (incoming: IncomingRequest) => {
      const { at } = incoming.request;
      seen.push(at);
      if (at < deaf.from || at >= deaf.to) incoming.respond(200);
    };
    peer = await openPeer(5, take);
    const source = `
      export const options = { scenarios: { quiet: { executor: 'constant-vus', vus: 1, duration: '4500ms', gracefulStop: '1s' } } };
      export default async function () { await new Promise((resolve) => setTimeout(resolve, 200)); }`;
    const request = await requestFor(source, vendorAt(peer.stack.local.port));
    request.surge.probesPerSecond = 20;
    request.observers = [
      {
        onEvent: ({ kind, action, t_ms }) => {
          if (kind === 'run' && action === 'load') Object.assign(deaf, { from: t_ms! + 1000, to: t_ms! + 2000 });
        },
      },
    ];
    const result = await runScenario(request);
    expect(result.exitCode).toBe(0);
    const probes = (await rowsOf(result.dir, 'events')).filter(({ kind }) => kind === 'probe');
    const lost = probes.filter(({ action }) => action === 'lost');
    const answered = probes.filter(({ action }) => action === 'answered');
    expect(lost.length).toBeGreaterThanOrEqual(15);
    expect(lost.length).toBeLessThanOrEqual(21);
    expect(Math.min(...lost.map(({ t_ms }) => t_ms!))).toBeGreaterThan(deaf.from - 100);
    expect(Math.max(...lost.map(({ t_ms }) => t_ms!))).toBeLessThan(deaf.to + 100);
    expect(answered.length).toBeGreaterThanOrEqual(50);
    expect(answered.every(({ value, name }) => value! >= 0 && value! < 2000 && name === 'main')).toBe(true);
    // One for the preflight; those under way at the end were seen and are in no row.
    expect(seen.length - 1 - probes.length).toBeGreaterThanOrEqual(0);
    expect(seen.length - 1 - probes.length).toBeLessThanOrEqual(2);
  });
});

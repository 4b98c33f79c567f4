import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { runScenario } from '../../src/engine/run.ts';
import { openPeer, type Peer, removeFolders, requestFor, rowsOf, vendorAt } from './fixture.ts';

let peer: Peer | undefined;
afterEach(async () => {
  await peer?.close();
  peer = undefined;
});
afterAll(removeFolders);

describe('a run', () => {
  it('drives VUs without a call: every planned iteration, once, over two workers', async () => {
    peer = await openPeer();
    const source = `
      import { Counter } from 'callsurge';
      const seen = new Counter('seen');
      export const options = {
        scenarios: {
          peak: { executor: 'constant-arrival-rate', rate: 100, timeUnit: '1s', duration: '3s', preAllocatedVUs: 10, gracefulStop: '1s' },
          each: { executor: 'per-vu-iterations', vus: 3, iterations: 4, maxDuration: '5s', exec: 'each' },
        },
      };
      export function setup() { return { token: 42 }; }
      export default async function (data) { seen.add(data.token); }
      export async function each() { seen.add(1); }
    `;
    const request = await requestFor(source, vendorAt(peer.stack.local.port), { workers: 2 });
    const result = await runScenario(request);
    expect(result.warnings).toEqual([]);
    expect(result.ending).toEqual({ reason: 'ok' });
    expect(result.exitCode).toBe(0);
    expect(result.iterations).toEqual({
      peak: { complete: 300, interrupted: 0, dropped: 0, exceptions: 0 },
      each: { complete: 12, interrupted: 0, dropped: 0, exceptions: 0 },
    });
    const samples = await rowsOf(result.dir, 'samples');
    const sum = (metric: string) => samples.filter((s) => s.metric === metric).reduce((total, s) => total + s.value!, 0);
    expect(sum('seen')).toBe(300 * 42 + 12);
    expect(sum('iterations')).toBe(312);
    expect(result.setupData).toEqual({ token: 42 });
    const events = await rowsOf(result.dir, 'events');
    expect(events.filter((e) => e.kind === 'run').map((e) => e.action)).toEqual(['start', 'load', 'end']);
    const timeline = await rowsOf(result.dir, 'timeline');
    expect(new Set(timeline.map((row) => row.worker))).toEqual(new Set([null, 1, 2]));
    expect(peer.invites).toEqual([]);
  });

  it('makes calls, hangs up what an iteration leaves open, and journals what is open', async () => {
    peer = await openPeer();
    const source = `
      import { dial } from 'callsurge';
      export const options = { scenarios: { peak: { executor: 'constant-arrival-rate', rate: 30, duration: '2s', preAllocatedVUs: 40 } } };
      export default async function () {
        const call = await dial('4001000000');
        await call.answered();
        await call.wait('200ms');
      }
    `;
    const result = await runScenario(await requestFor(source, vendorAt(peer.stack.local.port), { workers: 2 }));
    expect(result.warnings).toEqual([]);
    expect(result.exitCode).toBe(0);
    expect(peer.invites).toHaveLength(60);
    expect(new Set(peer.invites.map(({ caller }) => caller)).size).toBe(60);
    expect(peer.open.size).toBe(0);
    expect(result.openCalls).toBe(0);
    expect(result.outcomes.completed).toBe(60);
    const calls = await rowsOf(result.dir, 'calls');
    expect(calls.map((call) => call.iteration).sort((a, b) => a! - b!)).toEqual(Array.from({ length: 60 }, (_, i) => i));
    // Intended times come from the schedule alone; what the script does before it dials is no lag and moves them on by a little.
    for (const call of calls) {
      const moved = call.intended_ms! - (result.meta.loadStartMs! + (call.iteration! * 1000) / 30);
      expect(moved).toBeGreaterThan(-0.01);
      expect(moved).toBeLessThan(100);
    }
  });
});

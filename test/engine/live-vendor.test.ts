import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { liveAgents, liveTrunks } from '../../src/engine/live-vendor.ts';
import { advertised, bindAddress, mediaAddress, rtpSlice, sipPortOf } from '../../src/engine/local-side.ts';
import { randomStream } from '../../src/random.ts';
import { vendorAt } from './fixture.ts';

describe('a vendor profile, live', () => {
  it('resolves trunks, with secrets from the environment or a clear word about the missing one', () => {
    const vendor = vendorAt(5062, {
      trunks: [
        { name: 'main', host: '127.0.0.1', port: 5062, credentials: { username: 'u', password: { env: 'TRUNK' } }, domain: 'pbx' },
        { name: 'standby', host: '127.0.0.2', priority: 1 },
      ],
    });
    expect(liveTrunks(vendor, { TRUNK: 'geheim' })).toEqual([
      {
        name: 'main',
        nextHop: { host: '127.0.0.1', port: 5062, transport: 'udp' },
        domain: 'pbx',
        credentials: { username: 'u', password: 'geheim' },
        weight: 1,
        priority: 0,
      },
      {
        name: 'standby',
        nextHop: { host: '127.0.0.2', port: 5060, transport: 'udp' },
        domain: '127.0.0.2',
        credentials: undefined,
        weight: 1,
        priority: 1,
      },
    ]);
    expect(() => liveTrunks(vendor, {})).toThrow(expect.objectContaining({ code: 'secret-missing' }));
  });

  it('makes an agent of each account: names, draws of its own, shifts for the first so many', () => {
    const vendor = vendorAt(5062, {
      agents: [
        {
          kind: 'sip',
          name: 'support',
          count: 4,
          skills: ['support'],
          accounts: { username: '{n}', first: 1001, password: { env: 'AGENT' } },
          answerDelay: { exponential: '2s' },
          handling: '30s',
          shifts: [
            { from: '10s', to: '60s', count: 2 },
            { from: '80s', count: 1 },
          ],
        },
        { kind: 'human', name: 'people', count: 5 },
      ],
    });
    const agents = liveAgents(vendor, { AGENT: 'pw' }, 7);
    expect(agents.map(({ name, username, password }) => [name, username, password])).toEqual([
      ['support-1001', '1001', 'pw'],
      ['support-1002', '1002', 'pw'],
    ]);
    const early = { fromMs: 10_000, toMs: 60_000 };
    // The third and fourth have no shift: they are not there at all.
    expect(agents.map(({ shifts }) => shifts)).toEqual([[early, { fromMs: 80_000, toMs: Number.POSITIVE_INFINITY }], [early]]);
    expect(agents[0]!.handling!.draw(randomStream(1, 'x'))).toBe(30_000);
    // Same seed, same agents, whatever worker they are in; and no two alike.
    const first = agents.map((agent) => agent.answerDelay.draw(agent.random));
    expect(liveAgents(vendor, { AGENT: 'pw' }, 7).map((agent) => agent.answerDelay.draw(agent.random))).toEqual(first);
    expect(new Set(first).size).toBe(2);
  });
});

describe('our side of the network', () => {
  it('gives each worker whole RTP pairs of its own, inside the range', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1024, max: 60_000 }),
        fc.integer({ min: 0, max: 5000 }),
        fc.integer({ min: 1, max: 16 }),
        (from, size, workers) => {
          fc.pre(size >= 2 * workers + 2);
          const vendor = vendorAt(5060, { local: { rtpPorts: [from, from + size] } });
          const slices = Array.from({ length: workers }, (_, k) => rtpSlice(vendor, k, workers));
          let before = from - 1;
          for (const slice of slices) {
            expect(slice.from % 2).toBe(0);
            expect((slice.to - slice.from) % 2).toBe(1);
            expect(slice.from).toBeGreaterThan(before);
            before = slice.to;
          }
          expect(before).toBeLessThanOrEqual(from + size);
        },
      ),
    );
    const few = vendorAt(5060, { local: { rtpPorts: [20_000, 20_002] } });
    expect(() => rtpSlice(few, 0, 4)).toThrow(expect.objectContaining({ code: 'machine-limit' }));
  });

  it('stays on loopback for a loopback vendor, takes the profile’s addresses in turn, and needs a known port behind NAT', async () => {
    const local = vendorAt(5060);
    expect(bindAddress(local, 0)).toBe('127.0.0.1');
    expect(await mediaAddress(local, '127.0.0.1', { host: '127.0.0.1', port: 5060 })).toBe('127.0.0.1');
    const far = vendorAt(5060, {
      trunks: [{ name: 'main', host: '192.0.2.1' }],
      local: { addresses: ['127.0.0.2', '127.0.0.3'], sipPort: 5080 },
    });
    expect([0, 1, 2].map((k) => [bindAddress(far, k), sipPortOf(far, k)])).toEqual([
      ['127.0.0.2', 5080],
      ['127.0.0.3', 5081],
      ['127.0.0.2', 5082],
    ]);
    expect(bindAddress(vendorAt(5060, { trunks: [{ name: 'main', host: '192.0.2.1' }] }), 0)).toBe('0.0.0.0');
    expect(await mediaAddress(local, '0.0.0.0', { host: '127.0.0.1', port: 5060 })).toBe('127.0.0.1');
    expect(advertised(vendorAt(5060, { local: { external: '192.0.2.9', sipPort: 5080 } }), 1)).toEqual({ host: '192.0.2.9', port: 5081 });
    expect(() => advertised(vendorAt(5060, { local: { external: '192.0.2.9' } }), 0)).toThrow(
      expect.objectContaining({ code: 'vendor-invalid' }),
    );
  });
});

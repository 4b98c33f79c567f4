import { describe, expect, it } from 'vitest';
import { checkSurge, checkSurgeAgainst } from '../../src/scenario/check-surge.ts';
import { curves } from '../../src/scenario/curves.ts';
import type { RunPlan } from '../../src/schedule/plan.ts';
import type { VendorProfile } from '../../src/vendor/profile.ts';

const fault = (action: object, more: object = {}) => ({ faults: [{ name: 'x', at: '10s', for: '5s', do: action, ...more }] });
const read = (action: object, more: object = {}) => checkSurge(fault(action, more)).faults[0]!;

const profile: VendorProfile = {
  name: 'vendor-a',
  trunks: [
    { name: 'main', host: '127.0.0.1' },
    { name: 'standby', host: '127.0.0.2' },
  ],
  agents: [{ kind: 'sip', name: 'support', count: 2 }],
  contract: { targets: [], called: [], callers: [], maxCallsPerSecond: 1, maxChannels: 1, contact: { name: 'nobody' } },
};
const plan = { loadMs: 60_000 } as RunPlan;
const against = (action: object, more: object = {}, vendor = profile) => checkSurgeAgainst(checkSurge(fault(action, more)), plan, vendor);

describe('fault actions', () => {
  it.each([
    [{ kind: 'process', signal: 'STOP', pid: 4711 }],
    [{ kind: 'process', signal: 'KILL', pidFile: '/run/site.pid', restart: ['systemctl', 'start', 'site'] }],
    [{ kind: 'container', container: 'site-a', action: 'pause' }],
    [{ kind: 'container', container: 'site-a', action: 'disconnect', network: 'lab', socket: '/run/docker.sock' }],
    [{ kind: 'netns', namespace: 'lab', action: 'drop', peer: '10.0.0.0/8', protocol: 'udp', port: 5060 }],
    [{ kind: 'netns', namespace: 'lab', action: 'link-down', link: 'veth0' }],
    [{ kind: 'netns', namespace: 'lab', action: 'address-gone', link: 'veth0', address: '10.0.0.9' }],
    [{ kind: 'own', action: 'trunk-down', trunk: 'main' }],
    [{ kind: 'own', action: 'address-gone' }],
    [{ kind: 'own', action: 'agents-off', group: 'support', share: 0.5 }],
  ])('are read as they are written: %j', (action) => {
    expect(read(action).do).toEqual(action);
    expect(() => against(action)).not.toThrow();
  });

  it('of the relay get their defaults, and durations become ms', () => {
    expect(read({ kind: 'relay', loss: 0.05, delay: '80ms' }).do).toEqual({
      kind: 'relay',
      what: 'both',
      direction: 'both',
      loss: 0.05,
      delay: 80,
    });
  });

  it.each([
    [{ kind: 'process', signal: 'HUP', pid: 5 }, /signal/],
    [{ kind: 'process', signal: 'STOP' }, /pid/],
    [{ kind: 'process', signal: 'STOP', pid: 5, pidFile: 'x' }, /pid/],
    [{ kind: 'process', signal: 'STOP', pid: 1 }, /pid/],
    [{ kind: 'process', signal: 'STOP', pid: 5, restart: ['x'] }, /restart/],
    [{ kind: 'process', signal: 'KILL', pid: 5, restart: 'systemctl start x' }, /list of texts/],
    [{ kind: 'container', container: 'a', action: 'disconnect' }, /network/],
    [{ kind: 'netns', namespace: '-n evil', action: 'drop' }, /namespace/],
    [{ kind: 'netns', namespace: 'lab', action: 'drop', peer: 'host.example' }, /IPv4/],
    [{ kind: 'relay' }, /loss/],
    [{ kind: 'relay', loss: 5 }, /from 0 to 1/],
    [{ kind: 'relay', blackhole: true }, /loss|blackHole/],
    [{ kind: 'own', action: 'trunk-down' }, /trunk/],
    [{ kind: 'netns', namespace: 'lab', action: 'address-gone', link: 'veth0', address: '10.0.0.0/8' }, /IPv4 address/],
    [{ kind: 'own', action: 'dns-answer', name: 'a.example', answer: ['b.example'] }, /list of addresses/],
    [{ kind: 'own', action: 'dns-answer', name: 'a.example', answer: [] }, /list of addresses/],
  ])('that make no sense are refused: %j', (action, words) => {
    expect(() => read(action)).toThrow(words);
  });

  it('of our own address and names are held against the profile', () => {
    expect(() => against({ kind: 'own', action: 'address-gone', address: '127.0.0.9' })).toThrow(/127.0.0.9 is not among our addresses/);
    const ours: VendorProfile = { ...profile, local: { addresses: ['127.0.0.9'] } };
    expect(() => against({ kind: 'own', action: 'address-gone', address: '127.0.0.9' }, {}, ours)).not.toThrow();
    const changed = { kind: 'own', action: 'dns-answer', name: 'SBC.example', answer: ['127.0.0.2'], ttl: '2s' };
    expect(() => against(changed)).toThrow(/nobody is asked for "SBC.example".*every host of the profile is an address|nobody is asked/);
    const named: VendorProfile = { ...profile, trunks: [...profile.trunks, { name: 'named', host: 'sbc.example' }] };
    expect(() => against(changed, {}, named)).not.toThrow();
    const relay = { name: 'r', at: '1s', for: '1s', do: { kind: 'relay', loss: 0.1, trunk: 'named' } };
    const both = { faults: [relay, { name: 'd', at: '5s', for: '1s', do: changed }] };
    expect(() => checkSurgeAgainst(checkSurge(both), plan, named)).toThrow(/behind our relay nobody asks for "SBC.example"/);
  });

  it('are held against the profile', () => {
    expect(() => against({ kind: 'relay', trunk: 'third', loss: 1 })).toThrow(/no trunk "third"/);
    expect(() =>
      against({ kind: 'own', action: 'trunk-down', trunk: 'main' }, {}, { ...profile, trunks: profile.trunks.slice(0, 1) }),
    ).toThrow(/only trunk/);
    expect(() => against({ kind: 'own', action: 'agents-off', group: 'sales' })).toThrow(/no group "sales"/);
    expect(() => against({ kind: 'own', action: 'agents-off' }, {}, { ...profile, agents: [] })).toThrow(/no agents/);
    const tls: VendorProfile = { ...profile, trunks: [{ name: 'main', host: 'a', transport: 'tls' }] };
    expect(() => against({ kind: 'relay', loss: 1 }, {}, tls)).toThrow(/cannot carry the trunk "main".* tls/);
    const both: VendorProfile = { ...tls, trunks: [...tls.trunks, { name: 'plain', host: '10.0.0.1' }] };
    expect(() => against({ kind: 'relay', loss: 1, trunk: 'plain' }, {}, both)).not.toThrow();
    expect(() => checkSurgeAgainst(checkSurge({ relay: true }), plan, both)).toThrow(/cannot carry the trunk "main"/);
  });
});

describe('a fault that repeats', () => {
  it('says how often and what is promised', () => {
    expect(read({ kind: 'relay', blackHole: true }, { repeat: { every: '15s', times: 3 }, expected: '2s' })).toMatchObject({
      repeat: { everyMs: 15_000, times: 3 },
      expectedMs: 2000,
    });
  });

  it('must end before it begins again, and begin before the load ends', () => {
    const hole = { kind: 'relay', blackHole: true };
    expect(() => read(hole, { repeat: { every: '5s', times: 3 } })).toThrow(/every/);
    expect(() => read(hole, { repeat: { every: '9s', times: 1 } })).toThrow(/times/);
    expect(() => against(hole, { repeat: { every: '30s', times: 2 } })).not.toThrow();
    expect(() => against(hole, { repeat: { every: '30s', times: 3 } })).toThrow(/after the load has ended/);
  });

  it('may not meet another on the same thing', () => {
    const two = (from: string) => ({
      faults: [
        { name: 'a', at: '10s', for: '5s', repeat: { every: '20s', times: 3 }, do: { kind: 'relay', loss: 0.1 } },
        { name: 'b', at: from, for: '5s', do: { kind: 'relay', delay: '1s' } },
      ],
    });
    expect(() => checkSurge(two('40s'))).toThrow(/before "a" has ended/);
    expect(() => checkSurge(two('60s'))).not.toThrow();
  });
});

it('stop rules are conditions of call metrics', () => {
  const rules = (rule: object) => () => checkSurge({ stopWhen: [rule] });
  expect(rules({ metric: 'call_blocked', when: 'rate > 0.5', for: '10s' })().stopWhen).toEqual([
    { metric: 'call_blocked', when: 'rate > 0.5', forMs: 10_000, least: 20 },
  ]);
  expect(rules({ metric: 'iterations', when: 'count > 5', for: '10s' })).toThrow(/metric of calls/);
  expect(rules({ metric: 'call_blocked', when: 'often', for: '10s' })).toThrow(/not a threshold/);
  expect(rules({ metric: 'call_blocked', when: 'rate > 0.5' })).toThrow(/for is missing/);
});

it('capacity may be asked of the load itself, or as seats', () => {
  const step = (action: object) => checkSurge({ scaling: [{ name: 'more', at: '5s', target: 10, do: action }] }).scaling[0]!.do;
  expect(step({ kind: 'load' })).toEqual({ kind: 'load' });
  expect(step({ kind: 'simulator', seats: 3, skill: 'support', delay: '5s' })).toEqual({
    kind: 'simulator',
    seats: 3,
    skill: 'support',
    delay: 5000,
  });
  expect(() => step({ kind: 'simulator', seats: 0, skill: 'support' })).toThrow(/seats/);
});

it('steps of a load are equal and held', () => {
  expect(curves.steps({ base: 10, peak: 40, steps: 3, each: '30s' }).map(({ duration, target }) => `${duration} ${target}`)).toEqual([
    '0ms 10',
    '30000ms 10',
    '0ms 20',
    '30000ms 20',
    '0ms 30',
    '30000ms 30',
    '0ms 40',
    '30000ms 40',
  ]);
});

import { describe, expect, it } from 'vitest';
import { checkVendor } from '../../src/vendor/check.ts';
import { env, type VendorProfile } from '../../src/vendor/profile.ts';
import { accountsOf, checkSecrets, readSecret, withoutSecrets } from '../../src/vendor/secrets.ts';

const profile: VendorProfile = {
  name: 'vendor-a',
  trunks: [
    { name: 'main', host: '192.0.2.1', credentials: { username: 'trial', password: env('TRUNK') } },
    { name: 'standby', host: 'sip.vendor-a.example', port: 5061, transport: 'tcp', weight: 2, priority: 1 },
  ],
  agents: [
    {
      kind: 'sip',
      name: 'support',
      count: 3,
      accounts: { username: 'a{n}', first: 1001, password: env('AGENT') },
      answerDelay: { uniform: ['1s', 4000] },
      handling: 'until-caller',
      wrapUp: { lognormal: { mean: '10s', sigma: 0.5 } },
      shifts: [{ from: '10m', to: '1h', count: 2 }],
    },
    { kind: 'human', name: 'people', count: 2 },
  ],
  claims: { concurrentCalls: { atLeast: 2000, counting: 'occupied', veto: true }, serviceLevel: { atLeast: 0.8, within: '20s' } },
  contract: {
    targets: ['192.0.2.0/24', 'sip.vendor-a.example'],
    called: ['400xxxxxxx'],
    callers: ['5550xxxx'],
    hours: [{ days: ['tue'], from: '01:00', to: '05:00' }],
    timezone: 'Asia/Shanghai',
    maxCallsPerSecond: 10,
    maxChannels: 100,
    contact: { name: 'NOC' },
    validUntil: '2026-12-31',
  },
  hooks: {
    scale: { more: { http: 'https://api.example/x', headers: { authorization: env('TOKEN') } } },
    faults: { cut: { start: { command: ['ssh', 'switch'] } } },
  },
};

/** The profile with the value at a path changed; undefined removes it. */
function changed(path: string, value: unknown): unknown {
  const copy = structuredClone(profile) as unknown as Record<string, unknown>;
  const keys = path.split('.');
  let at = copy;
  for (const key of keys.slice(0, -1)) {
    at[key] ??= {};
    at = at[key] as Record<string, unknown>;
  }
  if (value === undefined) delete at[keys.at(-1)!];
  else at[keys.at(-1)!] = value;
  return copy;
}

describe('a profile', () => {
  it('is accepted as it is', () => expect(checkVendor(profile)).toEqual(profile));

  it.each([
    ['name', 'vendor a', 'vendor.name', 'letters, digits'],
    ['name', undefined, 'vendor.name', 'name is missing'],
    ['nmae', 'x', 'vendor.nmae', 'did you mean name'],
    ['trunks', [], 'vendor.trunks', 'at least one trunk'],
    ['trunks', undefined, 'vendor.trunks', 'trunks is missing'],
    ['trunks.0.host', 'sip:192.0.2.1', 'vendor.trunks[0].host', 'without sip:'],
    ['trunks.0.host', undefined, 'vendor.trunks[0].host', 'host is missing'],
    ['trunks.0.port', 70000, 'vendor.trunks[0].port', 'from 0 to 65535'],
    ['trunks.1.transprot', 'udp', 'vendor.trunks[1].transprot', 'did you mean transport'],
    ['trunks.1.transport', 'sctp', 'vendor.trunks[1].transport', 'udp, tcp, tls'],
    ['trunks.0.tlsName', 'x.example', 'vendor.trunks[0].tlsName', 'udp shows no certificate'],
    ['trunks.0.path', '/sip', 'vendor.trunks[0].path', 'udp has no path'],
    ['trunks.0.proxy', { hots: '192.0.2.9' }, 'vendor.trunks[0].proxy.hots', 'did you mean host'],
    ['trunks.0.keepAlive', 'often', 'vendor.trunks[0].keepAlive', 'must be a duration'],
    ['trunks.0.keepAlive', '0s', 'vendor.trunks[0].keepAlive', 'at least 1s'],
    ['contract.callers.0', '', 'vendor.contract.callers[0]', 'callers[0] must not be empty'],
    ['local', { tls: { cert: 'us.pem' } }, 'vendor.local.tls.key', 'belong together'],
    ['local', { tls: { minVersion: 'TLSv1' } }, 'vendor.local.tls.minVersion', 'TLSv1.2 or TLSv1.3'],
    ['local', { alarms: { port: 8443, token: 'in-clear' } }, 'vendor.local.alarms.token', "env('NAME')"],
    ['local', { nameServers: ['dns.example'] }, 'vendor.local.nameServers[0]', 'as 10.0.0.53'],
    ['limits', { failover: 'fast' }, 'vendor.limits.failover', 'must be a duration'],
    ['trunks.1.name', 'main', 'vendor.trunks[1].name', 'used twice'],
    ['trunks.0.credentials.password', 'hunter2', 'vendor.trunks[0].credentials.password', "must be env('NAME')"],
    ['agents.0.accounts.password', 'hunter2', 'vendor.agents[0].accounts.password', "env('NAME')"],
    ['agents.0.accounts.username', 'agent', 'vendor.agents[0].accounts.username', 'put {n}'],
    ['agents.0.accounts', undefined, 'vendor.agents[0].accounts', 'accounts are missing'],
    ['agents.0.kind', 'robot', 'vendor.agents[0].kind', 'sip, phone, browser or human'],
    ['agents.0.kind', 'phone', 'vendor.agents[0].numbers', 'say under which numbers'],
    ['agents.1', { kind: 'phone', name: 'desk', count: 2, numbers: { number: '5551{n}' } }, 'vendor.local.sipPort', 'a port that stays'],
    ['agents.0.numbers', { number: '5551', first: 1 }, 'vendor.agents[0].numbers.number', 'would share one number'],
    ['agents.0.numbers', { number: 'desk{n}' }, 'vendor.agents[0].numbers.number', 'digits with {n}'],
    ['agents.0.notReady', { every: '30m' }, 'vendor.agents[0].notReady.for', 'for is missing'],
    ['announcements', { hold: { hz: 40 } }, 'vendor.announcements.hold.hz', 'from 100 to 3900'],
    ['contract.vipCallers', [], 'vendor.contract.vipCallers', 'at least one number'],
    ['agents.0.count', 0, 'vendor.agents[0].count', 'from 1'],
    ['agents.0.answerDelay', { exponentail: '3s' }, 'vendor.agents[0].answerDelay', 'a duration, or'],
    ['agents.0.handling', 'forever', 'vendor.agents[0].handling', 'until-caller'],
    ['agents.0.noAnswer', 1.2, 'vendor.agents[0].noAnswer', 'from 0 to 1'],
    ['claims.concurrentCalls.counting', 'all', 'vendor.claims.concurrentCalls.counting', 'occupied, answered'],
    ['claims.concurrentCalls.atMost', 5, 'vendor.claims.concurrentCalls.atMost', 'known are veto, weight, words, atLeast, counting'],
    ['claims.concurentCalls', {}, 'vendor.claims.concurentCalls', 'did you mean concurrentCalls'],
    ['claims.serviceLevel.atLeast', 80, 'vendor.claims.serviceLevel.atLeast', 'from 0 to 1'],
    ['claims.serviceLevel.within', 'soon', 'vendor.claims.serviceLevel.within', 'must be a duration'],
    ['contract', undefined, 'vendor.contract', 'contract is missing'],
    ['contract.targets', [], 'vendor.contract.targets', 'at least one host'],
    ['contract.targets.0', '10.0.0.0/40', 'vendor.contract.targets[0]', 'a block as'],
    ['contract.called.0', '400-1', 'vendor.contract.called[0]', 'x for any digit'],
    ['contract.maxChannels', 1.5, 'vendor.contract.maxChannels', 'whole number'],
    ['contract.maxCallsPerSecond', 0, 'vendor.contract.maxCallsPerSecond', 'above 0'],
    ['contract.hours.0.from', '25:00', 'vendor.contract.hours[0].from', 'as 09:30'],
    ['contract.hours.0.days.0', 'tuesday', 'vendor.contract.hours[0].days[0]', 'mon, tue'],
    ['contract.timezone', 'Asia/Shangai', 'vendor.contract.timezone', 'a time zone'],
    ['contract.validUntil', '31.12.2026', 'vendor.contract.validUntil', 'as 2026-12-31'],
    ['contract.contact', undefined, 'vendor.contract.contact', 'contact is missing'],
    ['hooks.scale.more.http', 'api.example', 'vendor.hooks.scale.more', 'http'],
    ['hooks.faults.cut.start', { command: [] }, 'vendor.hooks.faults.cut.start', 'command'],
    ['local.rtpPorts', [30000, 20000], 'vendor.local.rtpPorts', 'holds no ports'],
    ['embedded', { sites: [{ name: 'a', chanels: 5 }] }, 'vendor.embedded.sites[0].chanels', 'did you mean channels'],
    ['embedded', { sites: [{ name: 'a', channels: 5 }], rigMs: 5 }, 'vendor.embedded.rigMs', 'did you mean ringMs'],
  ])('%s = %j: %s', (path, value, where, message) => {
    const thrown = (() => {
      try {
        return checkVendor(changed(path, value));
      } catch (error) {
        return error as { oneLine(): string; where: string };
      }
    })();
    expect(thrown).toMatchObject({ code: 'vendor-invalid' });
    expect((thrown as { where: string }).where).toContain(where);
    expect((thrown as { oneLine(): string }).oneLine()).toContain(message);
  });

  it('an access through a carrier names a trunk that exists', () => {
    const access = { kind: 'carrier', control: { called: '5550100', trunk: 'carrier' } };
    expect(() => checkVendor(changed('access', access))).toThrow('there is no trunk "carrier"');
    expect(() => checkVendor(changed('access', { kind: 'pigeon' }))).toThrow(expect.objectContaining({ where: 'vendor.access' }));
    expect(() => checkVendor('vendor-a', 'v.ts')).toThrow(expect.objectContaining({ where: 'vendor in v.ts' }));
  });
});

describe('secrets', () => {
  const environment = { TRUNK: 't', AGENT: 'secret{n}', TOKEN: 'k', AGENT_1001: 'one', AGENT_1002: 'two' };

  it('are read from the environment, and asked for by name and field', () => {
    expect(readSecret(env('TRUNK'), 'vendor.x', environment)).toBe('t');
    expect(() => readSecret(env('NONE'), 'vendor.x', environment)).toThrow(
      expect.objectContaining({ code: 'secret-missing', where: 'vendor.x' }),
    );
    checkSecrets(profile, environment);
    for (const [name, field] of [
      ['TRUNK', 'vendor.trunks[0].credentials.password'],
      ['AGENT', 'vendor.agents[0].accounts.password'],
      ['TOKEN', 'vendor.hooks.scale.more.headers.authorization'],
    ] as const)
      expect(() => checkSecrets(profile, { ...environment, [name]: '' })).toThrow(
        expect.objectContaining({ code: 'secret-missing', where: field, message: `${field} needs the environment variable ${name}` }),
      );
  });

  it('{n} is the agent’s number: in the common value, or in the name of each one’s variable', () => {
    const [group] = profile.agents!;
    expect(accountsOf(group!, 'f', environment)).toEqual([
      { username: 'a1001', password: 'secret1001' },
      { username: 'a1002', password: 'secret1002' },
      { username: 'a1003', password: 'secret1003' },
    ]);
    const each = { ...group!, count: 2, accounts: { username: 'a{n}', first: 1001, password: { perAccount: env('AGENT_{n}') } } };
    expect(accountsOf(each, 'f', environment).map(({ password }) => password)).toEqual(['one', 'two']);
    expect(() => accountsOf({ ...each, count: 3 }, 'f', environment)).toThrow('AGENT_1003');
    checkVendor({ ...profile, agents: [each] });
  });

  it('never reach the record', () => {
    const clear: VendorProfile = {
      ...profile,
      hooks: { scale: { more: { http: 'https://x', headers: { authorization: 'Bearer abc123', accept: 'text/plain' } } } },
      embedded: {
        sites: [{ name: 'a', channels: 1 }],
        trunkCredentials: { username: 'u', password: 'abc123' },
        accounts: [{ username: 'a', password: 'abc123', first: 1, count: 1, skill: 's' }],
      },
    };
    const text = JSON.stringify(withoutSecrets(clear));
    expect(text).not.toContain('abc123');
    expect(text).toContain('"password":{"env":"TRUNK"}');
    expect(text).toContain('text/plain');
    expect(clear.embedded!.trunkCredentials!.password).toBe('abc123');
  });
});

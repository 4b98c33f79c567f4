import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contractConflicts, contractRules, mayDial } from '../../src/vendor/contract.ts';
import { hoursRule } from '../../src/vendor/hours.ts';
import { isEmergency, matchesPattern } from '../../src/vendor/numbers.ts';
import type { Contract, VendorProfile } from '../../src/vendor/profile.ts';

const contract: Contract = {
  targets: ['192.0.2.0/28', 'sip.vendor-a.example', '2001:db8::/64', '127.0.0.1'],
  called: ['400xxxxxxx', '2000', '9*'],
  callers: ['55xx', '8640090000xxx'],
  maxCallsPerSecond: 10,
  maxChannels: 100,
  contact: { name: 'NOC' },
};
const profile: VendorProfile = { name: 'vendor-a', trunks: [{ name: 'main', host: '192.0.2.5' }], contract };

describe('numbers', () => {
  it.each(
    '110 119 120 122 112 911 999 0110 9110 9911 010110 0755119 021110 +86110 86120 9010110 00110 001911 +44999 +1-911 +86755119 90755-110 +8610110 0086755999 +112 sip:110@vendor-a tel:1-1-0 9-110'.split(
      ' ',
    ),
  )('%s is an emergency number', (number) => {
    expect(isEmergency(number)).toBe(true);
    expect(mayDial({ ...contract, called: ['*', '1xx'] }, number, '5500')?.code).toBe('contract-violation');
    expect(mayDial({ ...contract, callers: ['*'] }, '2000', number)?.message).toContain('emergency');
  });

  it.each(
    '4001000000 4001000110 2000 9196 1100 1101 1190000 5500110 40090000110 01088880110 95110 4009112 10086 12315 86139110 9196 2911 1911 5110 0119000'.split(
      ' ',
    ),
  )('%s is none', (number) => expect(isEmergency(number)).toBe(false));

  it('no prefix of digits hides one of them from a pattern that allows anything', () => {
    const prefixes = fc.constantFrom('', '0', '9', '010', '0755', '+86', '86', '0086', '+8610', '0086755', '9010', '00', '+1', '0044');
    fc.assert(
      fc.property(prefixes, fc.constantFrom('110', '119', '120', '122', '112', '911', '999'), (prefix, n) => isEmergency(prefix + n)),
    );
  });

  it('only patterns of the contract', () => {
    expect(mayDial(contract, '4001000000', '5501')).toBeUndefined();
    expect(mayDial(contract, '40010000000', '5501')?.oneLine()).toBe(
      '40010000000 may not be dialled: the contract allows 400xxxxxxx, 2000, 9* (vendor.contract.called): dial a number of the contract [contract-violation]',
    );
    expect(mayDial(contract, '2000', '5600')?.where).toBe('vendor.contract.callers');
    expect(matchesPattern('90', '9*') && matchesPattern('9', '9*') && !matchesPattern('8', '9*')).toBe(true);
    expect(matchesPattern('+861', '+86x')).toBe(true);
    expect(matchesPattern('20001', '2000')).toBe(false);
  });

  it.each(['400-100-0000', 'sip:2000@vendor-a', '2000@evil.example', '2000;phone-context=x', '2000\r\nX: y', '２０００', '', 'echo', '*'])(
    'nothing but digits: %j',
    (number) => {
      const open = { ...contract, called: ['*'], callers: ['*'] };
      expect(mayDial(open, number, '5501')).toMatchObject({ code: 'contract-violation', where: 'vendor.contract.called' });
      expect(mayDial(open, '2000', number)).toMatchObject({ code: 'contract-violation', where: 'vendor.contract.callers' });
    },
  );
});

describe('caller numbers', () => {
  const rules = contractRules(contract);

  it('go through one pattern after the other, and begin again', () => {
    expect(rules.callers).toBe(1100);
    expect([0, 1, 99, 100, 1099, 1100].map(rules.callerNumber)).toEqual(['5500', '5501', '5599', '8640090000000', '8640090000999', '5500']);
  });

  it('of VIPs come from patterns of their own, where there are any, and are permitted', () => {
    const vips = contractRules({ ...contract, vipCallers: ['900xx'] });
    expect([0, 1, 100].map(vips.vipNumber)).toEqual(['90000', '90001', '90000']);
    expect(vips.number('2000', '90042')).toBeUndefined();
    expect(vips.number('2000', '9004')).toBeDefined();
    expect(rules.vipNumber(1)).toBe(rules.callerNumber(1));
  });

  it('are as many as the patterns give, all permitted', () => {
    const numbers = Array.from({ length: 1100 }, (_, k) => rules.callerNumber(k));
    expect(new Set(numbers).size).toBe(1100);
    for (const number of numbers) expect(rules.number('2000', number)).toBeUndefined();
    const open = contractRules({ ...contract, callers: ['*'] });
    expect(open.callerNumber(1234567)).toBe('234567');
    expect(open.callers).toBe(1e6);
  });
});

describe('targets', () => {
  it.each([
    ['192.0.2.5', true],
    ['192.0.2.16', false],
    ['SIP.vendor-a.example', true],
    ['vendor-a.example', false],
    ['2001:db8::1', true],
    ['2001:db9::1', false],
    ['127.0.0.1', true],
    ['127.0.0.2', false],
  ])('%s: %s', (host, allowed) => expect(contractRules(contract).target(host)).toBe(allowed));
});

describe('hours', () => {
  const shanghai = (hours: Contract['hours'], validUntil?: string) => hoursRule({ hours, timezone: 'Asia/Shanghai', validUntil });
  const at = (local: string) => Date.parse(`${local}:00+08:00`);

  it('are local: 02:00 to 05:00 in Shanghai is 18:00 to 21:00 UTC', () => {
    const open = shanghai([{ from: '02:00', to: '05:00' }]);
    expect(['2026-11-11T01:59', '2026-11-11T02:00', '2026-11-11T04:59', '2026-11-11T05:00'].map((t) => open(at(t)))).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });

  it('reach over midnight, and belong to the day they begin', () => {
    // 2026-11-11 is a Wednesday.
    const open = shanghai([{ days: ['wed'], from: '23:00', to: '02:00' }]);
    expect(
      ['2026-11-11T22:59', '2026-11-11T23:00', '2026-11-12T01:59', '2026-11-12T02:00', '2026-11-11T01:00'].map((t) => open(at(t))),
    ).toEqual([false, true, true, false, false]);
  });

  it('24:00 is the end of the day; the last day counts whole', () => {
    expect(shanghai([{ from: '00:00', to: '24:00' }])(at('2026-11-11T23:59'))).toBe(true);
    const open = shanghai(undefined, '2026-11-11');
    expect([open(at('2026-11-11T23:59')), open(at('2026-11-12T00:00'))]).toEqual([true, false]);
  });
});

describe('conflicts of a plan', () => {
  const fine = { peakRate: 10, busiestSecond: 10, peakConcurrent: 100, startMs: Date.parse('2026-11-11T10:00:00Z'), durationMs: 600_000 };
  const fields = (load: Partial<typeof fine>, changed: Partial<VendorProfile> = {}, terms: Partial<Contract> = {}) =>
    contractConflicts({ ...profile, ...changed, contract: { ...contract, ...terms } }, { ...fine, ...load }).map(({ field }) => field);

  it('none where all is allowed', () => expect(fields({})).toEqual([]));
  it.each([
    [{ peakRate: 11 }, {}, {}, 'vendor.contract.maxCallsPerSecond'],
    [{ busiestSecond: 14 }, {}, {}, 'vendor.contract.maxCallsPerSecond'],
    [{ peakConcurrent: 101 }, {}, {}, 'vendor.contract.maxChannels'],
    [{}, { trunks: [{ name: 'main', host: '198.51.100.1' }] }, {}, 'vendor.trunks[0].host'],
    [{}, { agents: [{ kind: 'sip', name: 'a', count: 1, registrar: { host: '198.51.100.1' } }] }, {}, 'vendor.agents[0].registrar.host'],
    [{}, { numbers: { main: '95588' } }, { called: ['2000'] }, 'vendor.numbers.main'],
    [{}, {}, { hours: [{ from: '09:00', to: '10:05' }], timezone: 'UTC' }, 'vendor.contract.hours'],
    [{}, {}, { validUntil: '2026-11-10' }, 'vendor.contract.hours'],
  ] as const)('%j %j %j: %s', (load, changed, terms, field) => expect(fields(load, changed as never, terms as never)).toEqual([field]));
});

it('a proxy is a target like any other', () => {
  const load = { peakRate: 1, busiestSecond: 1, peakConcurrent: 1, startMs: 0, durationMs: 1 };
  const through = (host: string) => ({ ...profile, trunks: [{ ...profile.trunks[0]!, proxy: { host } }] });
  expect(contractConflicts(through('192.0.2.6'), load)).toEqual([]);
  expect(contractConflicts(through('198.51.100.1'), load)).toMatchObject([{ field: 'vendor.trunks[0].proxy.host' }]);
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { numberToDial } from '../../src/cli/dialled-number.ts';
import type { SearchFlags } from '../../src/cli/search.ts';
import { planSearch } from '../../src/cli/search-plan.ts';
import { largestLoad, loadToProve, rampFor, stopRules } from '../../src/cli/search-terms.ts';
import { vendorAt } from '../engine/fixture.ts';

const vendor = (maxChannels: number, maxCallsPerSecond: number) => {
  const profile = vendorAt(6899);
  return { ...profile, contract: { ...profile.contract, maxChannels, maxCallsPerSecond } };
};

describe('the largest load', () => {
  it('is never above what the contract permits, whatever is asked for', () => {
    const n = fc.integer({ min: 1, max: 100_000 });
    fc.assert(
      fc.property(n, n, fc.option(n, { nil: undefined }), fc.integer({ min: 0, max: 5000 }), (channels, rate, asked, holdMs) => {
        expect(largestLoad('concurrency', vendor(channels, rate), asked, holdMs).max).toBe(Math.min(channels, asked ?? channels));
        const fits = Math.floor(channels / ((holdMs + 1000) / 1000));
        if (fits >= 1) expect(largestLoad('rate', vendor(channels, rate), asked, holdMs).max).toBe(Math.min(rate, fits, asked ?? rate));
      }),
    );
  });

  it('says whose cap it is, and refuses where there is none to search for', () => {
    expect(largestLoad('concurrency', vendor(50, 10), undefined, 0)).toEqual({ max: 50, maxBy: 'contract.maxChannels' });
    expect(largestLoad('rate', vendor(500, 10), undefined, 200)).toEqual({ max: 10, maxBy: 'contract.maxCallsPerSecond' });
    expect(largestLoad('rate', vendor(500, 10), 4, 200)).toEqual({ max: 4, maxBy: '--max' });
    expect(() => largestLoad('rate', vendor(500, 0.5), undefined, 200)).toThrow(/less than one call a second/);
  });
});

it('dials together within about five seconds, never faster than the contract permits', () => {
  expect([1, 50, 500].map(rampFor(60, undefined))).toEqual([10, 10, 60]);
  expect(rampFor(0.5, undefined)(100)).toBe(0.5);
  expect(rampFor(60, 20)(1)).toBe(20);
});

it('turns what stops a search into what must hold', () => {
  expect(stopRules(['call_blocked rate>0.5', 'setup_delay:p(95)>=3000', 'call_blocked{trunk:a} rate==1', 'call_blocked rate>0.9'])).toEqual(
    {
      call_blocked: ['rate<=0.5', 'rate<=0.9'],
      setup_delay: ['p(95)<3000'],
      'call_blocked{trunk:a}': ['rate!=1'],
    },
  );
  expect(() => stopRules(['call_blocked'])).toThrow(/no rule/);
  expect(() => stopRules(['call_blocked often'])).toThrow(/not a threshold/);
});

it('measures our own ceiling where 70 % of it is still above the largest load', () => {
  for (const max of [1, 7, 60, 137, 2000]) expect(0.7 * loadToProve(max)).toBeGreaterThanOrEqual(max - 1e-9);
});

describe('the number to dial', () => {
  it('is asked for, or the first that the profile knows, and always one of the contract', () => {
    const profile = vendorAt(6899);
    expect(numberToDial({ ...profile, numbers: { main: '4001000000' } }, undefined)).toBe('4001000000');
    expect(numberToDial({ ...profile, numbers: { main: '4001000000' } }, 'main')).toBe('4001000000');
    expect(numberToDial(profile, '4009999999')).toBe('4009999999');
    expect(() => numberToDial(profile, undefined)).toThrow(/which number/);
    expect(() => numberToDial(profile, '110')).toThrow(/emergency/);
    expect(() => numberToDial(profile, '5001000000')).toThrow(/may not be dialled/);
    const elsewhere = { ...profile, trunks: [{ name: 'x', host: '192.0.2.1' }] };
    expect(() => numberToDial(elsewhere, '4001000000')).toThrow(/not among the contract's targets/);
  });
});

describe('a search', () => {
  const flags: SearchFlags = {
    vendor: 'vendor-a',
    for: 'concurrency',
    number: '4001000000',
    start: 8,
    epsilon: 0,
    width: 0.005,
    trial: '5s',
    confirm: '20s',
    repeats: 3,
    pause: '2s',
    hold: '200ms',
    baseline: true,
    seed: 1,
    out: 'reports',
    lang: 'en',
  };
  const plan = (over: Partial<SearchFlags>) => planSearch(vendorAt(6899), { ...flags, ...over });

  it('is refused whole before anything is sent', async () => {
    await expect(plan({ number: '110' })).rejects.toThrow(/emergency/);
    await expect(plan({ repeats: 2 })).rejects.toThrow(/majority/);
    await expect(plan({ stopWhen: ['never'] })).rejects.toThrow(/no rule/);
    await expect(plan({ stopWhen: ['call_blokked rate>0.5'] })).rejects.toThrow(/no metric of calls/);
    await expect(plan({ trial: '10ms' })).rejects.toThrow(/shorter than half a second/);
    await expect(plan({ scenario: 'nowhere.ts' })).rejects.toThrow(/cannot be read/);
  });

  it('sends audio where lines are held and none where a rate is the point, unless told otherwise', async () => {
    expect((await plan({})).terms.media).toBe('rtp');
    expect((await plan({ for: 'rate' })).terms.media).toBe('none');
    expect((await plan({ for: 'rate', media: 'rtp' })).record.terms.media).toBe('rtp');
  });
});

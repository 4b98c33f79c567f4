import { describe, expect, it } from 'vitest';
import type { Claims, VendorProfile } from '../../src/vendor/profile.ts';
import { env } from '../../src/vendor/profile.ts';
import { type PlannedTest, undecidableClaims } from '../../src/vendor/undecidable.ts';

const profile = (claims: Claims, more: Partial<VendorProfile> = {}): VendorProfile => ({
  name: 'vendor-a',
  trunks: [{ name: 'main', host: '192.0.2.1' }],
  agents: [{ kind: 'sip', name: 'a', count: 20, accounts: { username: '{n}', password: env('X') } }],
  claims,
  contract: {
    targets: ['192.0.2.1'],
    called: ['2000'],
    callers: ['5xxx'],
    maxCallsPerSecond: 20,
    maxChannels: 200,
    contact: { name: 'x' },
  },
  ...more,
});
const test: PlannedTest = { peakRate: 20, peakConcurrent: 200, peakTalking: 20, durationMs: 600_000, faults: 1, scaling: 1, media: 'rtp' };
const why = (claims: Claims, more: Partial<VendorProfile> = {}, changed: Partial<PlannedTest> = {}) =>
  undecidableClaims(profile(claims, more), { ...test, ...changed }).map((found) => `${found.claim}: ${found.why}`);

describe('claims that a trial cannot decide', () => {
  it('none where cap, seats, faults and media suffice', () => {
    expect(
      why({
        concurrentCalls: { atLeast: 200, counting: 'occupied' },
        callsPerSecond: { atLeast: 20 },
        serviceLevel: { atLeast: 0.8, within: '20s' },
        failover: { within: '5s' },
        alarm: { within: '5m' },
        scaleUp: { within: '1m' },
        mos: { atLeast: 4 },
        oneWayDelay: { atMost: '150ms' },
      }),
    ).toEqual([]);
  });

  it.each([
    [{ concurrentCalls: { atLeast: 2000, counting: 'occupied' } }, {}, {}, '2000 are claimed, the contract allows 200'],
    [{ concurrentCalls: { atLeast: 150, counting: 'occupied' } }, {}, { peakConcurrent: 90 }, 'the plan reaches about 90'],
    [{ callsPerSecond: { atLeast: 50 } }, {}, {}, 'the contract allows 20/s'],
    [{ callsPerSecond: { atLeast: 20 } }, {}, { peakRate: 5.25 }, 'the plan reaches 5.3/s'],
    [{ serviceLevel: { atLeast: 0.8, within: '20s' } }, { trial: { type: 'shared', seats: 10 } }, {}, 'the trial has 10 seats'],
    [{ abandonment: { atMost: 0.05 } }, { contract: { ...profile({}).contract, callers: ['55xx'] } }, {}, '100 caller numbers'],
    [{ connectRate: { atLeast: 0.95 } }, { agents: [{ kind: 'human', name: 'a', count: 5 }] }, {}, 'no method shows'],
    [{ alarm: { within: '5m' } }, {}, { faults: 0 }, 'the plan has no fault'],
    [{ scaleUp: { within: '5m' } }, {}, { scaling: 0 }, 'no scaling step'],
    [{ failover: { within: '1h' } }, {}, {}, 'shorter than the time claimed'],
    [{ availability: { monthly: 0.9999 } }, {}, {}, 'pass only in a month'],
    [{ mos: { atLeast: 4 } }, {}, { media: 'none' }, 'sends no media'],
    [{ oneWayDelay: { atMost: '150ms' } }, { agents: [] }, {}, 'we own no agent'],
  ] as const)('%j %j %j: %s', (claims, more, changed, message) => {
    const found = why(claims as Claims, more as Partial<VendorProfile>, changed);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(message);
  });

  it('signalling of the vendor is enough to see agents', () => {
    expect(
      why({ connectRate: { atLeast: 0.95 } }, { agents: [], signalling: { method: 'UPDATE' }, trial: { type: 'shared', seats: 30 } }),
    ).toEqual([]);
  });
});

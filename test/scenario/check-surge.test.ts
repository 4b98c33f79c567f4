import { describe, expect, it } from 'vitest';
import { checkSurge, checkSurgeAgainst } from '../../src/scenario/check-surge.ts';
import { checkScenario } from '../../src/schedule/executors.ts';
import { planScenarios } from '../../src/schedule/plan.ts';
import type { VendorProfile } from '../../src/vendor/profile.ts';

const stop = (more: object = {}) => ({
  name: 'site-a gone',
  at: '20s',
  for: '10s',
  do: { kind: 'simulator', action: 'stop', site: 'a' },
  ...more,
});
const grow = (more: object = {}) => ({ name: 'more lines', at: '30s', target: 50, do: { kind: 'simulator', channels: 50 }, ...more });

describe('surge options', () => {
  it('have defaults', () => {
    expect(checkSurge(undefined)).toEqual({
      seed: 1,
      arrivals: 'even',
      trace: 'on',
      faults: [],
      scaling: [],
      probesPerSecond: 0,
      media: 'rtp',
      drainMs: 35_000,
      callLengthMs: {},
    });
  });

  it('are checked, durations in ms; faults bring probes', () => {
    const checked = checkSurge(
      {
        seed: 9,
        arrivals: 'poisson',
        faults: [stop()],
        scaling: [grow({ hold: '5s' })],
        media: 'none',
        drain: '1m',
        callLength: { a: '30s' },
      },
      {},
    );
    expect(checked).toMatchObject({
      seed: 9,
      arrivals: 'poisson',
      faults: [{ name: 'site-a gone', atMs: 20_000, forMs: 10_000, do: { kind: 'simulator', action: 'stop', site: 'a' } }],
      scaling: [{ atMs: 30_000, target: 50, holdMs: 5000 }],
      probesPerSecond: 10,
      media: 'none',
      callLengthMs: { a: 30_000 },
    });
    expect(checkSurge({ seed: 9 }, { seed: 10 }).seed).toBe(10);
    expect(checkSurge({ faults: [stop()], probes: { perSecond: 2.5 } }).probesPerSecond).toBe(2.5);
    expect(checkSurge({ callLength: '45s' }).callLengthMs).toEqual({ '': 45_000 });
  });

  it.each([
    [{ fault: [] }, 'surge.fault', 'did you mean faults'],
    [{ arrivals: 'posson' }, 'surge.arrivals', 'did you mean poisson'],
    [{ faults: [stop({ for: undefined })] }, 'surge.faults[0].for', 'for is missing'],
    [{ faults: [stop({ do: undefined })] }, 'surge.faults[0].do', 'do is missing'],
    [{ faults: [stop({ do: { kind: 'simulator', action: 'explode', site: 'a' } })] }, 'surge.faults[0].do.action', 'stop, freeze'],
    [{ faults: [stop({ do: { kind: 'command', start: { http: 'http://x' } } })] }, 'surge.faults[0].do.start', 'must have command'],
    [{ faults: [stop(), stop()] }, 'surge', 'used twice'],
    [{ faults: [stop()], scaling: [grow({ name: 'site-a gone' })] }, 'surge', 'used twice'],
    [{ scaling: [grow({ target: 0 })] }, 'surge.scaling[0].target', 'at least 1'],
    [{ scaling: [grow({ do: { kind: 'hook', hook: 'x', site: 'a' } })] }, 'surge.scaling[0].do.site', 'unknown field'],
    [{ faults: [stop(), stop({ name: 'again', at: '25s' })] }, 'surge.faults[1].at', 'let one end'],
    [{ seed: 1.5 }, 'surge.seed', 'whole number'],
    [{ probes: { perSecond: 1000 } }, 'surge.probes.perSecond', 'from 0 to 100'],
    [[], 'surge', 'must be an object'],
  ])('%j', (raw, where, message) => {
    const thrown = (() => {
      try {
        return checkSurge(raw);
      } catch (error) {
        return error as { where: string; oneLine(): string };
      }
    })();
    expect(thrown).toMatchObject({ code: 'option-invalid', where });
    expect((thrown as { oneLine(): string }).oneLine()).toContain(message);
  });
});

describe('against plan and profile', () => {
  const plan = planScenarios([checkScenario('a', { executor: 'constant-vus', duration: '1m' })], { arrivals: 'even', seed: 1 });
  const profile = {
    name: 'vendor-a',
    trunks: [{ name: 'main', host: '127.0.0.1' }],
    embedded: { sites: [{ name: 'a', channels: 5 }] },
    hooks: { faults: { 'cut-trunk': { start: { command: ['true'] } } } },
  } as unknown as VendorProfile;
  const against = (raw: object, vendor = profile) => checkSurgeAgainst(checkSurge(raw), plan, vendor);

  it('accepts what they have', () => {
    against({ faults: [stop(), stop({ name: 'b', do: { kind: 'hook', hook: 'cut-trunk' } })], scaling: [grow()] });
  });

  it.each([
    [{ faults: [stop({ at: '1m' })] }, profile, 'begins after the load has ended'],
    [{ faults: [stop({ do: { kind: 'simulator', action: 'stop', site: 'c' } })] }, profile, 'there is no site "c"'],
    [{ faults: [stop({ do: { kind: 'hook', hook: 'cut' } })] }, profile, 'has no fault hook "cut"'],
    [{ scaling: [grow({ do: { kind: 'hook', hook: 'cut-trunk' } })] }, profile, 'has no scale hook'],
    [{ faults: [stop()] }, { ...profile, name: 'vendor-b', embedded: undefined } as VendorProfile, 'is not the embedded vendor'],
  ])('%j', (raw, vendor, message) => expect(() => against(raw, vendor)).toThrow(message));
});

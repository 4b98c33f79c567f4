/** Customers who are called back, on virtual time. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SimulatorConfig } from '../../../src/simulator/config.ts';
import { type ModelCaller, poissonCallers, runModel } from '../../../src/simulator/core/model.ts';
import { completeConfig } from '../../../src/simulator/defaults.ts';
import type { TruthRow } from '../../../src/simulator/truth.ts';

const base: SimulatorConfig = {
  sites: [{ name: 'a', channels: 1000 }],
  menu: { '1': 'support' },
  ringMs: 100,
  answerMs: 200,
  trunk: { host: '127.0.0.1', port: 5080 },
  callBack: { afterMs: 3000 },
  ownAgents: [{ count: 1, skill: 'support', answerMs: 0, handlingMs: 10_000 }],
};

function play(config: Partial<SimulatorConfig>, callers: ModelCaller[]): TruthRow[] {
  const rows: TruthRow[] = [];
  runModel({ ...base, ...config }, callers, (row) => rows.push(row));
  return rows;
}

describe('call-backs', () => {
  it('begin when the number was left by the digit, and are rows of their own', () => {
    const [asked, back] = play({}, [{ atMs: 0, digit: '9', caller: '4009000001' }]);
    expect(asked).toMatchObject({ outcome: 'diverted', ended_by: 'vendor', ended_ms: 2200, skill: 'support', back_of: null });
    expect(back).toMatchObject({
      back_of: asked!.sip_call_id,
      caller: '4001000000',
      called: '4009000001',
      received_ms: 5200,
      answered_ms: 5200,
      agent_ms: 5200,
      outcome: 'answered',
      priority: 20,
    });
  });

  it('go before those who wait, and after who is served', () => {
    const callers = [0, 1, 2, 3].map((n) => ({ atMs: n * 1000, digit: n === 1 ? '9' : '1', caller: `400900000${n}` }));
    const rows = play({}, callers);
    const served = rows.filter(({ outcome }) => outcome === 'answered').sort((a, b) => a.agent_ms! - b.agent_ms!);
    expect(served.map(({ back_of, caller, called }) => (back_of === null ? caller : called))).toEqual([
      '4009000000',
      '4009000001',
      '4009000002',
      '4009000003',
    ]);
  });

  it('come to those who gave up where the vendor does so, once, and not without it', () => {
    const callers = [{ atMs: 0 }, { atMs: 500, patienceMs: 4000 }];
    expect(play({}, callers).map(({ outcome }) => outcome)).toEqual(['abandoned', 'answered']);
    const rows = play({ callBack: { abandoned: true, afterMs: 100 } }, callers);
    expect(rows.map(({ back_of, outcome }) => [back_of, outcome])).toEqual([
      [null, 'abandoned'],
      ['model-2', 'abandoned'],
      [null, 'answered'],
    ]);
  });

  it('are blocked where no line is free', () => {
    const rows = play({ edgeChannels: 1, callBack: { afterMs: 100 } }, [{ atMs: 0, digit: '9' }, { atMs: 2250 }]);
    expect(rows.map(({ back_of, outcome }) => [back_of !== null, outcome])).toContainEqual([true, 'blocked']);
  });

  it('leave nobody out: every number left has exactly one call-back, and every call one row', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), fc.double({ min: 0.05, max: 0.5, noNaN: true }), (seed, perSecond) => {
        const callers = [...poissonCallers({ seed, perSecond, count: 60, patience: { exponential: 20_000 } })].map((caller, i) => ({
          ...caller,
          digit: i % 3 === 0 ? '9' : '1',
        }));
        const rows = play({ callBack: { abandoned: true, afterMs: { exponential: 5000 } } }, callers);
        const asked = rows.filter(
          ({ back_of, outcome, queued_ms }) =>
            back_of === null && (outcome === 'diverted' || (outcome === 'abandoned' && queued_ms !== null)),
        );
        const backs = rows.filter(({ back_of }) => back_of !== null).map(({ back_of }) => back_of);
        expect(rows.length).toBe(60 + backs.length);
        expect([...backs].sort()).toEqual(asked.map(({ sip_call_id }) => sip_call_id).sort());
      }),
      { numRuns: 30 },
    );
  });
});

it('a vendor that calls out must say where to', () => {
  const config = (over: object) => () => completeConfig({ sites: base.sites, ...over });
  expect(config({ callBack: {} })).toThrow(/trunk is missing/);
  expect(config({ phones: [{ number: '400700{n}', first: 1, count: 2, skill: 'support' }] })).toThrow(/trunk is missing/);
  expect(config({ callBack: { digit: '1' }, trunk: base.trunk })).toThrow(/callBack.digit 1 is in the menu/);
  expect(config({ trunk: { host: '192.0.2.1', port: 5060 } })).toThrow(/trunk.host must be on loopback/);
  expect(config({ phones: [{ number: '4007', first: 1, count: 2, skill: 'x' }], trunk: base.trunk })).toThrow(/needs \{n\}/);
});

/** Claims are held against the vendor for its own failures alone: by the blame that all evidence together gives, not by that of a call's own row. */
import { describe, expect, it } from 'vitest';
import type { Claims } from '../../src/vendor/profile.ts';
import { answered, event, Record, range, refused, T0, unheard } from './synthetic.ts';

const control = { called: '01055550000' };
const through = { blame: 'undetermined' as const, blame_why: 'answered 503', wants_agent: true };
const agent = (at: number) => ({ wants_agent: true, queue_ms: T0 + at + 60, agent_ms: T0 + at + 100, agent: 'a1' });
const vendor = (claims: Claims) => ({
  name: 'v',
  access: { kind: 'carrier', control },
  agents: [{ name: 'a', kind: 'sip', count: 1 }],
  claims,
});

/** Ten minutes of a call a second, and a control call every five; those of [100 s, 160 s) refused, and the control calls with them or not. */
function throughCarrier(controlsFail: boolean): Record {
  const record = new Record();
  const broken = (at: number) => at >= 100_000 && at < 160_000;
  for (const at of range(600).map((i) => i * 1000))
    record.add('calls', broken(at) ? refused(at, 503, through) : answered(at, 10, agent(at)));
  for (const at of range(120).map((i) => i * 5000 + 500))
    record.add(
      'calls',
      broken(at) && controlsFail ? refused(at, 503, { ...through, ...control, wants_agent: false }) : answered(at, 1, control),
    );
  return record;
}

const judged = (record: Record, claims: Claims) => record.analyse({ vendor: vendor(claims) }).verdicts[0]!;

describe('failures that are the carrier’s by its control calls', () => {
  const bad = throughCarrier(true);
  const good = throughCarrier(false);

  it('fail no ratio; the vendor’s do', () => {
    const connectRate = { connectRate: { atLeast: 0.97 } };
    expect(judged(good, connectRate)).toMatchObject({ state: 'fail' });
    expect(judged(bad, connectRate)).toMatchObject({ state: 'not proven', why: 'failed-elsewhere calls=72' });
    expect(judged(bad, connectRate).measured).toBeCloseTo(0.9);
  });

  it('are no refusal of the vendor’s capacity', () => {
    const concurrentCalls = { concurrentCalls: { atLeast: 100, counting: 'answered' as const } };
    expect(judged(good, concurrentCalls)).toMatchObject({ state: 'fail' });
    expect(judged(bad, concurrentCalls)).toMatchObject({ state: 'not measured', why: expect.stringContaining('failed-elsewhere') });
    const callsPerSecond = { callsPerSecond: { atLeast: 3 } };
    expect(judged(bad, callsPerSecond)).toMatchObject({ state: 'not measured', why: expect.stringContaining('failed-elsewhere') });
  });

  it('make no outage of the vendor’s', () => {
    const record = (controlsFail: boolean) => {
      const made = new Record();
      for (const at of range(600).map((i) => i * 1000))
        made.add('calls', at >= 100_000 && at < 160_000 ? { ...unheard(at), blame_why: 'no final response before Timer B' } : answered(at));
      for (const at of range(120).map((i) => i * 5000 + 500))
        made.add('calls', at >= 100_000 && at < 160_000 && controlsFail ? { ...unheard(at), ...control } : answered(at, 1, control));
      return made.analyse({ vendor: vendor({ availability: { monthly: 0.99999 } }) });
    };
    expect(record(false).verdicts[0]).toMatchObject({ state: 'fail' });
    expect(record(false).unprovoked).toHaveLength(1);
    expect(record(true).verdicts[0]).toMatchObject({ state: 'not proven' });
    expect(record(true).unprovoked).toEqual([]);
  });
});

it('what our own relay harmed fails no ratio', () => {
  const record = new Record();
  record.add('events', event(100_000, 'fault', 'started', 'hole', { target: 'relay: blackHole (sip and rtp)', value: 0 }));
  record.add('events', event(160_000, 'fault', 'ended', 'hole', { target: 'relay: blackHole (sip and rtp)' }));
  for (const at of range(600).map((i) => i * 1000))
    record.add('calls', at >= 100_000 && at < 150_000 ? { ...unheard(at), wants_agent: true } : answered(at, 10, agent(at)));
  const direct = { ...vendor({ connectRate: { atLeast: 0.97 } }), access: { kind: 'direct' } };
  const [verdict] = record.analyse({ vendor: direct }).verdicts;
  expect(verdict).toMatchObject({ state: 'not proven', why: 'failed-elsewhere calls=50' });
});

it('a failure with no route is the network’s, and one more of the vendor’s own decides nothing for it', () => {
  const record = new Record();
  const why = 'there is no route to 192.0.2.1: check the network';
  for (const at of range(100).map((i) => i * 1000))
    record.add('calls', at % 10_000 === 0 ? { ...unheard(at), wants_agent: true, blame_why: why } : answered(at, 10, agent(at)));
  record.add('calls', refused(100_500, 503, { wants_agent: true }));
  const direct = { ...vendor({ connectRate: { atLeast: 0.985 } }), access: { kind: 'direct' } };
  expect(record.analyse({ vendor: direct }).verdicts[0]).toMatchObject({ state: 'not proven', why: 'failed-elsewhere calls=10' });
});

import { describe, expect, it } from 'vitest';
import { WHYS } from '../../src/analysis/finding.ts';
import type { RunMeta } from '../../src/record/schema.ts';
import { rowOf } from '../../src/record/schema.ts';
import type { Claims } from '../../src/vendor/profile.ts';
import { answered, event, Record, range, refused, T0, unheard } from './synthetic.ts';

const vendor = (claims: Claims, contract: object = {}): Partial<RunMeta> => ({
  vendor: { name: 'vendor-a', claims, contract, agents: [{ kind: 'sip', name: 'team', count: 4 }] },
  surge: { scaling: [{ name: 'more', target: 60, hold: 5000 }] },
});
const judge = (record: Record, claims: Claims, contract?: object) => {
  const found = record.analyse(vendor(claims, contract)).verdicts;
  for (const { why } of found) expect(WHYS).toContain(why.split(' ')[0]);
  return found;
};
const served = (at: number, waitMs: number) =>
  answered(at, waitMs / 1000 + 30, {
    wants_agent: true,
    queue_ms: T0 + at + 50,
    agent_ms: T0 + at + 50 + waitMs,
    correlation: 'both-legs',
    mos: 4.2,
    rtp_sent: 100,
    rtp_received: 100,
    rtp_lost: 0,
  });
const waits = (n: number, inTime: number) => new Record().add('calls', ...range(n).map((i) => served(i * 100, i < inTime ? 5000 : 25_000)));

describe('verdict', () => {
  const serviceLevel = { serviceLevel: { atLeast: 0.8, within: '20s' } };

  it('passes or fails only with the whole interval, and says when the sample is too small', () => {
    expect(judge(waits(1000, 900), serviceLevel)).toMatchObject([
      { claim: 'serviceLevel', state: 'pass', measured: 0.9, n: 1000, promised: 0.8, unit: 'share' },
    ]);
    expect(judge(waits(1000, 700), serviceLevel)).toMatchObject([{ state: 'fail', measured: 0.7 }]);
    expect(judge(waits(50, 42), serviceLevel)).toMatchObject([{ state: 'not proven', why: 'sample-too-small n=50' }]);
    expect(judge(waits(1000, 810), serviceLevel)).toMatchObject([{ state: 'not proven' }]);
  });

  it('measures within the time that the claim names', () => {
    expect(judge(waits(1000, 900), { serviceLevel: { atLeast: 0.8, within: '4s' } })).toMatchObject([{ state: 'fail', measured: 0 }]);
  });

  it('never passes without data', () => {
    const all: Claims = {
      concurrentCalls: { atLeast: 10, counting: 'answered' },
      callsPerSecond: { atLeast: 1 },
      ...serviceLevel,
      connectRate: { atLeast: 0.9 },
      abandonment: { atMost: 0.1 },
      averageSpeedOfAnswer: { atMost: '10s' },
      setupDelay: { percentile: 95, atMost: '1s' },
      failover: { within: '10s' },
      callsSurvive: { atLeast: 0.9 },
      scaleUp: { within: '60s' },
      alarm: { within: '60s' },
      repair: { within: '15m' },
      availability: { monthly: 0.999 },
      mos: { atLeast: 4 },
      oneWayDelay: { atMost: '150ms' },
    };
    const found = new Record().analyse({ ...vendor(all), end: { endMs: T0, how: 'failed', why: null, exitCode: 1 } }).verdicts;
    expect(found.map(({ claim }) => claim)).toEqual(Object.keys(all));
    expect(new Set(found.map(({ state }) => state))).toEqual(new Set(['not measured']));
    const refusedFault = new Record()
      .add('events', event(1000, 'fault', 'start', 'x'), event(2000, 'fault', 'failed', 'x', { detail: { message: 'no' } }))
      .analyse(vendor({ failover: { within: '1s' } }));
    expect(refusedFault.verdicts).toMatchObject([{ state: 'not measured', why: 'fault-did-not-happen' }]);
  });

  it('says nothing about queues that nobody could see into', () => {
    const blind = new Record().add(
      'calls',
      ...range(50).map((i) => answered(i * 100, 10, { wants_agent: true, queue_ms: T0 + i * 100 + 50, correlation: 'none' })),
    );
    const found = blind.analyse({ vendor: { claims: serviceLevel } }).verdicts;
    expect(found).toMatchObject([{ state: 'not measured', why: 'no-agent-seen' }]);
  });

  it('judges concurrency by the counting that the claim names', () => {
    const record = new Record().add('calls', ...range(60).map((i) => answered(i * 100, 30)));
    for (const i of range(20)) record.add('calls', refused(6500 + i));
    const claim = (atLeast: number, counting: 'answered' | 'talking' = 'answered') => ({ concurrentCalls: { atLeast, counting } });
    expect(judge(record, claim(60))).toMatchObject([{ state: 'pass', measured: 60, counting: 'answered' }]);
    expect(judge(record, claim(100))).toMatchObject([{ state: 'fail', measured: 60, why: 'configured-limit limit=60 refused=20' }]);
    expect(judge(record, claim(100), { maxChannels: 80 })).toMatchObject([{ state: 'not measured', why: 'above-the-cap cap=80' }]);
    expect(judge(record, claim(100, 'talking'))).toMatchObject([{ state: 'not measured' }]);
    const unrefused = new Record().add('calls', ...range(60).map((i) => answered(i * 100, 30)));
    expect(judge(unrefused, claim(100))).toMatchObject([{ state: 'not measured', why: 'load-too-small peak=60' }]);
  });

  it('holds nothing against a vendor that refuses while a fault lasts or capacity is on its way', () => {
    const claim: Claims = { concurrentCalls: { atLeast: 100, counting: 'answered' } };
    const record = new Record().add('calls', ...range(60).map((i) => answered(i * 100, 30)));
    for (const i of range(20)) record.add('calls', refused(6500 + i));
    record.add('events', event(6000, 'fault', 'started', 'x'), event(9000, 'fault', 'ended', 'x'));
    expect(judge(record, claim)).toMatchObject([{ state: 'not measured', why: 'load-too-small peak=60' }]);
    const scaled = new Record().add('calls', ...range(60).map((i) => answered(i * 100, 30)));
    for (const i of range(20)) scaled.add('calls', refused(2000 + i));
    scaled.add('events', event(3000, 'scale', 'accepted', 'more'));
    expect(judge(scaled, claim)).toMatchObject([{ state: 'not measured' }]);
  });

  it('does not call a limit configured that gives way or is not round', () => {
    const ragged = new Record().add('calls', ...range(60).map((i) => answered(i * 100, 30)));
    for (const i of range(20)) ragged.add('calls', refused(1000 + i * 250));
    expect(judge(ragged, { concurrentCalls: { atLeast: 100, counting: 'answered' } })[0]!.why).toBe('refused-below refused=20');
    const odd = new Record().add('calls', ...range(137).map((i) => answered(i * 50, 30)));
    for (const i of range(20)) odd.add('calls', refused(7500 + i));
    expect(judge(odd, { concurrentCalls: { atLeast: 200, counting: 'answered' } })[0]!.why).toBe('refused-below refused=20');
  });

  it('judges rates by seconds without failures', () => {
    const record = new Record();
    for (const s of range(10)) for (const i of range(40)) record.add('calls', answered(s * 1000 + i * 20));
    expect(judge(record, { callsPerSecond: { atLeast: 40 } })).toMatchObject([{ state: 'pass', measured: 40 }]);
    expect(judge(record, { callsPerSecond: { atLeast: 50 } })).toMatchObject([{ state: 'not measured', why: 'load-too-small peak=40' }]);
    for (const i of range(60)) record.add('calls', i < 45 ? answered(12_000 + i * 10) : refused(12_000 + i * 10));
    expect(judge(record, { callsPerSecond: { atLeast: 50 } })).toMatchObject([
      { state: 'fail', measured: 40, why: 'refused-at-rate rate=60' },
    ]);
  });

  it('does not put refusals down to the rate that are for want of channels', () => {
    const record = new Record();
    for (const i of range(100)) record.add('calls', answered(i * 100, 60));
    for (const i of range(300)) record.add('calls', refused(10_500 + i * 20));
    expect(judge(record, { callsPerSecond: { atLeast: 100 } })).toMatchObject([
      { state: 'not measured', why: 'limited-by-channels level=100 refused=300' },
    ]);
  });

  it('judges a percentile without assuming a distribution', () => {
    const record = new Record().add('calls', ...range(1000).map((i) => answered(i * 10, 5, { provisional_ms: T0 + i * 10 + i })));
    expect(judge(record, { setupDelay: { percentile: 95, atMost: 980 } })).toMatchObject([{ state: 'pass', unit: 'ms' }]);
    expect(judge(record, { setupDelay: { percentile: 95, atMost: 900 } })).toMatchObject([{ state: 'fail' }]);
    expect(judge(record, { setupDelay: { percentile: 95, atMost: 950 } })).toMatchObject([{ state: 'not proven' }]);
    const [few] = judge(new Record().add('calls', answered(0), answered(1)), { setupDelay: { percentile: 95, atMost: 500 } });
    expect(few!.state).toBe('not proven');
  });

  describe('failover', () => {
    const down = (fromMs: number, toMs: number, untilMs = 120_000) => {
      const record = new Record().add('events', event(30_000, 'fault', 'started', 'x'), event(60_000, 'fault', 'ended', 'x'));
      for (let at = 0; at < untilMs; at += 100) record.add('calls', at >= fromMs && at < toMs ? unheard(at) : answered(at, 20));
      return record;
    };
    const claim = (within: string): Claims => ({ failover: { within, veto: true } });

    it('counts the resolution against certainty', () => {
      expect(judge(down(30_000, 35_000), claim('10s'))).toMatchObject([
        { state: 'pass', measured: 5000, low: 4900, high: 5000, veto: true },
      ]);
      expect(judge(down(30_000, 35_000), claim('3s'))).toMatchObject([{ state: 'fail' }]);
      expect(judge(down(30_000, 35_000), claim('4950ms'))).toMatchObject([{ state: 'not proven', why: 'within-resolution' }]);
      expect(judge(down(0, 0), claim('1s'))).toMatchObject([{ state: 'pass', measured: 0, high: 100 }]);
      expect(judge(down(0, 0), claim('50ms'))).toMatchObject([{ state: 'not proven' }]);
    });

    it('fails an outage that is not over after the promised time', () => {
      expect(judge(down(30_000, 1e9), claim('10s'))).toMatchObject([{ state: 'fail', measured: null, why: 'outage-not-over' }]);
      expect(judge(down(30_000, 1e9, 45_000), claim('10m'))).toMatchObject([{ state: 'not proven' }]);
    });

    it('fails nobody for seconds in which we were not well ourselves', () => {
      const record = down(30_000, 35_000);
      for (const s of range(120))
        record.add(
          'timeline',
          rowOf('timeline', { t_ms: T0 + s * 1000, worker: 0, healthy: s !== 32, unhealthy: s === 32 ? 'loop' : null }),
        );
      expect(judge(record, claim('3s'))).toMatchObject([{ state: 'not valid', why: 'unhealthy-seconds seconds=1' }]);
      expect(judge(record, claim('10s'))).toMatchObject([{ state: 'pass' }]);
    });

    it('judges calls in progress, alarms and repair', () => {
      const claims: Claims = { callsSurvive: { atLeast: 0.9 }, alarm: { within: '5s' }, repair: { within: '15m' } };
      const record = down(30_000, 35_000);
      expect(judge(record, claims).map(({ state, why }) => [state, why.split(' ')[0]])).toEqual([
        ['pass', 'interval'],
        ['not measured', 'no-alarm-seen'],
        ['not measured', 'no-mark'],
      ]);
      record.add('events', event(33_000, 'alarm', 'received', 'x'), event(50_000, 'mark', 'fixed', 'x', { by: 'buyer', value: 2000 }));
      expect(judge(record, claims).map(({ state, measured }) => [state, measured])).toEqual([
        ['pass', 1],
        ['pass', 3000],
        ['pass', 20_000],
      ]);
    });
  });

  it('lets a month fail in a minute, and never pass in less than a month', () => {
    const record = new Record().add('events', event(30_000, 'fault', 'started', 'x'));
    for (let at = 0; at < 400_000; at += 100) record.add('calls', at >= 30_000 && at < 330_000 ? unheard(at) : answered(at, 5));
    const claim = (monthly: number): Claims => ({ availability: { monthly } });
    expect(judge(record, claim(0.9999))).toMatchObject([{ state: 'fail' }]);
    expect(judge(record, claim(0.99))).toMatchObject([{ state: 'not proven' }]);
    expect(judge(new Record().add('calls', answered(0), answered(600_000)), claim(0.99))).toMatchObject([
      { state: 'not proven', measured: 1 },
    ]);
  });

  it('gives no verdict at all where the instrument was the limit', () => {
    const record = waits(1000, 900);
    for (const i of range(5)) record.add('calls', answered(i, 5, { outcome: 'harness' }));
    expect(judge(record, { ...serviceLevel, failover: { within: '1s' } }).map(({ state, why }) => [state, why])).toEqual([
      ['not valid', 'run-not-valid'],
      ['not measured', 'no-fault'],
    ]);
  });

  it('does not let our own bad seconds fail a vendor', () => {
    const record = waits(1000, 700);
    // All the late ones were dialled in seconds 70 to 99.
    for (const s of range(160))
      record.add('timeline', rowOf('timeline', { t_ms: T0 + s * 1000, worker: 0, healthy: s < 70 || s > 130, unhealthy: 'lag' }));
    expect(judge(record, serviceLevel)).toMatchObject([{ state: 'not valid' }]);
    expect(judge(record, { mos: { atLeast: 4 } })).toMatchObject([{ state: 'pass', measured: expect.closeTo(4.2, 9) }]);
  });

  it('judges scaling by the worst step, and only where the load was there', () => {
    const record = (readyMs: number, limit: number) => {
      const made = new Record().add('events', event(20_000, 'scale', 'trigger', 'more'), event(20_000, 'scale', 'accepted', 'more'));
      const ends: number[] = [];
      for (let at = 0; at < 90_000; at += 100) {
        const open = ends.filter((end) => end > at).length;
        if (open >= (at < readyMs ? 30 : limit)) made.add('calls', refused(at));
        else {
          made.add('calls', answered(at, 10));
          ends.push(at + 10_000);
        }
      }
      return made;
    };
    const claim = (within: string): Claims => ({ scaleUp: { within } });
    expect(judge(record(25_000, 200), claim('20s'))).toMatchObject([{ state: 'pass' }]);
    expect(judge(record(25_000, 200), claim('3s'))).toMatchObject([{ state: 'fail' }]);
    expect(judge(record(25_000, 40), claim('20s'))).toMatchObject([{ state: 'fail', why: 'target-not-reached reached=40 target=60' }]);
    const short = new Record()
      .add('events', event(20_000, 'scale', 'accepted', 'more'))
      .add('calls', ...range(70).map((i) => answered(25_000 + i * 10, 3)));
    expect(judge(short, claim('20s'))).toMatchObject([{ state: 'not measured', why: 'target-not-held reached=70 target=60' }]);
  });
});

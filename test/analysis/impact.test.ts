import { describe, expect, it } from 'vitest';
import { answered, event, poisson, Record, range, refused, T0, unheard } from './synthetic.ts';

/** A fault from 30 s to 40 s after T0. */
const fault = (record: Record, name = 'site', from = 30_000, to = 40_000) =>
  record.add(
    'events',
    event(from, 'fault', 'start', name, { detail: { expectedMs: 5000 } }),
    event(from, 'fault', 'started', name, { value: 0, target: 'site-a' }),
    event(to, 'fault', 'end', name),
    event(to, 'fault', 'ended', name, { value: 0 }),
  );
const mark = (at: number, action: string, value: number, by: 'buyer' | 'vendor', cells: object = {}) =>
  event(at, 'mark', action, null as never, { value, by, ...cells });
const only = (record: Record) => record.analyse({ end: { endMs: T0 + 120_000, how: 'finished', why: null, exitCode: 0 } }).faults[0]!;

describe('what people say', () => {
  it('is timed from the fault; two who disagree widen the ±', () => {
    const record = fault(new Record()).add(
      'events',
      mark(45_000, 'alarm', 1000, 'buyer'),
      mark(60_000, 'ticket', 0, 'vendor', { detail: { note: 'T-17' } }),
      mark(90_000, 'fixed', 2000, 'vendor'),
      mark(110_000, 'fixed', 2000, 'buyer'),
    );
    const { people, detectionMs, expectedMs } = only(record);
    expect(expectedMs).toBe(5000);
    expect(detectionMs).toBe(15_000);
    expect(people).toEqual({
      alarm: { ms: 15_000, plusMinusMs: 1000, by: ['buyer'], notes: [] },
      ticket: { ms: 30_000, plusMinusMs: 0, by: ['vendor'], notes: ['T-17'] },
      fixed: { ms: 70_000, plusMinusMs: 12_000, by: ['vendor', 'buyer'], notes: [] },
    });
  });

  it('decides the claim of repair with its ±', () => {
    const of = (promised: string, plusMinus: number) =>
      fault(new Record())
        .add('events', mark(90_000, 'fixed', plusMinus, 'vendor'))
        .analyse({ vendor: { name: 'v', claims: { repair: { within: promised } } } })
        .verdicts.find(({ claim }) => claim === 'repair')!;
    expect(of('2m', 5000)).toMatchObject({ state: 'pass', measured: 60_000 });
    expect(of('30s', 5000)).toMatchObject({ state: 'fail' });
    expect(of('62s', 5000)).toMatchObject({ state: 'not proven' });
  });

  it('can be a fault that nobody planned: its outage is known no better than the mark', () => {
    const record = new Record().add(
      'events',
      mark(31_000, 'fault', 2000, 'buyer', { detail: { note: 'cable pulled' } }),
      mark(41_000, 'fixed', 1000, 'buyer'),
    );
    for (const at of poisson(20, 0, 80_000)) record.add('calls', at >= 30_500 && at < 38_000 ? unheard(at) : answered(at, 5));
    const found = only(record);
    expect(found).toMatchObject({ name: 'marked', target: 'cable pulled', startMs: T0 + 31_000, endMs: T0 + 41_000, plusMinusMs: 2000 });
    expect(found.firstTry.outages).toHaveLength(1);
    expect(Math.abs(found.firstTry.rtoMs! - 7000)).toBeLessThan(found.firstTry.resolutionMs!);
    expect(found.firstTry.resolutionMs).toBeGreaterThan(2000);
    expect(found.people!.fixed).toMatchObject({ ms: 10_000, plusMinusMs: 1000 });
  });

  it('belongs to the fault that it names', () => {
    const record = fault(fault(new Record()), 'line', 60_000, 70_000).add('events', mark(80_000, 'fixed', 0, 'vendor', { name: 'line' }));
    const { faults } = record.analyse({ end: { endMs: T0 + 120_000, how: 'finished', why: null, exitCode: 0 } });
    expect(faults.map(({ name, people }) => [name, people!.fixed?.ms ?? null])).toEqual([
      ['site', null],
      ['line', 20_000],
    ]);
  });
});

it('shows where calls went: before, while it lasted, after', () => {
  const record = fault(new Record());
  for (const at of range(90).map((k) => k * 1000)) {
    const a = at < 30_000 ? at % 2000 === 0 : at >= 60_000;
    record.add('calls', answered(at, 5, { trunk: 'main', site: a ? 'site-a' : 'site-b' }));
  }
  expect(only(record).routes).toEqual([
    { by: 'trunk', name: 'main', before: 30, during: 10, after: 50 },
    { by: 'site', name: 'site-a', before: 15, during: 0, after: 30 },
    { by: 'site', name: 'site-b', before: 15, during: 10, after: 20 },
  ]);
});

it('counts what taking it back costs apart from the fault itself', () => {
  const record = fault(new Record());
  const down = (at: number) => (at >= 30_000 && at < 33_000) || (at >= 40_000 && at < 41_500);
  for (const at of range(800).map((k) => k * 100)) record.add('calls', down(at) ? refused(at) : answered(at, 5));
  record.add(
    'calls',
    answered(39_000, 1.8, { outcome: 'dropped', bye_received_ms: T0 + 40_800, bye_sent_ms: null, bye_answered_ms: null }),
  );
  const found = only(record);
  expect(found.firstTry.rtoMs).toBe(3000);
  expect(found.failback).toEqual({ outages: 1, longestMs: 1500, affected: 15, failed: 15, lost: 1 });
});

it('measures the storm of registrations that follows', () => {
  const record = fault(new Record());
  for (const k of range(20)) {
    record.add('events', event(100 + k, 'registration', 'registered', `agent-${k}`));
    record.add('events', event(32_000 + k, 'registration', 'lost', `agent-${k}`));
    record.add('events', event(45_000 + 100 * k, 'registration', 'registered', `agent-${k}`));
  }
  expect(only(record).registrations).toEqual({ lost: 20, back: 20, stormPerSecond: 10, backMs: 16_900 });
});

it('says how many kept their place in the queue', () => {
  const record = fault(new Record());
  const waits = (at: number, agentAt: number, cells: object = {}) =>
    record.add('calls', answered(at, 60, { wants_agent: true, queue_ms: T0 + at + 100, agent_ms: T0 + agentAt, ...cells }));
  waits(20_000, 42_000);
  waits(21_000, 50_000);
  waits(31_000, 45_000);
  waits(31_500, 41_000, { vip: true });
  waits(22_000, 29_000);
  expect(only(record).queueKept).toMatchObject({ part: 1, whole: 2 });
});

it('sees the voice get worse and better again where no call fails', () => {
  const record = fault(new Record());
  for (const at of poisson(10, 0, 80_000)) {
    const bad = at >= 30_000 && at < 37_000;
    record.add('calls', answered(at, 4, { mos: bad ? 2.9 : 4.3 + (at % 7) / 100 }));
  }
  const { voice, firstTry } = only(record);
  expect(firstTry.outages).toEqual([]);
  expect(voice!.outages).toHaveLength(1);
  expect(voice!.backMs! - 7000).toBeGreaterThanOrEqual(-50);
  expect(voice!.backMs! - 7000).toBeLessThanOrEqual(voice!.resolutionMs! + 60);
});

it('puts the same fault several times side by side', () => {
  const record = new Record();
  for (const k of range(3)) fault(record, 'again', 30_000 + 20_000 * k, 33_000 + 20_000 * k);
  for (const at of range(1000).map((k) => k * 100)) {
    const k = Math.floor((at - 30_000) / 20_000);
    const since = at - 30_000 - 20_000 * k;
    record.add('calls', k >= 0 && k < 3 && since < 1000 * (k + 1) ? refused(at) : answered(at, 5));
  }
  const { repeated } = record.analyse({ end: { endMs: T0 + 110_000, how: 'finished', why: null, exitCode: 0 } });
  expect(repeated).toMatchObject([{ name: 'again', times: 3, firstTry: { n: 3, min: 1000, p50: 2000, max: 3000 } }]);
});

it('times the first call of a new seat, and the wait while scaling', () => {
  const record = new Record().add('events', event(30_000, 'scale', 'trigger', 'seats'), event(30_000, 'scale', 'accepted', 'seats'));
  record.add('events', event(36_000, 'scale', 'ready', 'seats'));
  for (const k of range(60)) {
    const at = k * 1000;
    const wait = at < 30_000 ? 2000 : 8000;
    const agent = at + wait > 37_000 && k % 3 === 0 ? 'support-9' : `support-${k % 3}`;
    record.add('calls', answered(at, 30, { wants_agent: true, queue_ms: T0 + at, agent_ms: T0 + at + wait, agent }));
  }
  const [step] = record.analyse({
    surge: { scaling: [{ name: 'seats', target: 5, holdMs: 1000 }] },
    end: { endMs: T0 + 120_000, how: 'finished', why: null, exitCode: 0 },
  }).scaling;
  expect(step).toMatchObject({ readyMs: 6000, newSeatMs: 8000, newSeats: 1, waitBeforeMs: 2000 });
});

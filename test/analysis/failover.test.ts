import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AttemptLog } from '../../src/analysis/attempts.ts';
import type { FaultFigures } from '../../src/analysis/model.ts';
import { findOutages } from '../../src/analysis/outages.ts';
import { randomStream } from '../../src/random.ts';
import type { CallRow } from '../../src/record/schema.ts';
import { rowOf } from '../../src/record/schema.ts';
import { answered, event, poisson, Record, range, refused, T0, unheard } from './synthetic.ts';

const sequence = (text: string, stepMs = 1000) => {
  const affected = Uint8Array.from(text, (c) => Number(c === 'x'));
  return { at: Float64Array.from(affected, (_, i) => i * stepMs), affected, failed: affected };
};

describe('outages in a sequence', () => {
  it('begin with two affected in a row and end with the first unaffected after which it holds; a straggler in twenty is allowed', () => {
    const [outage, ...more] = findOutages(sequence(`oooooxxxox${'o'.repeat(30)}`));
    expect(more).toEqual([]);
    expect(outage).toMatchObject({
      startMs: 5000,
      endMs: 8000,
      affected: 3,
      failed: 3,
      resolutionMs: 1000,
      beforeMs: 4000,
      lastAffectedMs: 7000,
    });
  });

  it('are none where single attempts are affected', () => {
    expect(findOutages(sequence(`${'oooooooooooooooooooox'.repeat(5)}`))).toEqual([]);
  });

  it('have no end where the record ends too soon to say', () => {
    expect(findOutages(sequence('ooooxxxxxoo'))).toMatchObject([{ startMs: 4000, endMs: null, lastAffectedMs: 8000 }]);
    expect(findOutages(sequence('ooooxxxxx'))).toMatchObject([{ endMs: null, affected: 5 }]);
    expect(findOutages(sequence('ooooxxxxxooooo'))).toMatchObject([{ endMs: 9000 }]);
  });

  it('are several where it held in between', () => {
    const twice = findOutages(sequence(`oooxx${'o'.repeat(25)}xxx${'o'.repeat(25)}`));
    expect(twice.map(({ startMs, endMs }) => [startMs, endMs])).toEqual([
      [3000, 5000],
      [30_000, 33_000],
    ]);
  });

  it('last through a patchy recovery: 95 % must be unaffected', () => {
    expect(findOutages(sequence(`ooxx${'oooox'.repeat(10)}${'o'.repeat(30)}`))).toMatchObject([{ startMs: 2000, endMs: 49_000 }]);
  });

  it('are found in any sequence in order, apart, and only with two in a row', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('o', 'o', 'o', 'x'), { maxLength: 200 }), (letters) => {
        const seen = sequence(letters.join(''), 300);
        const found = findOutages(seen);
        expect(found.length > 0).toBe(letters.join('').includes('xx'));
        found.forEach((outage, i) => {
          const index = outage.startMs / 300;
          expect(seen.affected[index]! + seen.affected[index + 1]!).toBe(2);
          if (i > 0) expect(outage.startMs).toBeGreaterThanOrEqual(found[i - 1]!.endMs!);
          if (outage.endMs !== null) expect(seen.affected[outage.endMs / 300]).toBe(0);
        });
      }),
    );
  });
});

/**
 * A vendor that is dead to callers from `downMs` to `upMs` (ms from T0): INVITEs sent then are re-sent at 0.5, 1.5, 3.5, 7.5, 15.5 and 31.5 s until one
 * arrives after `upMs`, or Timer B fires; a caller gives up after `patienceMs`.
 */
function faultyCall(at: number, downMs: number, upMs: number, patienceMs = Number.POSITIVE_INFINITY): CallRow {
  if (at < downMs || at >= upMs) return answered(at, 8);
  const sends = [0, 500, 1500, 3500, 7500, 15_500, 31_500];
  const heard = sends.findIndex((delay) => at + delay >= upMs);
  if (heard < 0) return unheard(at);
  const delay = sends[heard]!;
  if (delay > patienceMs)
    return {
      ...unheard(at),
      outcome: 'abandoned',
      cancel_ms: T0 + at + patienceMs,
      end_ms: T0 + at + patienceMs,
      invite_retransmissions: sends.filter((d) => d <= patienceMs).length - 1,
    };
  return answered(at, 8 + delay / 1000, {
    provisional_ms: T0 + at + delay + 20,
    ringing_ms: T0 + at + delay + 20,
    answer_ms: T0 + at + delay + 50,
    invite_retransmissions: heard,
  });
}

function outage(
  seconds: number,
  options: { rate?: number; probes?: number; seed?: number; patienceMs?: number; upTo?: number } = {},
): { fault: FaultFigures; down: number; up: number } {
  const { rate = 20, probes = 0, seed = 1, patienceMs, upTo = 60_000 + seconds * 1000 } = options;
  const down = 30_000 + randomStream(seed, 'down').next() * 1000;
  const up = down + seconds * 1000;
  const record = new Record();
  record.add(
    'events',
    event(down - 40, 'fault', 'start', 'site-down', { target: 'site-a' }),
    event(down, 'fault', 'started', 'site-down', { value: 40 }),
  );
  record.add('events', event(up, 'fault', 'end', 'site-down'), event(up, 'fault', 'ended', 'site-down'));
  for (const at of poisson(rate, 0, upTo, seed)) record.add('calls', faultyCall(at, down, up, patienceMs));
  if (probes > 0)
    for (let at = 0; at < upTo; at += 1000 / probes)
      record.add('events', event(at, 'probe', at >= down && at < up ? 'lost' : 'answered', 'trunk-1', { value: 2 }));
  return { fault: record.analyse().faults[0]!, down, up };
}

describe('failover', () => {
  it.each([0.5, 3, 12, 45])('measures an outage of %s s within the resolution it prints, 20 of 20', (seconds) => {
    for (const seed of range(20)) {
      const { fault, down, up } = outage(seconds, { seed, probes: 10 });
      const { rtoMs, resolutionMs, outages } = fault.firstTry;
      expect(outages, `seed ${seed}`).toHaveLength(1);
      expect(resolutionMs).toBeLessThanOrEqual(101);
      expect(rtoMs! - seconds * 1000).toBeGreaterThanOrEqual(0);
      expect(rtoMs! - seconds * 1000).toBeLessThanOrEqual(resolutionMs! + 0.01);
      expect(outages[0]!.startMs - T0 - down).toBeGreaterThanOrEqual(0);
      expect(outages[0]!.startMs - T0 - down).toBeLessThanOrEqual(outages[0]!.resolutionMs + 0.01);
      expect(outages[0]!.endMs! - T0 - up).toBeLessThanOrEqual(outages[0]!.resolutionMs + 0.01);
    }
  });

  it('measures without probes too, to the gap between calls', () => {
    for (const seed of range(20)) {
      const { fault } = outage(12, { seed });
      expect(fault.firstTry.rtoMs! - 12_000).toBeGreaterThanOrEqual(0);
      expect(fault.firstTry.rtoMs! - 12_000).toBeLessThanOrEqual(fault.firstTry.resolutionMs! + 0.01);
    }
  });

  it('shows first try and for good apart: a short outage fails nothing', () => {
    const { fault } = outage(3);
    expect(fault.firstTry.outages).toHaveLength(1);
    expect(fault.firstTry.outages[0]!.affected).toBeGreaterThan(30);
    expect(fault.eventual).toMatchObject({ outages: [], rtoMs: 0 });
    expect(fault.eventual.resolutionMs).toBeGreaterThan(0);
    const impatient = outage(12, { patienceMs: 4000 }).fault;
    expect(impatient.eventual.outages).toHaveLength(1);
    expect(impatient.eventual.rtoMs).toBeGreaterThan(7000);
    expect(impatient.eventual.rtoMs).toBeLessThan(impatient.firstTry.rtoMs!);
  });

  it('sees recovery, the equivalent availability and the time of the alarm', () => {
    const { fault } = outage(12, { patienceMs: 400 });
    expect(fault.recovery90Ms).toBeGreaterThan(11_000);
    expect(fault.recovery90Ms).toBeLessThan(fault.recovery99Ms! + 1);
    expect(fault.recovery99Ms).toBeLessThan(12_500);
    expect(fault.fullRecoveryMs).toBeGreaterThan(12_000);
    expect(fault.fullRecoveryMs).toBeLessThan(25_000);
    expect(fault.availabilityEquivalent).toBeCloseTo(1 - 12 / (30 * 86_400), 6);
    expect(fault.detectionMs).toBeNull();
  });

  it('finds no outage in half an hour without one', () => {
    const record = new Record().add('events', event(60_000, 'fault', 'started', 'nothing'));
    const random = randomStream(3, 'srd');
    for (const at of poisson(5, 0, 1_800_000, 3))
      record.add('calls', answered(at, 8, { provisional_ms: T0 + at + 20 * Math.exp(random.next() * 2) }));
    const { firstTry, eventual, recovery90Ms } = record.analyse().faults[0]!;
    expect(firstTry).toMatchObject({ outages: [], rtoMs: 0 });
    expect(eventual).toMatchObject({ outages: [], rtoMs: 0 });
    expect(firstTry.resolutionMs).toBeGreaterThan(500);
    expect(recovery90Ms).toBe(0);
  });

  it('says of an outage that is not over that it is not over', () => {
    const { fault } = outage(500, { upTo: 120_000 });
    expect(fault.firstTry).toMatchObject({ rtoMs: null, outages: [{ endMs: null }] });
    expect(fault.recovery90Ms).toBeNull();
    expect(fault.fullRecoveryMs).toBeNull();
  });

  it('lets a probed edge sharpen nothing when only the sites behind it are dead', () => {
    const record = new Record().add('events', event(30_000, 'fault', 'started', 'sites'));
    for (const at of range(120)) record.add('calls', faultyCall(at * 1000 + 500, 30_000, 40_000));
    for (const i of range(1200)) record.add('events', event(i * 100, 'probe', 'answered', 'edge', { value: 1 }));
    const { outages, rtoMs, resolutionMs } = record.analyse().faults[0]!.firstTry;
    expect(outages).toMatchObject([{ startMs: T0 + 30_500, endMs: T0 + 40_500 }]);
    expect([rtoMs, resolutionMs]).toEqual([10_500, 1000]);
  });

  it('sees by probes what no call was there to see', () => {
    const record = new Record().add('events', event(30_000, 'fault', 'started', 'blip'));
    for (const at of range(12)) record.add('calls', answered(at * 10_000));
    for (const i of range(1200)) record.add('events', event(i * 100, 'probe', i >= 302 && i < 350 ? 'lost' : 'answered', 'trunk', {}));
    const { firstTry, eventual } = record.analyse().faults[0]!;
    expect(firstTry.outages).toMatchObject([{ startMs: T0 + 30_200, endMs: T0 + 35_000, resolutionMs: 100, affected: 48 }]);
    expect(firstTry.rtoMs).toBe(5000);
    expect(eventual.outages).toEqual([]);
  });

  it('keeps refusals for capacity that were there before out of the outage', () => {
    const record = new Record().add('events', event(30_000, 'fault', 'started', 'x'));
    const busy = new Record().add('events', event(30_000, 'fault', 'started', 'x'));
    for (const i of range(1200)) {
      record.add('calls', i % 3 === 0 ? refused(i * 100) : answered(i * 100));
      busy.add('calls', i >= 300 && i < 350 ? refused(i * 100) : answered(i * 100));
    }
    expect(record.analyse().faults[0]!.firstTry.outages).toEqual([]);
    expect(busy.analyse().faults[0]!.eventual.outages).toMatchObject([{ startMs: T0 + 30_000, endMs: T0 + 35_000, failed: 50 }]);
  });

  it('takes our own delays off before it calls an attempt slow', () => {
    const run = (loopMs: number) => {
      const record = new Record().add('events', event(30_000, 'fault', 'started', 'x'));
      for (const s of range(120))
        record.add(
          'timeline',
          rowOf('timeline', { t_ms: T0 + s * 1000, worker: 0, healthy: s !== 50, loop_p99_ms: s === 50 ? loopMs : 1 }),
        );
      for (const i of range(1200))
        record.add('calls', answered(i * 100, 8, { provisional_ms: T0 + i * 100 + (i >= 502 && i < 505 ? 250 : 20) }));
      return record.analyse().faults[0]!.firstTry.outages;
    };
    expect(run(5)).toHaveLength(1);
    expect(run(160)).toEqual([]);
  });

  it('tells calls in progress that survived, were dropped, or froze', () => {
    const at30 = (cells: Partial<CallRow>) => answered(1000, 60, cells);
    const record = new Record().add('events', event(30_000, 'fault', 'started', 'x'), event(40_000, 'fault', 'ended', 'x'));
    record.add(
      'calls',
      at30({ rtp_gap_ms: 100 }),
      at30({ rtp_gap_ms: 300 }),
      at30({ outcome: 'dropped', bye_received_ms: T0 + 30_100, bye_sent_ms: null, bye_answered_ms: null, end_ms: T0 + 30_100 }),
      at30({ outcome: 'dropped', bye_received_ms: T0 + 30_200, bye_sent_ms: null, bye_answered_ms: null, end_ms: T0 + 30_200 }),
      at30({ outcome: 'dropped', bye_sent_ms: T0 + 40_000, bye_answered_ms: null, rtp_gap_ms: 10_000, end_ms: T0 + 72_000 }),
      answered(1000, 31),
      answered(31_000, 10),
      answered(1000, 10),
    );
    const { inProgress, survivorGapMs } = record.analyse().faults[0]!;
    expect(inProgress).toEqual({ at: 6, survived: 2, dropped: 2, frozen: 1, ended: 1 });
    expect(survivorGapMs).toMatchObject({ n: 2, max: 300 });
  });

  it('keeps the failback out of the time of the failover', () => {
    const record = new Record().add('events', event(30_000, 'fault', 'started', 'x'), event(60_000, 'fault', 'ended', 'x'));
    for (const i of range(1200)) record.add('calls', (i >= 300 && i < 330) || (i >= 605 && i < 620) ? unheard(i * 100) : answered(i * 100));
    const { outages, rtoMs } = record.analyse().faults[0]!.firstTry;
    expect(outages).toHaveLength(2);
    expect(rtoMs).toBe(3000);
  });

  it('gives each of two faults its own outages and alarm', () => {
    const record = new Record().add(
      'events',
      event(30_000, 'fault', 'start', 'one'),
      event(30_000, 'fault', 'started', 'one'),
      event(32_000, 'alarm', 'received', 'one'),
      event(40_000, 'fault', 'ended', 'one'),
      event(70_000, 'fault', 'started', 'two'),
      event(80_000, 'fault', 'ended', 'two'),
      event(90_000, 'fault', 'start', 'three'),
      event(90_500, 'fault', 'failed', 'three', { detail: { message: 'connection refused' } }),
    );
    for (const i of range(1200)) record.add('calls', (i >= 300 && i < 340) || (i >= 700 && i < 720) ? unheard(i * 100) : answered(i * 100));
    const faults = record.analyse().faults;
    expect(faults.map(({ name, firstTry, detectionMs, failed }) => [name, firstTry.rtoMs, detectionMs, failed])).toEqual([
      ['one', 4000, 2000, null],
      ['two', 2000, null, null],
      ['three', null, null, 'connection refused'],
    ]);
    expect(faults[2]!.startMs).toBeNull();
  });
});

describe('attempt log', () => {
  it('is the same merged from halves as whole', () => {
    const rows = poisson(10, 0, 20_000).map((at, i) => (i % 5 === 0 ? refused(at) : answered(at)));
    const fold = (part: CallRow[]) => {
      const log = new AttemptLog();
      for (const row of part) log.add(row);
      return log;
    };
    const halves = fold(rows.slice(77));
    halves.merge(fold(rows.slice(0, 77)));
    expect(halves.attempts()).toEqual(fold(rows).attempts());
  });
});

describe('outages that nobody asked for', () => {
  const run = (fails: (i: number) => boolean, fail = unheard) => {
    const record = new Record().add('events', event(10_000, 'fault', 'started', 'x'), event(12_000, 'fault', 'ended', 'x'));
    for (const i of range(3000)) record.add('calls', fails(i) ? fail(i * 100) : answered(i * 100, 5));
    return record.analyse().unprovoked;
  };

  it('are found outside the faults', () => {
    expect(run((i) => (i >= 100 && i < 120) || (i >= 2000 && i < 2050))).toMatchObject([
      { startMs: T0 + 200_000, endMs: T0 + 205_000, failed: 50 },
    ]);
  });

  it('are neither refusals for capacity nor a wrong number', () => {
    expect(run((i) => i >= 2000 && i < 2050, refused)).toEqual([]);
    const wrong = (at: number) => refused(at, 404, { outcome: 'rejected' });
    expect(run((i) => i % 3 !== 0, wrong)).toEqual([]);
    expect(run((i) => i >= 2000 && i < 2050, wrong)).toHaveLength(1);
  });
});

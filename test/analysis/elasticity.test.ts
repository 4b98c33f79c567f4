import { describe, expect, it } from 'vitest';
import { scaleAims } from '../../src/analysis/elasticity.ts';
import { answered, event, Record, range, refused, T0 } from './synthetic.ts';

const surge = { scaling: [{ name: 'more', at: '30s', target: 100, hold: '20s', do: { kind: 'simulator', channels: 100 } }] };

/**
 * A vendor with `before` channels until `readyMs`, `after` from then on, offered a call every 100 ms that would last 20 s: at its limit it refuses.
 */
function scaled(readyMs: number, before = 50, after = 200, untilMs = 120_000) {
  const record = new Record().add('events', event(30_000, 'scale', 'trigger', 'more'), event(30_020, 'scale', 'accepted', 'more'));
  const ends: number[] = [];
  for (let at = 0; at < untilMs; at += 100) {
    const open = ends.filter((end) => end > at).length;
    if (open >= (at < readyMs ? before : after)) record.add('calls', refused(at));
    else {
      record.add('calls', answered(at, 20));
      ends.push(at + 20_000);
    }
  }
  return record;
}

describe('elasticity', () => {
  it.each([5000, 20_000])('measures %s ms until the capacity is there, and what it cost', (delay) => {
    const [step] = scaled(30_020 + delay).analyse({ surge }).scaling;
    expect(step).toMatchObject({ name: 'more', triggerMs: T0 + 30_020, failed: null, oldPlateau: 50, target: 100, droppedWhile: 0 });
    expect(step!.firstExtraMs! - delay).toBeGreaterThan(0);
    expect(step!.firstExtraMs! - delay).toBeLessThan(1000);
    // From the old plateau to 98 answered at 10 calls/s: the load itself takes its time.
    expect(step!.scaleUpMs! - delay).toBeGreaterThan(0);
    expect(step!.blockedWhile).toBeGreaterThan(0);
    expect(step!.resolutionMs).toBeLessThanOrEqual(101);
  });

  it('waits until the level holds and blocking is over', () => {
    const record = scaled(0, 200, 200);
    for (const i of range(50)) record.add('calls', refused(60_000 + i));
    const [step] = record.analyse({ surge }).scaling;
    expect(step!.scaleUpMs).toBe(0);
    const blocked = scaled(0, 200, 200);
    for (const i of range(300)) blocked.add('calls', refused(20_000 + i * 100));
    const later = blocked.analyse({ surge }).scaling[0]!;
    expect(later.scaleUpMs! + 30_020).toBeGreaterThanOrEqual(49_900);
    expect(later.scaleUpMs! + 30_020).toBeLessThan(50_200);
  });

  it('takes the level of the first refusal for the plateau where the load was still rising', () => {
    // One call in 100 ms from the start: 30 are up at t0, the old limit of 40 is met 1 s later, the new channels come after 5 s.
    const record = new Record().add('events', event(3000, 'scale', 'accepted', 'more'));
    let open = 0;
    for (const at of range(120).map((i) => i * 100)) {
      if (open >= (at < 8000 ? 40 : 90)) record.add('calls', refused(at));
      else {
        record.add('calls', answered(at, 60));
        open++;
      }
    }
    const [step] = record.analyse({ surge: { scaling: [{ name: 'more', target: 60, holdMs: 1000 }] } }).scaling;
    expect(step).toMatchObject({ oldPlateau: 40, blockedWhile: 40, lastRefusalMs: 4900 });
    expect(step!.firstExtraMs).toBe(8000 + 200 + 50 - 3000);
    expect(step!.scaleUpMs).toBe(8000 + 1800 + 50 - 3000);
  });

  it('says how far it came where the target was not reached', () => {
    const [step] = scaled(35_000, 50, 80).analyse({ surge }).scaling;
    expect(step).toMatchObject({ scaleUpMs: null, reached: 80 });
    expect(step!.firstExtraMs).toBeGreaterThan(4900);
  });

  it('proves nothing of a promise where as much was held before anybody asked', () => {
    const claims = { scaleUp: { within: '10s' } };
    const verdictOf = (record: Record) => record.analyse({ surge, vendor: { claims } }).verdicts[0];
    expect(verdictOf(scaled(0, 200, 200))).toMatchObject({ state: 'not measured', why: 'target-held-before' });
    expect(verdictOf(scaled(35_020))).toMatchObject({ state: 'pass' });
  });

  it('keeps a scaling that was refused as not measured', () => {
    const record = new Record().add(
      'events',
      event(30_000, 'scale', 'trigger', 'more'),
      event(30_100, 'scale', 'failed', 'more', { detail: { message: 'HTTP 403' } }),
    );
    expect(record.analyse({ surge }).scaling).toMatchObject([{ triggerMs: null, failed: 'HTTP 403', scaleUpMs: null, oldPlateau: null }]);
    const silent = new Record().add('events', event(30_000, 'scale', 'trigger', 'more'));
    expect(silent.analyse({ surge }).scaling[0]!.failed).toContain('nobody accepted');
  });

  it('reads the aims as the scenario wrote them', () => {
    expect(scaleAims(surge)).toEqual([{ name: 'more', target: 100, holdMs: 20_000 }]);
    expect(scaleAims({ scaling: [{ name: 'a', target: 1, holdMs: 3000, atMs: 5 }] })).toEqual([{ name: 'a', target: 1, holdMs: 3000 }]);
    expect(scaleAims({ scaling: [{ name: 'a', target: 1 }] })).toEqual([{ name: 'a', target: 1, holdMs: 30_000 }]);
    for (const nothing of [null, undefined, {}, { scaling: 'x' }, { scaling: [null, {}] }]) expect(scaleAims(nothing)).toEqual([]);
  });
});

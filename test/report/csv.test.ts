import fc from 'fast-check';
import Papa from 'papaparse';
import { describe, expect, it } from 'vitest';
import { minutesCsv, summaryCsv } from '../../src/report/csv.ts';
import { fixture, NO_SPREAD, ratio } from './fixture.ts';

const parse = (text: string) => Papa.parse<Record<string, string>>(text.slice(1), { header: true, skipEmptyLines: true }).data;

describe('summary.csv', () => {
  it.each(['en', 'zh-CN'] as const)('opens in a spreadsheet, in %s', (language) => {
    const text = summaryCsv(fixture(), language);
    expect(text.charCodeAt(0)).toBe(0xfeff);
    expect(text.split('\r\n').length).toBeGreaterThan(100);
    expect(text.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
  });

  it('has the same figures in both languages, each with its definition', () => {
    const english = Papa.parse<string[]>(summaryCsv(fixture(), 'en').slice(1), { skipEmptyLines: true }).data;
    const chinese = Papa.parse<string[]>(summaryCsv(fixture(), 'zh-CN').slice(1), { skipEmptyLines: true }).data;
    const numbers = (rows: string[][]) => rows.slice(1).map(([key, , value, , low, high, n]) => [key, value, low, high, n]);
    expect(numbers(chinese)).toEqual(numbers(english));
    for (const row of [...english, ...chinese]) {
      expect(row).toHaveLength(10);
      expect(row[7]!.length).toBeGreaterThan(1);
    }
    const keys = english.map(([key]) => key);
    expect(new Set(keys).size).toBe(keys.length);
    expect(chinese[0]![1]).toBe('指标');
  });

  it('carries value, interval and sample as the analysis has them', () => {
    const analysis = fixture();
    const rows = new Map(parse(summaryCsv(analysis, 'en')).map((row) => [row.key, row]));
    const level = analysis.queue.serviceLevel[0];
    const row = rows.get('serviceLevel')!;
    expect(Number(row.value)).toBeCloseTo(level.value!, 8);
    expect(Number(row['low (95 %)'])).toBeCloseTo(level.low!, 8);
    expect(row.n).toBe(String(level.whole));
    expect(rows.get('fault.site-a-stops.outageFirstTry')).toMatchObject({
      value: '8398',
      'low (95 %)': '8298',
      'high (95 %)': '8498',
      unit: 'ms',
    });
    expect(rows.get('fault.site-a-stops.availabilityEquivalent')!.value).toBe('0.99999676');
  });

  it('has all that a fault did, with units, error and sample', () => {
    const rows = new Map(parse(summaryCsv(fixture(), 'en')).map((row) => [row.key, row]));
    const of = (key: string) => {
      const { value, unit, n, figure } = rows.get(`fault.site-a-stops.${key}`)!;
      return [value, unit, n, figure];
    };
    expect(of('outageFirstTry')).toEqual(['8398', 'ms', '1', 'Outage, first try · site-a-stops']);
    expect(of('outageFirstTry.resolution')).toEqual(['100', 'ms', '', 'Resolution · site-a-stops · first try']);
    expect(of('recovery99')).toEqual(['14200', 'ms', '', 'Recovery to 99 % · site-a-stops']);
    expect(of('fullRecovery')).toEqual(['', 'ms', '', 'Full recovery · site-a-stops']);
    expect(of('survived')).toEqual(['0.5', 'share (0…1)', '58', 'Calls in progress · site-a-stops']);
    expect(of('dropped')).toEqual(['26', 'calls', '', 'Calls in progress · site-a-stops · dropped']);
    expect(of('frozen')).toEqual(['3', 'calls', '', 'Calls in progress · site-a-stops · frozen']);
    expect(of('failback')).toEqual(['700', 'ms', '1', 'When it was taken back · site-a-stops · longest outage']);
    expect(of('failback.lost')[0]).toBe('2');
    expect(of('registrations')).toEqual(['31000', 'ms', '10', 'Agents registered again · site-a-stops']);
    expect(of('detection')[0]).toBe('6180');
    expect(rows.get('fault.site-a-stops.said.fixed')).toMatchObject({ value: '95000', 'low (95 %)': '83000', 'high (95 %)': '107000' });
    // 43.2 min and 4.32 min of 8.398 s each.
    expect([of('allowed999')[0], of('allowed9999')[0]]).toEqual(['308', '30']);
    for (const part of ['dropped', 'frozen', 'inProgress', 'outages', 'failback', 'allowed999'])
      expect(rows.get(`fault.carrier-2-down.${part}`)!.value, part).toBe('');
  });

  it('has all that scaling and the signalling did', () => {
    const rows = new Map(parse(summaryCsv(fixture(), 'en')).map((row) => [row.key, row]));
    const value = (key: string) => rows.get(key)!.value;
    expect(
      ['scaleUp', 'scaleUp.resolution', 'newSeat', 'ready', 'lastRefusal', 'waitWhile'].map((key) => value(`scale.more-channels.${key}`)),
    ).toEqual(['25400', '500', '33000', '20050', '21300', '14600']);
    expect(['redirects', 'sessionsExpired', 'refersRefused', 'transfersFailed', 'connectionsLost', 'reconnect'].map(value)).toEqual([
      '5',
      '2',
      '1',
      '1',
      '2',
      '2400',
    ]);
  });

  it('keeps the lines of a fault apart that happened twice', () => {
    const analysis = fixture();
    analysis.faults = [analysis.faults[0]!, { ...analysis.faults[0]!, detectionMs: 1 }];
    analysis.unprovoked = [{ startMs: 5000, endMs: 9000, resolutionMs: 100, affected: 3, failed: 3 }];
    const rows = new Map(parse(summaryCsv(analysis, 'en')).map((row) => [row.key, row]));
    expect(rows.get('fault.site-a-stops.detection')!.value).toBe('6180');
    expect(rows.get('fault.site-a-stops#2.detection')!.value).toBe('1');
    expect(rows.get('unprovoked.longest')).toMatchObject({ value: '4000', n: '1' });
  });

  it('leaves empty what was not measured', () => {
    const analysis = fixture();
    analysis.queue.measured = false;
    analysis.queue.asaMs = null;
    analysis.quality = null;
    analysis.sessions.pdd = NO_SPREAD;
    analysis.agents = { offered: 0, answered: 0, missed: 0, rejected: 0, occupancy: ratio(0, 0) };
    const rows = new Map(parse(summaryCsv(analysis, 'en')).map((row) => [row.key, row]));
    for (const key of [
      'serviceLevel',
      'asa',
      'mos',
      'pdd.p95',
      'peak.talking',
      'agents.offered',
      'fault.carrier-2-down.outageFirstTry',
      'fault.carrier-2-down.survived',
    ])
      expect(rows.get(key)?.value, key).toBe('');
    expect(rows.get('pdd.p95')!.n).toBe('0');
  });

  it('never lets a name become a formula', () => {
    const analysis = fixture();
    analysis.faults[0]!.name = '=HYPERLINK("http://127.0.0.1")';
    const titles = parse(summaryCsv(analysis, 'en')).flatMap((row) => [row.key!, row.figure!]);
    for (const cell of titles) expect(cell).not.toMatch(/^[=+\-@\t\r]/);
  });

  it('keeps every text readable', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'binary' }), (name) => {
        const analysis = fixture();
        analysis.faults[0]!.name = name;
        const parsed = Papa.parse<string[]>(summaryCsv(analysis, 'en').slice(1), { skipEmptyLines: true, newline: '\r\n' });
        expect(parsed.data.every((row) => row.length === 10)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });
});

describe('minutes.csv', () => {
  it('counts every call once', () => {
    const analysis = fixture();
    const rows = parse(minutesCsv(analysis));
    expect(rows.map((row) => row.minute)).toEqual(['0', '1', '2', '3']);
    expect(rows.reduce((sum, row) => sum + Number(row.calls), 0)).toBe(analysis.outcomes.attempts);
    expect(rows.reduce((sum, row) => sum + Number(row.blocked), 0)).toBe(analysis.outcomes.counts.blocked);
    expect(Math.max(...rows.map((row) => Number(row.peak_talking)))).toBe(analysis.concurrency.peaks.talking.value);
    expect(rows.reduce((sum, row) => sum + Number(row.unhealthy_s), 0)).toBe(2);
    expect(rows[0]!.start_utc).toBe('2026-11-10T16:00:00.000Z');
  });
});

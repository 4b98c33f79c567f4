import { describe, expect, it } from 'vitest';
import type { CallsurgeError } from '../../src/errors.ts';
import { importLog } from '../../src/scenario/import-log.ts';
import { checkMapping, type LogMapping } from '../../src/scenario/log-mapping.ts';
import { timeReader } from '../../src/scenario/log-times.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const imported = (csv: string | Uint8Array, mapping: LogMapping, window: { from?: string; to?: string } = {}) =>
  importLog(typeof csv === 'string' ? bytes(csv) : csv, checkMapping(mapping, 'map.json'), { name: 'calls.csv', ...window });
const problem = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    return (error as CallsurgeError).oneLine();
  }
  return 'no error';
};

const EXPORT = `Start,From,Queue,Level,Talk,Direction
2025-11-11 00:00:01,+86 400 100 0001,8001,VIP,65,inbound
2025-11-11 00:00:01,4001000002,8002,normal,0,inbound
2025-11-10 23:59:30,4001000001,8001,normal,12,inbound
2025-11-11 00:00:09,4001000009,8001,normal,12,outbound
2025-11-11 00:02:00,+864001000001,8002,gold,120,inbound
`;
const MAPPING: LogMapping = {
  time: 'Start',
  timeFormat: 'YYYY-MM-DD HH:mm:ss',
  timezone: 'Asia/Shanghai',
  caller: 'From',
  intent: 'Queue',
  intents: { '8001': 'support', '8002': 'sales' },
  vip: { column: 'Level', values: ['VIP', 'gold'] },
  talk: { column: 'Talk' },
  where: { Direction: 'inbound' },
};

describe('a log of calls', () => {
  it('becomes arrivals in order of time, from the minute of the first call, with what it tells of each', () => {
    const { log, rows, filtered, calls, callers } = imported(EXPORT, MAPPING);
    expect({ rows, filtered, calls, callers }).toEqual({ rows: 5, filtered: 1, calls: 4, callers: 3 });
    expect(log).toMatchObject({
      from: '2025-11-10T15:59:00.000Z',
      durationMs: 240_000,
      resolutionMs: 1000,
      at: [30_000, 61_000, 61_000, 180_000],
      intent: ['support', 'support', 'sales', 'sales'],
      vip: [false, true, false, true],
      talkMs: [12_000, 65_000, 0, 120_000],
    });
  });

  it('tells how many calls ask for what the mapping does not name', () => {
    const log = 't,q\n2025-02-01 10:00,8001\n2025-02-01 10:00,8003\n\n2025-02-01 10:01,\n';
    const { log: made, unnamed, rows } = imported(log, { time: 't', intent: 'q', intents: { '8001': 'support' } });
    expect(made.intent).toEqual(['support', null, null]);
    expect([unnamed, rows]).toEqual([1, 3]);
  });

  it('keeps no number: one caller is one hash, another one in the next import, and no digits of theirs are in the file', () => {
    const first = imported(EXPORT, MAPPING).log;
    const again = imported(EXPORT, MAPPING).log;
    expect(first.caller![1]).toBe(first.caller![3]);
    expect(new Set(first.caller).size).toBe(3);
    expect(again.caller).not.toEqual(first.caller);
    expect(JSON.stringify(first)).not.toMatch(/100000|400 ?100/);
  });

  it('is cut to a window in its own time zone', () => {
    const { log, outside } = imported(EXPORT, MAPPING, { from: '2025-11-11T00:00', to: '2025-11-11 00:01:30' });
    expect(log).toMatchObject({ from: '2025-11-10T16:00:00.000Z', durationMs: 90_000, at: [1000, 1000] });
    expect(outside).toBe(2);
  });

  it('may be counts per hour', () => {
    const { log, calls } = imported('Hour;Calls\n2025-11-10 23;120\n2025-11-11 00;4800\n', {
      time: 'Hour',
      timeFormat: 'YYYY-MM-DD HH',
      count: 'Calls',
      every: '1h',
    });
    expect(log).toMatchObject({ at: [0, 3_600_000], count: [120, 4800], resolutionMs: 3_600_000, durationMs: 7_200_000 });
    expect(calls).toBe(4920);
  });

  it('may be a CDR without header, date and time apart, in GB 18030', () => {
    const csv = new Uint8Array([...bytes('2025/11/11,0:00:01.250,"'), 0xd6, 0xd0, ...bytes('"\n2025/11/11,9:05:00.000,x\n')]);
    const { log } = imported(csv, {
      header: false,
      time: [1, 2],
      timeFormat: 'YYYY/MM/DD H:mm:ss.SSS',
      intent: 3,
      encoding: 'gb18030',
    });
    expect(log).toMatchObject({ intent: ['中', 'x'], at: [1250, 32_700_000], resolutionMs: 1 });
  });

  it('knows minutes from seconds by what the rows tell', () => {
    const rows = Array.from({ length: 30 }, (_, i) => `2025-11-11 10:${String(i).padStart(2, '0')}:00`);
    expect(imported(`t\n${rows.join('\n')}`, { time: 't' }).log.resolutionMs).toBe(60_000);
    expect(imported(`t\n${rows.slice(0, 3).join('\n')}`, { time: 't' }).log.resolutionMs).toBe(1000);
  });
});

describe('a bad log or mapping', () => {
  const cases: [string, () => unknown, string][] = [
    ['no such time', () => imported(EXPORT.replace('23:59:30', '23:61:30'), MAPPING), 'calls.csv row 4, column "Start"'],
    ['31 February', () => imported('t\n2025-02-31 10:00', { time: 't' }), 'row 2, column "t"'],
    ['an empty cell', () => imported('t,q\n,1', { time: 't' }), 'row 2, column "t"'],
    ['a broken talk time', () => imported(EXPORT.replace('65', '1m5'), MAPPING), 'row 2, column "Talk"'],
    ['a count that is none', () => imported('t,n\n2025-02-01 10:00,-4', { time: 't', count: 'n', every: '1h' }), 'row 2, column "n"'],
    ['a number as an intent', () => imported(EXPORT, { ...MAPPING, intent: 'From', intents: undefined } as LogMapping), 'column "From"'],
    ['not utf-8', () => imported(new Uint8Array([0x74, 0x0a, 0xd6, 0xd0]), { time: 't' }), 'gb18030'],
    ['no rows', () => imported('t\n', { time: 't' }), 'no call'],
    ['a row cut short', () => imported('t,q\n2025-02-01 10:00,1\n2025-02-01 10:01', { time: 't', intent: 'q' }), 'row 3, column "q"'],
    ['a row cut short before where', () => imported('t,q\n2025-02-01 10:00', { time: 't', where: { q: '1' } }), 'row 2, column "q"'],
    ['a bad row after blank lines', () => imported('\nt\n2025-02-01 10:00\n\n \nnever\n', { time: 't' }), 'row 6, column "t"'],
    ['where that nothing matches', () => imported('t,q\n2025-02-01 10:00,a', { time: 't', where: { q: ['b', 'c'] } }), 'q = b or c'],
    ['a quote that never ends', () => imported('t\n"2025-02-01 10:00', { time: 't' }), 'row 2'],
  ];
  for (const [name, run, wanted] of cases)
    it(`says where: ${name}`, () => {
      const line = problem(run);
      expect(line).toContain(wanted);
      expect(line).toMatch(/\[log-invalid\]$/);
      expect(line).not.toContain('\n');
    });

  const mappings: [object, string][] = [
    [{}, 'time is missing (map.json: time)'],
    [{ time: 'Start', timeFormat: 'YYYY-MM' }, 'map.json: timeFormat'],
    [{ time: 'Start', timeFormat: 'YYYY-MM-DD hh:mm' }, 'map.json: timeFormat'],
    [{ time: 'Start', timezone: 'Asia/Peking2' }, 'map.json: timezone'],
    [{ time: 'Start', tiemFormat: 'iso' }, 'did you mean timeFormat'],
    [{ time: 'Start', header: false }, 'map.json: time'],
    [{ time: 'Start', count: 'n' }, 'map.json: every'],
    [{ time: 'Start', vip: { column: 'Level' } }, 'map.json: vip.values'],
    [{ time: 'Start', encoding: 'klingon' }, 'map.json: encoding'],
    [{ time: 'Begin' }, 'the log has no column "Begin" (time): it has Start, From'],
  ];
  for (const [mapping, wanted] of mappings)
    it(`says which field of the mapping: ${wanted}`, () => {
      const line = problem(() => imported(EXPORT, mapping as LogMapping));
      expect(line).toContain(wanted);
      expect(line).toMatch(/\[mapping-invalid\]$/);
    });

  it('tells no number in its messages', () => {
    expect(problem(() => imported('t\n4001000001', { time: 't' }))).not.toContain('4001000001');
  });
});

describe('times', () => {
  const at = (format: string, text: string, zone = 'UTC') => {
    const ms = timeReader(format, zone)!.read(text);
    return ms === undefined ? undefined : new Date(ms).toISOString();
  };
  it('are read in the log’s zone, summer time too', () => {
    expect(at('DD.MM.YYYY HH:mm', '29.03.2026 01:30', 'Europe/Berlin')).toBe('2026-03-29T00:30:00.000Z');
    expect(at('DD.MM.YYYY HH:mm', '29.03.2026 03:30', 'Europe/Berlin')).toBe('2026-03-29T01:30:00.000Z');
    expect(at('YYYY年M月D日 H:mm:ss', '2025年11月1日 0:05:09', 'Asia/Shanghai')).toBe('2025-10-31T16:05:09.000Z');
    expect(at('iso', '2025-11-11T00:00:00.5+08:00')).toBe('2025-11-10T16:00:00.500Z');
    expect(at('iso', '2025-11-11 00:00', 'Asia/Shanghai')).toBe('2025-11-10T16:00:00.000Z');
    expect(at('epoch-s', '1762790400.25')).toBe('2025-11-10T16:00:00.250Z');
  });
  it('that are none are refused', () => {
    expect(at('YYYY-MM-DD HH:mm:ss', '2025-11-11 24:00:00')).toBeUndefined();
    expect(at('YYYY-MM-DD HH:mm:ss', '2025-11-11 10:00:00 ')).toBeUndefined();
    expect(at('epoch-ms', '-5')).toBeUndefined();
    expect(timeReader('HH:mm', 'UTC')).toBeUndefined();
  });
});

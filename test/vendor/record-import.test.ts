import fc from 'fast-check';
import Papa from 'papaparse';
import { describe, expect, it } from 'vitest';
import { CallsurgeError } from '../../src/errors.ts';
import { importVendorRecord } from '../../src/vendor/record-import.ts';
import { checkVendorMapping, type VendorMapping } from '../../src/vendor/record-mapping.ts';

const MAPPING: VendorMapping = {
  caller: 'caller',
  start: 'started',
  agentAnswer: 'agent at',
  end: 'ended',
  wait: { column: 'wait', unit: 's' },
  talk: { column: 'talk', unit: 'hms' },
  billed: { column: 'billed', unit: 'min' },
  outcome: { column: 'result', values: { ok: 'answered', gone: 'abandoned', full: 'blocked' } },
  agent: 'agent',
  recording: { column: 'recording', absent: ['none'] },
  timeFormat: 'YYYY-MM-DD HH:mm:ss',
  timezone: 'Asia/Shanghai',
};
const HEAD = 'caller,started,agent at,ended,wait,talk,billed,result,agent,recording';
const GOOD = '40090000001,2026-11-11 00:00:01,2026-11-11 00:00:09,2026-11-11 00:01:10,8,1:01,2,ok,8001,a.wav';
const GONE = '40090000002,2026-11-11 00:00:02,,2026-11-11 00:00:30,28,,0,gone,,none';

const bytes = (text: string) => new TextEncoder().encode(text);
const read = (text: string | Uint8Array, mapping: unknown = MAPPING, skipBad = false) =>
  importVendorRecord(typeof text === 'string' ? bytes(text) : text, checkVendorMapping(mapping, 'map.json'), { name: 'cdr.csv', skipBad });
const problem = (act: () => unknown): string => {
  try {
    act();
  } catch (thrown) {
    if (thrown instanceof CallsurgeError) return thrown.oneLine();
    throw thrown;
  }
  return 'nothing';
};

describe('a report', () => {
  it('becomes rows, in the vendor’s time zone', () => {
    const { calls } = read(`${HEAD}\n${GOOD}\n\n${GONE}\n`);
    expect(calls).toEqual([
      {
        row: 2,
        sipCallId: '',
        caller: '40090000001',
        startMs: Date.UTC(2026, 10, 10, 16, 0, 1),
        answerMs: null,
        queueMs: null,
        agentMs: Date.UTC(2026, 10, 10, 16, 0, 9),
        endMs: Date.UTC(2026, 10, 10, 16, 1, 10),
        waitMs: 8000,
        talkMs: 61_000,
        billedS: 120,
        agent: '8001',
        recording: true,
        outcome: 'answered',
      },
      expect.objectContaining({
        row: 4,
        caller: '40090000002',
        agentMs: null,
        talkMs: null,
        agent: null,
        recording: false,
        outcome: 'abandoned',
      }),
    ]);
  });

  it('may be UTF-8 with a mark, GB 18030, or UTF-16 with a mark', () => {
    // 主叫号码,开始,状态 and 已接听 in GBK.
    const head = [0xd6, 0xf7, 0xbd, 0xd0, 0xba, 0xc5, 0xc2, 0xeb, 0x2c, 0xbf, 0xaa, 0xca, 0xbc, 0x2c, 0xd7, 0xb4, 0xcc, 0xac, 0x0a];
    const row = [...bytes('40090000001,2026-11-11 00:00:01,'), 0xd2, 0xd1, 0xbd, 0xd3, 0xcc, 0xfd];
    const mapping = {
      caller: '主叫号码',
      start: '开始',
      timeFormat: 'YYYY-MM-DD HH:mm:ss',
      outcome: { column: '状态', values: { 已接听: 'answered' } },
    };
    const text = '主叫号码,开始,状态\r\n40090000001,2026-11-11 00:00:01,已接听\r\n';
    const utf16 = Uint8Array.from([0xff, 0xfe, ...new Uint8Array(Uint16Array.from(text, (c) => c.charCodeAt(0)).buffer)]);
    for (const [content, encoding] of [
      [Uint8Array.from([...head, ...row]), 'gb18030'],
      [Uint8Array.from([...head, ...row]), 'gbk'],
      [bytes(`\ufeff${text}`), 'gb18030'],
      [utf16, 'utf-8'],
    ] as const)
      expect(read(content, { ...mapping, encoding }).calls).toMatchObject([{ caller: '40090000001', outcome: 'answered' }]);
    expect(problem(() => read(Uint8Array.from([...head, ...row]), mapping))).toMatch(/not utf-8 \(cdr\.csv\): set "encoding"/);
  });

  it('may have no header, other rows, and date and time apart', () => {
    const text = '1,2026-11-11,00:00:01,in,ok\n2,2026-11-11,00:00:02,out,ok\n';
    const mapping = {
      header: false,
      caller: 1,
      start: [2, 3],
      timeFormat: 'YYYY-MM-DD HH:mm:ss',
      where: { 4: 'in' },
      outcome: { column: 5, values: { ok: 'answered' } },
    };
    expect(read(text, mapping).calls).toMatchObject([{ row: 1, caller: '1' }]);
  });

  it.each([
    [
      'a time',
      GOOD.replace('2026-11-11 00:00:09', '11.11.2026'),
      /"11\.11\.2026" is no time as YYYY-MM-DD HH:mm:ss \(cdr\.csv row 3, column "agent at"\)/,
    ],
    ['a wait', GOOD.replace(',8,', ',8 s,'), /"8 s" is no time in s \(cdr\.csv row 3, column "wait"\)/],
    [
      'an outcome',
      GOOD.replace(',ok,', ',okay,'),
      /"okay" is not among outcome\.values \(cdr\.csv row 3, column "result"\): the mapping knows ok, gone, full/,
    ],
    ['no time at all', '40090000001,,,,8,1:01,2,ok,8001,a.wav', /the row has no time \(cdr\.csv row 3, column "started"\)/],
    ['a customer’s number in the wrong place', GOOD.replace('2026-11-11 00:00:09', '40082345678'), /"\*{11}" is no time/],
  ])('names row and column of %s that cannot be read', (_, row, line) => {
    const text = `${HEAD}\n${GONE}\n${row}\n${GOOD}\n`;
    expect(problem(() => read(text))).toMatch(line);
    const { calls, skipped } = read(text, MAPPING, true);
    expect(calls).toHaveLength(2);
    expect(skipped).toEqual([expect.stringMatching(line)]);
  });

  it('may have a row for each agent that was rung', () => {
    const rung = '40090000001,2026-11-11 00:00:01,2026-11-11 00:00:05,2026-11-11 00:00:08,4,,1,gone,8009,none';
    const { calls } = read(`${HEAD}\n${rung}\n${GONE}\n${GOOD}\n`, { ...MAPPING, sameCall: 'caller' });
    expect(calls).toHaveLength(2);
    expect(calls[0]).toMatchObject({
      row: 2,
      startMs: Date.UTC(2026, 10, 10, 16, 0, 1),
      agentMs: Date.UTC(2026, 10, 10, 16, 0, 9),
      endMs: Date.UTC(2026, 10, 10, 16, 1, 10),
      waitMs: 8000,
      billedS: 180,
      agent: '8001',
      recording: true,
      outcome: 'answered',
    });
    expect(calls[1]).toMatchObject({ row: 3, outcome: 'abandoned' });
    expect(problem(() => read(`${HEAD}\n${GOOD}\n`, { ...MAPPING, sameCall: 'id' }))).toMatch(/no column "id" \(sameCall\)/);
  });

  it('without a call, or with an open quote, says so', () => {
    expect(problem(() => read(`${HEAD}\n`))).toMatch(/the report has no call \(cdr\.csv\)/);
    expect(problem(() => read(`${HEAD}\n"${GOOD}\n`))).toMatch(/a quote is not closed/);
  });

  it('comes back as it was written, whatever the texts', () => {
    const cell = fc.string({ unit: 'grapheme', maxLength: 12 }).map((text) => text.trim());
    const row = fc.record({ caller: cell, agent: cell, at: fc.integer({ min: 0, max: 4e12 }), waitMs: fc.integer({ min: 0, max: 1e7 }) });
    const mapping = {
      caller: 'c',
      agent: 'a',
      start: 't',
      timeFormat: 'epoch-ms',
      wait: { column: 'w', unit: 'ms' },
      outcome: { column: 'o', values: { x: 'other' } },
      delimiter: ',',
    };
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 20 }), (rows) => {
        const text = Papa.unparse([
          ['c', 'a', 't', 'w', 'o'],
          ...rows.map(({ caller, agent, at, waitMs }) => [caller, agent, at, waitMs, 'x']),
        ]);
        const { calls } = read(text, mapping);
        expect(calls.map(({ caller, agent, startMs, waitMs }) => ({ caller, agent: agent ?? '', at: startMs, waitMs }))).toEqual(rows);
      }),
    );
  });
});

describe('a mapping', () => {
  it.each([
    [{ ...MAPPING, caller: undefined }, /caller is missing \(map\.json: caller\): name the column of the caller’s number, or callId/],
    [{ ...MAPPING, start: undefined, agentAnswer: undefined, end: undefined }, /start is missing/],
    [{ ...MAPPING, outcome: undefined }, /outcome is missing/],
    [{ ...MAPPING, outcome: { column: 'result', values: { ok: 'anwsered' } } }, /must be one of answered.*did you mean answered/],
    [{ ...MAPPING, outcome: { column: 'result' } }, /must say what the column’s values mean/],
    [{ ...MAPPING, timezone: 'Shanghai' }, /timezone is Shanghai, no time zone/],
    [{ ...MAPPING, timeFormat: 'HH:mm' }, /timeFormat is "HH:mm"/],
    [{ ...MAPPING, encoding: 'gb-2' }, /encoding is gb-2/],
    [{ ...MAPPING, agnet: 'x' }, /unknown field "agnet" \(map\.json: agnet\): did you mean agent/],
    [{ ...MAPPING, wait: { column: 'wait', unit: 'h' } }, /unit must be one of s, ms, min, hms/],
    [{ ...MAPPING, billing: { every: '0s' } }, /every must be at least 1ms/],
    [{ ...MAPPING, caller: 1 }, /caller must name a column/],
    [[], /must be an object/],
  ])('names the field that is wrong: %#', (mapping, line) => {
    expect(problem(() => checkVendorMapping(mapping, 'map.json'))).toMatch(line);
  });

  it('names a column that the report does not have', () => {
    expect(problem(() => read(`${HEAD}\n${GOOD}\n`, { ...MAPPING, agent: 'seat' }))).toMatch(
      /no column "seat" \(agent\): it has caller, started/,
    );
  });
});

describe('Asterisk’s queue_log', () => {
  const LOG = `1794000000|1794000000.1|support|NONE|ENTERQUEUE||40090000001|1
1794000001|1794000001.2|support|NONE|ENTERQUEUE||40090000002|2
1794000004|1794000000.1|support|PJSIP/agent-1001|CONNECT|4|1794000002.9|2
1794000009|1794000001.2|support|NONE|ABANDON|1|2|8
1794000010|NONE|NONE|NONE|QUEUESTART|
1794000011|1794000011.3|support|NONE|ENTERQUEUE||40090000003|1
1794000034|1794000000.1|support|PJSIP/agent-1001|COMPLETEAGENT|4|30|1
1794000041|1794000011.3|support|NONE|EXITWITHTIMEOUT|1|1|30
`;
  const mapping = { format: 'asterisk-queue-log' };

  it('becomes one row a call', () => {
    const { calls } = read(LOG, mapping);
    const at = (s: number) => s * 1000;
    expect(calls).toMatchObject([
      {
        row: 1,
        caller: '40090000001',
        queueMs: at(1794000000),
        agentMs: at(1794000004),
        endMs: at(1794000034),
        waitMs: 4000,
        talkMs: 30_000,
        agent: 'PJSIP/agent-1001',
        outcome: 'answered',
      },
      { row: 2, caller: '40090000002', endMs: at(1794000009), waitMs: 8000, outcome: 'abandoned', agentMs: null },
      { row: 6, caller: '40090000003', outcome: 'other' },
    ]);
  });

  it('names the line that is none', () => {
    expect(problem(() => read(`${LOG}today|1|q|NONE|ABANDON|1|1|1\n`, mapping))).toMatch(
      /seconds since 1970 \(cdr\.csv row 9, column "time"\)/,
    );
    expect(problem(() => read(LOG.replace('CONNECT|4', 'CONNECT|four'), mapping))).toMatch(/row 3, column "data1"/);
  });
});

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CallsurgeError } from '../../src/errors.ts';
import { importVendorRecord } from '../../src/vendor/record-import.ts';
import { checkVendorMapping } from '../../src/vendor/record-mapping.ts';

const read = (text: string, mapping: unknown) =>
  importVendorRecord(new TextEncoder().encode(text), checkVendorMapping(mapping, 'map.json'), { name: 'cdr.csv' }).calls;
const problem = (act: () => unknown): string => {
  try {
    act();
  } catch (thrown) {
    if (thrown instanceof CallsurgeError) return thrown.oneLine();
    throw thrown;
  }
  return 'nothing';
};

describe('outcome by rules', () => {
  const rule = (when: object, is: string) => ({ when, is });
  const outcomes = (outcome: unknown) =>
    read('caller,at,result,agent,recording\n1,1794000000,ok,8001,a.wav\n2,1794000001,gone,,none\n', {
      caller: 'caller',
      start: 'at',
      timeFormat: 'epoch-s',
      outcome,
    }).map((call) => call.outcome);

  it('takes the first that fits: texts, beginnings, anything, nothing', () => {
    const several = rule({ result: ['full', 'busy'] }, 'blocked');
    expect(outcomes([several, rule({ result: 'ok', agent: '80*', recording: '*' }, 'answered'), rule({ agent: '' }, 'abandoned')])).toEqual(
      ['answered', 'abandoned'],
    );
    expect(outcomes([rule({ agent: '*' }, 'answered'), rule({ result: ['full', 'gone'] }, 'blocked')])).toEqual(['answered', 'blocked']);
    expect(outcomes([rule({}, 'other')])).toEqual(['other', 'other']);
  });

  it.each([
    [
      [rule({ result: 'ok', agent: '80*' }, 'answered')],
      /no rule of outcome fits result "gone", agent "" \(cdr\.csv row 3, column "result"\)/,
    ],
    [[], /outcome must say what the rows mean/],
    [[rule({ result: 'ok' }, 'aswered')], /is must be one of answered/],
    [[rule({ result: 7 }, 'answered')], /when must have a text or a list of texts for result \(map\.json: outcome\[0\]\.when\)/],
    [[rule(['result'], 'answered')], /when must be an object/],
    [[{ ...rule({ result: 'ok' }, 'answered'), than: 1 }], /unknown field "than"/],
    [[rule({ results: 'ok' }, 'answered')], /no column "results" \(outcome\)/],
  ])('refuses rules that say nothing of a row, or nothing at all: %#', (outcome, line) => {
    expect(problem(() => outcomes(outcome))).toMatch(line);
  });
});

describe('Asterisk’s CDR', () => {
  /** Columns of cdr-csv/Master.csv with loguniqueid and loguserfield; the user field has the caller's Call-ID. */
  const row = (id: number, agent: string, app: string, times: [start: string, answer: string, end: string], disposition: string) =>
    [
      `"","400000000${id}","support","acd","""A, B"" <400000000${id}>","PJSIP/edge-0${id}","${agent}","${app}","support,t,,,300"`,
      ...times.map((time) => `"${time && `2026-11-11 00:00:${time}`}"`),
      `3,3,"${disposition}","DOCUMENTATION","site-a-1.${id}","call-${id}"`,
    ].join(',');
  const RECORD = [
    row(1, 'PJSIP/1002-1', 'Queue', ['10', '10', '13'], 'ANSWERED'),
    // The first agent let it ring, the second one came.
    row(2, 'PJSIP/1004-2', 'Queue', ['11', '11', '15'], 'NO ANSWER'),
    row(2, 'PJSIP/1001-3', 'Queue', ['16', '16', '24'], 'ANSWERED'),
    // Gave up before anybody was rung: the channel had been answered, by the menu.
    row(3, '', 'Queue', ['12', '12', '30'], 'ANSWERED'),
    // Gave up after a ring, and in the menu.
    row(4, 'PJSIP/1002-4', 'Queue', ['13', '13', '17'], 'NO ANSWER'),
    row(5, '', 'Read', ['15', '15', '16'], 'ANSWERED'),
    row(6, '', 'Hangup', ['14', '', '14'], 'CONGESTION'),
    // Every line was busy: an announcement, then the vendor's own end of the call.
    row(7, '', 'Hangup', ['20', '20', '22'], 'ANSWERED'),
  ].join('\n');
  const mapping = JSON.parse(/```json\n(\{\n {2}"header": false[\s\S]*?)```/.exec(readFileSync('docs/reconciling.md', 'utf8'))![1]!);

  it('is read by the mapping of docs/reconciling.md', () => {
    const calls = read(RECORD, mapping);
    expect(calls.map(({ sipCallId, outcome }) => `${sipCallId} ${outcome}`)).toEqual([
      'call-1 answered',
      'call-2 answered',
      'call-3 abandoned',
      'call-4 abandoned',
      'call-5 abandoned',
      'call-6 blocked',
      'call-7 blocked',
    ]);
    expect(calls[1]).toMatchObject({
      agent: 'PJSIP/1001-3',
      startMs: Date.UTC(2026, 10, 11, 0, 0, 11),
      endMs: Date.UTC(2026, 10, 11, 0, 0, 24),
      waitMs: null,
      agentMs: null,
    });
  });
});

/** A run folder and a vendor's report, through the command line: files, section, exit codes. No SIP. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Papa from 'papaparse';
import { describe, expect, it } from 'vitest';
import { EXIT } from '../../src/cli/exit-codes.ts';
import { RunFolder } from '../../src/record/journal.ts';
import { type CallRow, rowOf } from '../../src/record/schema.ts';
import { meta } from '../analysis/synthetic.ts';
import { Place } from './callsurge.ts';

const T0 = Date.UTC(2026, 10, 10, 16, 0, 0);
const CALLS = 40;

/** Every fifth gives up after 9 s, the others get an agent after 4 s. */
function call(i: number): CallRow {
  const invite = T0 + i * 2000;
  const lost = i % 5 === 4;
  const exit = invite + 50 + (lost ? 9000 : 4000);
  const end = lost ? exit : exit + 57_000;
  return rowOf('calls', {
    call: `1-${i}`,
    caller: `4009000${String(i).padStart(4, '0')}`,
    sip_call_id: `id-${i}@test`,
    intended_ms: invite,
    invite_ms: invite,
    provisional_ms: invite + 20,
    answer_ms: invite + 50,
    queue_ms: invite + 50,
    agent_ms: lost ? null : exit,
    bye_sent_ms: end,
    bye_answered_ms: end + 5,
    end_ms: end + 5,
    wants_agent: true,
    status: 200,
    outcome: lost ? 'abandoned' : 'completed',
    correlation: lost ? 'none' : 'both-legs',
    agent: lost ? null : 'support-1001',
    try: 1,
  });
}

function runFolder(place: Place): string {
  const folder = RunFolder.create(join(place.dir, 'run'));
  folder.writeMeta(meta({ startMs: T0, loadStartMs: T0, end: { endMs: T0 + 200_000, how: 'finished', why: null, exitCode: 0 } }));
  for (let i = 0; i < CALLS; i++) folder.write('calls', call(i));
  folder.close();
  return folder.dir;
}

/** The vendor's clock is 3 s fast, in Shanghai, in whole seconds; it never saw call 0 and thinks that call 4 was answered. */
function report(): string {
  const time = (ms: number) => new Date(Math.floor(ms / 1000) * 1000 + 3000 + 8 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ');
  const rows = Array.from({ length: CALLS }, (_, i) => call(i))
    .slice(1)
    .map((row, i) => {
      const got = row.agent_ms !== null || i + 1 === 4;
      return [
        row.caller,
        time(row.invite_ms!),
        time(row.answer_ms!),
        got ? time(row.agent_ms ?? row.bye_sent_ms! - 2000) : '',
        time(row.bye_sent_ms!),
        got ? '已接听' : '放弃',
        got ? `rec-${i}.wav` : '无',
      ];
    });
  rows.push(['40081112222', time(T0), time(T0), '', time(T0 + 1000), '放弃', '无']);
  return `\ufeff${Papa.unparse([['主叫', '呼入', '应答', '座席', '挂机', '结果', '录音'], ...rows])}`;
}

const MAPPING = {
  caller: '主叫',
  start: '呼入',
  answer: '应答',
  agentAnswer: '座席',
  end: '挂机',
  timeFormat: 'YYYY-MM-DD HH:mm:ss',
  timezone: 'Asia/Shanghai',
  outcome: { column: '结果', values: { 已接听: 'answered', 放弃: 'abandoned' } },
  recording: { column: '录音', absent: ['无'] },
};

const sha256 = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');

describe('callsurge reconcile', () => {
  it('holds the report against the run, and changes none of its rows', async () => {
    using place = new Place({ 'cdr.csv': report(), 'map.json': JSON.stringify(MAPPING) });
    const dir = runFolder(place);
    const before = sha256(join(dir, 'calls.csv'));
    const done = await place.run(['reconcile', 'run', 'cdr.csv', '--mapping', 'map.json']);
    expect({ code: done.code, stderr: done.stderr }).toEqual({ code: EXIT.ok, stderr: '' });
    expect(done.stdout).toContain('39 calls matched (0 by Call-ID, 39 by caller number and time) · only ours 1 · only the vendor’s 0');
    expect(sha256(join(dir, 'calls.csv'))).toBe(before);

    const rows = Papa.parse<Record<string, string>>(readFileSync(join(dir, 'reconciliation.csv'), 'utf8').slice(1), {
      header: true,
      skipEmptyLines: true,
    }).data;
    expect(rows).toHaveLength(CALLS);
    expect(rows.filter(({ differs }) => differs !== '').map(({ call: name, differs }) => [name, differs])).toEqual([
      ['1-0', 'only-ours'],
      ['1-4', 'outcome'],
    ]);
    expect(rows[1]).toMatchObject({
      method: 'vendor-record',
      vendor_row: '2',
      billed_s: '120',
      vendor_outcome: 'answered',
      vendor_recording: 'true',
    });

    const figures = JSON.parse(readFileSync(join(dir, 'reconciliation.json'), 'utf8'));
    expect(figures).toMatchObject({ format: 1, byCaller: 39, onlyOurs: 1, onlyTheirs: 0, foreign: 1, recordings: { part: 31, whole: 31 } });
    expect(Math.abs(figures.clockMs - 3000)).toBeLessThan(1000);
    expect(figures.source.sha256).toBe(sha256(join(place.dir, 'cdr.csv')));
    const page = () => readFileSync(join(dir, 'report.html'), 'utf8');
    expect(page()).toContain('What follows is the vendor’s word, from cdr.csv');
    expect(page()).not.toContain('40081112222');
    expect(readFileSync(join(dir, 'summary.csv'), 'utf8')).toMatch(/^vendor\.serviceLevel,/m);

    // A report made again keeps it; one that is damaged is left out, and told.
    expect((await place.run(['report', 'run'])).code).toBe(EXIT.ok);
    expect(page()).toContain('from cdr.csv');
    writeFileSync(join(dir, 'reconciliation.json'), '{"format":1,');
    const again = await place.run(['report', 'run']);
    expect({ code: again.code, warned: /warning: reconciliation\.json/.test(again.stderr) }).toEqual({ code: EXIT.ok, warned: true });
    expect(page()).toContain('No record of the vendor’s was imported');
  });

  it('ends with one line where something cannot be used', async () => {
    const bad = report().replace('40090000007,2026', '40090000007,x026');
    using place = new Place({
      'cdr.csv': report(),
      'bad.csv': bad,
      'map.json': JSON.stringify(MAPPING),
      'zone.json': JSON.stringify({ ...MAPPING, timezone: 'Shanghai' }),
      'broken.json': '{',
      'map.ts': `export default ${JSON.stringify({ ...MAPPING, agent: 'seat' })};`,
      'others.csv': report().replaceAll('4009000', '4009111'),
    });
    const dir = runFolder(place);
    const cases: [args: string[], line: RegExp][] = [
      [['run', 'bad.csv', '--mapping', 'map.json'], /"x026-11-11 00:00:17" is no time.*bad\.csv row 8, column "呼入"/],
      [['run', 'cdr.csv', '--mapping', 'zone.json'], /timezone is Shanghai, no time zone \(zone\.json: timezone\)/],
      [['run', 'cdr.csv', '--mapping', 'broken.json'], /the mapping is not JSON.*broken\.json/],
      [['run', 'cdr.csv', '--mapping', 'map.ts'], /no column "seat" \(agent\)/],
      [['run', 'cdr.csv', '--mapping', 'none.json'], /the mapping cannot be read.*none\.json/],
      [['run', 'none.csv', '--mapping', 'map.json'], /the report cannot be read.*none\.csv/],
      [['run', 'others.csv', '--mapping', 'map.json'], /no row of the report is a call of this run \(others\.csv\)/],
      [['.', 'cdr.csv', '--mapping', 'map.json'], /there is no run\.json in it/],
    ];
    for (const [args, line] of cases) {
      const done = await place.run(['reconcile', ...args]);
      const lines = done.stderr.split('\n').filter((text) => text.startsWith('callsurge: '));
      expect({ args, code: done.code, lines, all: done.stderr }).toMatchObject({
        code: EXIT.invalidConfig,
        lines: [expect.stringMatching(line)],
      });
      expect(existsSync(join(dir, 'reconciliation.csv'))).toBe(false);
    }
    const skipping = await place.run(['reconcile', 'run', 'bad.csv', '--mapping', 'map.json', '--skip-bad-rows']);
    expect({ code: skipping.code, left: skipping.stderr.split('\n')[0] }).toMatchObject({
      code: EXIT.ok,
      left: expect.stringMatching(/^left out: .*row 8/),
    });
  });
});

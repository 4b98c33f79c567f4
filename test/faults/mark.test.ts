import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { watchKeys } from '../../src/cli/keys.ts';
import { RealClock } from '../../src/clock.ts';
import { type AlarmReceiver, openAlarmReceiver } from '../../src/faults/alarms.ts';
import { appendMark, MARK_URL_FILE, type Mark, markRow, readMark, sendMark } from '../../src/faults/mark.ts';
import { planFaults } from '../../src/faults/plan.ts';
import { FaultRunner } from '../../src/faults/runner.ts';
import { RunFolder } from '../../src/record/journal.ts';
import { readTable } from '../../src/record/read.ts';
import type { EventRow } from '../../src/record/schema.ts';

const NOW = Date.parse('2026-11-11T00:20:00Z');
const home = mkdtempSync(join(tmpdir(), 'callsurge-mark-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));
let receiver: AlarmReceiver | undefined;
afterEach(async () => {
  await receiver?.close();
  receiver = undefined;
});

async function events(dir: string): Promise<EventRow[]> {
  const rows: EventRow[] = [];
  await readTable(dir, 'events', (row) => rows.push(row));
  return rows;
}

describe('what somebody says', () => {
  it('is a mark with a time, an error and a side', () => {
    expect(readMark({ type: 'ticket' }, NOW)).toEqual({ type: 'ticket', by: 'buyer', at: NOW, errorMs: 1000 });
    const vendor = readMark(
      { type: 'fixed', by: 'vendor', at: '2026-11-11T08:19:30+08:00', error: '5s', note: 'route gone', fault: 'cable' },
      NOW,
    );
    expect(vendor).toEqual({ type: 'fixed', by: 'vendor', at: NOW - 30_000, errorMs: 5000, note: 'route gone', fault: 'cable' });
    expect(readMark({ type: 'alarm', at: '-90s' }, NOW).at).toBe(NOW - 90_000);
    const late = new Date(2026, 10, 12, 0, 5).getTime();
    expect(readMark({ type: 'alarm', at: '23:59:30' }, late).at, 'just after midnight').toBe(new Date(2026, 10, 11, 23, 59, 30).getTime());
    for (const at of ['25:61:00', '12:60', '2099-01-01T00:00:00Z', '11/11', 'tomorrow'])
      expect(() => readMark({ type: 'alarm', at }, late), at).toThrow(expect.objectContaining({ code: 'usage' }));
    const today = new Date(readMark({ type: 'alarm', at: '00:12:30.5' }, NOW).at);
    expect([today.getHours(), today.getMinutes(), today.getSeconds(), today.getMilliseconds()]).toEqual([0, 12, 30, 500]);
  });

  it('is refused where it makes no sense', () => {
    expect(() => readMark({ type: 'lunch' }, NOW)).toThrow(/no mark "lunch"/);
    expect(() => readMark({ type: 'fixed', by: 'carrier' }, NOW)).toThrow(/cannot mark/);
    expect(() => readMark({ type: 'fixed', at: 'yesterday' }, NOW)).toThrow(/no time/);
    expect(() => readMark({ type: 'fixed', note: 'x'.repeat(501) }, NOW)).toThrow(/note/);
  });
});

describe('a mark in the record', () => {
  it('is appended to a run that is over, also after a line that a kill cut off', async () => {
    const dir = join(home, 'over');
    RunFolder.create(dir).close();
    appendMark(dir, { type: 'alarm', by: 'vendor', at: NOW, errorMs: 2000, note: 'mail, "urgent"\nsecond line' });
    appendFileSync(join(dir, 'events.csv'), '1795294670.1,fault,torn');
    appendMark(dir, { type: 'fixed', by: 'buyer', at: NOW + 5, errorMs: 0, note: '=1+1' });
    expect(await events(dir)).toMatchObject([
      { t_ms: NOW, kind: 'mark', action: 'alarm', by: 'vendor', value: 2000, detail: { note: 'mail, "urgent"\nsecond line' } },
      { t_ms: NOW + 5, kind: 'mark', action: 'fixed', by: 'buyer', value: 0, detail: { note: '=1+1' } },
    ]);
    expect(() => appendMark(join(home, 'none'), { type: 'fixed', by: 'buyer', at: NOW, errorMs: 0 })).toThrow(/no events.csv/);
  });

  it('may be appended while the run still writes', async () => {
    const dir = join(home, 'live');
    const folder = RunFolder.create(dir, { flushMs: 5 });
    for (let k = 0; k < 50; k++) {
      folder.write('events', markRow({ type: 'ticket', by: 'buyer', at: NOW + k, errorMs: 0 }));
      appendMark(dir, { type: 'fixed', by: 'vendor', at: NOW + k, errorMs: 0 });
      if (k % 7 === 0) folder.flush();
    }
    folder.close();
    const rows = await events(dir);
    expect(rows).toHaveLength(100);
    expect(new Set(rows.map(({ action, t_ms }) => `${action} ${t_ms}`)).size).toBe(100);
  });

  it('goes to the run that listens, and nowhere else', async () => {
    receiver = await openAlarmReceiver({ clock: new RealClock(), token: 'a-secret-token' });
    const dir = mkdtempSync(join(home, 'run-'));
    const mark: Mark = { type: 'engineer', by: 'vendor', at: NOW, errorMs: 3000, note: 'on the phone' };
    expect(await sendMark(dir, mark), 'no address: no run').toBe(false);
    writeFileSync(join(dir, MARK_URL_FILE), `${receiver.markUrl}\n`);
    expect(await sendMark(dir, mark), 'before the run listens').toBe(false);
    const heard: Mark[] = [];
    receiver.listenMarks((one) => heard.push(one));
    expect(await sendMark(dir, mark)).toBe(true);
    expect(heard).toEqual([mark]);
    const post = (url: string, body: string) => fetch(url, { method: 'POST', body }).then(({ status }) => status);
    expect(await post(receiver.markUrl.replace(/[^/]+$/, 'a-secret-token'), '{}')).toBe(404);
    expect(await post(receiver.markUrl, '{"type":"lunch"}')).toBe(400);
    expect(await post(receiver.markUrl, 'no json')).toBe(400);
    expect(heard).toHaveLength(1);
  });
});

it('a mark of a fault begins the step that waits for a person, with its error', async () => {
  const clock = new RealClock();
  const plan = planFaults(
    { faults: [{ name: 'cable', atMs: 0, forMs: 400, do: { kind: 'manual', instruction: 'pull it' } }], scaling: [] },
    { name: 'v', trunks: [], contract: {} as never },
  );
  const rows: EventRow[] = [];
  const runner = new FaultRunner({ clock, plan, event: (row) => rows.push(row) });
  const start = clock.now();
  runner.start(start);
  await expect.poll(() => rows.length).toBeGreaterThan(0);
  expect(runner.markAny('started', { at: start + 7, errorMs: 2000, fault: 'another' })).toBe(false);
  expect(runner.markAny('started', { at: start + 7, errorMs: 2000 })).toBe(true);
  await expect
    .poll(() => rows.find(({ action }) => action === 'started'))
    .toMatchObject({ t_ms: start + 7, detail: { plusMinusMs: 2000 } });
  await expect.poll(() => rows.some(({ action }) => action === 'end')).toBe(true);
  expect(runner.markAny('ended', { at: clock.now(), errorMs: 0 })).toBe(true);
  await runner.stop();
});

describe('keys', () => {
  const terminal = () => {
    const raw: boolean[] = [];
    return { raw, input: Object.assign(new PassThrough(), { isTTY: true, setRawMode: (on: boolean) => raw.push(on) }) };
  };

  it('mark on a terminal, and Ctrl-C still interrupts', async () => {
    const { raw, input } = terminal();
    const heard: string[] = [];
    const stop = watchKeys(input, () => NOW, {
      mark: ({ type, at, by }) => heard.push(`${type} ${by} ${at - NOW}`),
      interrupt: () => heard.push('interrupt'),
      say: () => {},
    });
    input.write('fAq');
    input.write('x\u0003');
    await expect.poll(() => heard).toEqual(['fault buyer 0', 'alarm buyer 0', 'fixed buyer 0', 'interrupt']);
    stop();
    expect(raw).toEqual([true, false]);
  });

  it('are left alone where there is none', () => {
    const input = Object.assign(new PassThrough(), { isTTY: false, setRawMode: () => expect.unreachable() });
    watchKeys(input, () => NOW, { mark: () => expect.unreachable(), interrupt: () => {}, say: () => expect.unreachable() })();
  });
});

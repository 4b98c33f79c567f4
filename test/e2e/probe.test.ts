/** `callsurge probe` killed, restarted and left without its vendor: nothing is invented for the time in which nobody looked. */
import { appendFileSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { EXIT } from '../../src/cli/exit-codes.ts';
import { readProbes } from '../../src/record/probe-files.ts';
import type { ProbeRow } from '../../src/record/schema.ts';
import { embeddedProfile, Place } from './callsurge.ts';

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const PORT = 6806;
const EVERY = ['probe', '--vendor', 'vendor.ts', '--every', '500ms', '--call-every', '1s', '--hold', '200ms', '--number', '4002000000'];

it('goes on in its folder after a kill, counts the gap as not observed, sees the vendor die, and reports again', async () => {
  const claim = "claims: { availability: { monthly: 0.999, words: '99.9 % a month' } },";
  using place = new Place({ 'vendor.ts': embeddedProfile(PORT, { rest: claim }) });
  const vendor = place.start(['simulate', '--vendor', 'vendor.ts']);
  await vendor.said('embedded vendor: SIP');
  // The profile of a vendor that lives on its own.
  place.write('vendor.ts', embeddedProfile(PORT, { rest: claim }).replace(/embedded: \{[\s\S]*?\n {2}\},/, ''));
  const dir = join(place.dir, 'reports/probe-embedded');

  const first = place.start([...EVERY, '--for', '60s']);
  await first.said(/Z up/);
  await sleep(1500);
  first.child.kill('SIGKILL');
  await first.done;
  const killed = Date.now();
  const file = join(dir, readdirSync(dir).find((name) => name.startsWith('probes-'))!);
  // As a kill in mid-line leaves it.
  appendFileSync(file, '17637');
  await sleep(2000);
  const restarted = Date.now();

  const second = place.start([...EVERY, '--for', '60s']);
  await second.said(/Z up/);
  const third = await place.run([...EVERY, '--for', '60s']);
  expect({ code: third.code, err: third.stderr }).toMatchObject({ code: EXIT.invalidConfig, err: expect.stringContaining('at work') });
  await sleep(1200);
  vendor.child.kill('SIGTERM');
  await second.said(/Z down/);
  await sleep(1000);
  second.child.kill('SIGINT');
  const finished = await second.done;
  expect({ code: finished.code, err: finished.stderr }).toMatchObject({ code: EXIT.stoppedBySignal });
  expect(finished.stdout).toMatch(/not proven\. Fewer than thirty days/);
  await vendor.done;

  const rows: ProbeRow[] = [];
  expect(readProbes(dir, (row) => rows.push(row)).badLines).toBe(1);
  expect(rows.filter(({ kind }) => kind === 'start')).toHaveLength(2);
  expect(rows.filter(({ kind, result }) => kind === 'call' && result === 'up').length).toBeGreaterThanOrEqual(2);
  const [head, total] = readFileSync(join(dir, 'availability.csv'), 'utf8')
    .replace('\ufeff', '')
    .split('\r\n')
    .map((line) => line.split(','));
  const cell = (name: string) => Number(total![head!.indexOf(name)]);
  // Two seconds, and the time to start, were not observed.
  expect(cell('not_observed')).toBeGreaterThanOrEqual(3);
  expect(cell('up')).toBeGreaterThanOrEqual(5);
  expect(cell('down')).toBeGreaterThanOrEqual(1);
  const outages = readFileSync(join(dir, 'outages.csv'), 'utf8').trim().split('\r\n').slice(1);
  // Nobody saw an outage while nobody looked; the vendor's death was seen, and no end of it.
  for (const outage of outages) {
    const start = Date.parse(outage.split(',')[0]!);
    expect(start < killed || start > restarted).toBe(true);
  }
  expect(outages.at(-1)).toMatch(/Z,,.*(no answer|refused|hung up)/i);

  const page = readFileSync(join(dir, 'probe.html'), 'utf8');
  expect(page).toContain('月度可用性');
  const again = await place.run(['report', dir, '--lang', 'zh-CN']);
  expect({ code: again.code, out: again.stdout }).toMatchObject({ code: EXIT.ok, out: expect.stringContaining('未证实') });
  expect(existsSync(join(dir, 'probe.lock'))).toBe(false);

  const other = await place.run(['probe', '--vendor', 'vendor.ts', '--every', '1s', '--number', '4002000000', '--for', '1s']);
  expect({ code: other.code, err: other.stderr }).toMatchObject({
    code: EXIT.invalidConfig,
    err: expect.stringContaining('another interval'),
  });
}, 60_000);

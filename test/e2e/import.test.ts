/** From a log to a plan, as a user does it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { EXIT } from '../../src/cli/exit-codes.ts';
import { Place } from './callsurge.ts';

const rows = Array.from({ length: 600 }, (_, i) => {
  const second = Math.floor(900 + 850 * Math.sin((Math.PI * (i - 300)) / 640));
  return `2025-11-11 00:${String(Math.floor(second / 60)).padStart(2, '0')}:${String(second % 60).padStart(2, '0')},400200${1000 + (i % 400)},8001`;
});
const MAPPING = {
  time: 'Start',
  timeFormat: 'YYYY-MM-DD HH:mm:ss',
  timezone: 'Asia/Shanghai',
  caller: 'From',
  intent: 'Queue',
  intents: { '8001': 'support' },
};

it('a log becomes arrivals and a plan; no number of a customer is in anything that is written or said', async () => {
  using place = new Place({
    'log.csv': `Start,From,Queue\n${rows.join('\n')}\n`,
    'mapping.json': JSON.stringify(MAPPING),
    'replay.ts': `
      import { dial, replay } from 'callsurge';
      export const options = { scenarios: { people: { executor: 'constant-arrival-rate', rate: 1, duration: '1s', preAllocatedVUs: 5, maxVUs: 2000 } } };
      export const surge = { arrivals: replay('data/night.json', { scale: 1.5, compress: 10 }) };
      export default async function () { await dial('4001000000'); }`,
  });
  const imported = await place.run(['import', 'log.csv', '--mapping', 'mapping.json', '--out', 'data/night.json']);
  expect(imported.stderr).toBe('');
  expect(imported.code).toBe(EXIT.ok);
  expect(imported.stdout).toContain('600 in');
  expect(imported.stdout).toContain('callers   400, hashed');
  for (const own of ['log.csv', './mapping.json'])
    expect(await place.run(['import', 'log.csv', '--mapping', 'mapping.json', '--out', own])).toMatchObject({
      code: EXIT.invalidConfig,
      stderr: expect.stringContaining('written over'),
    });
  expect(readFileSync(join(place.dir, 'log.csv'), 'utf8')).toMatch(/^Start,From,Queue/);
  const planned = await place.run(['plan', 'replay.ts', '--vendor', 'embedded']);
  expect(planned.stdout).toContain('calls             900');
  expect(planned.stdout).toContain('arrivals replayed from');
  expect(planned.code).toBe(EXIT.ok);
  for (const text of [imported.stdout, planned.stdout, readFileSync(join(place.dir, 'data/night.json'), 'utf8')])
    expect(text).not.toMatch(/400200/);
}, 30_000);

it('a bad row or mapping ends it in one line, with exit 104', async () => {
  using place = new Place({
    'log.csv': 'Start\n2025-11-11 00:00:00\nyesterday\n',
    'mapping.json': '{"time":"Start"}',
    'bad.json': '{"tiem":"Start"}',
  });
  const row = await place.run(['import', 'log.csv', '--mapping', 'mapping.json', '--out', 'x.json']);
  expect(row.code).toBe(EXIT.invalidConfig);
  expect(row.stderr.trim()).toMatch(/^callsurge: .*log\.csv row 3, column "Start".*\[log-invalid\]$/);
  const mapping = await place.run(['import', 'log.csv', '--mapping', 'bad.json', '--out', 'x.json']);
  expect(mapping.code).toBe(EXIT.invalidConfig);
  expect(mapping.stderr.trim()).toMatch(/^callsurge: .*\[mapping-invalid\]$/);
}, 30_000);

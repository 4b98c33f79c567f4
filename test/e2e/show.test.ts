/** The signalling of a run's calls: kept, shown, and in the report. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { embeddedProfile, Place, rowsOf } from './callsurge.ts';

const SCENARIO = `import { dial, type SurgeOptions } from 'callsurge';
export const options = { scenarios: { flat: { executor: 'constant-arrival-rate', rate: 40, duration: '2s', preAllocatedVUs: 50, gracefulStop: '5s' } } };
export const surge: SurgeOptions = { media: 'none', callLength: '500ms' };
export default async function () {
  const call = await dial('4002000000');
  await call.answered();
  await call.wait('300ms');
  await call.hangUp();
}
`;
const vendor = embeddedProfile(7650).replaceAll('channels: 2000', 'channels: 3');

it('keeps what failed and a sample of the rest, shows a call, and draws one of each kind in the report', async () => {
  using place = new Place({ 'flat.ts': SCENARIO, 'vendor.ts': vendor });
  await place.run(['run', 'flat.ts', '--vendor', 'vendor.ts', '--workers', '1']);
  const dir = place.runs()[0]!;
  const [calls, traces] = [await rowsOf(dir, 'calls'), await rowsOf(dir, 'trace')];
  const traced = new Set(traces.map(({ call }) => call));
  const blocked = calls.filter(({ outcome }) => outcome === 'blocked');
  const completed = calls.filter(({ outcome }) => outcome === 'completed');
  expect(blocked.length).toBeGreaterThan(5);
  expect(blocked.filter(({ call }) => !traced.has(call))).toEqual([]);
  const sampled = completed.filter(({ call }) => traced.has(call)).length;
  expect(sampled).toBeGreaterThanOrEqual(3);
  expect(sampled).toBeLessThan(completed.length);

  const one = traces.filter(({ call }) => call === blocked[0]!.call);
  expect(one.map(({ message }) => message!.split(' ')[0])).toEqual(['INVITE', 'SIP/2.0', 'ACK']);
  for (const row of one) expect(row.handled_ms).toBeGreaterThanOrEqual(row.socket_ms!);
  expect(one[0]!.socket_ms).toBeCloseTo(blocked[0]!.invite_ms!, -1);

  const shown = await place.run(['show', dir, blocked[0]!.call!]);
  expect(shown.code).toBe(0);
  expect(shown.stdout).toMatch(/outcome +blocked/);

  // A reason phrase of the other side's that would clear the terminal.
  const file = join(dir, 'calls.csv');
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll('Service Unavailable', '\u001b[2JService Unavailable'));
  const { stdout } = await place.run(['show', dir]);
  expect(stdout).toContain('[2JService Unavailable');
  expect(stdout).not.toContain('\u001b');
  expect(shown.stdout).toMatch(/◀─+ 503 .*\(INVITE\)/);
  const whole = await place.run(['show', dir, blocked[0]!.sip_call_id!, '--messages']);
  expect(whole.stdout).toContain(`Call-ID: ${blocked[0]!.sip_call_id}`);
  expect((await place.run(['show', dir])).stdout).toMatch(new RegExp(`blocked 503 .*${blocked.length}: `));
  expect(await place.run(['show', dir, 'nobody'])).toMatchObject({ code: 104, stderr: expect.stringContaining('no call "nobody"') });

  const page = readFileSync(join(dir, 'report.html'), 'utf8');
  expect(page).toContain('One call of each kind of failure');
  expect(page).toContain('每类失败各举一例');
  expect(page).toMatch(/<pre class="ladder">[\s\S]*503/);
}, 60_000);

it('keeps nothing where it is told so', async () => {
  using place = new Place({ 'flat.ts': SCENARIO, 'vendor.ts': vendor.replaceAll('7650', '7660').replaceAll('7740', '7750') });
  await place.run(['run', 'flat.ts', '--vendor', 'vendor.ts', '--workers', '1', '--no-trace']);
  expect(await rowsOf(place.runs()[0]!, 'trace')).toEqual([]);
}, 60_000);

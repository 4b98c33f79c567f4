/** 500 calls a second, signalling only, for 10 s against the embedded vendor: not one call may fail. Speed itself is judged in bench/. */
import { expect, it } from 'vitest';
import { embeddedProfile, Place, rowsOf } from './callsurge.ts';

const SCENARIO = `import { dial, type SurgeOptions } from 'callsurge';
export const options = { scenarios: { flat: { executor: 'ramping-arrival-rate', startRate: 100, preAllocatedVUs: 500, maxVUs: 2000, gracefulStop: '10s',
  // Up in five seconds: a cold machine at full rate would measure its compiler.
  stages: [{ duration: '5s', target: 500 }, { duration: '10s', target: 500 }] } } };
export const surge: SurgeOptions = { media: 'none', callLength: '300ms' };
export default async function () {
  const call = await dial('4002000000');
  await call.answered();
  await call.wait('100ms');
  await call.hangUp();
}
`;

it('holds 500 calls/s for 10 s without a failed call', async () => {
  using place = new Place({ 'flat.ts': SCENARIO, 'vendor.ts': embeddedProfile(6600) });
  const finished = await place.run(['run', 'flat.ts', '--vendor', 'vendor.ts']);
  const calls = await rowsOf(place.runs()[0]!, 'calls');
  const byOutcome = Object.groupBy(calls, ({ outcome }) => outcome!);
  const counts = Object.fromEntries(Object.entries(byOutcome).map(([outcome, rows]) => [outcome, rows!.length]));
  // Late starts are ours and are counted as ours; what the vendor and the stacks did must be flawless.
  const { completed = 0, harness = 0, ...failed } = counts;
  expect(failed, finished.stdout).toEqual({});
  expect(completed + harness).toBe(6_500);
  expect(harness, 'late by our own fault, on a busy machine').toBeLessThan(650);
}, 120_000);

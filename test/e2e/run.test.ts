/** Whole runs against the embedded vendor: the record against its truth, the same callers for the same seed, and every way to end a run. */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { EXIT } from '../../src/cli/exit-codes.ts';
import { readMeta } from '../../src/record/read-meta.ts';
import type { CallRow } from '../../src/record/schema.ts';
import { agreeWithTruth } from '../agreement/with-truth.ts';
import { E2E_ENV, embeddedProfile, Place, rowsOf } from './callsurge.ts';
import { readTruth } from './truth.ts';

const PEAK = `/** A small peak: a queue builds and drains. */
import { dial, patience, type SurgeOptions, talkTime } from 'callsurge';
import type { Options } from 'k6/options';
import { Counter } from 'k6/metrics';
const served = new Counter('served');
export const options: Options = {
  scenarios: { shoppers: { executor: 'ramping-arrival-rate', exec: 'shopper', startRate: 2, preAllocatedVUs: 100, maxVUs: 200, gracefulStop: '20s',
    stages: [{ duration: '2s', target: 12 }, { duration: '5s', target: 12 }, { duration: '2s', target: 2 }] } },
  thresholds: { call_harness: ['rate==0'], served: ['count>10'], 'agent_wait{scenario:shoppers}': ['p(99)<30000'] },
};
export const surge: SurgeOptions = { seed: 5, arrivals: 'poisson', callLength: '4s' };
export function setup() { return { number: '4001000000' }; }
export async function shopper(data: { number: string }) {
  const call = await dial(data.number);
  await call.answered();
  await call.press('1');
  await call.agent({ patience: patience.exponential('6s') });
  served.add(1);
  await call.talk(talkTime.lognormal({ mean: '1s', sigma: 0.5 }));
  await call.hangUp();
}
export function teardown(data: { number: string }) { if (data.number !== '4001000000') throw new Error('setup data lost'); }
`;
const AGENTS = 8;

/** One run of the peak. */
async function play(port: number, args: string[] = []) {
  const place = new Place({ 'peak.ts': PEAK });
  place.write(
    'vendor.ts',
    embeddedProfile(port, { agents: AGENTS, embedded: `truthFile: ${JSON.stringify(join(place.dir, 'truth.csv'))}` }),
  );
  const finished = await place.run(['run', 'peak.ts', '--vendor', 'vendor.ts', ...args], E2E_ENV);
  return { place, finished, calls: place.runs()[0] ? await rowsOf(place.runs()[0]!, 'calls') : [] };
}

it('agrees with the vendor’s truth call by call, and one seed makes the same callers for one worker and for two', async () => {
  const first = await play(6100, ['--workers', '2']);
  using place = first.place;
  // A busy test machine may make its own run not valid for a verdict; the record must agree all the same.
  expect([EXIT.ok, EXIT.runNotValid], first.finished.stdout + first.finished.stderr).toContain(first.finished.code);
  expect(first.finished.stdout).toMatch(/report: .*report\.html/);
  const truth = readTruth(join(place.dir, 'truth.csv'));
  const agreement = agreeWithTruth(first.calls, truth);
  expect(agreement.ok, agreement.table).toBe(true);
  expect(first.calls.length).toBeGreaterThan(60);
  const outcomes = new Set(first.calls.map((row) => row.outcome));
  expect([...outcomes].sort()).toEqual(['abandoned', 'completed']);
  const agents = await rowsOf(place.runs()[0]!, 'agents');
  expect(agents.filter(({ outcome }) => outcome === 'answered').length).toBe(
    first.calls.filter(({ agent_ms }) => agent_ms !== null).length,
  );
  expect(readMeta(place.runs()[0]!)).toMatchObject({ end: { how: 'finished' }, seed: 5, workers: 2, scenario: { file: 'peak.ts' } });

  const second = await play(6100, ['--workers', '1']);
  using _ = second.place;
  const who = (rows: CallRow[]) =>
    [...rows]
      .sort((a, b) => a.iteration! - b.iteration!)
      .map(({ iteration, caller, patience_ms }) => ({ iteration, caller, patience_ms: Math.round(patience_ms!) }));
  expect(who(second.calls)).toEqual(who(first.calls));
  const offsets = (rows: CallRow[]) => {
    const times = [...rows].sort((a, b) => a.iteration! - b.iteration!).map(({ intended_ms }) => intended_ms!);
    return times.map((at) => at - times[0]!);
  };
  // To the moment that dial() was called after the schedule's: the script's own first steps, a millisecond or so.
  const [one, two] = [offsets(first.calls), offsets(second.calls)];
  expect(Math.max(...one.map((at, i) => Math.abs(at - two[i]!)))).toBeLessThan(25);
  // Whoever talked in both runs had the same to say.
  const talk = new Map(first.calls.map(({ iteration, talk_ms }) => [iteration, talk_ms]));
  const both = second.calls.filter(({ iteration, talk_ms }) => talk_ms !== null && talk.get(iteration) != null);
  expect(both.length).toBeGreaterThan(20);
  for (const { iteration, talk_ms } of both) expect(talk_ms).toBeCloseTo(talk.get(iteration)!, 6);
}, 120_000);

it('drains on the first Ctrl-C in mid-peak: every call hung up, nothing open at the vendor, the report written', async () => {
  using place = new Place({ 'peak.ts': PEAK });
  place.write(
    'vendor.ts',
    embeddedProfile(6200, {
      agents: AGENTS,
      embedded: `truthFile: ${JSON.stringify(join(place.dir, 'truth.csv'))}`,
      rest: "local: { alarms: { port: 6299, token: env('ALARM_TOKEN') } },",
    }),
  );
  const run = place.start(['run', 'peak.ts', '--vendor', 'vendor.ts'], { ...E2E_ENV, ALARM_TOKEN: 'known-to-the-vendor' });
  await run.said('may POST to http://127.0.0.1:6299/alarm/TOKEN');
  await run.said('· load');
  // The vendor may raise an alarm, and may not speak for the buyer with the same token.
  const post = (what: string) => fetch(`http://127.0.0.1:6299/${what}/known-to-the-vendor`, { method: 'POST', body: '{"type":"fixed"}' });
  expect([(await post('alarm')).status, (await post('mark')).status]).toEqual([204, 404]);
  await new Promise((resolve) => setTimeout(resolve, 4000));
  run.child.kill('SIGINT');
  const finished = await run.done;
  expect({ code: finished.code, err: finished.stderr }).toMatchObject({ code: EXIT.stoppedBySignal });
  expect(finished.stdout).toMatch(/report: .*report\.html/);
  const [dir] = place.runs();
  const calls = await rowsOf(dir!, 'calls');
  expect(calls.filter(({ outcome }) => outcome === 'cut').length).toBeGreaterThan(0);
  expect((await rowsOf(dir!, 'events')).filter(({ kind }) => kind === 'alarm')).toMatchObject([{ action: 'received', by: 'vendor' }]);
  const truth = readTruth(join(place.dir, 'truth.csv'));
  expect(truth.length).toBe(calls.filter(({ invite_ms }) => invite_ms !== null).length);
  expect(truth.filter(({ ended_ms, refused_ms }) => ended_ms === null && refused_ms === null)).toEqual([]);
  const sweep = await place.run(['sweep', dir!]);
  expect({ code: sweep.code, out: sweep.stdout.trim() }).toEqual({ code: EXIT.ok, out: 'nothing was open' });
}, 60_000);

it('ends at once on the second Ctrl-C, with one goodbye per call', async () => {
  using place = new Place({ 'peak.ts': PEAK });
  place.write(
    'vendor.ts',
    embeddedProfile(6300, { agents: AGENTS, embedded: `truthFile: ${JSON.stringify(join(place.dir, 'truth.csv'))}` }),
  );
  const run = place.start(['run', 'peak.ts', '--vendor', 'vendor.ts'], E2E_ENV);
  await run.said('· load');
  await new Promise((resolve) => setTimeout(resolve, 3500));
  run.child.kill('SIGINT');
  run.child.kill('SIGINT');
  await new Promise((resolve) => setTimeout(resolve, 20));
  const at = performance.now();
  run.child.kill('SIGINT');
  const finished = await run.done;
  // A second for the calls, and time for the vendor's process and the reports on a busy machine.
  expect(performance.now() - at).toBeLessThan(8000);
  expect(finished.code).toBe(EXIT.stoppedBySignal);
  const truth = readTruth(join(place.dir, 'truth.csv'));
  expect(truth.length).toBeGreaterThan(10);
  expect(truth.filter(({ ended_ms, refused_ms }) => ended_ms === null && refused_ms === null)).toEqual([]);
}, 60_000);

it('keeps the record of a run that was killed, reports on it, and sweeps what it left open', async () => {
  using place = new Place({ 'peak.ts': PEAK });
  const truthFile = join(place.dir, 'truth.csv');
  // A vendor of its own, that outlives the run.
  place.write('vendor.ts', embeddedProfile(6400, { agents: AGENTS }));
  const vendor = place.start(['simulate', '--vendor', 'vendor.ts', '--truth', truthFile], E2E_ENV);
  await vendor.said('embedded vendor: SIP');
  place.write('vendor.ts', embeddedProfile(6400, { agents: AGENTS }).replace(/embedded: \{[\s\S]*\n {2}\},/, ''));
  const run = place.start(['run', 'peak.ts', '--vendor', 'vendor.ts'], E2E_ENV);
  await run.said('· load');
  await new Promise((resolve) => setTimeout(resolve, 4500));
  run.child.kill('SIGKILL');
  await run.done;
  const [dir] = place.runs();
  expect(readMeta(dir!).end).toBeNull();

  const report = await place.run(['report', dir!]);
  expect({ code: report.code, err: report.stderr }).toMatchObject({ code: EXIT.ok });
  expect(report.stdout).toMatch(/report: .*report\.html/);
  expect((await rowsOf(dir!, 'calls')).length).toBeGreaterThan(5);

  const sweep = await place.run(['sweep', dir!]);
  expect({ code: sweep.code, out: sweep.stdout }).toMatchObject({ code: EXIT.ok, out: expect.stringMatching(/(\d+) of \1 ended/) });
  const again = await place.run(['sweep', dir!]);
  expect(again.stdout.trim()).toBe('nothing was open');
  appendFileSync(join(dir!, 'events.csv'), '1795294670000.000,fault,cable,started,site a,harness,,\n');
  expect((await place.run(['sweep', dir!])).stdout).toContain('fault "cable" (site a) was begun at 2026-11-21');
  vendor.child.kill('SIGINT');
  await vendor.done;
  // Every caller's leg that the vendor held is over; the journal had each of them.
  const truth = readTruth(truthFile);
  expect(truth.filter(({ ended_ms, refused_ms }) => ended_ms === null && refused_ms === null)).toEqual([]);
}, 90_000);

it('fails its thresholds with 99, a threshold without a sample among them, and says what claim does not hold with 123', async () => {
  using place = new Place({
    'peak.ts': `import { dial } from 'callsurge';
export const options = { iterations: 4, vus: 2, thresholds: { agent_wait: ['p(95)<1'] } };
export default async function () { const call = await dial('4002000000'); await call.answered(); await call.talk('100ms'); await call.hangUp(); }`,
    'vendor.ts': embeddedProfile(6500),
  });
  const noData = await place.run(['run', 'peak.ts', '--vendor', 'vendor.ts']);
  expect({ code: noData.code, out: noData.stdout, err: noData.stderr }).toMatchObject({
    code: EXIT.thresholdFailed,
    out: expect.stringMatching(/no data/),
  });

  place.write(
    'peak.ts',
    `import { dial } from 'callsurge';
export const options = { iterations: 40, vus: 4 };
export default async function () { const call = await dial('4002000000'); await call.answered(); await call.talk('50ms'); await call.hangUp(); }`,
  );
  place.write('vendor.ts', embeddedProfile(6500, { rest: "claims: { setupDelay: { percentile: 50, atMost: '1ms' } }," }));
  const claim = await place.run(['run', 'peak.ts', '--vendor', 'vendor.ts']);
  expect({ code: claim.code, out: claim.stdout, err: claim.stderr }).toMatchObject({ code: EXIT.claimFailed });
}, 60_000);

/** `callsurge search` from the command line: a limit found to the call, caps honoured, rules and Ctrl-C obeyed. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { SearchRecord } from '../../src/analysis/search-result.ts';
import { EXIT } from '../../src/cli/exit-codes.ts';
import { Place, rowsOf } from './callsurge.ts';

const profile = (
  port: number,
  { channels, cap, rest = '' }: { channels: number; cap: number; rest?: string },
) => `import { defineVendor } from 'callsurge';
export default defineVendor({
  name: 'limited', trunks: [{ name: 'edge', host: '127.0.0.1', port: ${port} }],
  claims: { concurrentCalls: { atLeast: 30, counting: 'answered' } },
  contract: { targets: ['127.0.0.1'], called: ['4002000000'], callers: ['5550xxxxx'], maxCallsPerSecond: 200, maxChannels: ${cap}, contact: { name: 'yourself' } },
  embedded: { port: ${port}, apiPort: ${port + 30}, sites: [{ name: 'a', channels: ${channels} }], ringMs: 10, answerMs: 30, numbers: { '4002000000': 'echo' } },
  ${rest}
});
`;
const QUICK = ['--trial', '1s', '--confirm', '1s', '--repeats', '1', '--pause', '100ms', '--ramp', '100', '--media', 'none'];
const found = (place: Place): { dir: string; record: SearchRecord } => {
  const dir = place.runs().at(-1)!;
  return { dir, record: JSON.parse(readFileSync(join(dir, 'search.json'), 'utf8')) };
};

it('finds a limit of 23 channels to the call, calls it configured, fails the claim of 30, and makes its page again from its folder', async () => {
  using place = new Place({ 'vendor.ts': profile(6810, { channels: 23, cap: 60 }) });
  const finished = await place.run(['search', '--vendor', 'vendor.ts', '--start', '16', ...QUICK]);
  expect({ code: finished.code, out: finished.stdout, err: finished.stderr }).toMatchObject({ code: EXIT.claimFailed });
  const { dir, record } = found(place);
  expect(record.result).toMatchObject({
    lower: 23,
    upper: 24,
    kind: 'configured limit',
    valid: true,
    confirmed: true,
    end: 'found',
    max: 60,
    maxBy: 'contract.maxChannels',
  });
  expect(record.verdict).toEqual({ state: 'fail', promised: 30, why: 'fails-below' });
  expect(record.trials[0]).toMatchObject({ against: 'baseline', load: 86, verdict: 'good' });
  expect(finished.stdout).toContain('carries 23 calls at a time, fails at 24 calls at a time');
  expect(readFileSync(join(dir, 'trials.csv'), 'utf8').trim().split('\r\n')).toHaveLength(record.trials.length + 1);
  // Each trial is a run folder of its own.
  expect(readdirSync(join(dir, 'trials'))).toHaveLength(record.trials.length);

  const page = readFileSync(join(dir, 'search.html'), 'utf8');
  expect(page).toContain('配置限额');
  const again = await place.run(['report', dir]);
  expect({ code: again.code, out: again.stdout }).toMatchObject({ code: EXIT.ok, out: expect.stringContaining('carries 23') });
  expect(readFileSync(join(dir, 'search.html'), 'utf8')).toBe(page);
}, 60_000);

it('never tries more than the contract permits, and says that the limit was not reached', async () => {
  using place = new Place({ 'vendor.ts': profile(6813, { channels: 100, cap: 12 }) });
  const finished = await place.run(['search', '--vendor', 'vendor.ts', '--max', '50', '--no-baseline', ...QUICK]);
  const { record } = found(place);
  expect(record.trials.map(({ load }) => load)).toEqual([8, 12, 12]);
  expect(record.result).toMatchObject({
    lower: 12,
    upper: null,
    kind: 'not reached',
    maxBy: 'contract.maxChannels',
    valid: false,
    ceiling: null,
  });
  // Without a baseline nothing is valid for a verdict; the promise of 30 lies above the cap.
  expect(finished.code).toBe(EXIT.runNotValid);
}, 30_000);

it('ends at once by its rule, and by Ctrl-C with the bounds so far; nothing is left open', async () => {
  using place = new Place({ 'vendor.ts': profile(6816, { channels: 10, cap: 60 }) });
  const rule = [
    '--stop-when',
    'call_blocked rate>0.3',
    '--no-baseline',
    '--start',
    '32',
    '--trial',
    '5s',
    '--ramp',
    '100',
    '--media',
    'none',
  ];
  const stopped = await place.run(['search', '--vendor', 'vendor.ts', ...rule]);
  expect({ code: stopped.code, out: stopped.stdout }).toMatchObject({ code: EXIT.aborted });
  expect(found(place).record.result).toMatchObject({ end: 'stop-when', endWhy: expect.stringContaining('call_blocked') });

  const search = place.start(['search', '--vendor', 'vendor.ts', '--no-baseline', ...QUICK]);
  await search.said(/1 {2}the vendor {2}8 calls/);
  search.child.kill('SIGINT');
  const finished = await search.done;
  expect({ code: finished.code, err: finished.stderr }).toMatchObject({ code: EXIT.stoppedBySignal });
  const { dir, record } = found(place);
  expect(record.result).toMatchObject({ end: 'signal', lower: 8, confirmed: false });
  expect(finished.stdout).toContain('Stopped by hand');
  for (const trial of readdirSync(join(dir, 'trials'))) {
    const open = await rowsOf(join(dir, 'trials', trial), 'open');
    const left = open.filter(({ op }) => op === 'open').filter(({ call }) => !open.some((row) => row.op === 'close' && row.call === call));
    expect(left).toEqual([]);
  }
}, 60_000);

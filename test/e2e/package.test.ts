/** What `npm pack` makes, installed elsewhere: compiled JavaScript with types, that runs its demo's files and a scenario of the user's own. */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { EXIT } from '../../src/cli/exit-codes.ts';
import { embeddedProfile, Place, ROOT } from './callsurge.ts';

const exec = promisify(execFile);

it('installs from its tarball, checks types, and plays a scenario in another folder', async () => {
  using place = new Place({
    'package.json': '{ "name": "my-poc", "private": true, "type": "module" }',
    'own.ts': `import { dial, type SurgeOptions } from 'callsurge';
import type { Options } from 'k6/options';
export const options: Options = { iterations: 6, vus: 3 };
export const surge: SurgeOptions = { seed: 2 };
export default async function () { const call = await dial('4002000000'); await call.answered(); await call.talk('200ms'); await call.hangUp(); }
`,
    'vendors/mine.ts': embeddedProfile(6650),
    'tsconfig.json': JSON.stringify({
      compilerOptions: { module: 'nodenext', target: 'es2024', strict: true, noEmit: true, types: [] },
      include: ['own.ts', 'vendors'],
    }),
  });
  await exec('npm', ['pack', '--pack-destination', place.dir], { cwd: ROOT });
  const tarball = readdirSync(place.dir).find((name) => name.endsWith('.tgz'))!;
  await exec('npm', ['install', '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', `./${tarball}`], { cwd: place.dir });
  const bin = join(place.dir, 'node_modules/.bin/callsurge');
  // The machine's own node may be older: run the bin by ours, as npx would under Node 24.
  const run = (...args: string[]) => exec(process.execPath, [bin, ...args], { cwd: place.dir });

  await exec(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', place.dir]);
  // A machine that others use at the same time may be too slow for a verdict: the calls are made and reported all the same.
  const { stdout } = await run('run', 'own.ts', '--vendor', 'mine', '--quiet').catch((error: { code: number; stdout: string }) => {
    if (error.code !== EXIT.runNotValid) throw error;
    return error;
  });
  expect(stdout).toMatch(/report: .*report\.html/);
  const [folder] = readdirSync(join(place.dir, 'reports'));
  expect(
    readFileSync(join(place.dir, 'reports', folder!, 'calls.csv'), 'utf8')
      .trim()
      .split('\n'),
  ).toHaveLength(7);
  // What ships with it loads from inside node_modules too.
  const plan = await run('plan', 'own.ts', '--vendor', 'embedded').catch((error: { stdout: string }) => error);
  expect(plan.stdout).toMatch(/Embedded vendor/);
  await run('init', 'fresh');
  expect(readdirSync(join(place.dir, 'fresh')).sort()).toEqual(['scenarios', 'vendors']);
  // As it is written it is a plan without a conflict, and checks.
  const first = await run('plan', 'fresh/scenarios/peak.ts', '--vendor', 'fresh/vendors/vendor-a.ts');
  expect(first.stdout).toMatch(/no conflict; nothing was sent/);
  place.write('fresh/tsconfig.json', readFileSync(join(place.dir, 'tsconfig.json'), 'utf8').replace('"own.ts","vendors"', '"**/*.ts"'));
  await exec(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', join(place.dir, 'fresh')]);
}, 180_000);

it('runs its sources by `npx callsurge` in a checkout, where nothing was built', async () => {
  const { stdout } = await exec(process.execPath, [join(ROOT, 'bin/callsurge.cjs'), 'plan', '--help'], { cwd: ROOT });
  expect(stdout).toMatch(/^Usage: callsurge plan/);
});

/** The same loading from what is published: compiled JavaScript inside node_modules, with the user's TypeScript outside of it. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { repository } from './native.ts';

const run = promisify(execFile);

const SCENARIO = `/** Installed. */
import type { Options } from 'k6/options';
import { check } from 'k6';
import { Trend } from 'k6/metrics';
import { curves, dial } from 'callsurge';
new Trend('felt');
export const options: Options = { vus: 1, iterations: 2, thresholds: { felt: ['p(95)<5'] } };
export default async function (): Promise<unknown> {
  return [check(1, { one: (v) => v === 1 }), typeof dial, curves.lunchRush({ base: 1, peak: 2, rise: 1, hold: 1, fall: 1 }).length];
}
`;
const CODE = `
const { loadScenario } = await import('./node_modules/callsurge/dist/scenario/load.js');
const { checkOptions } = await import('./node_modules/callsurge/dist/scenario/options.js');
const { loadVendor } = await import('./node_modules/callsurge/dist/vendor/load.js');
const loaded = await loadScenario('mine.ts');
const options = checkOptions(loaded, { env: {} });
const inside = await loadScenario('node_modules/callsurge/theirs.ts').catch((error) => error.message);
console.log(JSON.stringify([loaded.title, options.scenarios[0].executor, await loaded.functions.default(), (await loadVendor('vendor-a')).profile.name, inside]));
`;

it('loads a TypeScript scenario and profile beside node_modules', { timeout: 60_000 }, async () => {
  const app = await mkdtemp(join(tmpdir(), 'callsurge-installed-'));
  try {
    const own = join(app, 'node_modules/callsurge');
    // Types are checked elsewhere; this only wants the JavaScript, also while other rooms are being worked on.
    await run(process.execPath, [
      join(repository, 'node_modules/typescript/bin/tsc'),
      ...['-p', join(repository, 'tsconfig.build.json'), '--outDir', join(own, 'dist'), '--noCheck'],
    ]);
    const { dependencies } = JSON.parse(await readFile(join(repository, 'package.json'), 'utf8'));
    for (const name of Object.keys(dependencies)) {
      await mkdir(dirname(join(app, 'node_modules', name)), { recursive: true });
      await symlink(join(repository, 'node_modules', name), join(app, 'node_modules', name));
    }
    await writeFile(join(own, 'package.json'), '{ "name": "callsurge", "type": "module" }');
    await writeFile(join(own, 'theirs.ts'), 'export default (): void => {};\n');
    await writeFile(join(app, 'mine.ts'), SCENARIO);
    await mkdir(join(app, 'vendors'));
    await writeFile(join(app, 'vendors/vendor-a.ts'), await readFile(join(repository, 'scenarios/vendors/vendor-a.ts')));
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', CODE], { cwd: app });
    expect(JSON.parse(stdout)).toEqual([
      'Installed',
      'shared-iterations',
      [true, 'function', 3],
      'vendor-a',
      'TypeScript inside node_modules is not run',
    ]);
  } finally {
    await rm(app, { recursive: true });
  }
});

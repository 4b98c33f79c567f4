/**
 * Runs code in a Node process of its own, as the command line does: there a user's file is loaded by Node itself, not by the test runner.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const source = (module: string) => JSON.stringify(new URL(`../../src/${module}`, import.meta.url).href);

/** A folder outside the repository with these files in it. */
export async function folderWith(files: Record<string, string>): Promise<{ path: string; [Symbol.asyncDispose](): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'callsurge test '));
  for (const [name, text] of Object.entries(files)) await writeFile(join(path, name), text);
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

/**
 * `body` is the inside of an async function; what it returns comes back through JSON. It sees `modules` by name (`load` for scenario/load.ts …),
 * `path(name)` in `folder`, and `line(promise)`: the one line of what is thrown, with the folder's name cut out.
 */
export async function inNode<T>(
  folder: string,
  modules: Record<string, string>,
  body: string,
  env: Record<string, string> = {},
): Promise<T> {
  const code = `
    const path = (name) => ${JSON.stringify(`${folder}/`)} + name;
    const line = (promise) => promise.then(() => 'nothing was thrown', (error) => error.oneLine ? error.oneLine().replaceAll(path(''), '') : String(error.stack));
    ${Object.entries(modules)
      .map(([name, module]) => `const ${name} = await import(${source(module)});`)
      .join('\n')}
    const result = await (async () => { ${body} })();
    process.stdout.write('\\u0001' + JSON.stringify(result ?? null));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', code], {
    cwd: folder,
    env: { ...process.env, ...env },
    timeout: 30_000,
  });
  return JSON.parse(stdout.slice(stdout.indexOf('\u0001') + 1));
}

export const repository = fileURLToPath(new URL('../../', import.meta.url));

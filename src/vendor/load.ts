/** A vendor profile by path or by name. */
import { existsSync } from 'node:fs';
import { dirname, extname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CallsurgeError } from '../errors.ts';
import { type FileKind, importUserFile } from '../scenario/user-file.ts';
import { checkVendor } from './check.ts';
import type { VendorProfile } from './profile.ts';

const KIND: FileKind = {
  name: 'vendor profile',
  notFound: 'vendor-invalid',
  syntax: 'vendor-invalid',
  invalid: 'vendor-invalid',
  threw: 'vendor-invalid',
};

/** Where a bare name is looked for: the user's folders, then those that come with callsurge. */
const FOLDERS = ['vendors', 'scenarios/vendors'];
const shipped = fileURLToPath(
  new URL(extname(import.meta.url) === '.ts' ? '../../scenarios/vendors' : '../scenarios/vendors', import.meta.url),
);

export interface LoadedVendor {
  /** Absolute. */
  file: string;
  profile: VendorProfile;
}

/**
 * @param pathOrName `./my/vendor-a.ts`, or `vendor-a` for ./vendors/vendor-a.ts, ./scenarios/vendors/vendor-a.ts or one that comes with callsurge.
 * @throws CallsurgeError `vendor-invalid`, naming file and field.
 */
export async function loadVendor(pathOrName: string): Promise<LoadedVendor> {
  const file = find(pathOrName);
  const { exports } = await importUserFile(file, KIND);
  if (exports.default === undefined) {
    const what =
      exports.options === undefined ? 'this is no vendor profile: it has no default export' : 'this is a scenario, not a vendor profile';
    throw new CallsurgeError('vendor-invalid', what, { where: pathOrName, todo: 'write `export default defineVendor({ … })`' });
  }
  if (typeof exports.default === 'function')
    throw new CallsurgeError('vendor-invalid', 'the default export is a function, not a vendor profile', {
      where: pathOrName,
      todo: 'a scenario goes before --vendor; a profile is `export default defineVendor({ … })`',
    });
  const profile = checkVendor(exports.default, pathOrName);
  // Where the run is started from must not matter.
  for (const group of profile.agents ?? []) if (group.script !== undefined) group.script = resolve(dirname(file), group.script);
  return { file, profile };
}

function find(pathOrName: string): string {
  if (/[/\\]|\.[cm]?[jt]s$/.test(pathOrName)) return resolve(pathOrName);
  const places = [...FOLDERS.map((folder) => resolve(folder)), shipped];
  for (const place of places)
    for (const ending of ['.ts', '.js', '.mts', '.mjs']) {
      const file = join(place, pathOrName + ending);
      if (existsSync(file)) return file;
    }
  throw new CallsurgeError('vendor-invalid', `there is no vendor profile "${pathOrName}"`, {
    where: '--vendor',
    todo: `give a path, or a file ${pathOrName}.ts in ./vendors or ./scenarios/vendors`,
  });
}

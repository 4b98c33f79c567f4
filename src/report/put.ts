/** How every report gets into its folder: whole or not at all, so that nobody ever reads half of one. */
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CallsurgeError } from '../errors.ts';

/** @returns the path. @throws CallsurgeError `folder-unwritable` */
export function putReport(dir: string, name: string, text: string): string {
  const path = join(dir, name);
  const beside = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(beside, text);
    renameSync(beside, path);
  } catch (cause) {
    rmSync(beside, { force: true });
    throw new CallsurgeError('folder-unwritable', 'a report cannot be written', {
      where: path,
      todo: 'check the folder, its permissions and the free space',
      cause,
    });
  }
  return path;
}

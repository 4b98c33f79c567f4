import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runFolderDoc } from './run-folder-doc.ts';

it('every column stands in docs/run-folder.md as it is written', () => {
  expect(readFileSync(join(import.meta.dirname, '../../docs/run-folder.md'), 'utf8')).toBe(runFolderDoc());
});

import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { EXIT, EXIT_MEANINGS } from '../../src/cli/exit-codes.ts';

it('README documents every exit code in the words of the table', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  for (const [name, code] of Object.entries(EXIT)) expect(readme).toContain(`| ${code} | ${EXIT_MEANINGS[name as keyof typeof EXIT]} |`);
  expect(new Set(Object.values(EXIT)).size).toBe(Object.keys(EXIT).length);
});

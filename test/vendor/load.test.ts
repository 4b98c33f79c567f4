import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { folderWith, inNode, repository } from '../scenario/native.ts';

const GOOD = `import { defineVendor, env } from 'callsurge';
export default defineVendor({
  name: 'vendor-x', trunks: [{ name: 'main', host: '127.0.0.1' }],
  agents: [{ kind: 'sip', name: 'a', count: 1, accounts: { username: '1', password: env('X') } }],
  contract: { targets: ['127.0.0.1'], called: ['2000'], callers: ['5xxx'], maxCallsPerSecond: 1, maxChannels: 1, contact: { name: 'x' } },
});
`;

it('a profile is found by path and by name, and a wrong file is said to be one', async () => {
  await using folder = await folderWith({
    'good.ts': GOOD,
    'scenario.ts': `export const options = {};\nexport default function () {}\n`,
    'only-options.ts': 'export const options = {};\n',
    'empty.ts': 'export const x: number = 1;\n',
    'bad.ts': GOOD.replace('host:', 'hots:'),
    'syntax.ts': 'const a: number = 1;\nexport default {{\n',
    'enum.ts': 'enum A { B }\n',
    'throws.ts': "\nthrow new Error('boo');\n",
  });
  await mkdir(join(folder.path, 'vendors'));
  await writeFile(join(folder.path, 'vendors', 'vendor-x.ts'), GOOD);
  const result = await inNode<{ found: string[]; lines: string[] }>(
    folder.path,
    { load: 'vendor/load.ts' },
    `
    const found = [];
    for (const name of ['./good.ts', 'vendor-x', 'embedded', 'embedded-phones', 'embedded-humans', 'embedded-web', 'lab', 'vendor-a', 'vendor-a-web']) {
      const { file, profile } = await load.loadVendor(name);
      found.push(profile.name + ' ' + file.replace(path(''), '').replace(${JSON.stringify(repository)}, '~'));
    }
    const lines = [];
    for (const name of ['./scenario.ts', './only-options.ts', './empty.ts', './bad.ts', './syntax.ts', './enum.ts', './throws.ts', './none.ts', 'none'])
      lines.push(await line(load.loadVendor(name)));
    return { found, lines };`,
  );
  expect(result.found).toEqual([
    'vendor-x good.ts',
    'vendor-x vendors/vendor-x.ts',
    'embedded ~scenarios/vendors/embedded.ts',
    'embedded-phones ~scenarios/vendors/embedded-phones.ts',
    'embedded-humans ~scenarios/vendors/embedded-humans.ts',
    'embedded-web ~scenarios/vendors/embedded-web.ts',
    'lab ~scenarios/vendors/lab.ts',
    'vendor-a ~scenarios/vendors/vendor-a.ts',
    'vendor-a-web ~scenarios/vendors/vendor-a-web.ts',
  ]);
  const expected = [
    'the default export is a function, not a vendor profile (./scenario.ts): a scenario goes before --vendor',
    'this is a scenario, not a vendor profile (./only-options.ts)',
    'this is no vendor profile: it has no default export (./empty.ts): write `export default defineVendor({ … })`',
    'unknown field "hots" (vendor.trunks[0].hots in ./bad.ts): did you mean host',
    /\(syntax\.ts:2\) \[vendor-invalid\]/,
    /TypeScript enum is not supported.*\(enum\.ts:1\)/,
    'the vendor profile threw while loading: boo (throws.ts:2) [vendor-invalid]',
    'the vendor profile file cannot be read: ENOENT',
    'there is no vendor profile "none" (--vendor): give a path, or a file none.ts in ./vendors or ./scenarios/vendors [vendor-invalid]',
  ];
  for (const [i, line] of result.lines.entries()) {
    if (typeof expected[i] === 'string') expect(line).toContain(expected[i]);
    else expect(line).toMatch(expected[i]!);
  }
});

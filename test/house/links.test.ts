/** The two READMEs lead to the same places, and every link of them and of docs/ to a file or folder that is there. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const linksOf = (file: string): string[] => {
  const text = readFileSync(join(root, file), 'utf8').replace(/```.*?```/gs, '');
  return [...text.matchAll(/\]\(([^)\s#]+)(?:#[^)\s]*)?\)/g)].map(([, target]) => target!).filter((target) => !/^[a-z]+:/.test(target));
};

it('the Chinese README leads wherever the English one does', () => {
  const own = new Set(['README.md', 'README.zh-CN.md']);
  const chinese = new Set(linksOf('README.zh-CN.md'));
  expect(linksOf('README.md').filter((target) => !own.has(target) && !chinese.has(target))).toEqual([]);
  expect(chinese.has('README.md')).toBe(true);
});

it('no link leads nowhere', () => {
  const files = [
    'README.md',
    'README.zh-CN.md',
    ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).map((name) => `docs/${name}`),
  ];
  const dead = files
    .filter((file) => file.endsWith('.md'))
    .flatMap((file) => linksOf(file).map((target) => ({ file, target })))
    .filter(({ file, target }) => !existsSync(resolve(root, dirname(file), target)));
  expect(dead).toEqual([]);
});

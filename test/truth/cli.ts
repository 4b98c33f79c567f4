/** `npm run truth -- NAME …`: the long comparisons with what is known to be true; each writes its table to docs/truth/NAME.md. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../src/errors.ts';

/** What each file of this folder with a `run` answers. */
export interface TruthTable {
  title: string;
  columns: string[];
  rows: string[][];
  ok: boolean;
}

const OUT = join(import.meta.dirname, '../../docs/truth');

async function main(names: string[]): Promise<number> {
  const known: string[] = [];
  for (const file of readdirSync(import.meta.dirname)) {
    if (!file.endsWith('.ts') || file.endsWith('.test.ts') || file === 'cli.ts') continue;
    const { run } = (await import(join(import.meta.dirname, file))) as { run?: () => Promise<TruthTable> };
    if (typeof run === 'function') known.push(file.slice(0, -3));
  }
  const wrong = names.filter((name) => !known.includes(name));
  if (names.length === 0 || wrong.length > 0) {
    console.error(`npm run truth -- NAME, where NAME is one of ${known.join(', ')}`);
    return 2;
  }
  let ok = true;
  for (const name of names) {
    const { run } = (await import(join(import.meta.dirname, `${name}.ts`))) as { run: () => Promise<TruthTable> };
    const table = await run();
    const text = markdown(name, table);
    mkdirSync(OUT, { recursive: true });
    writeFileSync(join(OUT, `${name}.md`), text);
    console.log(text);
    ok &&= table.ok;
  }
  return ok ? 0 : 1;
}

function markdown(name: string, { title, columns, rows, ok }: TruthTable): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  const body = [line(columns), line(columns.map(() => '---')), ...rows.map(line)].join('\n');
  return `# ${name}\n\n${title}\n\n${body}\n\n${ok ? 'All as they should be.' : '**Not all as they should be.**'} Made by \`npm run truth -- ${name}\`.\n`;
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(messageOf(error));
    process.exit(1);
  },
);

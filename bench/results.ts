/** bench/RESULTS.md: one section a benchmark, each replaced by its newest run. Figures stand there only as measured. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';

const FILE = join(import.meta.dirname, 'RESULTS.md');
const HEAD = `# Measured

Each section is the newest run of one command, as it printed it. Machines and days differ: compare what stands in one section, not across them.
The load average is that of the machine right before a run; above about 0.5 somebody else was at work on it.
`;

export function machine(): string {
  const all = cpus();
  const memory = `${Math.round(totalmem() / 2 ** 30)} GB`;
  const load = loadavg()[0]!.toFixed(1);
  return `${new Date().toISOString().slice(0, 16)}Z · ${all.length} × ${all[0]!.model} · ${memory} · Node ${process.version} · load average ${load}`;
}

/** @returns the file. */
export function writeResults(name: string, title: string, text: string, file: string = FILE): string {
  const before = existsSync(file) ? readFileSync(file, 'utf8') : HEAD;
  const sections = before.split(/^(?=## )/m);
  const section = `## ${title}: \`npm run bench:${name}\`\n\n${machine()}\n\n${text}\n\n`;
  const at = sections.findIndex((one) => one.startsWith(`## ${title}:`));
  if (at < 0) sections.push(section);
  else sections[at] = section;
  writeFileSync(file, `${sections.join('').trimEnd()}\n`.replace(/([^\n])\n## /g, '$1\n\n## '));
  return file;
}

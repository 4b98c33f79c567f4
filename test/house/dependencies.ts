/**
 * Checks that imports point one way, folder by folder. The list reads like the paragraph in docs/architecture.md; it is the rule, that is the
 * explanation. `npm run lint` runs it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const src = resolve(import.meta.dirname, '../../src');

/** Everybody may import these. */
const everywhere = ['clock.ts', 'errors.ts', 'duration.ts', 'random.ts', 'turnover.ts', 'record/schema.ts'];

/** What else each room may import: a room, or one file of it. */
const rooms: Record<string, string[]> = {
  'index.ts': ['scenario', 'vendor', 'call'],
  cli: [
    'engine',
    'scenario',
    'vendor',
    'report',
    'schedule',
    'record',
    'simulator',
    'sip',
    'media',
    'call',
    'faults',
    'metrics',
    'analysis',
  ],
  engine: ['schedule', 'call', 'faults', 'metrics', 'record', 'sip', 'media', 'scenario', 'vendor', 'analysis'],
  call: ['sip', 'media'],
  faults: ['vendor', 'scenario/surge.ts', 'record'],
  report: ['analysis', 'record', 'metrics'],
  analysis: ['metrics', 'vendor/profile.ts'],
  metrics: [],
  schedule: [],
  scenario: ['schedule', 'metrics', 'vendor/profile.ts', 'call'],
  vendor: ['simulator/config.ts', 'scenario/user-file.ts', 'scenario/log-times.ts', 'schedule/fields.ts'],
  record: [],
  sip: [],
  media: [],
  simulator: ['sip', 'media'],
};

/** Pure rooms: no module of Node that does I/O, no clock of their own. */
const pure = ['schedule', 'metrics', 'analysis', 'simulator/core'];
const io = /^(node:)?(fs|net|dgram|http|https|tls|child_process|worker_threads|cluster|timers|perf_hooks|os)(\/|$)/;

const files = (dir: string): string[] =>
  readdirSync(dir, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? files(join(dir, entry.name)) : entry.name.endsWith('.ts') ? [join(dir, entry.name)] : [],
  );
const within = (file: string, place: string) => file === place || file.startsWith(`${place}/`);

const faults: string[] = [];
for (const file of files(src)) {
  const from = relative(src, file);
  const room = from.includes('/') ? from.slice(0, from.indexOf('/')) : from;
  const text = readFileSync(file, 'utf8');
  for (const [, specifier] of text.matchAll(/(?:^|\n)\s*(?:import|export)\b[^'"\n;]*?(?:from\s*)?['"]([^'"]+)['"]/g)) {
    if (!specifier!.startsWith('.')) {
      if (pure.some((place) => within(from, place)) && io.test(specifier!)) faults.push(`${from} is pure but imports ${specifier}`);
      if (specifier!.startsWith('sip.js') && room !== 'sip') faults.push(`${from} imports ${specifier}: only src/sip may see SIP.js`);
      continue;
    }
    const to = relative(src, resolve(dirname(file), specifier!));
    const target = to.includes('/') ? to.slice(0, to.indexOf('/')) : to;
    if (target === room || everywhere.includes(to)) continue;
    if (rooms[room]?.some((place) => within(to, place))) continue;
    faults.push(`${from} imports ${to}: ${room} may import ${rooms[room]?.join(', ') || 'nothing'}`);
  }
  if (pure.some((place) => within(from, place)) && /\b(Date\.now|performance\.now|setTimeout|setInterval|process\.)/.test(text))
    faults.push(`${from} is pure but reads a clock, sets a timer or asks the process`);
}
for (const fault of faults) console.error(fault);
console.log(`dependency directions: ${faults.length === 0 ? 'all as declared' : `${faults.length} wrong`}`);
process.exit(faults.length === 0 ? 0 : 1);

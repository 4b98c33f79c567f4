/** `callsurge show`: one call of a run, its row and its SIP ladder; or, without a call, which calls' signalling was kept. */
import { Command } from 'commander';
import { CallsurgeError } from '../errors.ts';
import { readTable } from '../record/read.ts';
import { readMeta } from '../record/read-meta.ts';
import { type AgentRow, type CallRow, TABLES, type TraceRow } from '../record/schema.ts';
import { ladder } from '../report/ladder.ts';
import { printable } from '../report/markup.ts';

export function showCommand(): Command {
  return new Command('show')
    .description("print one call of a run: its row, and its SIP ladder where it was kept; without a call: which calls' signalling was kept")
    .argument('<folder>', 'run folder')
    .argument('[call]', 'its name in calls.csv or agents.csv (1-17), or its Call-ID')
    .option('--messages', 'print every SIP message whole')
    .addHelpText('after', '\nExample:\n  callsurge show reports/2026-11-11-000000-midnight-spike-vendor-a 1-17')
    .action(async (folder: string, call: string | undefined, flags: { messages?: boolean }) => {
      readMeta(folder);
      console.log(printable(call === undefined ? await listKept(folder) : await showCall(folder, call, flags.messages === true)));
    });
}

async function showCall(folder: string, name: string, whole: boolean): Promise<string> {
  const found: { table: 'calls' | 'agents'; row: CallRow | AgentRow }[] = [];
  const ours = (row: CallRow | AgentRow) => row.call === name || row.sip_call_id === name;
  await readTable(folder, 'calls', (row) => void (ours(row) && found.push({ table: 'calls', row })));
  await readTable(folder, 'agents', (row) => void (ours(row) && found.push({ table: 'agents', row })));
  const callIds = new Set(found.map(({ row }) => row.sip_call_id));
  const legs = new Map<string, TraceRow[]>();
  await readTable(folder, 'trace', (row) => {
    if (row.call !== name && !callIds.has(row.sip_call_id)) return;
    const leg = row.sip_call_id ?? '';
    legs.set(leg, [...(legs.get(leg) ?? []), row]);
  });
  if (found.length === 0 && legs.size === 0)
    throw new CallsurgeError('usage', `the run has no call "${name}"`, {
      where: folder,
      todo: 'give a name of the column `call`, or a Call-ID',
    });
  const parts = found.map(({ table, row }) => rowText(table, row));
  for (const [callId, rows] of legs) parts.push(legText(callId, rows, whole));
  if (legs.size === 0) parts.push('Its signalling was not kept: that of calls which completed is kept of a sample alone.');
  return parts.join('\n\n');
}

/** Every cell that is not empty; times also as ms from the intended start. */
function rowText(table: 'calls' | 'agents', row: CallRow | AgentRow): string {
  const cells = row as Record<string, unknown>;
  const zero = (cells.intended_ms ?? cells.offered_ms) as number | null;
  const lines = Object.entries(TABLES[table].columns).flatMap(([name, { type }]) => {
    const value = cells[name];
    if (value === null || value === '') return [];
    const time = type === 'ms' ? new Date(value as number).toISOString().slice(11, 23) : undefined;
    const after = time && zero !== null ? `  (${((value as number) - zero).toFixed(1)} ms)` : '';
    return [`  ${name.padEnd(24)}${time ?? (type === 'json' ? JSON.stringify(value) : String(value))}${after}`];
  });
  return [`${TABLES[table].file}`, ...lines].join('\n');
}

function legText(callId: string, rows: readonly TraceRow[], whole: boolean): string {
  const start = rows[0]!.socket_ms ?? 0;
  const messages = rows.map((row) => ({
    at: row.socket_ms ?? 0,
    sent: row.sent === true,
    remote: row.remote ?? '',
    text: row.message ?? '',
    handledAt: row.handled_ms,
    skipped: row.skipped ?? 0,
  }));
  const title = `${rows[0]!.party} ${rows[0]!.call} · Call-ID ${callId} · 0 ms = ${new Date(start).toISOString()}`;
  const texts = messages.map(
    ({ at, sent, text }) => `--- ${sent ? '→' : '←'} ${(at - start).toFixed(1)} ms\n${text.replaceAll('\r\n', '\n').trimEnd()}`,
  );
  return [title, '', ladder(messages, start, 'callsurge'), ...(whole ? ['', ...texts] : [])].join('\n');
}

async function listKept(folder: string): Promise<string> {
  const kept = new Map<string, number>();
  await readTable(folder, 'trace', ({ call }) => void kept.set(call ?? '', (kept.get(call ?? '') ?? 0) + 1));
  if (kept.size === 0) return 'no call’s signalling was kept in this run';
  const byEnd = new Map<string, string[]>();
  await readTable(folder, 'calls', (row) => {
    if (row.call === null || !kept.has(row.call)) return;
    const end = [row.outcome, row.status, row.reason].filter((part) => part !== null).join(' ');
    byEnd.set(end, [...(byEnd.get(end) ?? []), row.call]);
  });
  const lines = [...byEnd]
    .sort((a, b) => b[1].length - a[1].length)
    .map(([end, calls]) => `  ${end.padEnd(40)}${calls.length}: ${calls.slice(0, 5).join(' ')}${calls.length > 5 ? ' …' : ''}`);
  const agents = [...kept.keys()].filter((call) => call.startsWith('a'));
  if (agents.length > 0)
    lines.push(`  ${'legs of our agents'.padEnd(40)}${agents.length}: ${agents.slice(0, 5).join(' ')}${agents.length > 5 ? ' …' : ''}`);
  return ['calls whose signalling was kept, by how they ended:', ...lines].join('\n');
}

/** `callsurge reconcile`: the vendor's own report beside a run's record. Rewrites no row of the run: it adds a file, and a section to the report. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { Command } from 'commander';
import { termsOf } from '../analysis/claims.ts';
import { Reconciliation, type ReconciliationFigures } from '../analysis/reconcile.ts';
import { CallsurgeError, messageOf } from '../errors.ts';
import { SERVICE_LEVEL_MS } from '../metrics/builtin.ts';
import { readTable } from '../record/read.ts';
import { readMeta } from '../record/read-meta.ts';
import { count, duration, inUnit } from '../report/format.ts';
import { say } from '../report/messages/say.ts';
import { putReport } from '../report/put.ts';
import { reconciliationCsv } from '../report/reconciliation-csv.ts';
import { RECONCILIATION_FILES } from '../report/write.ts';
import { importUserFile } from '../scenario/user-file.ts';
import { importVendorRecord } from '../vendor/record-import.ts';
import { type CheckedVendorMapping, checkVendorMapping } from '../vendor/record-mapping.ts';
import { langOption } from './inputs.ts';
import { makeReports } from './reports.ts';

interface ReconcileFlags {
  mapping: string;
  skipBadRows?: boolean;
  lang: 'en' | 'zh-CN';
}

const SHORT_ABANDON_MS = 5000;
/** Mappings that need no file. */
const READY = ['asterisk-queue-log'];

export function reconcileCommand(): Command {
  return new Command('reconcile')
    .description(
      "hold the vendor's own queue or CDR report against a run, call by call; adds reconciliation.csv and a section to the report",
    )
    .argument('<folder>', 'run folder')
    .argument('<report>', "the vendor's report: CSV, or Asterisk's queue_log")
    .requiredOption('--mapping <file>', `which column is what: JSON or TypeScript, or ${READY.join(', ')}`)
    .option('--skip-bad-rows', 'leave out rows that cannot be read, and tell them')
    .addOption(langOption())
    .addHelpText(
      'after',
      `
Example of a mapping (every field: docs/reconciling.md):
  { "caller": "caller", "start": "started", "agentAnswer": "agent answered", "end": "ended",
    "timeFormat": "YYYY-MM-DD HH:mm:ss", "timezone": "Asia/Shanghai", "encoding": "gb18030",
    "outcome": { "column": "result", "values": { "ok": "answered", "gone": "abandoned", "full": "blocked" } } }

Examples:
  callsurge reconcile reports/2026-11-11-000000-midnight-spike-vendor-a cdr.csv --mapping vendor-a.json
  callsurge reconcile reports/2026-11-11-000000-midnight-spike-vendor-a queue_log --mapping asterisk-queue-log`,
    )
    .action(async (folder: string, file: string, flags: ReconcileFlags) => {
      const mapping = await loadMapping(flags.mapping);
      const content = readBytes(file);
      const record = importVendorRecord(content, mapping, { name: basename(file), skipBad: flags.skipBadRows ?? false });
      for (const line of record.skipped) console.error(`left out: ${line}`);

      const reconciliation = new Reconciliation();
      const terms = termsOf(readMeta(folder));
      await readTable(folder, 'calls', (row) => reconciliation.add(row));
      const { figures, calls } = reconciliation.with(
        record.calls,
        {
          file: basename(file),
          sha256: createHash('sha256').update(content).digest('hex'),
          rows: record.calls.length,
          skipped: record.skipped.length,
        },
        { ...mapping, thresholdMs: terms.serviceLevelMs ?? SERVICE_LEVEL_MS, shortMs: SHORT_ABANDON_MS },
      );
      if (figures.byCallId + figures.byCaller === 0)
        throw new CallsurgeError('log-invalid', 'no row of the report is a call of this run', {
          where: basename(file),
          todo: `check caller or callId, timezone and within in the mapping: ${figures.foreign} of ${record.calls.length} rows have other numbers`,
        });
      const csv = putReport(folder, RECONCILIATION_FILES.csv, reconciliationCsv(calls, mapping.billing));
      putReport(folder, RECONCILIATION_FILES.figures, `${JSON.stringify({ format: 1, ...figures }, null, 1)}\n`);
      const { files, warnings } = await makeReports(folder, flags.lang);
      for (const warning of warnings) console.error(`warning: ${warning}`);
      console.log(reconciliationText(figures, flags.lang));
      console.log(`calls: ${resolve(csv)}\nreport: ${resolve(files.html)}`);
    });
}

/** @throws CallsurgeError `mapping-invalid` */
async function loadMapping(file: string): Promise<CheckedVendorMapping> {
  if (READY.includes(file)) return checkVendorMapping({ format: file }, file);
  if (/\.[cm]?[jt]s$/.test(file)) {
    const code = 'mapping-invalid' as const;
    const { exports } = await importUserFile(file, { name: 'mapping', notFound: code, syntax: code, invalid: code, threw: code });
    return checkVendorMapping(exports.default, file);
  }
  let raw: unknown;
  try {
    raw = JSON.parse(readFileSync(file, 'utf8').replace(/^\ufeff/, ''));
  } catch (cause) {
    const what = (cause as { code?: string }).code === undefined ? 'the mapping is not JSON' : 'the mapping cannot be read';
    throw new CallsurgeError('mapping-invalid', `${what}: ${messageOf(cause)}`, { where: file, cause });
  }
  return checkVendorMapping(raw, file);
}

function readBytes(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new CallsurgeError('log-invalid', `the report cannot be read: ${messageOf(cause)}`, { where: file, cause });
  }
}

/** A dozen lines for the terminal. */
function reconciliationText(figures: ReconciliationFigures, language: 'en' | 'zh-CN'): string {
  const { byCallId, byCaller, onlyOurs, onlyTheirs, foreign, clockMs, ours, theirs, outcomeDiffers, races, billing, recordings } = figures;
  const nm = say(language, 'not-measured');
  const share = (value: number | null) => (value === null ? nm : inUnit(value, 'share'));
  const ms = (value: number | null) => (value === null ? nm : duration(value));
  const minutes = (value: number | null) => (value === null ? nm : count(value));
  const levels = ours.serviceLevel.map((ratio, i) => `  SL${i + 1}        ${share(ratio.value)} → ${share(theirs.serviceLevel[i]!.value)}`);
  return [
    say(language, 'reconciliation.matched', { matched: byCallId + byCaller, byCallId, byCaller, ours: onlyOurs, theirs: onlyTheirs }),
    ...(foreign > 0 ? [`  foreign    ${foreign}`] : []),
    ...(clockMs === null ? [] : [`  clock      ${clockMs < 0 ? '−' : '+'}${duration(Math.abs(clockMs))}`]),
    `  ${say(language, 'reconciliation.ours')} → ${say(language, 'reconciliation.theirs')}`,
    ...levels,
    `  ASA        ${ms(ours.asaMs)} → ${ms(theirs.asaMs)}`,
    `  outcomes   ${outcomeDiffers.part} / ${outcomeDiffers.whole} ≠${races > 0 ? `, ${races} ~` : ''}`,
    `  min        ${minutes(billing.oursMin)} → ${minutes(billing.statedMin ?? billing.theirsMin)}`,
    ...(recordings.whole > 0 ? [`  recordings ${recordings.part} / ${recordings.whole}`] : []),
  ].join('\n');
}

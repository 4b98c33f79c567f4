/** A run folder into its reports. Reads nothing but the folder. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAnalysis } from '../analysis/analyse.ts';
import type { RunAnalysis } from '../analysis/model.ts';
import type { ReconciliationFigures } from '../analysis/reconcile.ts';
import { messageOf } from '../errors.ts';
import type { ReadReport } from '../record/read.ts';
import { readMeta } from '../record/read-meta.ts';
import { replay } from '../record/replay.ts';
import { TABLES } from '../record/schema.ts';
import { RECONCILIATION_FILES, writeReports } from '../report/write.ts';

export interface MadeReports {
  analysis: RunAnalysis;
  files: { html: string; summary: string; minutes: string; junit: string };
  /** What of the folder could not be read: one line each. */
  warnings: string[];
}

/** @throws CallsurgeError `run-folder-invalid` where it is no run folder, `folder-unwritable`. */
export async function makeReports(dir: string, language: 'en' | 'zh-CN'): Promise<MadeReports> {
  const analysis = createAnalysis(readMeta(dir));
  const reads = await replay(dir, analysis);
  const figures = analysis.figures();
  const warnings = reads.flatMap(warningsOf);
  const reconciliation = readReconciliation(dir, warnings);
  if (reconciliation) figures.reconciliation = reconciliation;
  const files = writeReports(dir, figures, { language });
  return { analysis: figures, files, warnings };
}

/** What an earlier `callsurge reconcile` found; a file that is not whole is left out, and told. */
function readReconciliation(dir: string, warnings: string[]): ReconciliationFigures | undefined {
  const file = join(dir, RECONCILIATION_FILES.figures);
  if (!existsSync(file)) return undefined;
  try {
    const { format, ...figures } = JSON.parse(readFileSync(file, 'utf8')) as ReconciliationFigures & { format: number };
    if (format !== 1) throw new Error(`its format is ${format}, this callsurge reads 1`);
    return figures;
  } catch (thrown) {
    warnings.push(`${RECONCILIATION_FILES.figures}: ${messageOf(thrown)}; left out, make it again with callsurge reconcile`);
    return undefined;
  }
}

function warningsOf(read: ReadReport): string[] {
  const file = TABLES[read.table].file;
  const lines: string[] = [];
  if (read.torn) lines.push(`${file}: its last line is cut off (the run was killed) and left out`);
  if (read.badLines > 0) lines.push(`${file}: ${read.badLines} lines could not be read and are left out`);
  if (read.badCells > 0) lines.push(`${file}: ${read.badCells} cells are not of their column's type and are read as empty`);
  return lines;
}

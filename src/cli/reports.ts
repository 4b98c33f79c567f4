/** A run folder into its reports. Reads nothing but the folder. */
import { createAnalysis } from '../analysis/analyse.ts';
import type { RunAnalysis } from '../analysis/model.ts';
import { type ReadReport, readMeta } from '../record/read.ts';
import { replay } from '../record/replay.ts';
import { TABLES } from '../record/schema.ts';
import { writeReports } from '../report/write.ts';

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
  const files = writeReports(dir, figures, { language });
  return { analysis: figures, files, warnings: reads.flatMap(warningsOf) };
}

function warningsOf(read: ReadReport): string[] {
  const file = TABLES[read.table].file;
  const lines: string[] = [];
  if (read.torn) lines.push(`${file}: its last line is cut off (the run was killed) and left out`);
  if (read.badLines > 0) lines.push(`${file}: ${read.badLines} lines could not be read and are left out`);
  if (read.badCells > 0) lines.push(`${file}: ${read.badCells} cells are not of their column's type and are read as empty`);
  return lines;
}

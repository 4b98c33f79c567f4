/** What a run says when it is over: the summary, or what the scenario's handleSummary makes of it, and where the report is. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { RunResult } from '../engine/request.ts';
import { CallsurgeError, messageOf } from '../errors.ts';
import { summaryData, summaryText } from '../report/summary.ts';
import type { LoadedScenario } from '../scenario/load.ts';
import type { MadeReports } from './reports.ts';

export interface EndOfRun {
  result: RunResult;
  reports: MadeReports;
  scenario: LoadedScenario;
  language: 'en' | 'zh-CN';
}

/** k6's rule: where handleSummary exists, it says what is printed (`stdout`, `stderr`) and written (any other key is a file). */
export async function endOfRun({ result, reports, scenario, language }: EndOfRun): Promise<void> {
  for (const warning of reports.warnings) console.error(`warning: ${warning}`);
  const made = scenario.handleSummary ? await ownSummary(scenario, reports) : undefined;
  if (made === undefined) process.stdout.write(`\n${summaryText(reports.analysis, { language })}\n`);
  else for (const [target, text] of Object.entries(made)) put(target, text);
  if (result.openCalls > 0) console.error(`warning: ${result.openCalls} calls may be open at the vendor: callsurge sweep ${result.dir}`);
  console.log(`report: ${resolve(reports.files.html)}`);
}

async function ownSummary(scenario: LoadedScenario, reports: MadeReports): Promise<Record<string, string> | undefined> {
  try {
    return (await scenario.handleSummary!(summaryData(reports.analysis))) as Record<string, string> | undefined;
  } catch (thrown) {
    console.error(`warning: handleSummary threw, the usual summary follows: ${messageOf(thrown)}`);
    return undefined;
  }
}

function put(target: string, text: string): void {
  if (target === 'stdout') process.stdout.write(text);
  else if (target === 'stderr') process.stderr.write(text);
  else {
    try {
      mkdirSync(dirname(resolve(target)), { recursive: true });
      writeFileSync(target, text);
    } catch (cause) {
      throw new CallsurgeError('folder-unwritable', 'handleSummary names a file that cannot be written', { where: target, cause });
    }
  }
}

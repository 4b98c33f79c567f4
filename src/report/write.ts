/** The reports of a run, written into its folder. Each file appears whole or not at all: written beside its place, then renamed. */
import type { RunAnalysis } from '../analysis/model.ts';
import { minutesCsv, summaryCsv } from './csv.ts';
import { renderHtml } from './html.ts';
import { junitXml } from './junit.ts';
import type { Language } from './messages/say.ts';
import { putReport } from './put.ts';

export interface ReportFiles {
  /** report.html: both languages, the asked one first. */
  html: string;
  /** Summary in the asked language; the other one lies beside it. */
  summary: string;
  minutes: string;
  junit: string;
}

const SUMMARY_FILES: Record<Language, string> = { en: 'summary.csv', 'zh-CN': 'summary.zh-CN.csv' };

/** What `callsurge reconcile` adds to a run folder: every call, and the figures for the report. */
export const RECONCILIATION_FILES = { csv: 'reconciliation.csv', figures: 'reconciliation.json' } as const;

/** @returns the paths. @throws CallsurgeError `folder-unwritable` */
export function writeReports(
  dir: string,
  analysis: RunAnalysis,
  { language = 'en', timeZone }: { language?: Language; timeZone?: string } = {},
): ReportFiles {
  const put = (name: string, text: string) => putReport(dir, name, text);
  const summaries = {
    en: put(SUMMARY_FILES.en, summaryCsv(analysis, 'en')),
    'zh-CN': put(SUMMARY_FILES['zh-CN'], summaryCsv(analysis, 'zh-CN')),
  };
  return {
    html: put('report.html', renderHtml(analysis, { language, timeZone })),
    summary: summaries[language],
    minutes: put('minutes.csv', minutesCsv(analysis)),
    junit: put('junit.xml', junitXml(analysis, language)),
  };
}

/** `callsurge report`: every report of a run again, from its folder alone; also after the run was killed. */
import { resolve } from 'node:path';
import { Command } from 'commander';
import { isProbe } from '../record/probe-files.ts';
import { isSearch } from '../report/search-files.ts';
import { summaryText } from '../report/summary.ts';
import { langOption } from './inputs.ts';
import { reportOnProbes } from './probe.ts';
import { makeReports } from './reports.ts';
import { reportOnSearch } from './search.ts';

export function reportCommand(): Command {
  return new Command('report')
    .description('make the reports of a run, search or probe folder again, also of a run that was killed')
    .argument('<folder>', 'folder of a run, a search or probes')
    .addOption(langOption())
    .addHelpText('after', '\nExample:\n  callsurge report reports/2026-11-11-000000-midnight-spike-vendor-a --lang zh-CN')
    .action(async (folder: string, flags: { lang: 'en' | 'zh-CN' }) => {
      if (isSearch(folder) || isProbe(folder)) {
        const { lines } = isSearch(folder) ? reportOnSearch(folder, flags.lang) : reportOnProbes(folder, flags.lang);
        for (const line of lines) console.log(line);
        return;
      }
      const { analysis, files, warnings } = await makeReports(folder, flags.lang);
      for (const warning of warnings) console.error(`warning: ${warning}`);
      process.stdout.write(`${summaryText(analysis, { language: flags.lang })}\n`);
      console.log(`report: ${resolve(files.html)}`);
    });
}

/** `callsurge demo`: a whole run on the embedded vendor, with a queue, a site failure and a scale-up, held against the vendor's own truth. */
import { extname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { checkTruth, fetchTruth, keepTruth, truthText, type VendorTruth } from './demo-truth.ts';
import { integer, langOption, loadInputs } from './inputs.ts';
import { playRun } from './run.ts';

/** TypeScript beside the sources in the repository; compiled beside us in the package, where Node strips no types. */
function shipped(name: string): string {
  const extension = extname(import.meta.url);
  return fileURLToPath(new URL(`${extension === '.ts' ? '../../scenarios' : '../scenarios'}/${name}${extension}`, import.meta.url));
}

export function demoCommand(): Command {
  return new Command('demo')
    .description('play a promotion peak against the embedded vendor on this machine, about a minute; loopback only')
    .option('--out <folder>', 'where run folders go', 'reports')
    .addOption(langOption())
    .option('--seed <n>', 'seed of arrivals and callers', integer(0))
    .action(async (flags: { out: string; lang: 'en' | 'zh-CN'; seed?: number }) => {
      const inputs = await loadInputs(shipped('demo'), { vendor: shipped('vendors/embedded'), seed: flags.seed });
      let truth: VendorTruth | undefined;
      const { exitCode, result, reports } = await playRun(inputs, flags, async (api) => {
        truth = await fetchTruth(api);
      });
      if (truth && reports) {
        keepTruth(result.dir, truth);
        console.log(`\n${truthText(checkTruth(reports.analysis, truth))}`);
        console.log(`report: ${resolve(reports.files.html)}`);
      }
      process.exitCode = exitCode;
    });
}

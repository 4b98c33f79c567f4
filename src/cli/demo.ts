/** `callsurge demo`: a whole run on the embedded vendor, with a queue, a site failure and a scale-up, held against the vendor's own truth. */
import { existsSync } from 'node:fs';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { langOption, loadInputs } from './inputs.ts';
import { playRun } from './run.ts';

/** Beside the sources in the repository, and in the package. */
function shipped(name: string): string {
  const candidates = ['../../scenarios', '../scenarios'].map((place) => fileURLToPath(new URL(`${place}/${name}`, import.meta.url)));
  const extensions = [extname(import.meta.url), '.ts', '.js'];
  for (const candidate of candidates)
    for (const extension of extensions) if (existsSync(candidate + extension)) return candidate + extension;
  return `${candidates[0]}.ts`;
}

export function demoCommand(): Command {
  return new Command('demo')
    .description('play a promotion peak against the embedded vendor on this machine, about a minute; loopback only')
    .option('--out <folder>', 'where run folders go', 'reports')
    .addOption(langOption())
    .option('--seed <n>', 'seed of arrivals and callers', Number)
    .action(async (flags: { out: string; lang: 'en' | 'zh-CN'; seed?: number }) => {
      const inputs = await loadInputs(shipped('demo'), { vendor: shipped('vendors/embedded'), seed: flags.seed });
      const { exitCode } = await playRun(inputs, flags);
      process.exitCode = exitCode;
    });
}

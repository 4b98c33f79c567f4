/** `callsurge search`: the largest load that a vendor carries without loss: calls at a time, or new calls per second. */
import { resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { Sought } from '../analysis/trial.ts';
import { readSearch, writeSearch } from '../report/search-files.ts';
import { searchLines, trialLine } from '../report/search-text.ts';
import { loadVendor } from '../vendor/load.ts';
import { integer, keys, langOption, MOST_WORKERS } from './inputs.ts';
import { searchFor } from './search-play.ts';

export interface SearchFlags {
  vendor: string;
  for: Sought;
  number?: string;
  press?: string;
  scenario?: string;
  exec?: string;
  max?: number;
  start: number;
  epsilon: number;
  width: number;
  trial: string;
  confirm: string;
  repeats: number;
  pause: string;
  hold: string;
  ramp?: number;
  media?: 'rtp' | 'none';
  stopWhen?: string[];
  baseline: boolean;
  workers?: number;
  seed: number;
  out: string;
  lang: 'en' | 'zh-CN';
}

const number = (what: string, good: (value: number) => boolean) => (text: string) => {
  const value = Number(text);
  if (text.trim() === '' || !good(value)) throw new InvalidArgumentError(what);
  return value;
};
const share = number('from 0 to below 1', (value) => value >= 0 && value < 1);

export function searchCommand(): Command {
  return new Command('search')
    .description('find the largest load that the vendor carries: calls at a time, or calls per second (RFC 7502)')
    .requiredOption('-V, --vendor <profile>', 'vendor profile: a file, or the name of one in vendors/')
    .addOption(
      new Option('--for <what>', 'calls at a time, or new calls per second').choices(['concurrency', 'rate']).default('concurrency'),
    )
    .option('--number <digits>', 'number to dial, or a name of vendor.numbers (default: the first)')
    .option('--press <digits>', 'keys to press after the answer', keys)
    .option('--scenario <file>', 'callers of your own: a scenario whose exported function plays one')
    .option('--exec <name>', 'that function (default: default)')
    .option('--max <n>', 'largest load to try (default: what the contract permits)', integer(1))
    .option('--start <n>', 'first load', integer(1), 8)
    .option('--epsilon <share>', 'loss ratio that is still good', share, 0)
    .option('--width <share>', 'bounds this close, as a share of the load, are close enough; one call always is', share, 0.005)
    .option('--trial <time>', 'length of the trials that bracket', '5s')
    .option('--confirm <time>', 'length of the trials that confirm', '20s')
    .option('--repeats <n>', 'trials of which a majority confirms (odd)', integer(1), 3)
    .option('--pause <time>', 'between trials', '2s')
    .option('--hold <time>', 'rate: how long each call stays', '200ms')
    .option('--ramp <n>', 'concurrency: calls dialled per second (default: all within 5 s, at least 10/s)', integer(1))
    .addOption(new Option('--media <kind>', 'rtp, or none for signalling only (default: none for rate)').choices(['rtp', 'none']))
    .option('--stop-when <rule>', "end it all at once, as 'call_blocked rate>0.5' or 'setup_delay p(95)>3000'; may be repeated", gather)
    .option('--no-baseline', 'do not measure our own ceiling first; the result is then not valid for a verdict')
    .option('--workers <n>', 'worker threads (default: one a core)', integer(1, MOST_WORKERS))
    .option('--seed <n>', 'seed of the callers', integer(0), 1)
    .option('--out <folder>', 'where search folders go', 'reports')
    .addOption(langOption())
    .addHelpText(
      'after',
      `
Never tries more than the contract permits. Ctrl-C once: the trial is drained and the bounds so far are written. Twice: out at once.

Examples:
  callsurge search --vendor vendors/vendor-a.ts --number 4001000000
  callsurge search --vendor vendors/vendor-a.ts --for rate --max 60
  callsurge search --vendor embedded --max 100 --trial 2s --confirm 5s --stop-when 'call_blocked rate>0.5'`,
    )
    .action(async (flags: SearchFlags) => {
      const { profile } = await loadVendor(flags.vendor);
      const { exitCode } = await searchFor(profile, flags, { say: (line) => console.log(line) });
      process.exitCode = exitCode;
    });
}

const gather = (value: string, before: string[] = []) => [...before, value];

/** The page and table of a search folder, from search.json alone. @throws CallsurgeError `run-folder-invalid` */
export function reportOnSearch(dir: string, language: 'en' | 'zh-CN'): { lines: string[] } {
  const record = readSearch(dir);
  writeSearch(dir, record, language);
  const trials = record.trials.map((trial) => trialLine(language, record.result.sought, trial));
  return { lines: [...trials, ...searchLines(language, record), `report: ${resolve(dir, 'search.html')}`] };
}

/** `callsurge import`: last year's log into arrivals that a scenario can replay. Sends nothing; customers' numbers stay out of what it writes. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { Command } from 'commander';
import { formatDuration } from '../duration.ts';
import { CallsurgeError, messageOf } from '../errors.ts';
import { importLog } from '../scenario/import-log.ts';
import { checkMapping } from '../scenario/log-mapping.ts';
import { replayTimeline } from '../schedule/replay.ts';
import { chart } from './chart.ts';

interface ImportFlags {
  mapping: string;
  out: string;
  from?: string;
  to?: string;
}

const CHART_STEPS = 300;

export function importCommand(): Command {
  return new Command('import')
    .description('make arrivals for a replay of last year’s log: CSV or CDR export; numbers are hashed, never kept')
    .argument('<log>', 'CSV file')
    .requiredOption('--mapping <file>', 'JSON file: which column is what (docs/replaying-a-log.md)')
    .requiredOption('--out <file>', 'JSON file to write, as scenarios/data/last-year.json')
    .option('--from <time>', 'window, in the log’s time zone: 2025-11-10T23:30')
    .option('--to <time>', 'its end')
    .addHelpText(
      'after',
      `
Example:
  callsurge import calls-2025.csv --mapping mapping.json --out scenarios/data/last-year.json --from 2025-11-10T23:30 --to 2025-11-11T01:30
  then in the scenario: surge = { arrivals: replay('data/last-year.json', { scale: 1.5, compress: 10 }) }`,
    )
    .action((file: string, flags: ImportFlags) => {
      for (const input of [file, flags.mapping])
        if (resolve(input) === resolve(flags.out))
          throw new CallsurgeError('usage', 'it would be written over', { where: flags.out, todo: 'name another file with --out' });
      const mapping = checkMapping(readJson(flags.mapping), flags.mapping);
      const { log, rows, filtered, outside, calls, callers, unnamed } = importLog(readBytes(file), mapping, {
        name: basename(file),
        ...flags,
      });
      try {
        mkdirSync(dirname(flags.out), { recursive: true });
        writeFileSync(flags.out, `${JSON.stringify(log)}\n`);
      } catch (cause) {
        throw new CallsurgeError('folder-unwritable', `it cannot be written: ${messageOf(cause)}`, { where: flags.out, cause });
      }
      const { rateAt } = replayTimeline({ log, scale: 1, compress: 1, fromMs: 0, toMs: log.durationMs }, 1);
      const rates = Array.from({ length: CHART_STEPS }, (_, i) => rateAt(((i + 0.5) * log.durationMs) / CHART_STEPS));
      console.log(
        [
          ...chart(rates, { totalLabel: formatDuration(log.durationMs), unit: 'calls/s' }),
          '',
          `rows      ${rows}${filtered > 0 ? `, ${filtered} left out by where` : ''}${outside > 0 ? `, ${outside} outside the window` : ''}`,
          `calls     ${calls} in ${formatDuration(log.durationMs)} from ${log.from}, told to ${formatDuration(log.resolutionMs)}`,
          ...(mapping.caller === undefined ? [] : [`callers   ${callers}, hashed with a key that is gone now`]),
          ...(unnamed > 0 ? [`intents   ${unnamed} calls ask for something that the mapping does not name: they have none`] : []),
          `written   ${flags.out}`,
        ].join('\n'),
      );
    });
}

function readBytes(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new CallsurgeError('log-invalid', `the log cannot be read: ${messageOf(cause)}`, { where: file, cause });
  }
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new CallsurgeError('mapping-invalid', `the mapping cannot be read: ${messageOf(cause)}`, { where: file, cause });
  }
}

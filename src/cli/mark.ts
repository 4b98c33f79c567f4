/** `callsurge mark`: what a person saw, into the record of a run that goes on or is over. */
import { Command, Option } from 'commander';
import { RealClock } from '../clock.ts';
import { appendMark, MARK_TYPES, readMark, sendMark } from '../faults/mark.ts';
import { readMeta } from '../record/read-meta.ts';

interface MarkFlags {
  by: 'buyer' | 'vendor';
  at?: string;
  error?: string;
  note?: string;
  fault?: string;
}

export function markCommand(): Command {
  return new Command('mark')
    .description('write down what a person saw: a fault, an alarm, a ticket, an engineer, a workaround, the repair')
    .argument('<folder>', 'run folder, of a run that goes on or is over')
    .argument('<what>', MARK_TYPES.join(', '))
    .addOption(new Option('--by <whom>', 'who says so').choices(['buyer', 'vendor']).default('buyer'))
    .option('--at <time>', 'when it happened: 2026-11-11T00:12:30+08:00, 00:12:30 (local, the last time it was) or -90s (ago); default now')
    .option('--error <duration>', 'how far off that may be (default 1s)')
    .option('--note <text>', 'what the report is to say beside it')
    .option('--fault <name>', 'the fault that it belongs to (default: the one before it)')
    .addHelpText(
      'after',
      `
Two marks of the same kind that disagree are both kept: the report takes the middle, and a ± that covers both.

Examples:
  callsurge mark reports/2026-11-11-000000-midnight-spike-vendor-a fault
  callsurge mark reports/2026-11-11-000000-midnight-spike-vendor-a fixed --by vendor --at 00:19:30 --error 5s --note "route withdrawn"
  callsurge report reports/2026-11-11-000000-midnight-spike-vendor-a        afterwards: the reports with the marks`,
    )
    .action(async (folder: string, what: string, flags: MarkFlags) => {
      readMeta(folder);
      const mark = readMark({ ...flags, type: what }, new RealClock().now());
      const live = await sendMark(folder, mark);
      if (!live) appendMark(folder, mark);
      const when = new Date(mark.at).toISOString();
      console.log(
        `${mark.type} by ${mark.by} at ${when} ± ${mark.errorMs / 1000} s${live ? '' : '; make the reports again: callsurge report'}`,
      );
    });
}

/** `callsurge sweep`: ends at the vendor what a killed run's journal shows open. */
import { Command } from 'commander';
import { openFaults, sweepRun } from '../engine/sweep.ts';
import { readMeta } from '../record/read-meta.ts';
import { EXIT } from './exit-codes.ts';

export function sweepCommand(): Command {
  return new Command('sweep')
    .description("end at the vendor what a killed run's journal shows open, and name the faults that it left on")
    .argument('<folder>', 'run folder')
    .addHelpText('after', '\nExample:\n  callsurge sweep reports/2026-11-11-000000-midnight-spike-vendor-a')
    .action(async (folder: string) => {
      readMeta(folder);
      const swept = await sweepRun(folder, (leg) => console.log(`${leg.call}  ${leg.method} to ${leg.remote}: ${leg.result}`));
      const left = swept.filter(({ ended }) => !ended).length;
      console.log(
        swept.length === 0
          ? 'nothing was open'
          : `${swept.length - left} of ${swept.length} ended${left > 0 ? `, ${left} gave no answer: sweep again later` : ''}`,
      );
      for (const { name, target, startedMs } of await openFaults(folder))
        console.log(
          `fault "${name}"${target === null ? '' : ` (${target})`} was begun${startedMs === null ? '' : ` at ${new Date(startedMs).toISOString()}`} and not taken back: only you can do that`,
        );
      if (left > 0) process.exitCode = EXIT.vendorUnreachable;
    });
}

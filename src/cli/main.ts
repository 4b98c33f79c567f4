/** `callsurge`: one file per command in this folder. Whatever a command throws ends as one line and a documented exit code. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { CallsurgeError, messageOf } from '../errors.ts';
import { printable } from '../report/markup.ts';
import { demoCommand } from './demo.ts';
import { doctorCommand } from './doctor.ts';
import { EXIT, EXIT_MEANINGS, exitCodeOf } from './exit-codes.ts';
import { importCommand } from './import.ts';
import { initCommand } from './init.ts';
import { markCommand } from './mark.ts';
import { planCommand } from './plan.ts';
import { probeCommand } from './probe.ts';
import { reconcileCommand } from './reconcile.ts';
import { reportCommand } from './report.ts';
import { runCommand } from './run.ts';
import { searchCommand } from './search.ts';
import { showCommand } from './show.ts';
import { simulateCommand } from './simulate.ts';
import { sweepCommand } from './sweep.ts';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };

const exitTable = Object.entries(EXIT)
  .sort((a, b) => a[1] - b[1])
  .map(([name, code]) => `  ${String(code).padStart(3)}  ${EXIT_MEANINGS[name as keyof typeof EXIT]}`)
  .join('\n');

export function program(): Command {
  const callsurge = new Command('callsurge')
    .description('Plays a promotion peak against a call-centre vendor with real SIP and RTP, and measures what holds.')
    .version(version, '-v, --version')
    .showHelpAfterError('(callsurge --help lists commands and examples)')
    .addHelpText(
      'after',
      `
Examples:
  callsurge demo                                          a whole run on the embedded vendor, with its report
  callsurge init my-poc                                   a folder with a scenario and a vendor profile to fill in
  callsurge doctor --vendor vendors/vendor-a.ts           one call, with its SIP ladder
  callsurge plan midnight.ts --vendor vendors/vendor-a.ts what the run would do; sends nothing
  callsurge run midnight.ts --vendor vendors/vendor-a.ts

Times are written 250ms, 90s, 1m30s, 2h or 30d; a bare number is milliseconds.

Exit codes:
${exitTable}`,
    );
  for (const command of [
    runCommand(),
    demoCommand(),
    planCommand(),
    reportCommand(),
    showCommand(),
    reconcileCommand(),
    searchCommand(),
    probeCommand(),
    simulateCommand(),
    doctorCommand(),
    initCommand(),
    importCommand(),
    sweepCommand(),
    markCommand(),
  ])
    callsurge.addCommand(command.exitOverride());
  return callsurge.exitOverride();
}

/** @returns the exit code. Never throws. */
async function main(argv: string[]): Promise<number> {
  try {
    await program().parseAsync(argv);
    return Number(process.exitCode ?? EXIT.ok);
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? EXIT.ok : EXIT.invalidConfig;
    console.error(thrown instanceof CallsurgeError || thrown instanceof Error ? `callsurge: ${printable(messageOf(thrown))}` : thrown);
    if (!(thrown instanceof CallsurgeError) && thrown instanceof Error) console.error(thrown.stack);
    return exitCodeOf(thrown);
  }
}

process.exitCode = await main(process.argv);

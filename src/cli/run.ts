/** `callsurge run`: the main job. */
import { randomUUID } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { Command } from 'commander';
import { RealClock, takeAnchor } from '../clock.ts';
import type { RunEnding, RunHandle, RunObserver, RunResult } from '../engine/request.ts';
import { startRun } from '../engine/run.ts';
import { CallsurgeError, messageOf } from '../errors.ts';
import { openAlarmReceiver } from '../faults/alarms.ts';
import type { EventRow } from '../record/schema.ts';
import { header } from '../schedule/plan.ts';
import { checkSecrets, readSecret } from '../vendor/secrets.ts';
import { type EmbeddedVendor, startEmbedded } from './embedded.ts';
import { endOfRun } from './end-of-run.ts';
import { EXIT, exitCodeOf } from './exit-codes.ts';
import { type InputFlags, type Inputs, langOption, loadInputs, runFolderName, withInputFlags } from './inputs.ts';
import { watchKeys } from './keys.ts';
import { LiveLine } from './live.ts';
import { planFigures } from './plan-figures.ts';
import { type MadeReports, makeReports } from './reports.ts';

export interface RunFlags extends InputFlags {
  out: string;
  lang: 'en' | 'zh-CN';
  quiet?: boolean;
}

export interface FinishedRun {
  result: RunResult;
  reports: MadeReports | undefined;
  exitCode: number;
}

export function runCommand(): Command {
  return withInputFlags(new Command('run'))
    .description('play a scenario against a vendor, and report')
    .argument('<scenario>', 'TypeScript file')
    .option('--out <folder>', 'where run folders go', 'reports')
    .addOption(langOption())
    .option('--quiet', 'no live line')
    .addHelpText(
      'after',
      `
Ctrl-C once: no new calls, calls hung up, report written. Twice: one BYE or CANCEL per call, and out.

Examples:
  callsurge run scenarios/midnight-spike.ts --vendor vendors/vendor-a.ts
  callsurge run scenarios/midnight-spike.ts --vendor embedded --seed 7 --workers 1
  callsurge run scenarios/lunch-rush.ts --vendor vendors/vendor-a.ts --media none`,
    )
    .action(async (file: string, flags: RunFlags) => {
      const inputs = await loadInputs(file, flags);
      const { exitCode } = await playRun(inputs, flags);
      process.exitCode = exitCode;
    });
}

/** Plays checked inputs, with everything around: the embedded vendor, signals, the live line, reports, the summary. */
export async function playRun(
  inputs: Inputs,
  flags: Pick<RunFlags, 'out' | 'lang' | 'quiet'>,
  beforeVendorEnds?: (api: string) => Promise<void>,
): Promise<FinishedRun> {
  checkSecrets(inputs.vendor);
  const figures = planFigures(inputs);
  if (figures.conflicts.length > 0)
    throw new CallsurgeError('contract-violation', `the plan is outside the test contract: ${figures.conflicts.join('; ')}`, {
      where: 'vendor.contract',
      todo: 'lower the load or have the contract changed; nothing was sent',
    });
  const dir = runFolderName(flags.out, inputs.scenario, inputs.vendor, new Date());
  const live = new LiveLine();
  for (const line of header(inputs.plan)) live.say(line);
  for (const warning of [...inputs.options.warnings, ...figures.warnings]) live.say(`warning: ${warning}`);

  const anchor = takeAnchor();
  const { alarms: wanted } = inputs.vendor.local ?? {};
  const token = wanted?.token && readSecret(wanted.token, 'vendor.local.alarms.token');
  const alarms = await openAlarmReceiver({
    clock: new RealClock(anchor),
    host: wanted?.address,
    port: wanted?.port,
    token: token ?? randomUUID(),
  });
  if (wanted) live.say(`alarms: the vendor's monitoring may POST to ${token ? alarms.url.replace(token, 'TOKEN') : alarms.url}`);
  let embedded: EmbeddedVendor | undefined;
  let result: RunResult;
  try {
    if (inputs.vendor.embedded) embedded = await startEmbedded({ ...inputs.vendor.embedded, alarmUrl: alarms.url });
    const handle = startRun({
      dir,
      ...inputs,
      version: versionOf(),
      planFigures: figures,
      anchor,
      simulatorApi: embedded?.api,
      alarms,
      observers: [observer(live, flags.quiet === true)],
      exitCode: exitCodeOfEnding,
    });
    alarms.listenMarks((mark) => handle.typedMark(mark));
    const clock = new RealClock(anchor);
    const keys = watchKeys(process.stdin, () => clock.now(), {
      mark: (mark) => handle.typedMark(mark),
      interrupt: () => process.kill(process.pid, 'SIGINT'),
      say: (text) => live.say(text),
    });
    result = await withSignals(handle, live).finally(keys);
    if (embedded) await beforeVendorEnds?.(embedded.api);
  } finally {
    live.end();
    await embedded?.stop();
    await alarms.close();
  }
  return report(result, inputs, flags, live);
}

async function report(result: RunResult, inputs: Inputs, flags: Pick<RunFlags, 'lang'>, live: LiveLine): Promise<FinishedRun> {
  if (result.ending.reason === 'error') {
    // A run whose load never began has nothing to report: its folder, made a moment ago, goes again.
    if (result.meta.loadStartMs === null) {
      rmSync(result.dir, { recursive: true, force: true });
      throw result.ending.error;
    }
    live.say(`callsurge: ${messageOf(result.ending.error)}`);
  }
  const reports = await makeReports(result.dir, flags.lang);
  await endOfRun({ result, reports, scenario: inputs.scenario, language: flags.lang });
  const exitCode = result.exitCode === EXIT.ok ? verdictExit(reports) : result.exitCode;
  return { result, reports, exitCode };
}

function verdictExit({ analysis }: MadeReports): number {
  if (!analysis.validity.valid) return EXIT.runNotValid;
  return analysis.verdicts.some(({ state }) => state === 'fail') ? EXIT.claimFailed : EXIT.ok;
}

export function exitCodeOfEnding(ending: RunEnding): number {
  return ending.reason === 'error' ? exitCodeOf(ending.error) : EXIT[ending.reason];
}

/** First Ctrl-C drains, the second ends at once. */
async function withSignals(handle: RunHandle, live: LiveLine): Promise<RunResult> {
  let signals = 0;
  const onSignal = () => {
    if (++signals === 1) {
      live.say('stopping: no new calls, hanging up; once more to end at once');
      handle.stop();
    } else handle.stopNow();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  try {
    return await handle.done;
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}

function observer(live: LiveLine, quiet: boolean): RunObserver {
  return {
    onPhase: (phase) => live.say(`· ${phase}`),
    onWarning: (text) => live.say(`warning: ${text}`),
    onEvent: (event) => {
      if (event.kind === 'fault' || event.kind === 'scale' || event.kind === 'alarm' || event.kind === 'abort')
        live.say(`${event.kind} ${event.name ?? ''}: ${event.action}${whyOf(event)}`);
    },
    onSecond: (snapshot) => {
      if (!quiet) live.draw(snapshot);
    },
  };
}

/** Why a step did not happen: whoever watches may still put it right. */
function whyOf({ action, detail }: EventRow): string {
  const message = action === 'failed' || action === 'end-failed' ? (detail as { message?: unknown } | null)?.message : undefined;
  return typeof message === 'string' ? ` (${message})` : '';
}

export function versionOf(): string {
  return (JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }).version;
}

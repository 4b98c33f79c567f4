/** `callsurge probe`: days at a low rate, for a figure of availability that a contract can be held to. */
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { AvailabilityFold } from '../analysis/availability.ts';
import { RealClock, sleepOn } from '../clock.ts';
import { durationMs, formatDuration } from '../duration.ts';
import { liveTrunks } from '../engine/live-vendor.ts';
import { bindAddress, mediaAddress, RTP_PORTS } from '../engine/local-side.ts';
import { probeCall } from '../engine/probe-call.ts';
import { probeUntil } from '../engine/prober.ts';
import { openOurSide } from '../engine/sip-side.ts';
import { CallsurgeError } from '../errors.ts';
import { createMediaPump } from '../media/index.ts';
import { ProbeFolder, type ProbeMeta, readProbeMeta, readProbes } from '../record/probe-files.ts';
import { writeProbeReports } from '../report/probe-files.ts';
import { changeLine, probeLines } from '../report/probe-text.ts';
import { contractRules } from '../vendor/contract.ts';
import { loadVendor } from '../vendor/load.ts';
import type { VendorProfile } from '../vendor/profile.ts';
import { numberToDial } from './dialled-number.ts';
import { startEmbedded } from './embedded.ts';
import { EXIT } from './exit-codes.ts';
import { langOption } from './inputs.ts';
import { versionOf } from './run.ts';

type Language = 'en' | 'zh-CN';

export interface ProbeFlags {
  vendor: string;
  every: string;
  callEvery?: string;
  for: string;
  number?: string;
  hold: string;
  out?: string;
  lang: Language;
}

/** While the vendor is down it is asked so often. */
const FAST_MS = 5000;
/** Shorter intervals are load, not probes. */
const LEAST_EVERY_MS = 100;
/** The page is made anew so often while probing goes on. */
const REPORT_EVERY_MS = 3_600_000;

export function probeCommand(): Command {
  return new Command('probe')
    .description('watch a vendor for days at a low rate: availability by hour, day and month, with what it proves')
    .requiredOption('-V, --vendor <profile>', 'vendor profile: a file, or the name of one in vendors/')
    .option('--every <time>', 'OPTIONS to every trunk so often', '60s')
    .option('--call-every <time>', 'one call so often (default: no calls)')
    .option('--for <time>', 'how long in all, counted from the first start', '30d')
    .option('--number <digits>', 'number of the calls, or a name of vendor.numbers (default: the first)')
    .option('--hold <time>', 'how long a call stays on the line', '3s')
    .option('--out <folder>', 'folder; give the same one to go on after a restart (default: reports/probe-<vendor>)')
    .addOption(langOption())
    .addHelpText(
      'after',
      `
Stop it and start it again as you like: it goes on in the same folder, and what it did not see counts neither as up nor as down.
callsurge report FOLDER makes the page anew, also while it is running.

Example:
  callsurge probe --vendor vendors/vendor-a.ts --every 60s --call-every 10m --for 30d`,
    )
    .action(async (flags: ProbeFlags) => {
      const { profile } = await loadVendor(flags.vendor);
      process.exitCode = await probe(profile, flags);
    });
}

/** @returns the exit code. */
async function probe(vendor: VendorProfile, flags: ProbeFlags): Promise<number> {
  const everyMs = durationMs(flags.every, '--every');
  if (everyMs < LEAST_EVERY_MS)
    throw new CallsurgeError('usage', 'so short an interval is load, not a probe', {
      where: '--every',
      todo: `give ${LEAST_EVERY_MS}ms or more`,
    });
  const holdMs = durationMs(flags.hold, '--hold');
  const callEveryMs = flags.callEvery === undefined ? null : Math.max(everyMs, durationMs(flags.callEvery, '--call-every'));
  // Trunks and number are checked against the contract, also where no call is made.
  const number = numberToDial(vendor, flags.number);
  const now = Date.now();
  const meta: ProbeMeta = {
    format: 1,
    kind: 'probe',
    callsurge: versionOf(),
    vendor: { name: vendor.name, title: vendor.title ?? null, timezone: vendor.contract.timezone ?? null },
    promise: vendor.claims?.availability
      ? { monthly: vendor.claims.availability.monthly, words: vendor.claims.availability.words ?? null }
      : null,
    everyMs,
    callEveryMs,
    number: callEveryMs === null ? null : number,
    startMs: now,
    untilMs: now + durationMs(flags.for, '--for'),
  };
  const folder = ProbeFolder.open(flags.out ?? join('reports', `probe-${vendor.name}`), meta);
  const stopped = new AbortController();
  const onSignal = () => stopped.abort(new CallsurgeError('stopped', 'stopped by a signal'));
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  try {
    const left = Math.max(0, folder.meta.untilMs - now);
    console.log(
      `${folder.resumed ? 'going on' : 'probing'} in ${resolve(folder.dir)} for ${formatDuration(left)}, every ${formatDuration(everyMs)}; Ctrl-C stops it, and it can be started again`,
    );
    await watch(vendor, folder, { number, holdMs, language: flags.lang }, stopped.signal);
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
    folder.close();
  }
  const { lines, verdict } = reportOnProbes(folder.dir, flags.lang);
  for (const line of lines) console.log(line);
  if (stopped.signal.aborted) return EXIT.stoppedBySignal;
  return verdict === 'fail' ? EXIT.claimFailed : EXIT.ok;
}

async function watch(
  vendor: VendorProfile,
  folder: ProbeFolder,
  { number, holdMs, language }: { number: string; holdMs: number; language: Language },
  signal: AbortSignal,
): Promise<void> {
  const { meta } = folder;
  const clock = new RealClock();
  const embedded = vendor.embedded ? await startEmbedded(vendor.embedded) : undefined;
  const trunks = liveTrunks(vendor, process.env);
  const rules = contractRules(vendor.contract);
  const host = bindAddress(vendor, 0);
  const stack = await openOurSide({ ...vendor, agents: [] }, 0, process.env, {
    clock,
    userAgent: 'callsurge probe',
    idPrefix: `p${process.pid}`,
  });
  const [from, to] = vendor.local?.rtpPorts ?? RTP_PORTS;
  const pump = meta.callEveryMs === null ? undefined : await createMediaPump({ clock, host, ports: { from, to }, seed: 1 });
  const over = new AbortController();
  try {
    let calls = 0;
    const call =
      pump &&
      (async (signal: AbortSignal) => {
        const trunk = trunks[calls % trunks.length]!;
        const mediaHost = await mediaAddress(vendor, host, trunk.nextHop);
        return probeCall({ clock, stack, pump, trunk, called: number, caller: rules.callerNumber(calls++), mediaHost, holdMs, signal });
      });
    void reportNowAndThen(folder.dir, language, clock, over.signal);
    await probeUntil(
      { everyMs: meta.everyMs, callEveryMs: meta.callEveryMs, fastMs: Math.min(FAST_MS, meta.everyMs), untilMs: meta.untilMs },
      {
        clock,
        stack,
        trunks,
        rules,
        call,
        write: (row) => folder.write(row),
        onChange: (up, at, why) => console.log(changeLine(language, up, at, why)),
      },
      signal,
    );
  } finally {
    over.abort();
    await Promise.all([stack.close(), pump?.close()]);
    await embedded?.stop();
  }
}

async function reportNowAndThen(dir: string, language: Language, clock: RealClock, signal: AbortSignal): Promise<void> {
  for (;;) {
    try {
      await sleepOn(clock, REPORT_EVERY_MS, signal);
    } catch {
      return;
    }
    try {
      reportOnProbes(dir, language);
    } catch (error) {
      // A page that cannot be written is no reason to stop watching.
      console.error(`warning: ${error instanceof Error ? error.message : error}`);
    }
  }
}

/** Everything that is made from a probe folder, made from it alone. @throws CallsurgeError `run-folder-invalid`, `folder-unwritable` */
export function reportOnProbes(dir: string, language: Language): { lines: string[]; verdict: string | undefined } {
  const meta = readProbeMeta(dir);
  const fold = new AvailabilityFold({
    everyMs: meta.everyMs,
    timeZone: meta.vendor.timezone ?? undefined,
    promised: meta.promise?.monthly ?? null,
  });
  const { badLines } = readProbes(dir, (row) => fold.add(row));
  const figures = fold.figures();
  const page = writeProbeReports(dir, {
    version: meta.callsurge,
    vendor: meta.vendor,
    words: meta.promise?.words ?? null,
    callEveryMs: meta.callEveryMs,
    fastMs: Math.min(FAST_MS, meta.everyMs),
    number: meta.number,
    figures,
    language,
  });
  return {
    lines: [
      ...probeLines(language, meta.vendor.title ?? meta.vendor.name, figures),
      ...(badLines > 0 ? [`warning: ${badLines} lines could not be read and are left out`] : []),
      `report: ${resolve(page)}`,
    ],
    verdict: figures.verdict?.state,
  };
}

/** `callsurge search`: the largest load that a vendor carries without loss: calls at a time, or new calls per second. */
import { mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { CapacitySearch } from '../analysis/search.ts';
import {
  limitKind,
  type PlayedTrial,
  type SearchRecord,
  type SearchResult,
  searchVerdict,
  withinCeiling,
} from '../analysis/search-result.ts';
import type { Sought } from '../analysis/trial.ts';
import { RealClock } from '../clock.ts';
import { durationMs } from '../duration.ts';
import { playSearch, type SearchPlay, type SearchRequest } from '../engine/capacity-search.ts';
import type { TrialTerms } from '../engine/capacity-trial.ts';
import { CallsurgeError } from '../errors.ts';
import { readSearch, writeSearch } from '../report/search-files.ts';
import { searchLines, trialLine } from '../report/search-text.ts';
import { functionFor, loadScenario } from '../scenario/load.ts';
import { loadVendor } from '../vendor/load.ts';
import type { VendorProfile } from '../vendor/profile.ts';
import { numberToDial } from './dialled-number.ts';
import { startEmbedded } from './embedded.ts';
import { EXIT, exitCodeOf } from './exit-codes.ts';
import { langOption } from './inputs.ts';
import { exitCodeOfEnding, versionOf } from './run.ts';
import { largestLoad, loadToProve, ownProfile, ownVendor, rampFor, stopRules } from './search-terms.ts';

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
const whole = (least: number) => number(`a whole number from ${least}`, (value) => Number.isSafeInteger(value) && value >= least);
const share = number('from 0 to below 1', (value) => value >= 0 && value < 1);

export function searchCommand(): Command {
  return new Command('search')
    .description('find the largest load that the vendor carries: calls at a time, or calls per second (RFC 7502)')
    .requiredOption('-V, --vendor <profile>', 'vendor profile: a file, or the name of one in vendors/')
    .addOption(
      new Option('--for <what>', 'calls at a time, or new calls per second').choices(['concurrency', 'rate']).default('concurrency'),
    )
    .option('--number <digits>', 'number to dial, or a name of vendor.numbers (default: the first)')
    .option('--press <digits>', 'keys to press after the answer')
    .option('--scenario <file>', 'callers of your own: a scenario whose exported function plays one')
    .option('--exec <name>', 'that function (default: default)')
    .option('--max <n>', 'largest load to try (default: what the contract permits)', whole(1))
    .option('--start <n>', 'first load', whole(1), 8)
    .option('--epsilon <share>', 'loss ratio that is still good', share, 0)
    .option('--width <share>', 'bounds this close, as a share of the load, are close enough; one call always is', share, 0.005)
    .option('--trial <time>', 'length of the trials that bracket', '5s')
    .option('--confirm <time>', 'length of the trials that confirm', '20s')
    .option('--repeats <n>', 'trials of which a majority confirms (odd)', whole(1), 3)
    .option('--pause <time>', 'between trials', '2s')
    .option('--hold <time>', 'rate: how long each call stays', '200ms')
    .option('--ramp <n>', 'concurrency: calls dialled per second (default: all within 5 s, at least 10/s)', whole(1))
    .addOption(new Option('--media <kind>', 'rtp, or none for signalling only (default: none for rate)').choices(['rtp', 'none']))
    .option('--stop-when <rule>', "end it all at once, as 'call_blocked rate>0.5' or 'setup_delay p(95)>3000'; may be repeated", gather)
    .option('--no-baseline', 'do not measure our own ceiling first; the result is then not valid for a verdict')
    .option('--workers <n>', 'worker threads (default: one a core)', whole(1))
    .option('--seed <n>', 'seed of the callers', whole(0), 1)
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

export interface FinishedSearch {
  dir: string;
  record: SearchRecord;
  exitCode: number;
}

/** Searches, writes the folder, says the table. @throws CallsurgeError where nothing could be tried. */
export async function searchFor(vendor: VendorProfile, flags: SearchFlags, { say }: { say(line: string): void }): Promise<FinishedSearch> {
  const plan = await planSearch(vendor, flags);
  const { record, terms, lengthMs } = plan;
  const clock = new RealClock();
  const dir = folderOf(flags, vendor, new Date());
  const write = () => writeSearch(dir, record, flags.lang);
  const onTrial = (trial: PlayedTrial) => {
    record.trials.push(trial);
    say(trialLine(flags.lang, flags.for, trial));
    settle(record, search, null, null);
    write();
  };
  const common: Omit<SearchRequest, 'search' | 'vendor' | 'against' | 'pauseMs'> = {
    terms,
    epsilon: flags.epsilon,
    lengthMs,
    clock,
    version: record.callsurge,
    exitCode: exitCodeOfEnding,
    folderOf: (load, length) => {
      const n = record.trials.length + 1;
      const folder = `trials/${String(n).padStart(3, '0')}-${length}-${load}`;
      return { number: n, folder, dir: join(dir, folder) };
    },
    onTrial,
  };
  const { max } = record.result;
  const search = new CapacitySearch({ start: flags.start, max, width: flags.width, repeats: flags.repeats });
  mkdirSync(join(dir, 'trials'), { recursive: true });
  const signals = new Signals(say);
  try {
    if (flags.baseline) await baseline();
    if (!signals.stopped) {
      const embedded = vendor.embedded ? await startEmbedded(vendor.embedded) : undefined;
      try {
        const played = await signals.during(playSearch({ ...common, search, vendor, against: 'vendor', pauseMs: record.terms.pauseMs }));
        if (played.error !== undefined && search.trials === 0) throw played.error;
        settle(record, search, played.end, played.why);
        record.endMs = clock.now();
        write();
        for (const line of searchLines(flags.lang, record)) say(line);
        say(`report: ${resolve(dir, 'search.html')}`);
        return { dir, record, exitCode: exitCode(record, played.error) };
      } finally {
        await embedded?.stop();
      }
    }
    settle(record, search, 'signal', 'stopped by a signal');
    record.endMs = clock.now();
    write();
    return { dir, record, exitCode: EXIT.stoppedBySignal };
  } finally {
    signals.end();
  }

  /** One trial where our ceiling is high enough; a search downwards where it is not. */
  async function baseline(): Promise<void> {
    const top = loadToProve(max);
    const own = await startEmbedded(ownVendor(terms.number));
    try {
      const ceiling = new CapacitySearch({ start: top, max: top, width: 0.1, repeats: 0, maxTrials: 12 });
      await signals.during(
        playSearch({
          ...common,
          terms: {
            ...terms,
            own: undefined,
            press: undefined,
            stopWhen: undefined,
            rampPerSecond: rampFor(Number.POSITIVE_INFINITY, flags.ramp),
          },
          search: ceiling,
          vendor: ownProfile(vendor, own.sip),
          against: 'baseline',
          pauseMs: 200,
        }),
      );
      const { lower, upper } = ceiling.bounds();
      if (ceiling.trials > 0) record.result.ceiling = { load: lower, atLeast: upper === null };
    } finally {
      await own.stop();
    }
  }
}

/** The page and table of a search folder, from search.json alone. @throws CallsurgeError `run-folder-invalid` */
export function reportOnSearch(dir: string, language: 'en' | 'zh-CN'): { lines: string[] } {
  const record = readSearch(dir);
  writeSearch(dir, record, language);
  const trials = record.trials.map((trial) => trialLine(language, record.result.sought, trial));
  return { lines: [...trials, ...searchLines(language, record), `report: ${resolve(dir, 'search.html')}`] };
}

/** Everything checked; nothing sent. */
async function planSearch(
  vendor: VendorProfile,
  flags: SearchFlags,
): Promise<{ record: SearchRecord; terms: TrialTerms; lengthMs: { short: number; long: number } }> {
  const sought = flags.for;
  const called = numberToDial(vendor, flags.number);
  const holdMs = durationMs(flags.hold, '--hold');
  const { max, maxBy } = largestLoad(sought, vendor, flags.max, holdMs);
  if (flags.repeats % 2 === 0)
    throw new CallsurgeError('usage', 'an even number of trials has no majority', { where: '--repeats', todo: 'give 1, 3, 5 …' });
  const shortMs = durationMs(flags.trial, '--trial');
  const longMs = durationMs(flags.confirm, '--confirm');
  for (const [name, ms] of [
    ['--trial', shortMs],
    ['--confirm', longMs],
  ] as const)
    if (ms < 500) throw new CallsurgeError('usage', 'a trial shorter than half a second shows nothing', { where: name });
  const media = flags.media ?? (sought === 'rate' ? 'none' : 'rtp');
  const own = flags.scenario === undefined ? undefined : { scenario: await loadScenario(flags.scenario), exec: flags.exec ?? 'default' };
  if (own) functionFor(own.scenario, own.exec, 'capacity');
  const claim = sought === 'rate' ? vendor.claims?.callsPerSecond : vendor.claims?.concurrentCalls;
  const counting = vendor.claims?.concurrentCalls?.counting ?? null;
  const record: SearchRecord = {
    format: 1,
    kind: 'search',
    callsurge: versionOf(),
    startMs: Date.now(),
    endMs: null,
    vendor: { name: vendor.name, title: vendor.title ?? null, timezone: vendor.contract.timezone ?? null },
    promise: claim ? { atLeast: claim.atLeast, counting: sought === 'rate' ? null : counting, words: claim.words ?? null } : null,
    terms: {
      number: called,
      scenario: flags.scenario ?? null,
      exec: own?.exec ?? null,
      press: flags.press ?? null,
      media,
      shortMs,
      longMs,
      pauseMs: durationMs(flags.pause, '--pause'),
      holdMs,
      repeats: flags.repeats,
      width: flags.width,
      seed: flags.seed,
      stopWhen: flags.stopWhen ?? [],
    },
    result: {
      sought,
      epsilon: flags.epsilon,
      max,
      maxBy,
      lower: 0,
      upper: null,
      upperIs: null,
      end: null,
      endWhy: null,
      kind: null,
      ceiling: null,
      valid: false,
      confirmed: false,
    },
    verdict: null,
    trials: [],
  };
  const terms: TrialTerms = {
    sought,
    number: called,
    press: flags.press,
    holdMs,
    rampPerSecond: rampFor(vendor.contract.maxCallsPerSecond, flags.ramp),
    media,
    seed: flags.seed,
    workers: flags.workers ?? availableParallelism(),
    own,
    stopWhen: stopRules(flags.stopWhen ?? []),
  };
  return { record, terms, lengthMs: { short: shortMs, long: longMs } };
}

/** What the trials so far say. */
function settle(record: SearchRecord, search: CapacitySearch, end: SearchResult['end'], endWhy: string | null): void {
  const bounds = search.bounds();
  const trials = record.trials.filter(({ against }) => against === 'vendor');
  const kind = limitKind(record.result.sought, bounds, trials);
  const result: SearchResult = {
    ...record.result,
    ...bounds,
    end,
    endWhy,
    kind: end === 'found' || bounds.upper !== null ? kind : null,
    valid: withinCeiling(bounds, record.result.ceiling) && kind !== 'harness limit',
    confirmed: end === 'found' && search.finished,
  };
  record.result = result;
  record.verdict = record.promise ? searchVerdict(result, record.promise.atLeast, record.promise.counting) : null;
}

function exitCode({ result, verdict }: SearchRecord, error: unknown): number {
  if (result.end === 'error') return exitCodeOf(error);
  if (result.end === 'signal') return EXIT.stoppedBySignal;
  if (result.end === 'stop-when' || result.end === 'contract') return EXIT.aborted;
  if (verdict?.state === 'fail') return EXIT.claimFailed;
  return result.valid || verdict?.state === 'pass' ? EXIT.ok : EXIT.runNotValid;
}

function folderOf(flags: SearchFlags, vendor: VendorProfile, now: Date): string {
  const time = now.toISOString().slice(0, 19).replace('T', '-').replaceAll(':', '');
  return join(flags.out, `${time}-search-${flags.for}-${vendor.name}`);
}

/** First Ctrl-C drains what is played, the second ends it at once. */
class Signals {
  stopped = false;
  #playing: SearchPlay | undefined;
  readonly #onSignal: () => void;

  constructor(say: (line: string) => void) {
    this.#onSignal = () => {
      if (this.stopped) this.#playing?.stopNow();
      else {
        say('stopping: hanging up; once more to end at once');
        this.#playing?.stop();
      }
      this.stopped = true;
    };
    process.on('SIGINT', this.#onSignal);
    process.on('SIGTERM', this.#onSignal);
  }

  during(play: SearchPlay): SearchPlay['done'] {
    this.#playing = play;
    return play.done;
  }

  end(): void {
    process.off('SIGINT', this.#onSignal);
    process.off('SIGTERM', this.#onSignal);
  }
}

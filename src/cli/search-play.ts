/** A search from its plan to its folder: our own ceiling, then the vendor, signals, the table, the exit code. */
import { mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CapacitySearch } from '../analysis/search.ts';
import {
  limitKind,
  type PlayedTrial,
  type SearchRecord,
  type SearchResult,
  searchVerdict,
  withinCeiling,
} from '../analysis/search-result.ts';
import { RealClock } from '../clock.ts';
import { playSearch, type SearchPlay, type SearchRequest } from '../engine/capacity-search.ts';
import { CallsurgeError, messageOf } from '../errors.ts';
import { writeSearch } from '../report/search-files.ts';
import { searchLines, trialLine } from '../report/search-text.ts';
import type { VendorProfile } from '../vendor/profile.ts';
import { startEmbedded } from './embedded.ts';
import { EXIT, exitCodeOf } from './exit-codes.ts';
import { exitCodeOfEnding } from './run.ts';
import type { SearchFlags } from './search.ts';
import { planSearch } from './search-plan.ts';
import { loadToProve, ownProfile, ownVendor, rampFor } from './search-terms.ts';

export interface FinishedSearch {
  dir: string;
  record: SearchRecord;
  exitCode: number;
}

type Common = Omit<SearchRequest, 'search' | 'vendor' | 'against' | 'pauseMs'>;

/** Searches, writes the folder, says the table. @throws CallsurgeError where nothing could be tried. */
export async function searchFor(vendor: VendorProfile, flags: SearchFlags, { say }: { say(line: string): void }): Promise<FinishedSearch> {
  const { record, terms, lengthMs } = await planSearch(vendor, flags);
  const clock = new RealClock();
  const dir = folderOf(flags, vendor, new Date());
  const search = new CapacitySearch({ start: flags.start, max: record.result.max, width: flags.width, repeats: flags.repeats });
  const common: Common = {
    terms,
    epsilon: flags.epsilon,
    lengthMs,
    clock,
    version: record.callsurge,
    exitCode: exitCodeOfEnding,
    folderOf: (load, length) => {
      const number = record.trials.length + 1;
      const folder = `trials/${String(number).padStart(3, '0')}-${length}-${load}`;
      return { number, folder, dir: join(dir, folder) };
    },
    onTrial: (trial: PlayedTrial) => {
      record.trials.push(trial);
      say(trialLine(flags.lang, flags.for, trial));
      settle(record, search, null, null);
      writeSearch(dir, record, flags.lang);
    },
  };
  try {
    mkdirSync(join(dir, 'trials'), { recursive: true });
  } catch (cause) {
    throw new CallsurgeError('folder-unwritable', `the search cannot be written: ${messageOf(cause)}`, {
      where: dir,
      todo: 'choose another folder with --out, or make room',
      cause,
    });
  }
  const signals = new Signals(say);
  try {
    if (flags.baseline) {
      const ceiling = await ownCeiling(vendor, common, record.result.max, flags, signals, say);
      record.result.ceiling = ceiling;
    }
    const played = signals.stopped ? STOPPED : await againstVendor(vendor, common, search, record.terms.pauseMs, signals);
    if (played.error !== undefined && search.trials === 0) {
      rmSync(dir, { recursive: true, force: true });
      throw played.error;
    }
    settle(record, search, played.end, played.why);
    record.endMs = clock.now();
    writeSearch(dir, record, flags.lang);
    for (const line of searchLines(flags.lang, record)) say(line);
    say(`report: ${resolve(dir, 'search.html')}`);
    return { dir, record, exitCode: exitCode(record, played.error) };
  } finally {
    signals.end();
  }
}

type Played = Awaited<SearchPlay['done']>;
const STOPPED: Played = { trials: [], end: 'signal', why: 'stopped by a signal' };

async function againstVendor(
  vendor: VendorProfile,
  common: Common,
  search: CapacitySearch,
  pauseMs: number,
  signals: Signals,
): Promise<Played> {
  const embedded = vendor.embedded ? await startEmbedded(vendor.embedded) : undefined;
  try {
    return await signals.during(playSearch({ ...common, search, vendor, against: 'vendor', pauseMs }));
  } finally {
    await embedded?.stop();
  }
}

/** RFC 7502 §6.1: one trial where our ceiling is high enough; a search downwards where it is not. Null: it could not be measured. */
async function ownCeiling(
  vendor: VendorProfile,
  common: Common,
  max: number,
  flags: SearchFlags,
  signals: Signals,
  say: (line: string) => void,
): Promise<SearchResult['ceiling']> {
  const top = loadToProve(max);
  const search = new CapacitySearch({ start: top, max: top, width: 0.1, repeats: 0, maxTrials: 12 });
  const { number, ...terms } = common.terms;
  const own = await startEmbedded(ownVendor(number));
  try {
    const rampPerSecond = rampFor(Number.POSITIVE_INFINITY, flags.ramp);
    const played = await signals.during(
      playSearch({
        ...common,
        terms: { ...terms, number, own: undefined, press: undefined, stopWhen: undefined, rampPerSecond },
        search,
        vendor: ownProfile(vendor, own.sip),
        against: 'baseline',
        pauseMs: 200,
      }),
    );
    if (played.end === 'error') say(`warning: our own ceiling could not be measured: ${played.why}`);
    const { lower, upper } = search.bounds();
    return search.trials > 0 ? { load: lower, atLeast: upper === null } : null;
  } finally {
    await own.stop();
  }
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
    valid: withinCeiling(bounds, record.result.ceiling) && kind !== 'harness limit' && kind !== 'inconclusive',
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

/** A search, checked as a whole before anything is sent: what may be tried, by whom, and the record that it will fill. */
import { availableParallelism } from 'node:os';
import type { TrialLength } from '../analysis/search.ts';
import type { SearchRecord } from '../analysis/search-result.ts';
import { durationMs } from '../duration.ts';
import type { TrialTerms } from '../engine/capacity-trial.ts';
import { CallsurgeError } from '../errors.ts';
import { functionFor, loadScenario } from '../scenario/load.ts';
import type { VendorProfile } from '../vendor/profile.ts';
import { numberToDial } from './dialled-number.ts';
import { versionOf } from './run.ts';
import type { SearchFlags } from './search.ts';
import { largestLoad, rampFor, stopRules } from './search-terms.ts';

export interface SearchPlan {
  record: SearchRecord;
  terms: TrialTerms;
  lengthMs: Record<TrialLength, number>;
}

/** @throws CallsurgeError for whatever cannot be; nothing has been sent then. */
export async function planSearch(vendor: VendorProfile, flags: SearchFlags): Promise<SearchPlan> {
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

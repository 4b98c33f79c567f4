/** What a trial of a capacity search says, and what kind of limit all of them together show. */
import { describe, expect, it } from 'vitest';
import type { Bounds } from '../../src/analysis/search.ts';
import { limitKind, type PlayedTrial, type SearchResult, searchVerdict, withinCeiling } from '../../src/analysis/search-result.ts';
import { judgeTrial, type TrialFigures, TrialFold } from '../../src/analysis/trial.ts';
import { type CallRow, rowOf } from '../../src/record/schema.ts';

const figures = (over: Partial<TrialFigures>): TrialFigures => ({
  attempts: 10,
  answered: 10,
  failed: 0,
  refused: 0,
  failedSound: 0,
  dropped: 0,
  harness: 0,
  peakAnswered: 10,
  peakOccupied: 10,
  srdP95Ms: 20,
  unhealthySeconds: 0,
  commonest: null,
  ...over,
});

describe('a trial’s figures', () => {
  const fold = () => {
    const made = new TrialFold();
    const call = (cells: Partial<CallRow>) => made.addCall(rowOf('calls', cells));
    call({ invite_ms: 1000, provisional_ms: 1010, answer_ms: 1100, bye_sent_ms: 5000, end_ms: 5010, outcome: 'completed' });
    call({ invite_ms: 1100, provisional_ms: 1130, answer_ms: 1200, bye_sent_ms: 5000, end_ms: 5010, outcome: 'completed' });
    call({ invite_ms: 1200, end_ms: 1210, status: 503, reason: 'Service Unavailable', outcome: 'blocked' });
    call({ invite_ms: 6300, answer_ms: 6400, bye_received_ms: 6500, end_ms: 6500, outcome: 'dropped' });
    call({ invite_ms: 6300, cancel_ms: 7000, end_ms: 7000, outcome: 'abandoned' });
    call({ invite_ms: 6300, end_ms: 6400, status: 302, outcome: 'diverted' });
    call({ invite_ms: 6300, answer_ms: 6400, end_ms: 6400 });
    call({ outcome: 'harness' });
    call({ invite_ms: 6300, answer_ms: 6400, bye_sent_ms: 9000, end_ms: 9000, outcome: 'cut' });
    return made;
  };

  it('count what the vendor did, and leave out what we cut or broke', () => {
    expect(fold().figures()).toMatchObject({ attempts: 7, answered: 4, failed: 5, refused: 1, failedSound: 5, dropped: 1, harness: 1 });
    expect(fold().figures()).toMatchObject({ peakAnswered: 2, peakOccupied: 5 });
  });

  it('know which failures fell into unhealthy seconds of ours', () => {
    const made = fold();
    made.addSecond(rowOf('timeline', { t_ms: 6000, healthy: false, unhealthy: 'schedule lag 300 ms' }));
    expect(made.figures()).toMatchObject({ failed: 5, failedSound: 1, unhealthySeconds: 1 });
  });
});

describe('the verdict of a trial', () => {
  const concurrency = (over: Partial<TrialFigures>, epsilon = 0) => judgeTrial('concurrency', 10, 5000, epsilon, figures(over));
  const rate = (over: Partial<TrialFigures>, epsilon = 0) =>
    judgeTrial('rate', 10, 5000, epsilon, figures({ attempts: 50, answered: 50, ...over }));

  it('is good where the vendor carried it', () => {
    expect(concurrency({})).toMatchObject({ verdict: 'good', loss: 0, why: 'carried' });
    expect(rate({ peakAnswered: 3 })).toMatchObject({ verdict: 'good' });
  });

  it('is bad where calls were lost, and says what was carried', () => {
    expect(concurrency({ answered: 7, failed: 3, refused: 3, failedSound: 3, peakAnswered: 7 })).toMatchObject({
      verdict: 'bad',
      held: 7,
      loss: 0.3,
    });
    expect(rate({ answered: 45, failed: 5, refused: 5, failedSound: 5 })).toMatchObject({ verdict: 'bad', held: 9, loss: 0.1 });
  });

  it('is bad where all were answered but never together', () => {
    expect(concurrency({ peakAnswered: 8 })).toMatchObject({ verdict: 'bad', held: 8, why: 'not-together' });
  });

  it('allows as much loss as was asked for', () => {
    expect(rate({ answered: 49, failed: 1, failedSound: 1 }, 0.02)).toMatchObject({ verdict: 'good', loss: 0.02 });
    expect(rate({ answered: 48, failed: 2, failedSound: 2 }, 0.02)).toMatchObject({ verdict: 'bad' });
  });

  it('is unfit where we failed, could not offer the load, or lost calls while unhealthy', () => {
    expect(concurrency({ attempts: 9, harness: 1 })).toMatchObject({ verdict: 'unfit', why: 'harness-failed' });
    expect(rate({ attempts: 40, answered: 40 })).toMatchObject({ verdict: 'unfit', why: 'not-offered' });
    expect(rate({ answered: 45, failed: 5, refused: 5, failedSound: 0 })).toMatchObject({ verdict: 'unfit', why: 'unhealthy' });
  });

  it('counts a channel refused as busy whatever our own health was', () => {
    expect(concurrency({ answered: 7, failed: 3, refused: 3, failedSound: 0, peakAnswered: 7 })).toMatchObject({ verdict: 'bad' });
  });
});

const trial = (
  load: number,
  verdict: PlayedTrial['verdict'],
  over: Partial<TrialFigures> = {},
  held: number | null = null,
): PlayedTrial => ({
  number: 1,
  against: 'vendor',
  load,
  length: 'short',
  verdict,
  held,
  loss: 0,
  why: verdict === 'good' ? 'carried' : 'lost',
  startMs: 0,
  lengthMs: 5000,
  folder: '',
  figures: figures({ attempts: load, ...over }),
});
const refused = (load: number, held: number) => trial(load, 'bad', { failed: load - held, refused: load - held }, held);
const bounds = (lower: number, upper: number | null, upperIs: Bounds['upperIs'] = 'vendor'): Bounds => ({ lower, upper, upperIs });

describe('the kind of limit', () => {
  const good = [trial(8, 'good'), trial(137, 'good')];

  it('is configured where the same number is carried whatever is offered, by plain refusals, and nothing gets slower', () => {
    expect(limitKind('concurrency', bounds(137, 138), [...good, refused(256, 137), refused(138, 137)])).toBe('configured limit');
  });

  it('is no configured one where calls fail otherwise, at other levels, or setup gets slower before', () => {
    const timeouts = trial(138, 'bad', { failed: 4, refused: 2 }, 134);
    expect(limitKind('concurrency', bounds(137, 138), [...good, timeouts])).toBe('degrades');
    expect(limitKind('concurrency', bounds(137, 138), [...good, refused(256, 90), refused(138, 137)])).toBe('degrades');
    const slow = [trial(8, 'good'), trial(137, 'good', { srdP95Ms: 400 })];
    expect(limitKind('concurrency', bounds(137, 138), [...slow, refused(138, 137)])).toBe('degrades');
    // Seen once, but not again: the machine was busy.
    expect(limitKind('concurrency', bounds(137, 138), [...slow, trial(137, 'good'), refused(138, 137)])).toBe('configured limit');
  });

  it('is not reached, or ours', () => {
    expect(limitKind('rate', bounds(60, null, null), good)).toBe('not reached');
    expect(limitKind('rate', bounds(60, 61, 'harness'), good)).toBe('harness limit');
  });
});

it('a bound above 70 % of our own ceiling is not valid', () => {
  expect(withinCeiling(bounds(69, 70), { load: 100, atLeast: false })).toBe(true);
  expect(withinCeiling(bounds(70, 71), { load: 100, atLeast: false })).toBe(false);
  expect(withinCeiling(bounds(70, null), { load: 100, atLeast: true })).toBe(true);
  expect(withinCeiling(bounds(1, 2), null)).toBe(false);
});

describe('the promise', () => {
  const result = (over: Partial<SearchResult>): SearchResult => ({
    sought: 'concurrency',
    epsilon: 0,
    max: 200,
    maxBy: 'contract.maxChannels',
    lower: 137,
    upper: 138,
    upperIs: 'vendor',
    end: 'found',
    endWhy: null,
    kind: 'configured limit',
    ceiling: { load: 300, atLeast: true },
    valid: true,
    confirmed: true,
    ...over,
  });
  const state = (promised: number, over: Partial<SearchResult> = {}, counting: string | null = 'answered') =>
    searchVerdict(result(over), promised, counting).state;

  it('passes where it was carried, fails where less failed', () => {
    expect(state(137)).toBe('pass');
    expect(state(138)).toBe('fail');
    expect(state(2000)).toBe('fail');
    expect(state(1, { lower: 0, upper: 1 })).toBe('fail');
  });

  it('is not decided between the bounds, above the cap, before the end, or by another way of counting', () => {
    expect(state(130, { lower: 128, upper: 136 })).toBe('not proven');
    expect(state(500, { lower: 200, upper: null, upperIs: null })).toBe('not measured');
    expect(state(100, { confirmed: false, end: 'signal' })).toBe('not proven');
    expect(state(500, { confirmed: false, end: 'signal' })).toBe('not proven');
    expect(state(100, {}, 'talking')).toBe('not measured');
    expect(state(100, { epsilon: 0.01 })).toBe('not proven');
  });

  it('is not failed by a bound of ours; what was carried stays carried', () => {
    expect(state(500, { valid: false })).toBe('not valid');
    expect(state(100, { valid: false })).toBe('pass');
  });
});

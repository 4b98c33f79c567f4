import { describe, expect, it } from 'vitest';
import type { LoadedScenario } from '../../src/scenario/load.ts';
import { checkOptions, mergeTiers, type OptionTiers } from '../../src/scenario/options.ts';
import { parseStages } from '../../src/scenario/options-env.ts';

const loaded = (rawOptions: unknown): LoadedScenario => ({
  file: 'peak.ts',
  source: '',
  sha256: '',
  exports: {},
  title: 'peak',
  rawOptions,
  rawSurge: undefined,
  functions: { default: () => {}, shopper: () => {} },
  setup: undefined,
  teardown: undefined,
  handleSummary: undefined,
  metrics: [{ name: 'asked', type: 'counter', time: false }],
});
const check = (options: unknown, tiers: OptionTiers = {}) => checkOptions(loaded(options), { env: {}, ...tiers });
const only = (options: unknown, tiers: OptionTiers = {}) => check(options, tiers).scenarios[0];

describe('shortcuts', () => {
  it('are the executors of k6', () => {
    expect(only(undefined)).toMatchObject({ name: 'default', executor: 'per-vu-iterations', vus: 1, iterations: 1, exec: 'default' });
    expect(only({ iterations: 10, vus: 2 })).toMatchObject({
      executor: 'shared-iterations',
      vus: 2,
      iterations: 10,
      maxDurationMs: 600_000,
    });
    expect(only({ iterations: 10, vus: 2, duration: '1m' })).toMatchObject({ executor: 'shared-iterations', maxDurationMs: 60_000 });
    expect(only({ duration: '1m', vus: 3 })).toMatchObject({ executor: 'constant-vus', vus: 3, durationMs: 60_000 });
    expect(only({ stages: [{ duration: '1m', target: 3 }] })).toMatchObject({ executor: 'ramping-vus', startVus: 1 });
    expect(only({ stages: [{ duration: '1m', target: 3 }], vus: 2 })).toMatchObject({ executor: 'ramping-vus', startVus: 2 });
  });

  it('exclude each other inside one tier', () => {
    expect(() => check({ scenarios: {}, duration: '1s' })).toThrow('cannot be used together');
    expect(() => check({ stages: [], iterations: 1 })).toThrow('cannot be used together');
    expect(() => check({ scenarios: {} })).toThrow('scenarios is empty');
  });
});

describe('precedence', () => {
  it('defaults < config < script < environment < command line', () => {
    const tiers = { config: { duration: '1s', vus: 1 }, env: { K6_VUS: '3' }, cli: { vus: 4 } };
    expect(only({ duration: '2s', vus: 2 }, {})).toMatchObject({ vus: 2, durationMs: 2000 });
    expect(only({ vus: 2 }, { config: tiers.config })).toMatchObject({ vus: 2, durationMs: 1000 });
    expect(only({ duration: '2s', vus: 2 }, { env: tiers.env })).toMatchObject({ vus: 3, durationMs: 2000 });
    expect(only({ duration: '2s', vus: 2 }, tiers)).toMatchObject({ vus: 4, durationMs: 2000 });
  });

  it('a way to run in a higher tier clears all ways of the lower ones', () => {
    const scenarios = { a: { executor: 'constant-vus', duration: '1s' } };
    expect(only({ scenarios }, { cli: { duration: '9s' } })).toMatchObject({ name: 'default', executor: 'constant-vus', durationMs: 9000 });
    expect(only({ scenarios }, { env: { K6_ITERATIONS: '7' } })).toMatchObject({ executor: 'shared-iterations', iterations: 7 });
    expect(only({ iterations: 5 }, { env: { K6_STAGES: '10s:5,1m:0' } })).toMatchObject({
      stages: [
        { durationMs: 10_000, target: 5 },
        { durationMs: 60_000, target: 0 },
      ],
    });
    expect(mergeTiers([{ duration: '1s', vus: 5 }, undefined, { iterations: 3 }])).toEqual({ vus: 5, iterations: 3 });
    expect(mergeTiers([{ tags: { a: '1' } }, { tags: undefined }, { tags: null }])).toEqual({ tags: { a: '1' } });
  });

  it('names the variable that is wrong', () => {
    expect(() => check({}, { env: { K6_VUS: 'many' } })).toThrow(expect.objectContaining({ where: 'K6_VUS' }));
    expect(() => check({}, { env: { K6_STAGES: '10s' } })).toThrow(expect.objectContaining({ where: 'K6_STAGES' }));
    expect(() => parseStages('10s:x')).toThrow('is not a stage');
  });
});

describe('the rest', () => {
  it('has k6’s defaults', () => {
    expect(check({})).toMatchObject({
      segment: { period: 1 },
      thresholds: [],
      tags: {},
      setupTimeoutMs: 60_000,
      teardownTimeoutMs: 60_000,
      minIterationDurationMs: 0,
      summaryTrendStats: ['avg', 'min', 'med', 'max', 'p(90)', 'p(95)'],
      warnings: [],
    });
  });

  it('takes a segment, tags, thresholds on custom metrics', () => {
    const options = check({
      executionSegment: '1/2:1',
      executionSegmentSequence: '0,1/2,1',
      tags: { region: 'east' },
      thresholds: { 'asked{scenario:default}': [{ threshold: 'count>5', abortOnFail: true, delayAbortEval: '10s' }] },
      summaryTrendStats: ['p(99.9)', 'count'],
    });
    expect(options.segment).toEqual({ period: 2, slots: [1] });
    expect(options.tags).toEqual({ region: 'east' });
    expect(options.thresholds).toMatchObject([
      { metric: 'asked', tags: { scenario: 'default' }, abortOnFail: true, delayAbortEvalMs: 10_000 },
    ]);
  });

  it('k6’s HTTP options are a warning, anything unknown an error', () => {
    expect(check({ batch: 5, userAgent: 'x' }).warnings).toEqual([
      'option batch means nothing for calls: ignored',
      'option userAgent means nothing for calls: ignored',
    ]);
    expect(check({ vus: 5 }).warnings).toHaveLength(1);
    expect(() => check({ scenario: {} })).toThrow(expect.objectContaining({ todo: 'did you mean scenarios' }));
    expect(() => check({ summaryTrendStats: ['p(101)'] })).toThrow('p(101)');
  });

  it('an exec must be exported', () => {
    expect(() => check({ scenarios: { a: { executor: 'constant-vus', duration: '1s', exec: 'shoppr' } } })).toThrow(
      expect.objectContaining({ code: 'scenario-invalid', todo: 'did you mean shopper' }),
    );
  });
});

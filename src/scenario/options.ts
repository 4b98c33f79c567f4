/**
 * k6's options, checked: defaults < config file < script < environment (K6_*) < command line. Any of duration, iterations, stages and scenarios in a
 * higher tier clears all four of the tiers below it.
 */
import { CallsurgeError } from '../errors.ts';
import { BUILTIN_METRICS } from '../metrics/builtin.ts';
import { parseThresholds, type ThresholdSpec } from '../metrics/threshold-grammar.ts';
import { checkScenario, type ScenarioConfig } from '../schedule/executors.ts';
import { Fields } from '../schedule/fields.ts';
import { fullSegment, parseSegment, type Segment } from '../schedule/segment.ts';
import { functionFor, type LoadedScenario } from './load.ts';
import { optionsFromEnvironment } from './options-env.ts';
import { shownPath } from './user-file.ts';

export type RawOptions = Record<string, unknown>;

export interface OptionTiers {
  /** A config file's content. */
  config?: RawOptions | undefined;
  /** Default process.env; only K6_* is read. */
  env?: Record<string, string | undefined> | undefined;
  /** The command line's, by k6's option names. */
  cli?: RawOptions | undefined;
}

export interface CheckedOptions {
  scenarios: ScenarioConfig[];
  segment: Segment;
  thresholds: ThresholdSpec[];
  tags: Record<string, string>;
  setupTimeoutMs: number;
  teardownTimeoutMs: number;
  handleSummaryTimeoutMs: number;
  minIterationDurationMs: number;
  summaryTrendStats: string[];
  /** Options that mean nothing here, and the like: one line each. */
  warnings: string[];
  /** After precedence, as written: for run.json and exec.test.options. */
  merged: RawOptions;
}

const EXECUTION = ['duration', 'iterations', 'stages', 'scenarios'] as const;

/** k6's options about HTTP, TLS and its own services. */
const MEANINGLESS =
  `batch batchPerHost blacklistIPs blockHostnames cloud discardResponseBodies dns ext hosts httpDebug insecureSkipTLSVerify
  linger localIPs maxRedirects noConnectionReuse noCookiesReset noUsageReport noVUConnectionReuse paused rps systemTags throw tlsAIAFetch tlsAuth
  tlsCipherSuites tlsVersion userAgent vusMax`.split(/\s+/);

/** @throws CallsurgeError `option-invalid`, `threshold-invalid` or `scenario-invalid`: the first thing that is wrong, by the name of its field. */
export function checkOptions(loaded: LoadedScenario, tiers: OptionTiers = {}): CheckedOptions {
  const merged = mergeTiers([
    tiers.config,
    asObject(loaded.rawOptions, `options of ${shownPath(loaded.file)}`),
    optionsFromEnvironment(tiers.env ?? process.env),
    tiers.cli,
  ]);
  const fields = new Fields(merged, '');
  const warnings = MEANINGLESS.filter((name) => fields.has(name)).map((name) => `option ${name} means nothing for calls: ignored`);
  const segment = fields.has('executionSegment')
    ? parseSegment(
        fields.string('executionSegment'),
        fields.has('executionSegmentSequence') ? fields.string('executionSegmentSequence') : undefined,
      )
    : fullSegment;
  fields.raw('executionSegmentSequence');
  const checked: CheckedOptions = {
    scenarios: scenariosOf(fields, merged, warnings),
    segment,
    thresholds: parseThresholds(fields.raw('thresholds'), [...BUILTIN_METRICS, ...loaded.metrics]),
    tags: fields.texts('tags'),
    setupTimeoutMs: fields.duration('setupTimeout', '60s'),
    teardownTimeoutMs: fields.duration('teardownTimeout', '60s'),
    handleSummaryTimeoutMs: fields.duration('handleSummaryTimeout', '2m'),
    minIterationDurationMs: fields.duration('minIterationDuration', 0),
    summaryTrendStats: trendStats(fields),
    warnings,
    merged,
  };
  fields.end();
  for (const { name, exec } of checked.scenarios) functionFor(loaded, exec, name);
  return checked;
}

/** Tiers from the weakest to the strongest, field by field. */
export function mergeTiers(tiers: (RawOptions | undefined)[]): RawOptions {
  const merged: RawOptions = {};
  for (const tier of tiers) {
    if (!tier) continue;
    if (EXECUTION.some((name) => given(tier, name))) for (const name of EXECUTION) delete merged[name];
    for (const [name, value] of Object.entries(tier)) if (value !== undefined && value !== null) merged[name] = value;
  }
  return merged;
}

const given = (tier: RawOptions, name: string) => tier[name] !== undefined && tier[name] !== null;

function asObject(raw: unknown, where: string): RawOptions {
  if (raw === undefined || raw === null) return {};
  if (typeof raw === 'object' && !Array.isArray(raw)) return raw as RawOptions;
  throw new CallsurgeError('option-invalid', 'options must be an object', { where });
}

/** Shortcuts: iterations → shared-iterations, duration → constant-vus, stages → ramping-vus, nothing → one iteration of one VU. */
function scenariosOf(fields: Fields, merged: RawOptions, warnings: string[]): ScenarioConfig[] {
  const used = EXECUTION.filter((name) => given(merged, name));
  for (const name of [...EXECUTION, 'vus']) fields.raw(name);
  const { scenarios, stages, iterations, duration, vus } = merged;
  if (used.length > 1 && !(used.length === 2 && used.includes('iterations') && used.includes('duration')))
    throw new CallsurgeError('option-invalid', `${used.join(' and ')} cannot be used together`, {
      where: used.at(-1),
      todo: 'keep one of them',
    });
  if (scenarios !== undefined) {
    const all = Object.entries(asObject(scenarios, 'scenarios'));
    if (all.length === 0) throw new CallsurgeError('option-invalid', 'scenarios is empty', { where: 'scenarios' });
    if (vus !== undefined) warnings.push('option vus means nothing beside scenarios: ignored');
    return all.map(([name, raw]) => checkScenario(name, raw));
  }
  if (stages !== undefined) return [checkScenario('default', { executor: 'ramping-vus', stages, startVUs: vus })];
  if (iterations !== undefined)
    return [
      checkScenario('default', {
        executor: 'shared-iterations',
        iterations,
        vus,
        ...(duration === undefined ? {} : { maxDuration: duration }),
      }),
    ];
  if (duration !== undefined) return [checkScenario('default', { executor: 'constant-vus', vus, duration })];
  if (vus !== undefined && vus !== 1)
    warnings.push('option vus means nothing without duration, iterations or stages: one iteration is made');
  return [checkScenario('default', { executor: 'per-vu-iterations' })];
}

const DEFAULT_STATS = ['avg', 'min', 'med', 'max', 'p(90)', 'p(95)'];

function trendStats(fields: Fields): string[] {
  const raw = fields.raw('summaryTrendStats') ?? DEFAULT_STATS;
  const valid = (stat: unknown) => typeof stat === 'string' && /^(avg|min|med|max|count|p\((\d{1,2}(\.\d+)?|100)\))$/.test(stat);
  const wrong = Array.isArray(raw) ? raw.find((stat) => !valid(stat)) : raw;
  if (wrong === undefined) return raw as string[];
  throw fields.invalid('summaryTrendStats', `has ${JSON.stringify(wrong)}`, 'use avg, min, med, max, count and p(N)');
}

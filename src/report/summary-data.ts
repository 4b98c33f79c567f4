/**
 * What a scenario's `handleSummary(data)` gets: k6's shape (metrics by name with type, contains, values and thresholds; state; options), so
 * that scripts written for k6 read it. A value that was not measured is left out, not zero. callsurge's own figures stand whole under
 * `callsurge`.
 */
import type { Ratio, RunAnalysis, Spread } from '../analysis/model.ts';
import { subjectOf } from './subject.ts';

export interface SummaryMetric {
  type: 'counter' | 'gauge' | 'rate' | 'trend';
  contains: 'default' | 'time' | 'data';
  values: Record<string, number>;
  thresholds?: Record<string, { ok: boolean }>;
}

export interface SummaryData {
  metrics: Record<string, SummaryMetric>;
  root_group: {
    name: string;
    path: string;
    id: string;
    groups: never[];
    checks: { name: string; path: string; passes: number; fails: number }[];
  };
  options: { summaryTrendStats: string[]; summaryTimeUnit: string; noColor: boolean };
  state: { isStdOutTTY: boolean; isStdErrTTY: boolean; testRunDurationMs: number };
  callsurge: RunAnalysis;
}

const TREND_STATS = ['avg', 'min', 'med', 'max', 'p(90)', 'p(95)', 'p(99)'];

export function summaryData(analysis: RunAnalysis): SummaryData {
  const { outcomes, sessions, queue, quality, health } = analysis;
  const { lengthMs, zeroMs } = subjectOf(analysis);
  const endMs = analysis.meta.end?.endMs ?? analysis.validity.lastMs;
  const seconds = Math.max(0, endMs - zeroMs) / 1000;
  const metrics: Record<string, SummaryMetric> = {
    calls: counter(outcomes.attempts, seconds),
    dropped_iterations: counter(health.dropped, seconds),
    call_answered: rate(sessions.asr),
    call_first_try: rate(sessions.firstTry),
    call_harness: rate(health.harnessShare),
    setup_delay: trend(sessions.srd),
    setup_delay_intended: trend(sessions.srdFromIntended),
    post_dial_delay: trend(sessions.pdd),
    disconnect_delay: trend(sessions.sdd),
    call_duration: trend(sessions.sdt),
    service_level: rate(queue.serviceLevel[0]),
    agent_connected: rate(queue.connectRate),
    agent_wait: trend(queue.waitAnswered),
    abandon_wait: trend(queue.waitAbandoned),
    ...(quality
      ? {
          mos: trend(quality.mos, 'default'),
          rtp_loss: trend(quality.lossPercent, 'default'),
          rtp_jitter: trend(quality.jitterMs),
          rtp_gap: trend(quality.gapMs),
        }
      : {}),
  };
  const judged = outcomes.attempts - outcomes.counts.cut - outcomes.counts.harness;
  const { completed, blocked, rejected, timeout, dropped, abandoned } = outcomes.counts;
  const parts = { completed, blocked, dropped, abandoned, failed: blocked + rejected + timeout + dropped };
  for (const [name, part] of Object.entries(parts)) metrics[`call_${name}`] = share(part, judged);
  // The scenario's own metrics and k6's, from their samples.
  for (const [name, { type, values }] of Object.entries(analysis.metrics ?? {})) metrics[name] = { type, contains: 'default', values };
  for (const threshold of analysis.thresholds) {
    metrics[threshold.metric] ??= { type: 'gauge', contains: 'default', values: {} };
    const metric = metrics[threshold.metric]!;
    metric.thresholds = { ...metric.thresholds, [threshold.expression]: { ok: threshold.state === 'ok' } };
  }
  return {
    metrics,
    root_group: {
      name: '',
      path: '',
      id: 'd41d8cd98f00b204e9800998ecf8427e',
      groups: [],
      checks: (analysis.checks ?? []).map((check) => ({ ...check, path: `::${check.name}` })),
    },
    options: { summaryTrendStats: TREND_STATS, summaryTimeUnit: '', noColor: false },
    state: { isStdOutTTY: process.stdout.isTTY === true, isStdErrTTY: process.stderr.isTTY === true, testRunDurationMs: lengthMs },
    callsurge: analysis,
  };
}

function counter(count: number, seconds: number): SummaryMetric {
  return { type: 'counter', contains: 'default', values: seconds > 0 ? { count, rate: count / seconds } : { count } };
}

const share = (part: number, whole: number): SummaryMetric =>
  rate({ part, whole, value: whole > 0 ? part / whole : null, low: null, high: null });

function rate({ part, whole, value }: Ratio): SummaryMetric {
  return { type: 'rate', contains: 'default', values: value === null ? {} : { rate: value, passes: part, fails: whole - part } };
}

function trend(spread: Spread, contains: SummaryMetric['contains'] = 'time'): SummaryMetric {
  const named = {
    avg: spread.mean,
    min: spread.min,
    med: spread.p50,
    max: spread.max,
    'p(90)': spread.p90,
    'p(95)': spread.p95,
    'p(99)': spread.p99,
  };
  const values = Object.fromEntries(Object.entries(named).filter((entry): entry is [string, number] => entry[1] !== null));
  return { type: 'trend', contains, values };
}

/**
 * Claims and thresholds as JUnit XML, which every CI reads. A failed claim or threshold is a failure; a run that is not valid is an error; a claim
 * that this run could not decide is skipped with its reason, unless it is a veto claim: that is a failure until it passes.
 */
import type { RunAnalysis, ThresholdFigures, Verdict } from '../analysis/model.ts';
import { claimName, measuredText, promised, reasonText, whyText } from './claims.ts';
import { count } from './format.ts';
import { escapeText } from './markup.ts';
import { type Language, say, sayOr } from './messages/say.ts';
import { subjectOf } from './subject.ts';

type Result = { kind: 'ok' | 'failure' | 'error' | 'skipped'; type: string; message: string };
interface Case {
  name: string;
  result: Result;
}

export function junitXml(analysis: RunAnalysis, language: Language = 'en'): string {
  const { meta, validity, verdicts, thresholds } = analysis;
  const seconds = subjectOf(analysis).lengthMs / 1000;
  const suites: [string, Case[]][] = [
    ['run', [validityCase(validity, language)]],
    ['claims', verdicts.map((verdict) => ({ name: claimName(language, verdict), result: claimResult(verdict, language) }))],
    [
      'thresholds',
      thresholds.map((threshold) => ({
        name: `${threshold.metric}: ${threshold.expression}`,
        result: thresholdResult(threshold, language),
      })),
    ],
  ];
  const all = suites.flatMap(([, cases]) => cases);
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites${attributes({ name: meta.run, ...totals(all), time: seconds.toFixed(3) })}>
${suites.map(([name, cases]) => suite(name, cases, new Date(meta.startMs).toISOString().slice(0, 19))).join('')}</testsuites>
`;
}

function validityCase(validity: RunAnalysis['validity'], language: Language): Case {
  const reasons = validity.reasons.map((reason) => reasonText(language, reason));
  const name = say(language, 'banner.invalid');
  if (!validity.valid) return { name: 'valid', result: { kind: 'error', type: 'not valid', message: [name, ...reasons].join(': ') } };
  if (!validity.complete)
    return { name: 'valid', result: { kind: 'error', type: 'incomplete', message: say(language, 'banner.incomplete') } };
  return { name: 'valid', result: { kind: 'ok', type: '', message: '' } };
}

function claimResult(verdict: Verdict, language: Language): Result {
  const message = `${say(language, 'verdict.promised')} ${promised(verdict)}, ${say(language, 'verdict.measured')} ${measuredText(language, verdict)}: ${whyText(language, verdict)}`;
  const kinds = { pass: 'ok', fail: 'failure', 'not valid': 'error', 'not proven': 'skipped', 'not measured': 'skipped' } as const;
  const kind = kinds[verdict.state];
  return { kind: kind === 'skipped' && verdict.veto ? 'failure' : kind, type: verdict.state, message };
}

function thresholdResult(threshold: ThresholdFigures, language: Language): Result {
  const value = threshold.value === null ? say(language, 'not-measured') : count(threshold.value, 4);
  const message = `${threshold.metric} ${threshold.expression}: ${value} (${sayOr(language, `threshold.${threshold.state}`, threshold.state)})`;
  return { kind: threshold.state === 'ok' ? 'ok' : 'failure', type: threshold.state, message };
}

function suite(name: string, cases: readonly Case[], timestamp: string): string {
  return `  <testsuite${attributes({ name, ...totals(cases), time: '0', timestamp })}>
${cases.map((one) => testcase(name, one)).join('')}  </testsuite>
`;
}

function testcase(suiteName: string, { name, result }: Case): string {
  const open = `    <testcase${attributes({ classname: `callsurge.${suiteName}`, name, time: '0' })}`;
  if (result.kind === 'ok') return `${open}/>\n`;
  return `${open}><${result.kind}${attributes(result.kind === 'skipped' ? { message: result.message } : { message: result.message, type: result.type })}/></testcase>\n`;
}

function totals(cases: readonly Case[]): Record<string, number> {
  const of = (kind: Result['kind']) => cases.filter(({ result }) => result.kind === kind).length;
  return { tests: cases.length, failures: of('failure'), errors: of('error'), skipped: of('skipped') };
}

const attributes = (values: Record<string, string | number>) =>
  Object.entries(values)
    .map(([name, value]) => ` ${name}="${escapeText(String(value)).replace(/[\t\r\n]+/g, ' ')}"`)
    .join('');

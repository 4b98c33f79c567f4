import { describe, expect, it } from 'vitest';
import { createAnalysis } from '../../src/analysis/analyse.ts';
import { type CallRow, type RunMeta, rowOf } from '../../src/record/schema.ts';
import { minutesCsv, summaryCsv } from '../../src/report/csv.ts';
import { renderHtml } from '../../src/report/html.ts';
import { junitXml } from '../../src/report/junit.ts';
import { summaryData, summaryText } from '../../src/report/summary.ts';
import { fixture, START } from './fixture.ts';

/** As a killed run leaves it: no end. */
function metaWith(vendor: unknown): RunMeta {
  return { ...fixture().meta, vendor, options: { thresholds: { setup_delay: ['p(95)<100'] } }, end: null };
}

const all = (analysis: ReturnType<ReturnType<typeof createAnalysis>['figures']>) =>
  [
    renderHtml(analysis),
    summaryText(analysis, { colour: false }),
    summaryCsv(analysis, 'zh-CN'),
    minutesCsv(analysis),
    junitXml(analysis),
    JSON.stringify(summaryData(analysis).metrics),
  ].map((text) => text.replace(/<(script|style)>.*?<\/\1>/gs, ''));

describe('reports of a real analysis', () => {
  it('of a record without a single row say so, and nothing is zero that was not measured', () => {
    const analysis = createAnalysis(
      metaWith({ name: 'vendor-a', claims: { mos: { atLeast: 4 }, concurrentCalls: { atLeast: 9, counting: 'talking' } } }),
    ).figures();
    const [html, text] = all(analysis);
    for (const report of all(analysis)) expect(report.match(/NaN|Infinity|undefined|\[object/)).toBeNull();
    expect(text).toContain('The record of this run has no end');
    expect(text).toContain('○ Voice quality (MOS): ≥ 4 → not measured');
    expect(html!.includes('No method showed when an agent was on the line')).toBe(true);
  });

  it('of a few calls agree with their rows', () => {
    const fold = createAnalysis(metaWith({ name: 'vendor-a' }));
    const call = (second: number, cells: Partial<CallRow>) => {
      const at = START + second * 1000;
      fold.add(
        'calls',
        rowOf('calls', { call: `1-${second}`, worker: 1, intended_ms: at, dialled_ms: at, invite_ms: at + 1, try: 1, ...cells }),
      );
    };
    const answered = (second: number, srd: number): Partial<CallRow> => {
      const at = START + second * 1000 + 1;
      return {
        provisional_ms: at + srd,
        ringing_ms: at + srd,
        answer_ms: at + 500,
        bye_sent_ms: at + 30_500,
        bye_answered_ms: at + 30_510,
        end_ms: at + 30_510,
        status: 200,
        reason: 'OK',
        outcome: 'completed',
      };
    };
    call(0, answered(0, 40));
    call(1, answered(1, 60));
    call(2, { provisional_ms: null, end_ms: START + 2010, status: 503, reason: '<b>Busy</b>', outcome: 'blocked', blame: 'vendor' });
    const [html, text, summary, minutes] = all(fold.figures());
    expect(text).toMatch(/Calls attempted\.+: 3 /);
    expect(text!.replaceAll('\u00a0', ' ')).toMatch(/Session establishment ratio \(SER\)\.+: 66\.7 % {2}2\/3/);
    expect(text).toContain("✓ setup_delay 'p(95)<100'");
    expect(html).toContain('&lt;b&gt;Busy&lt;/b&gt;');
    expect(summary).toMatch(/^srd\.p50,[^,]*,50,/m);
    expect(minutes!.split('\r\n')[1]).toMatch(/^0,2026-11-10T16:00:00\.000Z,3,2,0,1,/);
  });
});

it('counts every call once where a step is longer than a second', () => {
  const fold = createAnalysis(metaWith({ name: 'vendor-a' }));
  const calls = 900;
  for (let i = 0; i < calls; i++) {
    const at = START + i * 2333;
    fold.add('calls', rowOf('calls', { call: `1-${i}`, intended_ms: at, invite_ms: at, end_ms: at + 5, status: 503, outcome: 'blocked' }));
  }
  const analysis = fold.figures();
  expect(analysis.outcomeSeries.blocked.stepMs).toBeGreaterThan(1000);
  const rows = minutesCsv(analysis).trim().split('\r\n').slice(1);
  expect(rows.reduce((sum, row) => sum + Number(row.split(',')[2]), 0)).toBe(calls);
  const data = JSON.parse(/id="data-outcomes">(.*?)<\/script>/.exec(renderHtml(analysis))![1]!);
  expect(data.lines[0].values.reduce((sum: number, value: number) => sum + value, 0)).toBe(calls);
});

it('a run of twelve hours stays a page that opens at once', () => {
  const analysis = fixture();
  const stretch = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map(stretch);
    if ('stepMs' in value && 'values' in value) {
      const series = value as unknown as { startMs: number; values: number[] };
      return {
        startMs: series.startMs,
        stepMs: 30_000,
        values: Array.from({ length: 1440 }, (_, i) => (series.values[i % series.values.length] ?? 0) + i / 7),
      };
    }
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, stretch(inner)]));
  };
  const page = renderHtml(stretch(analysis) as typeof analysis);
  expect(page.length).toBeLessThan(1_500_000);
});

import { describe, expect, it } from 'vitest';
import { summaryData, summaryText, width } from '../../src/report/summary.ts';
import { fixture, START } from './fixture.ts';

const plain = (text: string) => text.replaceAll('\u00a0', ' ');

describe('the end of a run in the terminal', () => {
  it('says verdicts, thresholds and figures', () => {
    const text = plain(summaryText(fixture(), { colour: false }));
    expect(text).toContain('✓ Concurrent calls (talking) [veto]: ≥ 95 → 100  pass');
    expect(text).toContain('✗ Switch-over after a fault: ≤ 5 s → 8.40 s  fail');
    expect(text).toContain('○ Time to repair: ≤ 15 min → not measured  not measured');
    expect(text).toContain("✗ mos{codec:opus} 'med>4'  no data: fails");
    expect(text).toMatch(/Outage, first try site-a-stops\.+: 8\.40 s ± 100 ms/);
    expect(text).toMatch(/Outage, first try carrier-2-down\.+: not measured/);
    expect(text.includes('\u001b')).toBe(false);
    expect(summaryText(fixture(), { colour: true })).toContain('\u001b[32m✓');
  });

  it('lines up in Chinese too', () => {
    const rows = plain(summaryText(fixture(), { language: 'zh-CN', colour: false }))
      .split('\n')
      .filter((line) => /\.{3,}: /.test(line));
    expect(rows.length).toBeGreaterThan(10);
    expect(new Set(rows.map((line) => width(line.slice(0, line.indexOf(': ')))))).toHaveProperty('size', 1);
    expect(width('并发 ok')).toBe(7);
  });

  it('says plainly what is wrong with a run', () => {
    const analysis = fixture();
    analysis.meta.end = null;
    analysis.validity = { valid: false, reasons: ['harness-share'], complete: false, lastMs: START + 65_000 };
    const text = summaryText(analysis, { colour: false });
    expect(text).toContain('! This run supports no verdict');
    expect(text).toContain('more than 0.1 % of the calls failed by our own fault');
    expect(text).toContain('! The record of this run has no end (1:05)');
  });

  it('lets no control character through', () => {
    const analysis = fixture();
    const evil = 'a\u001b[2J\r\nb\u0007';
    analysis.meta.scenario.title = evil;
    analysis.faults[0]!.name = evil;
    analysis.scaling[0]!.name = evil;
    analysis.thresholds[0]!.metric = evil;
    analysis.verdicts[1]!.why = evil;
    analysis.validity = { ...analysis.validity, valid: false, reasons: [evil] };
    const text = summaryText(analysis, { colour: false });
    expect(text.match(/[\u0000-\u0009\u000b-\u001f]/)).toBeNull();
  });
});

describe('handleSummary(data)', () => {
  it('has the shape that k6 scripts read', () => {
    const data = summaryData(fixture());
    expect(data.metrics.setup_delay!.values['p(95)']).toBeCloseTo(62.37, 6);
    expect(data.metrics.setup_delay!.thresholds).toEqual({ 'p(95)<500': { ok: true } });
    expect(data.metrics.calls).toMatchObject({ type: 'counter', values: { count: fixture().outcomes.attempts } });
    expect(data.metrics.call_blocked!.values.passes).toBe(fixture().outcomes.counts.blocked);
    expect(data.state.testRunDurationMs).toBe(194_000);
    expect(data.root_group.checks).toEqual([]);
    expect(JSON.parse(JSON.stringify(data))).toEqual(data);
  });

  it('leaves out what was not measured, and keeps a failed threshold without data', () => {
    const analysis = fixture();
    analysis.queue.serviceLevel[0] = { part: 0, whole: 0, value: null, low: null, high: null };
    analysis.quality = null;
    const { metrics } = summaryData(analysis);
    expect(metrics.service_level!.values).toEqual({});
    expect(metrics.mos).toBeUndefined();
    expect(metrics['mos{codec:opus}']!.thresholds).toEqual({ 'med>4': { ok: false } });
  });

  it('takes the scenario’s own metrics, and each check by name', () => {
    const orders = { type: 'counter' as const, n: 3, values: { count: 3, rate: 0.1 } };
    const data = summaryData({ ...fixture(), metrics: { orders }, checks: [{ name: 'is 200', passes: 5, fails: 1 }] });
    expect(data.metrics.orders).toEqual({ type: 'counter', contains: 'default', values: orders.values });
    expect(data.root_group.checks).toEqual([{ name: 'is 200', path: '::is 200', passes: 5, fails: 1 }]);
  });
});

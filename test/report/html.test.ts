import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RunAnalysis } from '../../src/analysis/model.ts';
import { OUTCOMES, rowOf } from '../../src/record/schema.ts';
import { renderHtml } from '../../src/report/html.ts';
import { fixture, NO_SPREAD, ratio, START } from './fixture.ts';

const SECTIONS =
  'verdict summary concurrency arrivals outcomes setup queue agents model reconciliation faults scaling quality thresholds health marks minutes definitions'.split(
    ' ',
  );
const TIME_CHARTS = ['concurrency', 'arrivals', 'outcomes', 'setup', 'queue', 'wait'];

const page = renderHtml(fixture());
const chart = (html: string, id: string) => new RegExp(`<figure class="chart" id="chart-${id}">.*?</figure>`, 's').exec(html)?.[0] ?? '';
/** The page without its own style and script. */
const drawn = (html: string) => html.replace(/<(script|style)\b.*?<\/\1>/gs, '');
const textOf = (html: string) =>
  drawn(html)
    .replace(/<[^>]*>/g, ' ')
    .replace(/\u00a0/g, ' ')
    .replace(/\s+/g, ' ');
/** One language's words only. */
const inLanguage = (html: string, language: 'en' | 'zh-CN') => {
  const other = language === 'en' ? 'zh-CN' : 'en';
  return textOf(html.replace(new RegExp(`<span lang="${other}">.*?</span>`, 'gs'), ''));
};

describe('the page', () => {
  it('has every section, in order', () => {
    expect([...page.matchAll(/<section id="([\w-]+)">/g)].map(([, id]) => id)).toEqual(SECTIONS);
  });

  it('loads nothing from anywhere', () => {
    expect(page).not.toMatch(/<(link|img|iframe|object|embed|video|audio|source|base)\b/i);
    expect(page).not.toMatch(/\b(src|srcset|action|poster|data)=/i);
    expect(page).not.toMatch(/@import|url\(/i);
    for (const [, href] of page.matchAll(/href="([^"]*)"/g)) expect(href).toMatch(/^#[\w-]+$/);
    expect(page).toContain("default-src 'none'");
  });

  it('leads every link to a place in the page', () => {
    const ids = new Set([...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id));
    for (const [, id] of page.matchAll(/href="#([^"]*)"/g)) expect(ids).toContain(id);
    expect(ids.size).toBe([...page.matchAll(/ id="([^"]+)"/g)].length);
  });

  it('closes what it opens', () => {
    const voids = /^(meta|input|br|path|rect|!doctype)$/;
    const open: string[] = [];
    for (const [, slash, name, self] of page.replace(/<(script|style)\b[^>]*>.*?<\/\1>/gs, '').matchAll(/<(\/?)([!\w]+)[^>]*?(\/?)>/g)) {
      if (voids.test(name!) || self) continue;
      if (slash) expect(open.pop()).toBe(name);
      else open.push(name!);
    }
    expect(open).toEqual([]);
  });

  it('carries both languages, whole, and shows the one asked for', () => {
    const spans = (language: string) => page.split(`<span lang="${language}">`).length;
    expect(spans('en')).toBe(spans('zh-CN'));
    expect(inLanguage(page, 'en')).not.toMatch(/(?<!中文.{0,40})[\u4e00-\u9fff]{3,}/u);
    expect(inLanguage(page, 'zh-CN')).toContain('7 项承诺中 3 项成立');
    expect(inLanguage(page, 'en')).toContain('3 of 7 claims hold');
    expect(page).toMatch(/id="lang-en" value="en" checked/);
    expect(renderHtml(fixture(), { language: 'zh-CN' })).toMatch(/<html lang="zh-CN">.*id="lang-zh" value="zh-CN" checked/s);
    expect(page).not.toMatch(/\{[a-z]+\}(?![^<]*<\/style)/i);
  });

  it('does not tell where the scenario lies on the machine', () => {
    const analysis = fixture();
    analysis.meta.scenario.file = '/home/somebody/secret-project/scenarios/peak.ts';
    const html = renderHtml(analysis);
    expect(html.includes('somebody')).toBe(false);
    expect(html.includes('scenarios/peak.ts')).toBe(true);
  });

  it('is no larger than a picture', () => expect(page.length).toBeLessThan(400_000));
});

describe('figures', () => {
  it('stand with sample, interval and definition', () => {
    const analysis = fixture();
    const { part, whole } = analysis.queue.serviceLevel[0];
    const text = inLanguage(page, 'en');
    expect(text).toContain(`${part.toLocaleString('en-US')} / ${whole.toLocaleString('en-US')}`);
    expect(text).toContain('An≤T / (An + Ab)');
    const { attempts, counts } = analysis.outcomes;
    expect(text).toContain(`${counts.blocked} of ${(attempts - counts.cut).toLocaleString('en-US')} calls`);
    expect(text).toContain('8.40 s ± 100 ms');
    expect(text).toContain('308 such outages');
    expect(text).toContain('Peak talking');
    expect(text).toContain('This fault did not happen: POST http://127.0.0.1:9/faults answered 403.');
  });

  it('of the signalling beside calls stand there where there is any, and lost connections on the timeline', () => {
    const analysis = fixture();
    analysis.events.push(
      rowOf('events', { t_ms: START + 50_000, kind: 'warning', name: 'connection', action: 'lost', by: 'harness', value: 3 }),
      rowOf('events', { t_ms: START + 51_000, kind: 'warning', name: 'preflight' }),
    );
    const text = inLanguage(renderHtml(analysis), 'en');
    expect(text).toContain('by 4 calls');
    expect(text).toContain('calls were answered again after 1 of 2, within 2.40 s at most');
    expect(text).toMatch(/connection lost/);
    expect(renderHtml(analysis).match(/chip m-connection/g)).toHaveLength(1);
    analysis.signalling = undefined;
    expect(inLanguage(renderHtml(analysis), 'en')).not.toContain('Beside setting up');
  });

  it('that were not measured say so and are never zero', () => {
    const analysis = fixture();
    analysis.queue = {
      ...analysis.queue,
      measured: false,
      asaMs: null,
      longestWaitMs: null,
      serviceLevel: Array.from({ length: 5 }, () => ratio(0, 0)) as RunAnalysis['queue']['serviceLevel'],
      connectRate: ratio(0, 0),
      abandonment: ratio(0, 0),
    };
    analysis.quality = null;
    analysis.agents = { offered: 0, answered: 0, missed: 0, rejected: 0, occupancy: ratio(0, 0) };
    analysis.sessions.srdFailed = NO_SPREAD;
    const html = renderHtml(analysis);
    const english = inLanguage(html, 'en');
    expect(english).toContain('They are not zero.');
    expect(english).toContain('Peak talking 15 not measured');
    expect(english).toContain('Agent connect rate 46 not measured');
    expect(english).toMatch(/Talking \d+ not measured/);
    expect(english).toContain('Setup delay, failed calls 22 0 not measured');
    expect(english).toContain('No call carried audio');
    expect(chart(html, 'concurrency')).not.toContain('line c-talking');
    expect(chart(html, 'wait')).toBe('');
    expect(inLanguage(html, 'zh-CN')).toContain('并非为零');
  });

  it('tell no outage seen from an outage not over and from nobody looking', () => {
    const analysis = fixture();
    const fault = analysis.faults[0]!;
    const told = (firstTry: typeof fault.firstTry) => {
      const html = renderHtml({ ...analysis, faults: [{ ...fault, firstTry }] });
      return /id="faults">.*?<tbody><tr>.*?<td>(.*?)<\/td>/s.exec(html)![1]!;
    };
    const open = { ...fault.firstTry.outages[0]!, endMs: null };
    expect(inLanguage(told({ outages: [], rtoMs: 0, resolutionMs: 450 }), 'en').trim()).toMatch(/^none seen ± 450 ms$/);
    expect(inLanguage(told({ outages: [open], rtoMs: null, resolutionMs: 100 }), 'en')).toContain('at least 1 min 55 s');
    expect(inLanguage(told({ outages: [], rtoMs: null, resolutionMs: null }), 'en')).toContain('not measured');
  });
});

describe('charts', () => {
  it.each(TIME_CHARTS)('%s shows faults, outage, unhealthy spans and all marks', (id) => {
    const svg = chart(page, id);
    for (const band of ['b-fault', 'b-outage', 'b-unhealthy']) expect(svg).toContain(`<rect class="${band}"`);
    expect([...svg.matchAll(/class="mark m-(\w+)/g)].map(([, kind]) => kind)).toEqual([
      'fault',
      'alarm',
      'fault',
      'fault',
      'mark',
      'scale',
      'scale',
      'drain',
    ]);
    expect(svg.match(/NaN|Infinity|undefined/)).toBeNull();
  });

  it('draw the claim as a line', () => expect(inLanguage(chart(page, 'concurrency'), 'en')).toContain('claimed 95 (Talking)'));

  it('of outcomes hold every call', () => {
    const data = JSON.parse(/<script type="application\/json" id="data-outcomes">(.*?)<\/script>/s.exec(page)![1]!);
    const calls = data.lines.flatMap((line: { values: number[] }) => line.values).reduce((sum: number, value: number) => sum + value, 0);
    expect(calls).toBe(fixture().outcomes.attempts);
  });
});

describe('a run that must not be trusted blindly', () => {
  it('carries its banner', () => {
    const analysis = fixture();
    analysis.meta.end = null;
    analysis.validity = {
      valid: false,
      reasons: ['harness-share'],
      complete: false,
      lastMs: START + 101_000,
      stillOpen: 37,
      damage: [{ table: 'calls', torn: true, badLines: 0, badCells: 2 }],
    };
    const html = renderHtml(analysis);
    const text = inLanguage(html, 'en');
    expect(text).toContain('This run supports no verdict');
    expect(text).toContain('more than 0.1 % of the calls failed by our own fault');
    expect(text).toContain('The last row is from 2026-11-11 00:01:41 (1:41 after the start of the load)');
    expect(text).toContain('37 calls were open then');
    expect(text).toContain('calls.csv: the last line is cut off');
    expect(text).toContain('No verdict from this run');
    expect(html).toContain('<rect class="b-beyond"');
    expect(page).not.toContain('class="banner');
  });

  it('with nothing in it is still a page', () => {
    const analysis = fixture();
    const none = { startMs: START, stepMs: 1000, values: [] };
    const nothing: RunAnalysis = {
      ...analysis,
      outcomes: {
        attempts: 0,
        counts: Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0])) as RunAnalysis['outcomes']['counts'],
        byStatus: [],
        byBlame: { harness: 0, network: 0, carrier: 0, vendor: 0, undetermined: 0 },
      },
      outcomeSeries: Object.fromEntries(OUTCOMES.map((outcome) => [outcome, none])) as unknown as RunAnalysis['outcomeSeries'],
      concurrency: {
        peaks: Object.fromEntries(Object.keys(analysis.concurrency.peaks).map((key) => [key, { value: 0, atMs: null }])) as never,
        series: Object.fromEntries(Object.keys(analysis.concurrency.series).map((key) => [key, none])) as never,
        arrivals: { planned: null, intended: none, achieved: none, perSecondPeak: 0 },
      },
      srdSeries: { p50: none, p95: none },
      waitSeries: { p50: none, p95: none },
      faults: [],
      scaling: [],
      verdicts: [],
      thresholds: [],
      events: [],
      quality: null,
    };
    const html = renderHtml(nothing);
    expect(drawn(html).match(/NaN|Infinity|undefined/)).toBeNull();
    expect(inLanguage(html, 'en').includes('makes no claim')).toBe(true);
    expect(inLanguage(chart(html, 'setup'), 'en')).toContain('Nothing was measured.');
  });
});

describe('texts from elsewhere', () => {
  /** Every string of the analysis that somebody else may have written. */
  function withTexts(text: (nth: number) => string): RunAnalysis {
    const a = fixture();
    let nth = 0;
    const t = () => text(nth++);
    a.meta.run = t();
    a.meta.callsurge = t();
    a.meta.machine = { ...a.meta.machine, model: t(), platform: t() };
    a.meta.scenario = { ...a.meta.scenario, file: t(), title: t() };
    a.meta.vendor = { name: t(), title: t(), contract: { timezone: t() }, trial: { type: t() } };
    a.meta.end = { ...a.meta.end!, why: t() };
    a.validity = { ...a.validity, valid: false, reasons: [t(), t()] };
    for (const row of a.outcomes.byStatus) row.reason = t();
    for (const fault of a.faults) Object.assign(fault, { name: t(), target: t(), failed: fault.failed && t() });
    for (const scale of a.scaling) scale.name = t();
    a.quality!.model = t();
    for (const span of a.health.unhealthy) span.why = t();
    for (const threshold of a.thresholds) Object.assign(threshold, { metric: t(), expression: t() });
    for (const verdict of a.verdicts) verdict.why = t();
    for (const event of a.events) Object.assign(event, { name: t(), action: t(), target: t(), by: t() });
    return a;
  }
  const skeleton = (html: string) => {
    // Tags with their attributes' names; values only where they steer the page.
    const tags = html.match(/<[^>]*>/g)!;
    return tags.map((tag) => tag.replace(/ (title|content)="[^"]*"/g, ' $1=""')).join('\n');
  };
  const nasty = fc.oneof(
    fc.constantFrom(
      '<script>alert(1)</script>',
      '"><img src=x onerror=alert(1)>',
      "' onmouseover='alert(1)",
      '</style></title></script><svg/onload=alert(1)>',
      '<!--',
      ']]>',
      '&lt;b&gt;',
      '\u0000\u0007\u001b[2J',
      '\u202eevil',
      '\ud800',
      '$1$&',
      '</span>',
    ),
    fc.string({ minLength: 1, unit: 'binary' }),
  );

  it('never become markup, wherever they stand', () => {
    const plain = skeleton(renderHtml(withTexts(() => 'zz')));
    fc.assert(
      fc.property(fc.array(nasty, { minLength: 1, maxLength: 8 }), (texts) => {
        // A prefix keeps them from being a key of the texts by chance, or empty.
        const html = renderHtml(withTexts((nth) => `zz${texts[nth % texts.length]}`));
        expect(skeleton(html) === plain, texts.join(' | ')).toBe(true);
        expect(html.isWellFormed()).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  it('are printed as they are otherwise', () => {
    const analysis = fixture();
    analysis.outcomes.byStatus[2]!.reason = 'Busy <everywhere> & "always"';
    expect(renderHtml(analysis)).toContain('Busy &lt;everywhere&gt; &amp; &quot;always&quot;');
  });
});

import Papa from 'papaparse';
import { describe, expect, it } from 'vitest';
import { minutesCsv, summaryCsv } from '../../src/report/csv.ts';
import { renderHtml } from '../../src/report/html.ts';
import { gap } from '../../src/report/sections/model.ts';
import { fixture, ratio } from './fixture.ts';

const section = (html: string, id: string) => new RegExp(`<section id="${id}">.*?</section>`, 's').exec(html)![0];
const words = (html: string, language: 'en' | 'zh-CN') =>
  html
    .replace(new RegExp(`<span lang="${language === 'en' ? 'zh-CN' : 'en'}">.*?</span>`, 'gs'), '')
    .replace(/<a class="fn".*?<\/a>/g, '')
    .replace(/<[^>]*>/g, ' ')
    .replaceAll('\u00a0', ' ')
    .replace(/\s+/g, ' ');
const said = (id: string, analysis = fixture(), language: 'en' | 'zh-CN' = 'en') => words(section(renderHtml(analysis), id), language);

describe('order and skills', () => {
  it('stand in the queue’s section, with who passed whom', () => {
    const text = said('queue');
    expect(text).toContain('VIPs passed over');
    expect(text).toContain('Passed over inside one site');
    expect(text).toContain('10 pairs · one caller passed by up to 3');
    expect(text).toMatch(/1:01 same priority 1-204 2-207 3/);
    expect(text).toMatch(/0:55 VIP 2-88 1-90 1/);
    expect(text).toMatch(/By skill .*orders 783 700 80 3/);
    expect(text).toMatch(/By class of caller .*VIP 51 46 2 3/);
    expect(said('queue', fixture(), 'zh-CN')).toMatch(/按技能组 .*orders 783 700 80 3/);
  });

  it('say nothing of skills where there is one', () => {
    const analysis = fixture();
    analysis.routing!.bySkill = analysis.routing!.bySkill.slice(0, 1);
    expect(said('queue', analysis)).not.toContain('By skill');
  });

  it('stand in older analyses’ reports not at all', () => {
    const { routing: _, model: __, reconciliation: ___, ...older } = fixture();
    expect(said('queue', older)).not.toContain('Order and routing');
    expect(said('model', older)).toContain('nothing was modelled');
    expect(said('reconciliation', older)).toContain('callsurge reconcile DIR CSV --mapping FILE');
    expect(summaryCsv(older, 'en')).not.toContain('fifoInversions');
    expect(minutesCsv(older)).toMatch(/,,,,\r\n/);
  });
});

it('ghosts, idle agents and fairness stand in the agents’ section', () => {
  const text = said('agents');
  expect(text).toMatch(/Ghost offers 0\.\d+ %/);
  expect(text).toContain('Agents idle while callers waited 6.40 s 9.1 agent seconds · longest stretch 3.80 s');
  expect(text).toMatch(/By skills .*orders\+vip 20 400 390 8 2/);
  expect(text).toContain('Offers to the longest idle agent');
});

it('no matched offer means that ghosts are not measured', () => {
  const analysis = fixture();
  analysis.routing!.offers.ghosts = ratio(0, 0);
  expect(said('agents', analysis)).toContain('Ghost offers not measured · n = 0');
});

describe('the model', () => {
  it('stands beside the measurement, with the gap and other numbers of agents', () => {
    const text = said('model');
    expect(text).toMatch(
      /1,200 callers in 3 min: λ = 6\.67\/s · AHT = 18\.4 s \(answer to the end of wrap-up\) · patience = 42\.0 s · n = 120 agents/,
    );
    expect(text).toMatch(/P\(wait\) 60\.0 % 48\.0 % 52\.0 % \+4\.0 pp/);
    expect(text).toMatch(/Average speed of answer \(ASA\) 9\.10 s 5\.20 s 7\.32 s \+2\.12 s/);
    expect(text).toMatch(/Busiest stretch .*endless, nobody gave up.*no steady state/);
    expect(text).toContain('118 agents are needed for 80 % within 20 s at this load; there were 120.');
    expect(said('model', fixture(), 'zh-CN')).toContain('需要 118 位座席');
  });

  it('has gaps with signs, points for shares', () => {
    expect(gap(0.5, 0.62, 'share')).toBe('−12.0\u00a0pp');
    expect(gap(1000, 1000, 'ms')).toBe('±0\u00a0ms');
    expect(String(gap(null, 1, 'ms'))).toContain('not measured');
  });
});

describe('the vendor’s own record', () => {
  it('is printed as its word, with every formula, outcomes, bill and recordings', () => {
    const analysis = fixture();
    const text = said('reconciliation', analysis);
    expect(text).toContain('What follows is the vendor’s word, from vendor-a.csv (SHA-256 abababababab…');
    expect(text).toContain('The vendor’s clock is −2.4 s against ours');
    expect(text).toContain('1 lines of the file could not be read');
    expect(text).toMatch(/Service level [\d.]+ % [\d.]+ % \+0\.\d pp/);
    expect(text).toMatch(/Average speed of answer \(ASA\) 7\.32 s 5\.20 s −2\.12 s/);
    expect(text).toMatch(/gave up 4 0 0 0/);
    expect(text).toContain('Billed minutes, by the vendor’s rule: every 60 s begun, of answered time');
    expect(text).toMatch(/From our record 1,490 From the vendor’s times 1,502 As the vendor states it not measured/);
    expect(text).toContain('Recordings present');
    expect(said('reconciliation', analysis, 'zh-CN')).toContain('以下为厂商自述');
  });

  it('stands in summary.csv beside ours', () => {
    const rows = Papa.parse<Record<string, string>>(summaryCsv(fixture(), 'en').slice(1), { header: true, skipEmptyLines: true }).data;
    const value = (key: string) => Number(rows.find((row) => row.key === key)?.value);
    expect(value('vendor.serviceLevel')).toBeGreaterThan(value('serviceLevel'));
    expect(value('vendor.asa')).toBe(5200);
    expect(value('billed.ours')).toBe(1490);
    expect(value('model.peak.measured.asa')).toBe(14_000);
    expect(rows.find(({ key }) => key === 'model.peak.erlangC.asa')?.value).toBe('');
    expect(value('class.vip.longestWait')).toBe(41_650);
  });
});

it('minutes.csv tells the queue of each minute', () => {
  const rows = Papa.parse<Record<string, string>>(minutesCsv(fixture()).slice(1), { header: true, skipEmptyLines: true }).data;
  expect(rows[1]).toMatchObject({ asked_for_agent: '223', answered_by_agent: '200', abandoned_in_queue: '20', asa_ms: '7100' });
  expect(rows[3]).toMatchObject({ asked_for_agent: '', service_level: '' });
});

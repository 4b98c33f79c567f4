/** The pages of searches and probes: nothing from outside becomes markup, nothing is loaded, every text is filled in, in both languages. */
import { describe, expect, it } from 'vitest';
import { AvailabilityFold } from '../../src/analysis/availability.ts';
import type { LimitKind, PlayedTrial, SearchEnd, SearchRecord, SearchVerdict } from '../../src/analysis/search-result.ts';
import { renderProbeHtml } from '../../src/report/probe-page.ts';
import { probeLines } from '../../src/report/probe-text.ts';
import { renderSearchHtml } from '../../src/report/search-page.ts';
import { searchLines, trialLine } from '../../src/report/search-text.ts';

const EVIL = '<img src=x onerror=alert(1)>';

const trial = (why: PlayedTrial['why'], verdict: PlayedTrial['verdict']): PlayedTrial => ({
  number: 1,
  against: 'vendor',
  load: 23,
  length: 'long',
  verdict,
  held: null,
  loss: 0.1,
  why,
  startMs: 1_795_000_000_000,
  lengthMs: 5000,
  folder: 'trials/001',
  figures: {
    attempts: 23,
    answered: 20,
    failed: 3,
    refused: 3,
    failedSound: 3,
    dropped: 0,
    harness: 0,
    peakAnswered: 20,
    peakOccupied: 23,
    srdP95Ms: null,
    unhealthySeconds: 0,
    commonest: EVIL,
  },
});

function record(end: SearchEnd | null, kind: LimitKind | null, why: SearchVerdict['why']): SearchRecord {
  return {
    format: 1,
    kind: 'search',
    callsurge: '0.1.0',
    startMs: 1_795_000_000_000,
    endMs: end === null ? null : 1_795_000_100_000,
    vendor: { name: 'vendor-a', title: EVIL, timezone: 'Mars/Olympus' },
    promise: { atLeast: 30, counting: 'answered', words: EVIL },
    terms: {
      number: '4001000000',
      scenario: EVIL,
      exec: EVIL,
      press: null,
      media: 'none',
      shortMs: 5000,
      longMs: 20_000,
      pauseMs: 2000,
      holdMs: 200,
      repeats: 3,
      width: 0.005,
      seed: 1,
      stopWhen: [EVIL],
    },
    result: {
      sought: 'concurrency',
      epsilon: 0,
      max: 60,
      maxBy: 'contract.maxChannels',
      lower: kind === null ? 0 : 23,
      upper: kind === 'not reached' || kind === null ? null : 24,
      upperIs: 'vendor',
      end,
      endWhy: EVIL,
      kind,
      ceiling: kind === 'degrades' ? null : { load: 100, atLeast: kind !== 'harness limit' },
      valid: kind === 'configured limit',
      confirmed: end === 'found',
    },
    verdict: { state: 'not proven', promised: 30, why },
    trials: [
      trial('carried', 'good'),
      trial('lost', 'bad'),
      trial('not-together', 'bad'),
      trial('harness-failed', 'unfit'),
      trial('not-offered', 'unfit'),
      trial('unhealthy', 'unfit'),
    ],
  };
}

const ENDS: (SearchEnd | null)[] = ['found', 'trials', 'signal', 'stop-when', 'contract', 'error', null];
const KINDS: (LimitKind | null)[] = ['configured limit', 'degrades', 'not reached', 'harness limit', null];
const WHYS: SearchVerdict['why'][] = ['carried', 'fails-below', 'between', 'cap', 'ceiling', 'early', 'counting', 'nothing-passed', 'loss'];

function sound(page: string): void {
  expect(page).not.toContain('<img');
  expect(page).not.toMatch(/(src|href)="(https?:)?\/\//);
  const texts = page.replace(/<style>[\s\S]*?<\/style>|<script>[\s\S]*?<\/script>/g, '');
  expect(texts.match(/\{\w+\}/g)).toBeNull();
  expect(texts).not.toMatch(/undefined|NaN|\[object/);
}

describe('the page of a search', () => {
  it('is sound however it ended, whatever it found and whatever the vendor said', () => {
    for (const end of ENDS)
      for (const kind of KINDS)
        for (const why of WHYS) {
          const one = record(end, kind, why);
          sound(renderSearchHtml(one, 'en'));
          for (const language of ['en', 'zh-CN'] as const)
            for (const line of [...searchLines(language, one), ...one.trials.map((t) => trialLine(language, 'rate', t))])
              expect(line).not.toMatch(/\{\w+\}|undefined|NaN/);
        }
  });

  it('shows no empty search as a result', () => {
    const empty = { ...record('error', null, 'early'), trials: [], promise: null, verdict: null };
    const page = renderSearchHtml(empty, 'zh-CN');
    sound(page);
    expect(page).toContain('没有一次试验完整结束');
  });
});

describe('the page of a prober', () => {
  const page = (fold: AvailabilityFold) =>
    renderProbeHtml({
      version: '0.1.0',
      vendor: { name: 'vendor-a', title: EVIL, timezone: 'Asia/Shanghai' },
      words: EVIL,
      callEveryMs: 600_000,
      fastMs: 5000,
      number: '4001000000',
      figures: fold.figures(),
      language: 'zh-CN',
    });

  it('is sound without a single row, and with outages, gaps and closed hours', () => {
    const fold = new AvailabilityFold({ everyMs: 60_000, timeZone: 'Asia/Shanghai', promised: 0.999 });
    sound(page(fold));
    expect(page(fold)).toContain('没有观测数据');
    const row = { time: null, trunk: 'main', status: null, answer_ms: 12, why: EVIL };
    for (let minute = 0; minute < 3 * 1440; minute++) {
      if (minute > 1000 && minute < 1300) continue;
      const t_ms = 1_795_000_000_000 + minute * 60_000;
      const closed = minute > 2000 && minute < 2400;
      const result = minute % 700 < 9 ? 'down' : 'up';
      fold.add({ ...row, t_ms, kind: closed ? 'closed' : 'options', result: closed ? null : result });
    }
    sound(page(fold));
    for (const language of ['en', 'zh-CN'] as const)
      for (const line of probeLines(language, 'vendor-a', fold.figures())) expect(line).not.toMatch(/\{\w+\}|undefined|NaN/);
  });
});

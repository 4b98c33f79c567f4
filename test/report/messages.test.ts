import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { WHYS } from '../../src/analysis/finding.ts';
import { NER_MAPPING } from '../../src/analysis/sessions.ts';
import { whyText } from '../../src/report/claims.ts';
import { DEFINITION_IDS } from '../../src/report/messages/definitions.ts';
import { en, type MessageKey } from '../../src/report/messages/en.ts';
import { definition, LANGUAGES, say } from '../../src/report/messages/say.ts';
import { zhCN } from '../../src/report/messages/zh-CN.ts';
import { metricsDoc } from './metrics-doc.ts';

const src = join(import.meta.dirname, '../../src');
const keys = Object.keys(en) as MessageKey[];
const placeholders = (text: string) => [...new Set([...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name))].sort();

it('both languages have every text, with the same placeholders', () => {
  expect(Object.keys(zhCN).sort()).toEqual([...keys].sort());
  for (const key of keys) {
    expect(zhCN[key].trim(), key).not.toBe('');
    expect(placeholders(zhCN[key]), key).toEqual(placeholders(en[key]));
  }
});

it('no text is left over', () => {
  const sources = readdirSync(join(src, 'report'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.includes('messages'))
    .map((file) => readFileSync(join(src, 'report', file), 'utf8'))
    .join('\n');
  const madeFromData =
    /^(outcome|blame|method|claim|counting|state|threshold|kind|action|by|trial|unit|csv|why|reason|section|head\.end)\./;
  const byBand = ['chart.unhealthy', 'chart.fault', 'chart.outage', 'table.peak', 'table.mean', 'table.min', 'table.max'];
  for (const key of keys) if (!madeFromData.test(key) && !byBand.includes(key)) expect(sources.includes(`'${key}'`), key).toBe(true);
});

it('every reason of a verdict is a sentence in both languages, and asks for no figure that it does not bring', () => {
  for (const why of WHYS) {
    for (const language of LANGUAGES) {
      for (const state of ['pass', 'fail'] as const) expect(whyText(language, { why, state }), why).not.toBe(why);
    }
  }
  const sources = readdirSync(join(src, 'analysis')).map((file) => readFileSync(join(src, 'analysis', file), 'utf8'));
  const brought = sources.flatMap((source) => [...source.matchAll(/because\(\s*'([a-z-]+)'(?:, \{([^}]*)\})?/g)]);
  expect(brought.length).toBeGreaterThan(8);
  for (const [, key, figures = ''] of brought) {
    const names = figures.split(',').map((figure) => figure.split(':')[0]!.trim());
    for (const placeholder of placeholders(en[`why.${key}` as MessageKey])) expect(names, key).toContain(placeholder);
  }
});

describe('reasons', () => {
  it('put figures in the unit of their name', () => {
    const text = whyText('en', { why: 'downtime-over-month downMs=8398 allowedMs=4320', state: 'fail' });
    expect(text.replaceAll('\u00a0', ' ')).toBe('8.40 s without service: more than the 4.32 s that a whole month allows.');
  });

  it('print an unknown key as it came', () => {
    expect(whyText('zh-CN', { why: 'a-new-reason n=3', state: 'fail' })).toBe('a-new-reason n=3');
  });
});

describe('definitions', () => {
  it('print the mapping of NER as it is counted', () => {
    for (const language of LANGUAGES) {
      const { text } = definition(language, 'ner');
      for (const { status, q850 } of Object.values(NER_MAPPING))
        for (const code of [...status, ...q850]) expect(text).toContain(String(code));
    }
  });

  it('are told in both languages', () => {
    for (const id of DEFINITION_IDS) {
      for (const language of LANGUAGES) {
        const { name, text } = definition(language, id);
        expect(name.length, id).toBeGreaterThan(1);
        expect(text.length, id).toBeGreaterThan(6);
      }
      expect(definition('zh-CN', id).text, id).toMatch(/[\u4e00-\u9fff]/);
    }
  });

  it('stand in docs/metrics.md as they are printed in the report', () => {
    expect(readFileSync(join(src, '../docs/metrics.md'), 'utf8')).toBe(metricsDoc());
  });
});

it('leaves a placeholder without a value visible', () => {
  expect(say('en', 'verdict.n')).toBe('n = {n}');
  expect(say('zh-CN', 'verdict.headline', { all: 7, pass: 3 })).toBe('7 项承诺中 3 项成立');
});

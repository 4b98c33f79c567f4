import { expect, it } from 'vitest';
import { unhealthySpans } from '../../src/report/unhealthy.ts';

const span = (second: number, why: string) => ({ fromMs: second * 1000, toMs: second * 1000 + 1000, why });

it('joins touching seconds and says each trouble once, at its worst, in both languages', () => {
  const spans = unhealthySpans([
    span(3, 'RTP late by 24 ms, RTP late by 31 ms; worker 1: RTP late by 31 ms'),
    span(4, 'event-loop delay 93 ms, RTP late by 110 ms'),
    span(9, 'no RTP port free, something new'),
  ]);
  expect(spans.map(({ fromMs, toMs }) => [fromMs, toMs])).toEqual([
    [3000, 5000],
    [9000, 10_000],
  ]);
  expect(spans[0]!.why('en')).toBe('RTP late by up to 110\u00a0ms · event-loop delay up to 93.0\u00a0ms');
  expect(spans[0]!.why('zh-CN')).toBe('RTP 发送延迟最大 110\u00a0ms · 事件循环延迟最大 93.0\u00a0ms');
  expect(spans[1]!.why('en')).toBe('no RTP port free · something new');
});

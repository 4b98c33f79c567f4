/** Spans in which the instrument was unhealthy, as people read them: touching seconds as one span, each kind of trouble once, at its worst. */
import type { HealthFigures } from '../analysis/model.ts';
import { count, duration } from './format.ts';
import { type Language, say } from './messages/say.ts';

/** The record's words (timeline.csv, `unhealthy`), and the text that says the same in both languages. */
const KNOWN = [
  [/^schedule lag ([\d.]+) ms$/, 'unhealthy.lag', duration],
  [/^event-loop delay ([\d.]+) ms$/, 'unhealthy.loop', duration],
  [/^garbage collection ([\d.]+) ms$/, 'unhealthy.gc', duration],
  [/^CPU ([\d.]+) %$/, 'unhealthy.cpu', count],
  [/^RTP late by ([\d.]+) ms$/, 'unhealthy.rtp', duration],
  [/^([\d.]+) datagrams dropped by the kernel$/, 'unhealthy.datagrams', count],
  [/^([\d.]+) iterations dropped$/, 'unhealthy.iterations', count],
  [/^(no RTP port free)$/, 'unhealthy.ports', count],
] as const;

export interface UnhealthySpan {
  fromMs: number;
  toMs: number;
  why(language: Language): string;
}

export function unhealthySpans(spans: HealthFigures['unhealthy']): UnhealthySpan[] {
  const joined: { fromMs: number; toMs: number; texts: string[] }[] = [];
  for (const span of spans) {
    const last = joined.at(-1);
    if (last && last.toMs >= span.fromMs) {
      last.toMs = Math.max(last.toMs, span.toMs);
      last.texts.push(span.why);
    } else joined.push({ fromMs: span.fromMs, toMs: span.toMs, texts: [span.why] });
  }
  return joined.map(({ fromMs, toMs, texts }) => ({ fromMs, toMs, why: (language) => worstOfEach(texts, language) }));
}

function worstOfEach(texts: readonly string[], language: Language): string {
  const worst = new Map<(typeof KNOWN)[number], number>();
  const unknown = new Set<string>();
  for (const text of texts.flatMap((one) => one.split(/[,;]\s*/))) {
    const phrase = text.replace(/^worker \d+: /, '').trim();
    const known = KNOWN.find(([pattern]) => pattern.test(phrase));
    if (known) worst.set(known, Math.max(worst.get(known) ?? 0, Number(known[0].exec(phrase)![1]) || 0));
    else if (phrase !== '') unknown.add(phrase);
  }
  return [...[...worst].map(([[, key, format], value]) => say(language, key, { value: format(value) })), ...unknown].join(' · ');
}

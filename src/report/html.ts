/**
 * The report as one file: no network, no font, no script needed to read it. Chinese and English stand in it side by side and a pair of radio
 * buttons shows one of them; a script of a few lines adds tooltips. Its Content-Security-Policy allows nothing but its own style and that one
 * script by its hash, so that even markup that slipped through could neither run nor call home.
 */
import { createHash } from 'node:crypto';
import type { RunAnalysis } from '../analysis/model.ts';
import { frameOf } from './charts/marks.ts';
import { zoneOffset } from './format.ts';
import { Html, html, type Part } from './markup.ts';
import { both, type Language, say } from './messages/say.ts';
import { SCRIPT } from './page/script.ts';
import { STYLE } from './page/style.ts';
import { agentsSection } from './sections/agents.ts';
import type { Context, SectionName } from './sections/context.ts';
import { definitionsSection } from './sections/definitions.ts';
import { faultsSection } from './sections/faults.ts';
import { banners, head } from './sections/head.ts';
import { healthSection } from './sections/health.ts';
import { setupSection } from './sections/line.ts';
import { arrivalsSection, concurrencySection } from './sections/load.ts';
import { marksSection } from './sections/marks.ts';
import { minutesSection } from './sections/minutes.ts';
import { modelSection } from './sections/model.ts';
import { outcomesSection } from './sections/outcomes.ts';
import { qualitySection } from './sections/quality.ts';
import { queueSection } from './sections/queue.ts';
import { reconciliationSection } from './sections/reconciliation.ts';
import { scalingSection } from './sections/scaling.ts';
import { summarySection } from './sections/summary.ts';
import { thresholdsSection } from './sections/thresholds.ts';
import { verdictSection } from './sections/verdict.ts';
import { subjectOf } from './subject.ts';

export interface HtmlOptions {
  /** Shown first; the reader can switch. Default en. */
  language?: Language;
  /** IANA name for the clock times. Default: the contract's, else this machine's. */
  timeZone?: string;
}

const SECTIONS: [SectionName, (context: Context) => Html][] = [
  ['verdict', verdictSection],
  ['summary', summarySection],
  ['concurrency', concurrencySection],
  ['arrivals', arrivalsSection],
  ['outcomes', outcomesSection],
  ['setup', setupSection],
  ['queue', queueSection],
  ['agents', agentsSection],
  ['model', modelSection],
  ['reconciliation', reconciliationSection],
  ['faults', faultsSection],
  ['scaling', scalingSection],
  ['quality', qualitySection],
  ['thresholds', thresholdsSection],
  ['health', healthSection],
  ['marks', marksSection],
  ['minutes', minutesSection],
  ['definitions', definitionsSection],
];

export function renderHtml(analysis: RunAnalysis, { language = 'en', timeZone }: HtmlOptions = {}): string {
  const subject = subjectOf(analysis, timeZone);
  const context: Context = { analysis, subject, frame: frameOf(analysis, subject.zeroMs) };
  const zone = `${subject.timeZone} (${zoneOffset(subject.zeroMs, subject.timeZone)})`;
  const radio = (id: string, lang: Language) =>
    html`<input class="lang" type="radio" name="lang" id="${id}" value="${lang}"${lang === language ? Html.trusted(' checked') : null}>`;
  const page = html`<!doctype html>
<html lang="${language}"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src '${sha256(SCRIPT)}'; img-src data:; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="generator" content="callsurge ${analysis.meta.callsurge}">
<meta name="color-scheme" content="light dark">
<title>${subject.vendor} · ${subject.title} · ${say(language, 'report.title')}</title>
<style>${Html.trusted(STYLE)}</style></head>
<body>${radio('lang-en', 'en')}${radio('lang-zh', 'zh-CN')}
<div class="page"><nav class="top"><div class="switch" role="group"><label for="lang-en" lang="en">English</label><label for="lang-zh" lang="zh-CN">中文</label></div></nav>
${head(context)}${banners(context)}
<nav class="contents">${SECTIONS.map(([name]) => link(name))}</nav>
<p class="note">${both('report.all-times', { zone })}</p>
<main>${SECTIONS.map(([, render]) => render(context))}</main>
<footer><p>${both('report.made', { version: analysis.meta.callsurge, run: analysis.meta.run })}</p></footer></div>
<script>${Html.trusted(SCRIPT)}</script></body></html>
`;
  return page.toString();
}

const link = (name: SectionName): Part => html`<a href="#${name}">${both(`section.${name}`)}</a>`;
const sha256 = (text: string) => `sha256-${createHash('sha256').update(text).digest('base64')}`;

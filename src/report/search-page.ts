/** The page of a capacity search: the two bounds, what kind of limit it is, and every trial that led to it. */
import type { PlayedTrial, SearchRecord } from '../analysis/search-result.ts';
import { percentX, percentY, plot } from './charts/plot.ts';
import { valueAxis } from './charts/scale.ts';
import { count, duration, isTimeZone, percent, wallClock, zoneOffset } from './format.ts';
import { type Html, html, type Part } from './markup.ts';
import type { MessageKey } from './messages/en.ts';
import { bilingual, both, type Language, say } from './messages/say.ts';
import { pageHead, pageOf, pageSection } from './page/shell.ts';
import {
  againstText,
  cautions,
  ceilingText,
  headline,
  kindName,
  kindText,
  loadText,
  trialVerdict,
  trialWhy,
  verdictText,
} from './search-text.ts';
import { badge } from './sections/verdict.ts';
import { table, value } from './table.ts';

const SEARCH_STYLE = `
.trial{position:absolute;width:.62rem;height:.62rem;margin:-.31rem 0 0 -.31rem;border-radius:50%;border:2px solid var(--card);background:var(--pass);box-sizing:content-box}
.trial.t-bad{background:var(--fail);border-radius:1px}.trial.t-unfit,.trial.t-unclear{background:var(--none);transform:rotate(45deg);border-radius:1px}.trial.short{width:.42rem;height:.42rem;margin:-.21rem 0 0 -.21rem}

.legend .trial{position:static;display:inline-block;margin:0 .35rem 0 0;vertical-align:-.05rem}.legend .trial.short{margin:0 .45rem 0 .1rem}
table.trials tbody th{min-width:0}table.trials th:first-child{width:3rem}table.trials td,table.trials td:nth-child(2){white-space:nowrap}table.trials td:last-child{white-space:normal;width:34%}table.trials thead th:last-child{text-align:left}
.bound{position:absolute;left:0;right:0;border-top:1px dashed var(--pass)}.bound.upper{border-color:var(--fail)}
`;

export function renderSearchHtml(record: SearchRecord, language: Language): string {
  const { result, vendor, terms } = record;
  const zone = isTimeZone(vendor.timezone) ? vendor.timezone : 'UTC';
  const of = (load: number) => bilingual((lang) => loadText(lang, result.sought, load));
  const title = result.sought === 'rate' ? 'search.title-rate' : 'search.title-concurrency';
  const facts: [Part, Part][] = [
    [both('head.when'), html`${wallClock(record.startMs, zone)} <span class="dim">${zoneOffset(record.startMs, zone)}</span>`],
    ...(record.endMs === null ? [] : [[both('head.length'), duration(record.endMs - record.startMs)] as [Part, Part]]),
    [both('search.lower'), result.lower > 0 ? of(result.lower) : both('search.none-carried')],
    [both('search.upper'), result.upper === null ? both('search.none-failed') : of(result.upper)],
    [both('search.kind-name'), result.kind ? bilingual((lang) => kindName(lang, result.kind!)) : both('unknown')],
    [both('search.ceiling'), bilingual((lang) => ceilingText(lang, result))],
    [both('head.seed'), String(terms.seed)],
  ];
  return pageOf({
    language,
    title: `${vendor.title ?? vendor.name} · ${say(language, 'search.title')}`,
    version: record.callsurge,
    style: SEARCH_STYLE,
    head: pageHead({ kicker: both('search.title'), title: both(title), versus: vendor.title ?? vendor.name, facts }),
    main: [resultSection(record), trialsSection(record), methodSection(record)],
    footer: html`<p>${both('search.made', { version: record.callsurge })}</p>`,
  });
}

function resultSection(record: SearchRecord): Html {
  const { result, verdict, promise } = record;
  const warned = cautions('en', record).map((_, i) => html`<p class="warning">${bilingual((lang) => cautions(lang, record)[i]!)}</p>`);
  const claim =
    promise && verdict
      ? html`<p>${badge(verdict.state)} ${both('search.promised', { promised: (lang) => loadText(lang, result.sought, promise.atLeast) })} ${bilingual((lang) => verdictText(lang, record))}${promise.words ? html` <span class="dim">“${promise.words}”</span>` : null}</p>`
      : null;
  return pageSection(
    'result',
    both('search.section-result'),
    html`<p class="headline">${bilingual((lang) => headline(lang, result))}</p>`,
    result.kind &&
      html`<p><strong>${bilingual((lang) => kindName(lang, result.kind!))}</strong> · ${bilingual((lang) => kindText(lang, result.kind!, result.maxBy))}</p>`,
    claim,
    warned,
  );
}

function trialsSection(record: SearchRecord): Html {
  const rows = record.trials.map((trial): Part[] => {
    const { number, load, lengthMs, length, figures } = trial;
    return [
      String(number),
      bilingual((lang) => againstText(lang, trial)),
      count(load),
      html`${duration(lengthMs)} <span class="dim">${length === 'short' ? both('search.short') : both('search.long')}</span>`,
      bilingual((lang) => trialVerdict(lang, trial)),
      `${count(figures.answered)} / ${count(figures.attempts)}`,
      figures.failed === 0 ? '0' : `${count(figures.failed)} (${percent(trial.loss)})`,
      count(figures.peakAnswered),
      value(figures.srdP95Ms, 'ms'),
      bilingual((lang) => trialWhy(lang, trial)),
    ];
  });
  const head = (['number', 'against', 'load', 'length', 'verdict', 'answered', 'failed', 'peak', 'srd', 'why'] as const).map((name) =>
    both(HEADS[name]),
  );
  return pageSection('trials', both('search.section-trials'), trialsChart(record), table(head, rows, 'figures wide trials'));
}

const HEADS = {
  number: 'search.col-number',
  against: 'search.col-against',
  load: 'search.col-load',
  length: 'search.col-length',
  verdict: 'search.col-verdict',
  answered: 'search.col-answered',
  failed: 'search.col-failed',
  peak: 'search.col-peak',
  srd: 'search.col-srd',
  why: 'search.col-why',
} as const;

function trialsChart({ result, trials }: SearchRecord): Part {
  const played = trials.filter(({ against }) => against === 'vendor');
  if (played.length === 0) return null;
  const axis = valueAxis(Math.max(...played.map(({ load }) => load)) * 1.02, true);
  const at = (i: number) => percentX(i + 0.5, 0, played.length);
  const bound = (load: number | null, name: string) =>
    load === null || load === 0 ? null : html`<div class="bound ${name}" style="top:${percentY(load, axis.max)}"></div>`;
  const dot = ({ load, verdict, length, number }: PlayedTrial, i: number) =>
    html`<i class="trial t-${verdict} ${length}" style="left:${at(i)};top:${percentY(load, axis.max)}" title="${number}: ${count(load)}"></i>`;
  const every = Math.ceil(played.length / 24);
  return html`<figure class="chart"><figcaption><span class="title">${both('search.chart')}</span>${legend()}</figcaption>${plot({
    drawing: null,
    overlay: html`${bound(result.lower, 'lower')}${bound(result.upper, 'upper')}${played.map(dot)}`,
    xTicks: played.flatMap(({ number }, i) => (i % every === 0 ? [{ at: at(i), label: String(number) }] : [])),
    yTicks: axis.ticks.map((tick) => ({ at: percentY(tick, axis.max), label: count(tick) })),
  })}</figure>`;
}

/** What the dots are. */
function legend(): Html {
  const dot = (kind: string, key: MessageKey) => html`<span><i class="trial ${kind}"></i>${both(key)}</span>`;
  return html`<span class="legend">${dot('t-good', 'search.legend-good')}${dot('t-bad', 'search.legend-bad')}${dot('t-unfit', 'search.legend-unfit')}${dot('t-good short', 'search.legend-short')}<span>${both('search.legend-bounds')}</span></span>`;
}

function methodSection({ terms, result }: SearchRecord): Html {
  const { number, media, shortMs, longMs, pauseMs, holdMs, repeats, width, scenario, exec, stopWhen } = terms;
  const own = scenario !== null && exec !== null;
  return pageSection(
    'method',
    both('search.section-method'),
    html`<p>${both('search.method-terms', {
      number,
      media: (lang) => say(lang, media === 'rtp' ? 'search.media-rtp' : 'search.media-none'),
      epsilon: percent(result.epsilon),
      short: duration(shortMs),
      long: duration(longMs),
      pause: duration(pauseMs),
    })} ${own ? both('search.method-own', { scenario, exec }) : result.sought === 'rate' ? both('search.method-hold', { hold: duration(holdMs) }) : null}${stopWhen.map((rule) => html` <code>${rule}</code>`)}</p>
<p class="note">${both('search.method-text', { repeats, width: percent(width) })}</p><p class="note">${both('search.method-sources')}</p>`,
  );
}

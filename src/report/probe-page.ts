/** The page of a prober: availability with its sample, hour by hour, day by day, month by month, its outages, and what a higher claim would need. */
import type { AvailabilityFigures, Period } from '../analysis/availability.ts';
import { count, duration, isTimeZone, percent, wallClock, zoneOffset } from './format.ts';
import { type Html, html, type Part } from './markup.ts';
import { bilingual, both, bothOr, type Language, say } from './messages/say.ts';
import { pageHead, pageOf, pageSection } from './page/shell.ts';
import { lastedText, probeFacts, probeHeadline, probeWhy, promisedText } from './probe-text.ts';
import { badge } from './sections/verdict.ts';
import { interval, notMeasured, table, value } from './table.ts';

export interface ProbePage {
  version: string;
  vendor: { name: string; title: string | null; timezone: string | null };
  words: string | null;
  callEveryMs: number | null;
  fastMs: number;
  number: string | null;
  figures: AvailabilityFigures;
  language: Language;
}

const PROBE_STYLE = `
.strip{display:grid;grid-template-columns:6.2rem repeat(24,minmax(0,1fr));gap:2px;font-size:.72rem;color:var(--dim);align-items:center}
.strip i{height:.95rem;border-radius:2px;background:var(--nonebg)}.strip .up{background:var(--pass)}.strip .down{background:var(--fail)}.strip .closed{background:var(--hair)}
.strip b{font-weight:400;text-align:center}.strip span{white-space:nowrap}
`;
const MOST_OUTAGES = 200;
const MOST_DAYS = 400;

export function renderProbeHtml(page: ProbePage): string {
  const { figures, vendor, language } = page;
  const zone = isTimeZone(vendor.timezone) ? vendor.timezone : 'UTC';
  const time = (ms: number | null): Part => (ms === null ? notMeasured() : wallClock(ms, zone));
  const facts: [Part, Part][] = [
    [both('probe.from'), html`${time(figures.firstMs)} <span class="dim">${zoneOffset(figures.firstMs ?? 0, zone)}</span>`],
    [both('probe.to'), time(figures.lastMs)],
    [both('probe.every'), duration(figures.everyMs)],
    [
      both('probe.calls-every'),
      page.callEveryMs === null ? both('probe.no-calls') : html`${duration(page.callEveryMs)} <span class="dim">${page.number}</span>`,
    ],
    [both('probe.restarts'), count(figures.restarts)],
  ];
  const who = vendor.title ?? vendor.name;
  return pageOf({
    language,
    title: `${who} · ${say(language, 'probe.title')}`,
    version: page.version,
    style: PROBE_STYLE,
    head: pageHead({ kicker: both('probe.title'), title: bilingual((lang) => probeHeadline(lang, figures)), versus: who, facts }),
    main: [
      resultSection(page),
      pageSection('months', both('probe.section-months'), periodTable(figures.months)),
      pageSection('needed', both('probe.section-needed'), neededTable(figures), html`<p class="note">${both('probe.needed-text')}</p>`),
      pageSection('outages', both('probe.section-outages'), outageTable(figures, zone)),
      pageSection('time', both('probe.section-time'), strip(figures)),
      pageSection('days', both('probe.section-days'), periodTable(figures.days.slice(-MOST_DAYS))),
      pageSection(
        'method',
        both('probe.section-method'),
        html`<p class="note">${both('probe.method-text', { fast: duration(page.fastMs) })}</p><p class="note">${both('probe.method-verdict')}</p>`,
      ),
    ],
    footer: html`<p>${both('probe.made', { version: page.version })}</p>`,
  });
}

function resultSection({ figures, words }: ProbePage): Html {
  const { verdict, mttrMs, mttrN, longest, answerMs } = figures;
  const claim = verdict
    ? html`<p>${badge(verdict.state)} ${bilingual((lang) => promisedText(lang, verdict.promised))} ${bilingual((lang) => probeWhy(lang, verdict.why))}${words ? html` <span class="dim">“${words}”</span>` : null}</p>`
    : null;
  const rows: Part[][] = [
    [
      both('probe.mttr'),
      mttrMs === null ? notMeasured() : html`${duration(mttrMs)} <span class="dim">${both('probe.mttr-of', { n: mttrN })}</span>`,
    ],
    [both('probe.longest'), longest ? bilingual((lang) => lastedText(lang, longest)) : both('probe.none')],
    [
      both('probe.answer'),
      answerMs.n === 0
        ? notMeasured()
        : both('probe.answer-text', { p50: duration(answerMs.p50!), p95: duration(answerMs.p95!), max: duration(answerMs.max!) }),
    ],
  ];
  return pageSection(
    'result',
    both('probe.section-result'),
    claim,
    probeFacts('en', figures).map((_, i) => html`<p>${bilingual((lang) => probeFacts(lang, figures)[i]!)}</p>`),
    table([both('table.figure'), both('table.value')], rows, 'figures half'),
  );
}

function periodTable(periods: readonly Period[]): Html {
  return table(
    [
      both('probe.col-period'),
      both('probe.col-availability'),
      both('probe.col-interval'),
      both('probe.col-up'),
      both('probe.col-down'),
      both('probe.col-missing'),
      both('probe.col-closed'),
      both('probe.col-outages'),
      both('probe.col-downtime'),
    ],
    periods.map((period): Part[] => [
      period.key,
      html`<strong>${value(period.availability.value, 'share')}</strong>`,
      interval(period.availability),
      count(period.up),
      count(period.down),
      count(period.missing),
      count(period.closed),
      count(period.outages),
      duration(period.downMs),
    ]),
    'figures',
  );
}

function neededTable({ needed }: AvailabilityFigures): Html {
  return table(
    [both('probe.col-target'), both('probe.col-needed'), both('probe.col-left')],
    needed.map(({ target, intervals, left, leftMs }): Part[] => [
      percent(target),
      count(intervals),
      left === 0 ? both('probe.proven') : html`${count(left)} <span class="dim">${span(leftMs)}</span>`,
    ]),
    'figures half',
  );
}

function outageTable({ outages }: AvailabilityFigures, zone: string): Part {
  if (outages.length === 0) return html`<p>${both('probe.none')}</p>`;
  const shown = outages.slice(-MOST_OUTAGES);
  const rows = shown.map((outage): Part[] => [
    wallClock(outage.startMs, zone),
    bilingual((lang) => lastedText(lang, outage)),
    outage.mostMs === null
      ? html`${duration(outage.leastMs)} – <span class="nm">${both('probe.open-end')}</span>`
      : `${duration(outage.leastMs)} – ${duration(outage.mostMs)}`,
    outage.why === null ? '' : bothOr(`reason.probe.${outage.why}`, outage.why),
  ]);
  const head = [both('probe.col-begin'), both('probe.col-lasted'), both('probe.col-bounds'), both('probe.col-why')];
  const rest = outages.length - shown.length;
  return html`${table(head, rows, 'figures')}${rest > 0 ? html`<p class="note">${both('probe.more', { n: count(rest) })}</p>` : null}`;
}

/** A line a day, a square an hour. */
function strip({ days, hours }: AvailabilityFigures): Html {
  const byKey = new Map(hours.map((hour) => [hour.key, hour]));
  const stateOf = (hour: Period | undefined) =>
    !hour ? '' : hour.down > 0 ? 'down' : hour.up > 0 ? 'up' : hour.closed > 0 ? 'closed' : '';
  const two = (hour: number) => String(hour).padStart(2, '0');
  const cells = Array.from({ length: 24 }, (_, hour) => hour);
  return html`<p class="note">${both('probe.strip')}</p><div class="strip"><span></span>${cells.map((hour) => html`<b>${hour % 3 === 0 ? two(hour) : ''}</b>`)}${days
    .slice(-MOST_DAYS)
    .map(
      ({ key }) =>
        html`<span>${key}</span>${cells.map((hour) => {
          const period = byKey.get(`${key} ${two(hour)}`);
          return html`<i class="${stateOf(period)}" title="${key} ${two(hour)}:00${period ? `: ${period.up} / ${period.up + period.down}` : ''}"></i>`;
        })}`,
    )}</div>`;
}

/** Days where hours would be too many. */
function span(ms: number): string {
  return ms < 3 * 86_400_000 ? duration(ms) : `${count(ms / 86_400_000, 1)}\u00a0d`;
}

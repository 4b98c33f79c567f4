/** The verdict: one row a claim, promised against measured, with the interval and the sample that decide it. */
import type { Verdict, VerdictState } from '../../analysis/model.ts';
import { claimName, isAtMost, measuredText, promised, whyText } from '../claims.ts';
import { count, inUnit } from '../format.ts';
import { type Html, html, type Part } from '../markup.ts';
import { bilingual, both } from '../messages/say.ts';
import { footnote, notMeasured } from '../table.ts';
import { type Context, note, section } from './context.ts';

/** Shape as well as colour: the verdict must survive a black-and-white printer. */
const SIGNS: Record<VerdictState, string> = { pass: '✓', fail: '✕', 'not proven': '≈', 'not measured': '○', 'not valid': '!' };
const STATES = Object.keys(SIGNS) as VerdictState[];

const stateClass = (state: string): string => state.replace(/\W/g, '-');

export function badge(state: VerdictState): Html {
  return html`<span class="badge s-${stateClass(state)}"><i>${SIGNS[state]}</i>${both(`state.${state}`)}</span>`;
}

export function verdictSection({ analysis: { verdicts, validity } }: Context): Html {
  if (verdicts.length === 0) return section('verdict', note(both('verdict.none')));
  const of = (state: VerdictState) => verdicts.filter((verdict) => verdict.state === state).length;
  const headline = validity.valid ? both('verdict.headline', { pass: of('pass'), all: verdicts.length }) : both('verdict.headline-invalid');
  const vetoLost = verdicts.some((verdict) => verdict.veto && verdict.state !== 'pass');
  return section(
    'verdict',
    html`<p class="headline">${headline}${footnote('verdict')}${vetoLost ? html` <span class="veto-lost">${both('verdict.veto-lost')}</span>` : null}</p>
<p class="tally">${STATES.map((state) => (of(state) > 0 ? html`<span>${badge(state)} ${of(state)}</span>` : null))}</p>
<ol class="verdicts">${verdicts.map(row)}</ol>`,
  );
}

function row(verdict: Verdict): Html {
  const { measured, low, high, unit, n } = verdict;
  const range =
    low !== null && high !== null && measured !== null
      ? both(unit === 'share' ? 'verdict.interval' : 'verdict.range', {
          low: inUnit(low, unit),
          high: inUnit(high, unit),
        })
      : low !== null && measured !== null && low !== measured
        ? both('verdict.at-least', { low: inUnit(low, unit) })
        : null;
  return html`<li class="s-${stateClass(verdict.state)}"><div class="v-state">${badge(verdict.state)}</div>
<div class="v-claim"><b>${bilingual((language) => claimName(language, verdict))}</b>${verdict.veto ? html` <span class="veto">${both('verdict.veto')}</span>` : null}<p>${bilingual((language) => whyText(language, verdict))}</p></div>
<div class="v-promised"><small>${both('verdict.promised')}</small><b>${promised(verdict)}</b></div>
<div class="v-measured"><small>${both('verdict.measured')}</small><b>${measured === null && low === null && high === null ? notMeasured() : measuredText('en', verdict)}</b>${range ? html`<small class="dim">${range}</small>` : null}${n > 0 && n !== measured ? html`<small class="dim">${both('verdict.n', { n: count(n) })}</small>` : null}</div>
<div class="v-bullet">${bullet(verdict)}</div></li>
`;
}

/** Promise as a line with its good side tinted, interval as a bar, measured value as a dot. */
function bullet(verdict: Verdict): Part {
  const { measured, low, high } = verdict;
  if (measured === null) return null;
  const values = [verdict.promised, measured, ...(low === null ? [] : [low]), ...(high === null ? [] : [high])];
  const largest = Math.max(...values);
  const smallest = Math.min(...values);
  // From zero, unless everything lies close together far from it (99.95 % against 99.99 %).
  const from = smallest > 0.8 * largest ? Math.max(0, smallest - 1.5 * (largest - smallest || largest * 0.05)) : 0;
  const to = from + (largest - from) * 1.18 || 1;
  const limit = verdict.unit === 'share' ? Math.min(1, to) : to;
  const place = (value: number) => `${Math.round(1000 * Math.min(1, Math.max(0, (value - from) / (limit - from || 1)))) / 10}%`;
  const good = isAtMost(verdict) ? html`left:0;width:${place(verdict.promised)}` : html`left:${place(verdict.promised)};right:0`;
  const bar = low === null || high === null ? null : html`<i class="ci" style="left:${place(low)};right:calc(100% - ${place(high)})"></i>`;
  return html`<div class="bullet"><i class="good" style="${good}"></i>${bar}<i class="promise" style="left:${place(verdict.promised)}"></i><i class="dot" style="left:${place(measured)}"></i></div>`;
}

/** Outcomes: exactly one a call, over time and by status, cause and blame. */
import type { EvidenceFigures, OutcomeFigures, Series } from '../../analysis/model.ts';
import { BLAMES, OUTCOMES } from '../../record/schema.ts';
import { roundStep } from '../charts/scale.ts';
import { countsOf, widened } from '../charts/series.ts';
import { timeChart } from '../charts/time-chart.ts';
import { count, duration, percent, plain } from '../format.ts';
import { type Html, html, type Part } from '../markup.ts';
import { both } from '../messages/say.ts';
import { table, term } from '../table.ts';
import { type Context, heading, note, section } from './context.ts';
import { keptCalls, ladders } from './evidence.ts';

const MOST_BARS = 90;
const MOST_ROWS = 40;
const MOST_REASONS = 12;

export function outcomesSection({ analysis, frame }: Context): Html {
  const { outcomes, outcomeSeries } = analysis;
  const present = OUTCOMES.filter((outcome) => outcomes.counts[outcome] > 0);
  const step = Math.max(roundStep(frame.toMs - frame.fromMs, MOST_BARS), outcomeSeries.completed.stepMs);
  const lines = present.map((outcome) => ({
    colour: `o-${outcome}`,
    name: both(`outcome.${outcome}`),
    series: bars(outcomeSeries[outcome], step),
  }));
  const share = (part: number) => (outcomes.attempts > 0 ? percent(part / outcomes.attempts) : '');
  return section(
    'outcomes',
    timeChart(
      { id: 'outcomes', title: both('chart.outcomes', { step: plain(duration(step)) }), unit: 'calls', lines, stacked: true },
      frame,
    ),
    html`<div class="columns"><div>${table(
      [both('table.outcome'), both('table.count'), both('table.share')],
      OUTCOMES.map((outcome) => [
        html`<i class="swatch stack o-${outcome}"></i>${term(outcome)}`,
        count(outcomes.counts[outcome]),
        share(outcomes.counts[outcome]),
      ]),
      'figures',
    )}</div><div>${heading('outcomes.blame')}${table(
      [term('blame'), both('table.count')],
      BLAMES.map((blame) => [both(`blame.${blame}`), count(outcomes.byBlame[blame])]),
      'figures',
    )}</div></div>`,
    reasons(outcomes.reasons ?? []),
    heading('outcomes.failures'),
    byStatus(analysis.outcomes.byStatus, analysis.evidence),
    ladders(
      analysis.evidence,
      analysis.outcomes.byStatus.toSorted((a, b) => b.count - a.count),
    ),
  );
}

/** The evidence for each blame, in the words of calls.csv. */
function reasons(known: NonNullable<OutcomeFigures['reasons']>): Html | null {
  if (known.length === 0) return null;
  const rest = known.slice(MOST_REASONS).reduce((sum, { count: n }) => sum + n, 0);
  const rows: Part[][] = known
    .slice(0, MOST_REASONS)
    .map(({ blame, why, count: n }) => [both(`blame.${blame}`), html`<span class="left">${why}</span>`, count(n)]);
  if (rest > 0) rows.push([both('table.more-rows', { n: known.length - MOST_REASONS, count: count(rest) }), '', '']);
  return html`${heading('outcomes.reasons')}${note(both('outcomes.reasons-note'))}${table(
    [term('blame'), html`<span class="left">${both('table.reasons')}</span>`, both('table.count')],
    rows,
    'figures',
  )}`;
}

const bars = (series: Series, stepMs: number): Series => widened(countsOf(series), stepMs, 'sum');

function byStatus(rows: OutcomeFigures['byStatus'], evidence: EvidenceFigures | undefined): Html {
  const sorted = [...rows].sort((a, b) => b.count - a.count);
  const rest = sorted.slice(MOST_ROWS);
  const cells = sorted
    .slice(0, MOST_ROWS)
    .map((row) => [
      html`<i class="swatch stack o-${row.outcome}"></i>${both(`outcome.${row.outcome}`)}`,
      row.status === null ? html`<span class="dim">${both('outcomes.no-status')}</span>` : row.status,
      row.q850 ?? '',
      html`<span class="left">${row.reason ?? ''}</span>`,
      count(row.count),
      html`<code>${keptCalls(evidence, row)}</code>`,
    ]);
  if (rest.length > 0)
    cells.push([
      both('table.more-rows', { n: rest.length, count: count(rest.reduce((sum, row) => sum + row.count, 0)) }),
      '',
      '',
      html``,
      '',
      html``,
    ]);
  return table(
    [
      both('table.outcome'),
      both('table.status'),
      both('table.q850'),
      html`<span class="left">${both('table.reason')}</span>`,
      both('table.count'),
      both('table.traces'),
    ],
    cells,
    'figures',
  );
}

/** Concurrency and arrivals: was the load what was planned, and how many calls were up in each of the five countings. */
import type { RunAnalysis, Series } from '../../analysis/model.ts';
import { type Line, timeChart } from '../charts/time-chart.ts';
import { count, elapsed } from '../format.ts';
import { type Html, html } from '../markup.ts';
import type { DefinitionId } from '../messages/definitions.ts';
import { bilingual, both, definition } from '../messages/say.ts';
import { notMeasured, table, term } from '../table.ts';
import { type Context, note, section } from './context.ts';

const COUNTINGS = ['occupied', 'answered', 'queued', 'talking', 'legs'] as const satisfies readonly DefinitionId[];
export type Counting = (typeof COUNTINGS)[number];

export const definedName = (id: DefinitionId): Html => bilingual((language) => definition(language, id).name);

/** Queued and talking need proof that an agent was on the line; without it they are not measured, and their zero is no zero. */
const isMeasured = (analysis: RunAnalysis, counting: Counting): boolean =>
  analysis.queue.measured || (counting !== 'queued' && counting !== 'talking');

export function concurrencySection({ analysis, frame }: Context): Html {
  const { series, peaks } = analysis.concurrency;
  const claim = analysis.verdicts.find((verdict) => verdict.claim === 'concurrentCalls');
  const lines: Line[] = COUNTINGS.filter((counting) => isMeasured(analysis, counting)).map((counting) => ({
    colour: `c-${counting}`,
    name: definedName(counting),
    series: series[counting],
    draw: counting === 'occupied' ? 'area' : counting === 'legs' ? 'dashed' : 'line',
  }));
  const reference = claim && {
    value: claim.promised,
    label: both('chart.claim', {
      value: count(claim.promised),
      counting: (language) => (claim.counting ? definition(language, claim.counting).name : '?'),
    }),
  };
  return section(
    'concurrency',
    timeChart(
      { id: 'concurrency', title: both('chart.concurrency'), unit: 'calls', lines, tall: true, ...(reference && { reference }) },
      frame,
    ),
    table(
      [both('table.figure'), both('table.peak'), both('table.at'), both('verdict.promised')],
      COUNTINGS.map((counting) => {
        const { value, atMs } = peaks[counting];
        const measured = isMeasured(analysis, counting);
        return [
          html`<i class="swatch line c-${counting}"></i>${term(counting)}`,
          measured ? html`<strong>${count(value)}</strong>` : notMeasured(),
          measured && atMs !== null ? elapsed(atMs - frame.zeroMs) : '',
          claim?.counting === counting ? `≥ ${count(claim.promised)}` : '',
        ];
      }),
      'figures narrow',
    ),
    note(both('concurrency.peaks')),
  );
}

export function arrivalsSection({ analysis, frame }: Context): Html {
  const { planned, intended, achieved } = analysis.concurrency.arrivals;
  const lines: Line[] = [
    { colour: 'c-achieved', name: definedName('achieved'), series: achieved, draw: 'area' },
    { colour: 'c-intended', name: definedName('intended'), series: intended },
  ];
  if (planned) lines.push({ colour: 'c-planned', name: definedName('planned'), series: planned, draw: 'dashed' });
  const { health } = analysis;
  const total = (series: Series) =>
    count(
      series.values.reduce<number>((sum, rate) => sum + ((rate ?? 0) * series.stepMs) / 1000, 0),
      0,
    );
  return section(
    'arrivals',
    timeChart({ id: 'arrivals', title: both('chart.arrivals'), unit: 'calls/s', lines }, frame),
    table(
      [both('table.figure'), both('arrivals.total')],
      [
        ...(planned ? [[term('planned'), total(planned)]] : []),
        [term('intended'), total(intended)],
        [term('achieved'), html`<strong>${total(achieved)}</strong>`],
        [term('droppedIterations'), count(health.dropped)],
        [term('perSecondPeak'), `${count(analysis.concurrency.arrivals.perSecondPeak)}/s`],
      ],
      'figures narrow',
    ),
  );
}

/** The queue: length and waits over time, the five service levels, waits of those who got an agent and of those who did not. */
import type { RunAnalysis } from '../../analysis/model.ts';
import { survivalChart } from '../charts/survival.ts';
import { timeChart } from '../charts/time-chart.ts';
import { count, duration, percent, plain } from '../format.ts';
import { type Html, html } from '../markup.ts';
import { both, type Language, messageKey, say } from '../messages/say.ts';
import { footnote, ratioTable, spreadTable, table, term, value } from '../table.ts';
import { type Context, heading, note, section } from './context.ts';
import { definedName } from './load.ts';
import { callBacksPart, orderPart } from './routing.ts';

export function queueSection({ analysis, frame }: Context): Html {
  const { queue, waitSeries, routing, callBacks } = analysis;
  const called = callBacks ? callBacksPart(callBacks) : null;
  if (!queue.measured) return section('queue', html`<p class="nm block">${both('queue.not-measured')}</p>`, called, methods(queue));
  const [primary, second, third, fourth, fifth] = queue.serviceLevel;
  const counts = {
    answered: count(queue.answered),
    abandoned: count(queue.abandoned),
    short: count(queue.abandonedShort),
    blocked: count(queue.blocked),
    diverted: count(queue.diverted),
  };
  return section(
    'queue',
    timeChart(
      {
        id: 'queue',
        title: both('chart.queue'),
        unit: 'calls',
        lines: [{ colour: 'c-queued', name: definedName('queueLength'), series: queue.length, draw: 'area' }],
      },
      frame,
    ),
    timeChart(
      {
        id: 'wait',
        title: both('chart.wait'),
        unit: 'ms',
        lines: [
          { colour: 'c-longest', name: both('chart.longest'), series: queue.longest, draw: 'dashed' },
          { colour: 'c-p95', name: both('chart.p95'), series: waitSeries.p95 },
          { colour: 'c-p50', name: both('chart.p50'), series: waitSeries.p50 },
        ],
        reference: { value: queue.thresholdMs, label: html`T = ${plain(duration(queue.thresholdMs))}` },
      },
      frame,
    ),
    note(both('queue.counts', counts)),
    heading('queue.five'),
    ratioTable([
      ['serviceLevel', primary],
      ['serviceLevel2', second],
      ['serviceLevel3', third],
      ['serviceLevel4', fourth],
      ['serviceLevel5', fifth],
    ]),
    note(both('queue.threshold', { threshold: plain(duration(queue.thresholdMs)), short: plain(duration(queue.shortMs)) })),
    ratioTable([
      ['connectRate', queue.connectRate],
      ['abandonment', queue.abandonment],
    ]),
    heading('queue.waits'),
    table(
      [both('table.figure'), both('table.value')],
      [
        [term('asa'), html`<strong>${value(queue.asaMs, 'ms')}</strong>`],
        [term('longestWait'), value(queue.longestWaitMs, 'ms')],
      ],
      'figures narrow',
    ),
    spreadTable([
      ['waitAnswered', queue.waitAnswered, 'ms'],
      ['waitAbandoned', queue.waitAbandoned, 'ms'],
    ]),
    queue.survival.length > 0 ? html`<div class="half">${survivalChart(queue.survival, queue.thresholdMs)}</div>` : null,
    routing ? orderPart(routing, frame.zeroMs) : null,
    called,
    methods(queue),
  );
}

function methods({ methods: counts }: RunAnalysis['queue']): Html | null {
  const all = Object.entries(counts).filter(([, calls]) => calls > 0);
  if (all.length === 0) return null;
  const total = all.reduce((sum, [, calls]) => sum + calls, 0);
  const list = (language: Language) =>
    all
      .map(([method, calls]) => {
        const key = messageKey(`method.${method}`);
        return `${key ? say(language, key) : method} ${count(calls)} (${percent(calls / total)})`;
      })
      .join(' · ');
  return note(both('queue.methods', { methods: list }), footnote('correlation'));
}

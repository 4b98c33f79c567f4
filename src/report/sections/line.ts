/** The line: setup delay over time, and the session figures of RFC 6076 and E.425. */
import { timeChart } from '../charts/time-chart.ts';
import type { Html } from '../markup.ts';
import { both } from '../messages/say.ts';
import { ratioTable, spreadTable } from '../table.ts';
import { type Context, note, section } from './context.ts';

export function setupSection({ analysis: { sessions, srdSeries, verdicts }, frame }: Context): Html {
  const claim = verdicts.find((verdict) => verdict.claim === 'setupDelay');
  return section(
    'setup',
    timeChart(
      {
        id: 'setup',
        title: both('chart.setup'),
        unit: 'ms',
        lines: [
          { colour: 'c-p95', name: both('chart.p95'), series: srdSeries.p95, draw: 'area' },
          { colour: 'c-p50', name: both('chart.p50'), series: srdSeries.p50 },
        ],
        ...(claim && { reference: { value: claim.promised, label: both('verdict.promised') } }),
      },
      frame,
    ),
    spreadTable([
      ['srd', sessions.srd, 'ms'],
      ['srdFromIntended', sessions.srdFromIntended, 'ms'],
      ['srdFailed', sessions.srdFailed, 'ms'],
      ['pdd', sessions.pdd, 'ms'],
      ['sdd', sessions.sdd, 'ms'],
      ['sdt', sessions.sdt, 'ms'],
    ]),
    note(both('setup.failed-apart')),
    ratioTable([
      ['ser', sessions.ser],
      ['seer', sessions.seer],
      ['isa', sessions.isa],
      ['scr', sessions.scr],
      ['asr', sessions.asr],
      ['ner', sessions.ner],
      ['firstTry', sessions.firstTry],
      ['eventual', sessions.eventual],
    ]),
  );
}

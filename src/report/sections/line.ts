/** The line: setup delay over time, and the session figures of RFC 6076 and E.425. */
import type { RunAnalysis } from '../../analysis/model.ts';
import { timeChart } from '../charts/time-chart.ts';
import { count, duration } from '../format.ts';
import { type Html, html, type Part } from '../markup.ts';
import { both } from '../messages/say.ts';
import { ratioTable, spreadTable, table, term } from '../table.ts';
import { type Context, heading, note, section } from './context.ts';

type Signalling = NonNullable<RunAnalysis['signalling']>;

export function setupSection({ analysis: { sessions, srdSeries, verdicts, signalling }, frame }: Context): Html {
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
    signalling ? beside(signalling) : null,
  );
}

/** What few runs have: only what there was. */
function beside({
  redirected,
  redirects,
  sessionTimers,
  expired,
  refers,
  refersRefused,
  transfers,
  transfersFailed,
  ...lines
}: Signalling): Part {
  const { connectionsLost, waiting, reconnected, reconnectMs } = lines;
  const of = (part: number, whole: number) => both('faults.of', { part: count(part), whole: count(whole) });
  const rows: Part[][] = [];
  if (redirects > 0) rows.push([term('redirects'), count(redirects), both('setup.redirected', { calls: count(redirected) })]);
  if (sessionTimers > 0) rows.push([term('sessionsExpired'), count(expired), both('setup.timers', { calls: count(sessionTimers) })]);
  if (refers > 0) rows.push([term('refersRefused'), count(refersRefused), of(refersRefused, refers)]);
  if (transfers > 0) rows.push([term('transfersFailed'), count(transfersFailed), of(transfersFailed, transfers)]);
  if (connectionsLost > 0) {
    const again =
      reconnectMs === null
        ? both('setup.not-reconnected')
        : both('setup.reconnected', { n: count(reconnected), of: count(connectionsLost), longest: duration(reconnectMs) });
    rows.push([term('connectionsLost'), count(connectionsLost), html`${both('setup.waiting', { n: count(waiting) })} · ${again}`]);
  }
  if (rows.length === 0) return null;
  return html`${heading('setup.beside')}${table([both('table.figure'), both('table.value'), ''], rows, 'figures wide')}`;
}

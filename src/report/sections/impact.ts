/** What a fault did beside failing calls: promises, people, routes, failback, registrations, queue, voice; and repeated faults side by side. */
import type { FaultFigures, MarkedTime, RepeatedFault } from '../../analysis/model.ts';
import { count, duration, inUnit, percent } from '../format.ts';
import { type Html, html, type Part } from '../markup.ts';
import { both, bothOr, say } from '../messages/say.ts';
import { notMeasured, spreadTable, table, term, value } from '../table.ts';
import { note } from './context.ts';

const MARKS = {
  alarm: 'faults.mark-alarm',
  ticket: 'faults.mark-ticket',
  engineer: 'faults.mark-engineer',
  workaround: 'faults.mark-workaround',
  fixed: 'faults.mark-fixed',
} as const;

/** Rows of the fault's own table: figure, value, the rest. */
export function impactRows(fault: FaultFigures): Part[][] {
  const rows: Part[][] = [];
  if (typeof fault.expectedMs === 'number') rows.push([both('faults.expected'), duration(fault.expectedMs), kept(fault, fault.expectedMs)]);
  if (fault.failback !== undefined) rows.push([term('failback'), failback(fault.failback), '']);
  if (fault.registrations) rows.push(registrations(fault.registrations));
  if (fault.queueKept && fault.queueKept.whole > 0) {
    const { value: part, part: n, whole } = fault.queueKept;
    rows.push([term('queueKept'), percent(part!), both('faults.of', { part: count(n), whole: count(whole) })]);
  }
  if (fault.voice !== undefined) rows.push(voice(fault.voice));
  return rows;
}

/** What follows the fault's own table. */
export function impactTables({ people, routes, plusMinusMs }: FaultFigures): Part {
  return html`${plusMinusMs ? note(both('faults.told', { value: duration(plusMinusMs) })) : null}${people && Object.keys(people).length > 0 ? peopleTable(people) : null}${routes && routes.length > 0 ? routeTable(routes) : null}`;
}

export function repeatedTables(repeated: readonly RepeatedFault[]): Html[] {
  return repeated.map(
    ({ name, times, firstTry, eventual }) =>
      html`<div class="card"><h3>${both('faults.repeated')} <span class="dim">· ${name} · ${both('faults.times')} ${count(times)}</span></h3>${spreadTable(
        [
          ['outageFirstTry', firstTry, 'ms'],
          ['outageEventual', eventual, 'ms'],
        ],
      )}</div>`,
  );
}

/** The longest it may have been, and the shortest, against what was promised. */
function kept({ firstTry: { rtoMs, resolutionMs, outages }, inProgress, failback: back }: FaultFigures, expectedMs: number): Part {
  // A planned upgrade: nobody may notice, neither new callers nor those who talk, nor when it is taken back.
  const lost = inProgress.dropped + inProgress.frozen + (back ? back.outages + back.lost : 0);
  if (expectedMs === 0 && lost > 0) return both('faults.expected-broken');
  if (rtoMs === null) return both(outages.length > 0 ? 'faults.expected-broken' : 'faults.expected-unknown');
  // Where none was seen, one shorter than the resolution may have hidden: that is not held against anybody.
  if (rtoMs === 0 || rtoMs <= expectedMs) return both('faults.expected-kept');
  return both(rtoMs - (resolutionMs ?? 0) > expectedMs ? 'faults.expected-broken' : 'faults.expected-unknown');
}

function failback(back: NonNullable<FaultFigures['failback']> | null): Part {
  if (back === null) return html`<span class="nm">${both('faults.not-taken-back')}</span>`;
  if (back.outages === 0 && back.lost === 0) return both('faults.failback-none');
  return both('faults.failback-some', {
    n: back.outages,
    longest: back.longestMs === null ? (language) => say(language, 'faults.failback-open') : duration(back.longestMs),
    affected: count(back.affected),
    failed: count(back.failed),
    lost: count(back.lost),
  });
}

function registrations({ lost, back, stormPerSecond, backMs }: NonNullable<FaultFigures['registrations']>): Part[] {
  if (lost === 0) return [term('registrations'), both('faults.registrations-none'), ''];
  const text = both('faults.registrations-some', { lost: count(lost), back: count(back), storm: count(stormPerSecond) });
  return [term('registrations'), backMs === null ? notMeasured() : duration(backMs), text];
}

function voice(seen: FaultFigures['voice']): Part[] {
  if (!seen) return [term('voiceBack'), notMeasured(), ''];
  const limit = inUnit(seen.limit, 'mos');
  if (seen.outages.length === 0) return [term('voiceBack'), both('faults.voice-none', { limit }), ''];
  return [term('voiceBack'), value(seen.backMs, 'ms'), both('faults.voice-some', { n: seen.outages.length, limit })];
}

function peopleTable(people: NonNullable<FaultFigures['people']>): Html {
  const rows = (['alarm', 'ticket', 'engineer', 'workaround', 'fixed'] as const).flatMap((type) => {
    const said: MarkedTime | undefined = people[type];
    if (!said) return [];
    const by = said.by.map((who, i) => html`${i > 0 ? ', ' : ''}${bothOr(`by.${who}`, who)}`);
    return [
      [
        both(MARKS[type]),
        html`<strong>${duration(Math.max(0, said.ms))}</strong> <span class="dim">± ${duration(said.plusMinusMs)}</span>`,
        by,
        said.notes.join(' · '),
      ],
    ];
  });
  return html`<h4>${both('faults.people')}</h4>${note(both('faults.people-note'))}${table([both('table.figure'), both('table.value'), both('table.by'), ''], rows, 'figures narrow')}`;
}

function routeTable(routes: NonNullable<FaultFigures['routes']>): Html {
  return html`<h4>${both('faults.routes')}</h4>${table(
    ['', both('faults.before'), both('faults.during'), both('faults.later')],
    routes.map(({ by, name, before, during, after }) => [
      both(by === 'trunk' ? 'faults.trunk' : 'faults.site', { name }),
      count(before),
      count(during),
      count(after),
    ]),
    'figures narrow',
  )}`;
}

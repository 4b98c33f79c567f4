/** Faults: what each did to new calls and to those in progress, with the resolution that the measurement had. */
import type { FaultFigures, Outage } from '../../analysis/model.ts';
import { count, duration, elapsed, percent } from '../format.ts';
import { type Html, html, type Part } from '../markup.ts';
import { both } from '../messages/say.ts';
import { notMeasured, table, term, value } from '../table.ts';
import { type Context, note, section } from './context.ts';
import { impactRows, impactTables, repeatedTables } from './impact.ts';

const MONTH_MS = 30 * 86_400_000;

export function faultsSection({ analysis: { faults, repeated, validity }, frame }: Context): Html {
  if (faults.length === 0) return section('faults', note(both('faults.none')));
  return section('faults', [...faults.map((fault) => card(fault, frame.zeroMs, validity.lastMs)), ...repeatedTables(repeated ?? [])]);
}

function card(fault: FaultFigures, zeroMs: number, lastMs: number): Html {
  const title = html`<h3>${fault.name} <span class="dim">· ${fault.target}</span></h3>`;
  if (fault.startMs === null)
    return html`<div class="card">${title}<p class="warning">${both('faults.failed', { why: fault.failed ?? '?' })}</p></div>`;
  const from = elapsed(fault.startMs - zeroMs);
  const when = fault.endMs === null ? both('faults.from', { from }) : both('faults.from-to', { from, to: elapsed(fault.endMs - zeroMs) });
  return html`<div class="card">${title}${note(when)}${fault.own ? note(both('faults.own', { failed: count(fault.own.failed) })) : null}${table(
    [both('table.figure'), both('table.value'), ''],
    [
      [term('outageFirstTry'), rto(fault.firstTry, lastMs - fault.startMs), outages(fault.firstTry.outages, fault.startMs)],
      [term('outageEventual'), rto(fault.eventual, lastMs - fault.startMs), outages(fault.eventual.outages, fault.startMs)],
      [term('recovery90'), recovery(fault.recovery90Ms), ''],
      [term('recovery99'), recovery(fault.recovery99Ms), ''],
      [term('fullRecovery'), value(fault.fullRecoveryMs, 'ms'), ''],
      [term('inProgress'), survived(fault.inProgress), fates(fault.inProgress)],
      [term('detection'), value(fault.detectionMs, 'ms'), ''],
      ...impactRows(fault),
      [term('availabilityEquivalent'), value(fault.availabilityEquivalent, 'share'), months(fault.availabilityEquivalent)],
    ],
    'figures wide',
  )}${impactTables(fault)}</div>`;
}

/** Of those that did not end of themselves. */
function survived({ at, survived: kept, dropped, frozen }: FaultFigures['inProgress']): Part {
  const touched = kept + dropped + frozen;
  if (touched === 0) return both(at === 0 ? 'faults.survived-none' : 'faults.all-ended');
  const of = both('faults.survived', { part: count(kept), whole: count(touched) });
  return html`<strong>${percent(kept / touched)}</strong> <span class="dim">${of}</span>`;
}

const fates = ({ at, dropped, frozen, ended }: FaultFigures['inProgress']): Part =>
  at === 0 ? '' : both('faults.rest', { dropped: count(dropped), frozen: count(frozen), ended: count(ended) });

/** Zero: the success ratio never fell below that part of what it was. */
const recovery = (ms: number | null): Part => (ms === 0 ? both('faults.unharmed') : value(ms, 'ms'));

/** RTO ± resolution. Zero: looked, and none seen, though one shorter than the resolution may have hidden. Null: not over, or nobody looked. */
function rto({ outages: seen, rtoMs, resolutionMs }: FaultFigures['firstTry'], watchedMs: number): Part {
  const within = resolutionMs === null ? null : html` <span class="dim">± ${duration(resolutionMs)}</span>`;
  if (rtoMs === 0) return html`<strong>${both('faults.no-outage')}</strong>${within}`;
  if (rtoMs !== null) return html`<strong>${duration(rtoMs)}</strong>${within}`;
  if (seen.some((outage) => outage.endMs === null))
    return html`<strong>${both('faults.not-over', { value: duration(watchedMs) })}</strong>`;
  return notMeasured();
}

function outages(seen: readonly Outage[], t0: number): Part {
  if (seen.length === 0) return '';
  const affected = seen.reduce((sum, outage) => sum + outage.affected, 0);
  const failed = seen.reduce((sum, outage) => sum + outage.failed, 0);
  const first = seen[0]!;
  return html`${seen.length > 1 ? html`${both('faults.outages', { n: seen.length })} · ` : null}${both('faults.after', { value: duration(Math.max(0, first.startMs - t0)) })} · ${both('faults.affected', { affected: count(affected), failed: count(failed) })}`;
}

/** How many such outages a month the usual promises allow. */
function months(equivalent: number | null): Part {
  const outageMs = equivalent === null ? 0 : (1 - equivalent) * MONTH_MS;
  if (outageMs < 1) return '';
  const allowed = (promise: number) => count(Math.floor(((1 - promise) * MONTH_MS + 1e-6) / outageMs));
  return both('faults.months', { three: allowed(0.999), four: allowed(0.9999) });
}

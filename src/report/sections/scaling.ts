/** Scaling: how long until the capacity that was asked for was really there. */
import type { ScaleFigures } from '../../analysis/model.ts';
import { count, duration, elapsed } from '../format.ts';
import { type Html, html, type Part } from '../markup.ts';
import { both } from '../messages/say.ts';
import { notMeasured, table, term, value } from '../table.ts';
import { type Context, note, section } from './context.ts';

export function scalingSection({ analysis: { scaling }, frame }: Context): Html {
  if (scaling.length === 0) return section('scaling', note(both('scaling.none')));
  return section(
    'scaling',
    scaling.map((scale) => card(scale, frame.zeroMs)),
  );
}

function card(scale: ScaleFigures, zeroMs: number): Html {
  const title = html`<h3>${scale.name}</h3>`;
  if (scale.triggerMs === null)
    return html`<div class="card">${title}<p class="warning">${both('scaling.failed', { why: scale.failed ?? '?' })}</p></div>`;
  const within = scale.resolutionMs === null ? null : html` <span class="dim">± ${duration(scale.resolutionMs)}</span>`;
  return html`<div class="card">${title}${scale.direction === 'in' ? note(both('scaling.in')) : null}${table(
    [both('table.figure'), both('table.value')],
    [
      [term('trigger'), elapsed(scale.triggerMs - zeroMs)],
      [term('oldPlateau'), value(scale.oldPlateau, 'calls')],
      [both('scaling.target'), count(scale.target)],
      [term('scaleReached'), value(scale.reached, 'calls')],
      [term('firstExtra'), value(scale.firstExtraMs, 'ms')],
      [term('scaleUp'), scaleUp(scale, within)],
      [term('blockedWhile'), count(scale.blockedWhile)],
      [term('droppedWhile'), count(scale.droppedWhile)],
      ...more(scale),
    ],
    'figures narrow',
  )}</div>`;
}

/** What only some steps have. */
function more({
  lastRefusalMs = null,
  readyMs = null,
  waitBeforeMs = null,
  waitWhileMs = null,
  newSeatMs = null,
  newSeats = 0,
}: ScaleFigures): Part[][] {
  const rows: Part[][] = [];
  if (lastRefusalMs !== null) rows.push([term('lastRefusal'), value(lastRefusalMs, 'ms')]);
  if (readyMs !== null) rows.push([term('scaleReady'), value(readyMs, 'ms')]);
  if (waitBeforeMs !== null) rows.push([both('scaling.wait-before'), value(waitBeforeMs, 'ms')]);
  if (waitWhileMs !== null) rows.push([term('scaleWait'), value(waitWhileMs, 'ms')]);
  if (newSeatMs !== null)
    rows.push([term('newSeat'), html`${value(newSeatMs, 'ms')} <span class="dim">${both('scaling.new-seats', { n: newSeats })}</span>`]);
  return rows;
}

/** A target that was not held while calls were refused is a finding; one that the load never asked for is not measured. */
function scaleUp({ scaleUpMs, blockedWhile }: ScaleFigures, within: Part): Part {
  if (scaleUpMs !== null) return html`<strong>${value(scaleUpMs, 'ms')}</strong>${within}`;
  return blockedWhile > 0 ? html`<strong>${both('scaling.not-reached')}</strong>` : notMeasured();
}

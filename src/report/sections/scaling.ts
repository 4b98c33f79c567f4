/** Scaling: how long until the capacity that was asked for was really there. */
import type { ScaleFigures } from '../../analysis/model.ts';
import { count, duration, elapsed } from '../format.ts';
import { type Html, html } from '../markup.ts';
import { both } from '../messages/say.ts';
import { table, term, value } from '../table.ts';
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
  return html`<div class="card">${title}${table(
    [both('table.figure'), both('table.value')],
    [
      [term('trigger'), elapsed(scale.triggerMs - zeroMs)],
      [both('scaling.old'), value(scale.oldPlateau, 'calls')],
      [both('scaling.target'), count(scale.target)],
      [both('scaling.reached'), value(scale.reached, 'calls')],
      [term('firstExtra'), value(scale.firstExtraMs, 'ms')],
      [term('scaleUp'), html`<strong>${value(scale.scaleUpMs, 'ms')}</strong>${scale.scaleUpMs === null ? null : within}`],
      [term('blockedWhile'), count(scale.blockedWhile)],
      [term('droppedWhile'), count(scale.droppedWhile)],
    ],
    'figures narrow',
  )}</div>`;
}

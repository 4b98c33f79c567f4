/** Voice quality, from the packets received and a planning model. */
import { count } from '../format.ts';
import { type Html, html } from '../markup.ts';
import { both } from '../messages/say.ts';
import { spreadTable, table, term } from '../table.ts';
import { type Context, note, section } from './context.ts';

export function qualitySection({ analysis: { quality } }: Context): Html {
  if (!quality || quality.calls === 0) return section('quality', html`<p class="nm block">${both('quality.none')}</p>`);
  return section(
    'quality',
    spreadTable([
      ['mos', quality.mos, 'mos'],
      ['loss', quality.lossPercent, 'percent'],
      ['jitter', quality.jitterMs, 'ms'],
      ['gap', quality.gapMs, 'ms'],
    ]),
    table(
      [both('table.figure'), both('table.value')],
      [
        [both('quality.calls'), count(quality.calls)],
        [term('oneWay'), count(quality.oneWay)],
      ],
      'figures narrow',
    ),
    note(both('quality.model', { model: quality.model })),
  );
}

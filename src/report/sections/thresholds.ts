/** Thresholds of the scenario. One without a sample fails. */
import { count } from '../format.ts';
import { type Html, html } from '../markup.ts';
import { both } from '../messages/say.ts';
import { notMeasured, table } from '../table.ts';
import { type Context, note, section } from './context.ts';

const LOOKS = { ok: ['pass', '✓'], failed: ['fail', '✕'], 'no data': ['fail', '✕'] } as const;

export function thresholdsSection({ analysis: { thresholds } }: Context): Html {
  if (thresholds.length === 0) return section('thresholds', note(both('thresholds.none')));
  return section(
    'thresholds',
    table(
      [both('thresholds.metric'), both('thresholds.expression'), both('table.value'), both('thresholds.state')],
      thresholds.map((threshold) => {
        const [look, sign] = LOOKS[threshold.state];
        return [
          html`<code>${threshold.metric}</code>`,
          html`<code>${threshold.expression}</code>${threshold.abortOnFail ? html` <span class="dim">${both('thresholds.abort')}</span>` : null}`,
          threshold.value === null ? notMeasured() : count(threshold.value, 4),
          html`<span class="badge s-${look}"><i>${sign}</i>${both(`threshold.${threshold.state}`)}</span>`,
        ];
      }),
      'figures',
    ),
  );
}

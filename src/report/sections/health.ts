/** The instrument's own health: whether it was fit to judge. */
import { count, elapsed } from '../format.ts';
import { type Html, html } from '../markup.ts';
import { bilingual, both } from '../messages/say.ts';
import { ratioTable, spreadTable, table, term } from '../table.ts';
import { unhealthySpans } from '../unhealthy.ts';
import { type Context, heading, note, section } from './context.ts';

const MOST_SPANS = 30;

export function healthSection({ analysis: { health }, frame }: Context): Html {
  const spans = unhealthySpans(health.unhealthy);
  return section(
    'health',
    note(both('health.text')),
    spreadTable([
      ['lag', health.lag, 'ms'],
      ['loop', health.loop, 'ms'],
      ['rtpLate', health.rtpLate, 'ms'],
    ]),
    ratioTable([['harnessShare', health.harnessShare]]),
    table(
      [both('table.figure'), both('table.value')],
      [
        [both('health.seconds'), `${count(health.seconds - health.unhealthySeconds)} / ${count(health.seconds)}`],
        [term('unhealthy'), count(health.unhealthySeconds)],
        [term('socketDrops'), count(health.socketDrops)],
        [term('droppedIterations'), count(health.dropped)],
      ],
      'figures narrow',
    ),
    spans.length === 0
      ? note(both('health.good'))
      : [
          heading('health.spans'),
          table(
            [both('table.time'), html`<span class="left">${both('verdict.why')}</span>`],
            spans
              .slice(0, MOST_SPANS)
              .map((span) => [
                `${elapsed(span.fromMs - frame.zeroMs)} – ${elapsed(span.toMs - frame.zeroMs)}`,
                html`<span class="left">${bilingual((language) => span.why(language))}</span>`,
              ]),
            'figures narrow',
          ),
          spans.length > MOST_SPANS && note(both('health.more', { n: spans.length - MOST_SPANS })),
        ],
  );
}

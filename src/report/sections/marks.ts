/** What happened when: the numbered marks of the charts. */
import { elapsed, wallClock } from '../format.ts';
import { type Html, html } from '../markup.ts';
import { both, bothOr } from '../messages/say.ts';
import { table } from '../table.ts';
import { type Context, note, section } from './context.ts';

export function marksSection({ frame, subject }: Context): Html {
  if (frame.marks.length === 0) return section('marks', note(both('marks.none')));
  return section(
    'marks',
    table(
      [
        '',
        ...(['table.time', 'table.what', 'table.name', 'table.target', 'table.by'] as const).map(
          (key) => html`<span class="left">${both(key)}</span>`,
        ),
      ],
      frame.marks.map((mark) => [
        html`<i class="chip m-${mark.kind}" id="mark-${mark.number}">${mark.number}</i>`,
        html`<span class="left">${elapsed(mark.atMs - frame.zeroMs)}</span> <span class="dim">${wallClock(mark.atMs, subject.timeZone).slice(11)}</span>`,
        html`<span class="left">${both(`kind.${mark.kind}`)} ${bothOr(`action.${mark.action}`, mark.action)}</span>`,
        html`<span class="left">${mark.name}</span>`,
        html`<span class="left">${mark.target}</span>`,
        html`<span class="left">${bothOr(`by.${mark.by}`, mark.by)}</span>`,
      ]),
      'figures marks-table',
    ),
    frame.moreMarks > 0 ? note(both('marks.more', { n: frame.moreMarks })) : null,
  );
}

/** The charts as a table, for readers without eyes for charts, and for copying. */
import { OUTCOMES } from '../../record/schema.ts';
import { count, elapsed, percent } from '../format.ts';
import { type Html, html } from '../markup.ts';
import { both } from '../messages/say.ts';
import { minutesOf } from '../minutes.ts';
import { table, value } from '../table.ts';
import { type Context, note, section } from './context.ts';

/** A day of minutes; a longer run has them in minutes.csv. */
const MOST_ROWS = 1440;

export function minutesSection({ analysis, frame }: Context): Html {
  const minutes = minutesOf(analysis, frame.zeroMs).slice(0, MOST_ROWS);
  const present = OUTCOMES.filter((outcome) => analysis.outcomes.counts[outcome] > 0);
  return section(
    'minutes',
    note(both('minutes.text')),
    html`<details><summary>${both('section.minutes')} (${count(minutes.length)})</summary>${table(
      [
        both('table.minute'),
        both('minutes.offered'),
        ...present.map((outcome) => both(`outcome.${outcome}`)),
        both('counting.occupied'),
        both('counting.answered'),
        both('counting.queued'),
        both('counting.talking'),
        'SRD p95',
        both('chart.longest'),
        both('minutes.level'),
        both('slices.abandoned'),
      ],
      minutes.map((minute) => [
        elapsed(minute.startMs - frame.zeroMs),
        count(minute.calls),
        ...present.map((outcome) => count(minute.outcomes[outcome])),
        value(minute.occupied, 'calls'),
        value(minute.answered, 'calls'),
        value(minute.queued, 'calls'),
        value(minute.talking, 'calls'),
        value(minute.srdP95Ms, 'ms'),
        value(minute.longestWaitMs, 'ms'),
        minute.serviceLevel === null ? '' : percent(minute.serviceLevel),
        minute.gaveUp === null ? '' : count(minute.gaveUp),
      ]),
      'figures small',
    )}</details>`,
  );
}

/** The agents' side, where we own agents. */
import { count } from '../format.ts';
import { type Html, html } from '../markup.ts';
import { both } from '../messages/say.ts';
import { table, term, value } from '../table.ts';
import { type Context, section } from './context.ts';
import { offersPart } from './routing.ts';

export function agentsSection({ analysis: { agents, routing }, frame }: Context): Html {
  if (agents.offered === 0 && agents.occupancy.whole === 0) return section('agents', html`<p class="nm block">${both('agents.none')}</p>`);
  return section(
    'agents',
    table(
      [both('table.figure'), both('table.value'), both('table.sample')],
      [
        [term('agentOffers'), count(agents.offered), ''],
        [term('agentAnswered'), count(agents.answered), ''],
        [term('agentMissed'), count(agents.missed), ''],
        [term('agentRejected'), count(agents.rejected), ''],
        [
          term('occupancy'),
          value(agents.occupancy.value, 'share'),
          html`<span class="dim">${count(agents.occupancy.part, 0)} / ${count(agents.occupancy.whole, 0)} s</span>`,
        ],
      ],
      'figures narrow',
    ),
    routing ? offersPart(routing, frame.zeroMs) : null,
  );
}

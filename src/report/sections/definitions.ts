/** Every figure's definition, formula and source, numbered as the footnotes are. */
import { type Html, html } from '../markup.ts';
import { DEFINITION_IDS, DEFINITIONS } from '../messages/definitions.ts';
import { bilingual, definition, labelled, say } from '../messages/say.ts';
import { section } from './context.ts';

export function definitionsSection(): Html {
  return section(
    'definitions',
    html`<ol class="definitions">${DEFINITION_IDS.map((id) => {
      const { formula, source } = DEFINITIONS[id];
      return html`<li id="d-${id}"><b>${bilingual((language) => definition(language, id).name)}</b> <span class="text">${bilingual((language) => definition(language, id).text)}</span>${formula ? html` <code class="formula">${formula}</code>` : null}${source.startsWith('docs/') ? null : html` <span class="dim">${bilingual((language) => labelled(language, say(language, 'table.source'), source))}</span>`}</li>
`;
    })}</ol>`,
  );
}

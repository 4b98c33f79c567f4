/** Cells and tables. A figure that was not measured says so; it is never shown as zero, a dash or nothing. */
import type { Ratio, Spread } from '../analysis/model.ts';
import { count, inUnit, percent, type Unit } from './format.ts';
import { type Html, html, type Part } from './markup.ts';
import { DEFINITION_IDS, type DefinitionId } from './messages/definitions.ts';
import { bilingual, both, definition } from './messages/say.ts';

export const notMeasured = (): Html => html`<span class="nm">${both('not-measured')}</span>`;

export function value(figure: number | null, unit: Unit): Html {
  return figure === null || !Number.isFinite(figure) ? notMeasured() : html`${inUnit(figure, unit)}`;
}

/** A figure's name with the number of its definition, which is a link without a script and a tooltip with one. */
export function term(id: DefinitionId, suffix: Part = ''): Html {
  return html`${bilingual((language) => definition(language, id).name)}${suffix}${footnote(id)}`;
}

export function footnote(id: DefinitionId): Html {
  return html`<a class="fn" href="#d-${id}">${DEFINITION_IDS.indexOf(id) + 1}</a>`;
}

export function table(head: readonly Part[], rows: readonly (readonly Part[])[], className = ''): Html {
  return html`<div class="scroll"><table class="${className}"><thead><tr>${head.map((cell) => html`<th scope="col">${cell}</th>`)}</tr></thead>
<tbody>${rows.map(
    (cells) => html`<tr>${cells.map((cell, i) => (i === 0 ? html`<th scope="row">${cell}</th>` : html`<td>${cell}</td>`))}</tr>
`,
  )}</tbody></table></div>`;
}

/** Distributions: one row each, mean and percentiles in the unit that reads best. */
export function spreadTable(rows: readonly (readonly [DefinitionId, Spread, Unit])[]): Html {
  const columns = ['mean', 'min', 'p50', 'p90', 'p95', 'p99', 'max'] as const;
  return table(
    [both('table.figure'), both('table.n'), both('table.mean'), both('table.min'), 'p50', 'p90', 'p95', 'p99', both('table.max')],
    rows.map(([id, spread, unit]) =>
      spread.n === 0
        ? [term(id), count(0), ...columns.map((_, i) => (i === 0 ? notMeasured() : html`<span class="nm">·</span>`))]
        : [term(id), count(spread.n), ...columns.map((column) => value(spread[column], unit))],
    ),
    'figures',
  );
}

/** Ratios: value, 95 % Wilson interval, and the sample they rest on. */
export function ratioTable(rows: readonly (readonly [DefinitionId, Ratio])[]): Html {
  return table(
    [both('table.figure'), both('table.value'), html`${both('table.interval')}${footnote('wilson')}`, both('table.sample')],
    rows.map(([id, ratio]) => [
      html`${term(id)}${formula(id)}`,
      html`<strong>${value(ratio.value, 'share')}</strong>`,
      interval(ratio),
      ratio.whole === 0 ? html`<span class="nm">n = 0</span>` : `${count(ratio.part)} / ${count(ratio.whole)}`,
    ]),
    'figures',
  );
}

export function formula(id: DefinitionId): Html | null {
  const { formula: text } = definition('en', id);
  return text ? html`<code class="formula">${text}</code>` : null;
}

export function interval(ratio: Ratio): Html | string {
  return ratio.low === null || ratio.high === null ? html`<span class="nm">·</span>` : `${percent(ratio.low)} – ${percent(ratio.high)}`;
}

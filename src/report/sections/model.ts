/** What queueing theory expects of the run's own load, beside what was measured, and what other numbers of agents would do. */
import type { ModelledSpan, ModelRow, SkillModels } from '../../analysis/model-queue.ts';
import { count, duration, percent, plain, type Unit } from '../format.ts';
import { type Html, html, type Part } from '../markup.ts';
import type { DefinitionId } from '../messages/definitions.ts';
import { both, say } from '../messages/say.ts';
import { footnote, notMeasured, table, term, value } from '../table.ts';
import { type Context, heading, note, section } from './context.ts';

const ROWS: [keyof ModelRow, DefinitionId, Unit][] = [
  ['waiting', 'waitProbability', 'share'],
  ['meanWaitMs', 'meanWait', 'ms'],
  ['asaMs', 'asa', 'ms'],
  ['serviceLevel', 'serviceLevel', 'share'],
  ['abandonment', 'abandonment', 'share'],
  ['occupancy', 'occupancy', 'share'],
];

export function modelSection({ analysis: { model } }: Context): Html {
  if (!model) return section('model', html`<p class="nm block">${both('model.none')}</p>`);
  const { spans, bySkill, thresholdMs, level, needed, whatIf } = model;
  const agents = spans.at(-1)!.agents;
  const target = { level: plain(percent(level)), threshold: plain(duration(thresholdMs)) };
  return section(
    'model',
    note(both('model.note')),
    spans.map((span) => spanPart(span, heading(span.which === 'peak' ? 'model.peak' : 'model.whole'))),
    bySkill ? skillParts(bySkill, target) : [],
    heading('model.what-if'),
    note(
      needed === null
        ? both('model.needed-none', target)
        : both('model.needed', { ...target, needed: count(needed), agents: count(agents) }),
      footnote('agentsNeeded'),
    ),
    table(
      [both('agents.count'), ...ROWS.map(([, id]) => term(id))],
      whatIf.map(({ agents: n, expected }) => [
        n === agents ? html`<strong>${count(n)}</strong>` : count(n),
        ...ROWS.map(([key, , unit]) => value(expected[key], unit)),
      ]),
      'figures',
    ),
  );
}

/** One queue for each skill, beside the one queue for all. */
function skillParts({ spans, shared }: SkillModels, target: { level: string; threshold: string }): Part {
  return [
    note(both('model.by-skill-note'), shared > 0 ? html` ${both('model.shared', { shared: count(shared) })}` : ''),
    spans.map((span) => [
      spanPart(span, html`<h3>${both('model.skill', { skill: span.skill })}</h3>`),
      note(
        span.needed === null
          ? both('model.needed-none', target)
          : both('model.needed', { ...target, needed: count(span.needed), agents: count(span.agents) }),
        footnote('agentsNeeded'),
      ),
    ]),
  ];
}

function spanPart(span: ModelledSpan, title: Html): Part {
  const { measured, erlangA, erlangC } = span;
  const cell = (row: ModelRow | null, key: keyof ModelRow, unit: Unit) =>
    row === null ? html`<span class="nm">${both('model.unstable')}</span>` : value(row[key], unit);
  return [
    title,
    note(
      both('model.parameters', {
        calls: count(span.calls),
        span: plain(duration(span.toMs - span.fromMs)),
        rate: count(span.perSecond, 2),
        handling: duration(span.handlingMs),
        source: (language) => say(language, span.handlingFrom === 'agents' ? 'model.from-agents' : 'model.from-talk'),
        patience: (language) => (span.patienceMs === null ? say(language, 'model.no-patience') : duration(span.patienceMs)),
        agents: count(span.agents),
        erlangs: count((span.perSecond * span.handlingMs) / 1000, 1),
      }),
      footnote('patienceMean'),
    ),
    table(
      [both('table.figure'), term('erlangC'), term('erlangA'), both('model.measured'), both('model.gap')],
      ROWS.map(([key, id, unit]) => [
        term(id),
        cell(erlangC, key, unit),
        cell(erlangA, key, unit),
        html`<strong>${value(measured[key], unit)}</strong>`,
        gap(measured[key], erlangA?.[key] ?? null, unit),
      ]),
      'figures',
    ),
  ];
}

/** With its sign; shares in percentage points. */
export function gap(a: number | null, b: number | null, unit: Unit): Html | string {
  if (a === null || b === null) return notMeasured();
  const difference = a - b;
  const sign = difference > 0 ? '+' : difference < 0 ? '−' : '±';
  return unit === 'share' ? `${sign}${(100 * Math.abs(difference)).toFixed(1)}\u00a0pp` : `${sign}${duration(Math.abs(difference))}`;
}

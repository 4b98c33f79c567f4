/** Head of the page: what was run against whom, and the banners of a run that must not be trusted blindly. */

import type { RunAnalysis } from '../../analysis/model.ts';
import { reasonText } from '../claims.ts';
import { count, duration, elapsed, wallClock, zoneOffset } from '../format.ts';
import { type Html, html, type Part } from '../markup.ts';
import { bilingual, both, bothOr } from '../messages/say.ts';
import type { Context } from './context.ts';

export function head({ analysis: { meta }, subject }: Context): Html {
  const { machine } = meta;
  const facts: [Html, unknown][] = [
    [both('head.run'), html`${meta.run}`],
    [both('head.scenario'), html`${subject.scenarioFile}`],
    [
      both('head.when'),
      html`${wallClock(meta.startMs, subject.timeZone)} <span class="dim">${zoneOffset(meta.startMs, subject.timeZone)}</span>`,
    ],
    [
      both('head.length'),
      html`${duration(subject.lengthMs)} <span class="dim">${both(`head.end.${meta.end?.how ?? 'unknown'}`)}${meta.end?.why ? `: ${meta.end.why}` : null}</span>`,
    ],
    [both('head.seed'), html`${meta.seed}`],
    [both('head.trial'), subject.trial ? html`${bothOr(`trial.${subject.trial}`, subject.trial)}` : null],
    [
      both('head.machine'),
      html`${both('head.machine-text', {
        cpus: machine.cpus,
        memory: Math.round(machine.memoryMb / 1024),
        platform: machine.platform,
        workers: meta.workers,
      })} <span class="dim">${machine.model}</span>`,
    ],
  ];
  return html`<header><p class="kicker">callsurge · ${both('report.title')}</p>
<h1>${subject.title}<span class="versus">${subject.vendor}</span></h1>
<dl class="facts">${facts.map(([name, fact]) => (fact ? html`<div><dt>${name}</dt><dd>${fact as Html}</dd></div>` : null))}</dl></header>
`;
}

export function banners({ analysis: { validity }, subject }: Context): Html {
  const invalid = validity.valid
    ? null
    : html`<div class="banner invalid" role="alert"><strong>${both('banner.invalid')}</strong><p>${both('banner.invalid-text')}</p>
<ul>${validity.reasons.map((reason) => html`<li>${bilingual((language) => reasonText(language, reason))}</li>`)}</ul></div>`;
  const incomplete = validity.complete
    ? null
    : html`<div class="banner incomplete" role="alert"><strong>${both('banner.incomplete')}</strong><p>${both('banner.incomplete-text', {
        time: wallClock(validity.lastMs, subject.timeZone),
        elapsed: elapsed(validity.lastMs - subject.zeroMs),
        open: count(validity.stillOpen ?? 0),
      })}</p></div>`;
  const damage = validity.damage ?? [];
  const damaged =
    damage.length > 0 &&
    html`<div class="banner incomplete" role="alert"><strong>${both('banner.damaged')}</strong><ul>${damage.map(damageItems)}</ul></div>`;
  return html`${invalid}${incomplete}${damaged}`;
}

function damageItems({ table, torn, badLines, badCells }: NonNullable<RunAnalysis['validity']['damage']>[number]): Part {
  const item = (text: Html) => html`<li>${text}</li>`;
  return [
    torn && item(both('banner.damaged-torn', { table: `${table}.csv` })),
    badLines > 0 && item(both('banner.damaged-lines', { table: `${table}.csv`, lines: count(badLines) })),
    badCells > 0 && item(both('banner.damaged-cells', { table: `${table}.csv`, cells: count(badCells) })),
  ];
}

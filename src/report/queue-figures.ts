/** Order, offers, slices, model and reconciliation as figures of summary.csv. */
import type { RunAnalysis } from '../analysis/model.ts';
import type { ModelledSpan, ModelRow, QueueSlice } from '../analysis/model-queue.ts';
import type { SideFigures } from '../analysis/reconcile.ts';
import { type Figure, figure, ratio, spread } from './figure.ts';
import type { Unit } from './format.ts';
import type { DefinitionId } from './messages/definitions.ts';

export function queueFigures(analysis: RunAnalysis): Figure[] {
  return [...routingFigures(analysis), ...callBackFigures(analysis), ...modelFigures(analysis), ...reconciliationFigures(analysis)];
}

function routingFigures({ routing, queue }: RunAnalysis): Figure[] {
  if (!routing) return [];
  const { fifo, fifoSameSite, priority, offers, idle } = routing;
  return [
    ratio('fifoInversions', fifo.overtaken, queue.measured),
    ...(fifoSameSite ? [ratio('fifoSameSite', fifoSameSite.overtaken, queue.measured)] : []),
    ratio('priorityInversions', priority.overtaken, queue.measured),
    ratio('misrouted', offers.misrouted, queue.measured),
    ratio('ghostOffers', offers.ghosts),
    ratio('lingeringOffers', offers.lingering),
    ratio('duplicateOffers', offers.duplicates),
    figure('idleWhileWaiting', 'idleWhileWaiting', idle && idle.seconds * 1000, 'ms'),
    ratio('longestIdle', offers.longestIdle),
    ...spread('idleDeviation', offers.idleDeviation, 'ms'),
    ...spread('callsPerAgent', offers.callsPerAgent, 'count'),
    ...routing.bySkill.flatMap((slice) => sliceFigures('skill', slice, queue.measured)),
    ...routing.byClass.flatMap((slice) => sliceFigures('class', slice, queue.measured)),
  ];
}

function callBackFigures({ callBacks }: RunAnalysis): Figure[] {
  if (!callBacks) return [];
  return [
    ratio('callBacksMade', callBacks.made),
    ratio('callBacksAnswered', callBacks.answered),
    ratio('callBacksMatched', callBacks.matched),
    ...spread('callBackTime', callBacks.timeMs, 'ms'),
  ];
}

function sliceFigures(kind: string, slice: QueueSlice, measured: boolean): Figure[] {
  const name = slice.key || '-';
  const under = (key: string) => `${kind}.${name}.${key}`;
  const part = (one: Figure, key: string): Figure => ({ ...one, key: under(key), part: name });
  return [
    part(ratio('serviceLevel', slice.serviceLevel, measured), 'serviceLevel'),
    part(ratio('abandonment', slice.abandonment, measured), 'abandonment'),
    figure(under('asa'), 'asa', measured ? slice.asaMs : null, 'ms', name, slice.answered),
    figure(under('longestWait'), 'longestWait', measured ? slice.longestMs : null, 'ms', name),
  ];
}

const MODEL: [keyof ModelRow, DefinitionId, Unit][] = [
  ['waiting', 'waitProbability', 'share'],
  ['meanWaitMs', 'meanWait', 'ms'],
  ['asaMs', 'asa', 'ms'],
  ['serviceLevel', 'serviceLevel', 'share'],
  ['abandonment', 'abandonment', 'share'],
  ['occupancy', 'occupancy', 'share'],
];

function modelFigures({ model }: RunAnalysis): Figure[] {
  if (!model) return [];
  const rows = model.spans.flatMap((span) => {
    return spanFigures(span, span.which);
  });
  const skills = (model.bySkill?.spans ?? []).flatMap((span) => [
    ...spanFigures(span, `skill.${span.skill}`),
    figure(`model.skill.${span.skill}.agentsNeeded`, 'agentsNeeded', span.needed, 'count', span.skill),
  ]);
  return [...rows, ...skills, figure('model.agentsNeeded', 'agentsNeeded', model.needed, 'count')];
}

function spanFigures(span: ModelledSpan, name: string): Figure[] {
  const of = (who: 'erlangC' | 'erlangA' | 'measured') =>
    MODEL.map(([key, id, unit]) => figure(`model.${name}.${who}.${id}`, id, span[who]?.[key] ?? null, unit, `${name} ${who}`, span.calls));
  const patience = figure(`model.${name}.patience`, 'patienceMean', span.patienceMs, 'ms', name, span.calls);
  return [patience, ...of('erlangC'), ...of('erlangA'), ...of('measured')];
}

const LEVELS = ['serviceLevel', 'serviceLevel2', 'serviceLevel3', 'serviceLevel4', 'serviceLevel5'] as const;

function reconciliationFigures({ reconciliation }: RunAnalysis): Figure[] {
  if (!reconciliation) return [];
  const { theirs, billing } = reconciliation;
  return [
    ...sideFigures(theirs),
    ratio('outcomeDiffers', reconciliation.outcomeDiffers),
    ...spread('waitDiffers', reconciliation.waitDiffers, 'ms'),
    ...spread('talkDiffers', reconciliation.talkDiffers, 'ms'),
    figure('billed.ours', 'billed', billing.oursMin, 'count', 'ours'),
    figure('billed.vendor', 'billed', billing.theirsMin, 'count', 'vendor'),
    figure('billed.stated', 'billed', billing.statedMin, 'count', 'stated'),
    ratio('recordings', reconciliation.recordings),
  ];
}

function sideFigures(side: SideFigures): Figure[] {
  const vendor = (one: Figure): Figure => ({ ...one, key: `vendor.${one.key}`, part: 'vendor' });
  return [
    ...LEVELS.map((id, i) => vendor(ratio(id, side.serviceLevel[i]!))),
    vendor(ratio('abandonment', side.abandonment)),
    vendor(figure('asa', 'asa', side.asaMs, 'ms')),
    vendor(figure('longestWait', 'longestWait', side.longestWaitMs, 'ms')),
  ];
}

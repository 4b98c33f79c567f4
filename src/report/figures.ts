/** Every figure of a run as a flat list: the summary CSV, and the terminal's lines. Keys are stable: other programs may read them. */
import type { RunAnalysis } from '../analysis/model.ts';
import { OUTCOMES } from '../record/schema.ts';
import { type Figure, figure, ratio, spread } from './figure.ts';
import type { Unit } from './format.ts';
import type { DefinitionId } from './messages/definitions.ts';
import { queueFigures } from './queue-figures.ts';

export type { Figure } from './figure.ts';

const COUNTINGS = ['occupied', 'answered', 'queued', 'talking', 'legs'] as const;

export function figuresOf(analysis: RunAnalysis): Figure[] {
  const { outcomes, sessions, concurrency, queue, agents, quality, health } = analysis;
  const queueOnly = (value: number) => (queue.measured ? value : null);
  return [
    figure('attempts', 'attempts', outcomes.attempts, 'calls'),
    ...OUTCOMES.map((outcome) => figure(`outcome.${outcome}`, outcome, outcomes.counts[outcome], 'calls')),
    ...COUNTINGS.map((counting) => {
      const { value } = concurrency.peaks[counting];
      return figure(
        `peak.${counting}`,
        counting,
        counting === 'queued' || counting === 'talking' ? queueOnly(value) : value,
        'calls',
        'peak',
      );
    }),
    figure('arrivals.peak', 'perSecondPeak', concurrency.arrivals.perSecondPeak, 'calls/s'),
    ...spread('srd', sessions.srd, 'ms'),
    ...spread('srdFailed', sessions.srdFailed, 'ms'),
    ...spread('srdFromIntended', sessions.srdFromIntended, 'ms'),
    ...spread('pdd', sessions.pdd, 'ms'),
    ...spread('sdd', sessions.sdd, 'ms'),
    ...spread('sdt', sessions.sdt, 'ms'),
    ...(['ser', 'seer', 'isa', 'scr', 'asr', 'ner', 'firstTry', 'eventual'] as const).map((id) => ratio(id, sessions[id])),
    ...(['serviceLevel', 'serviceLevel2', 'serviceLevel3', 'serviceLevel4', 'serviceLevel5'] as const).map((id, i) =>
      ratio(id, queue.serviceLevel[i]!, queue.measured),
    ),
    figure('asa', 'asa', queue.asaMs, 'ms'),
    ...spread('waitAnswered', queue.waitAnswered, 'ms'),
    ...spread('waitAbandoned', queue.waitAbandoned, 'ms'),
    figure('longestWait', 'longestWait', queue.longestWaitMs, 'ms'),
    ratio('connectRate', queue.connectRate, queue.measured),
    ratio('abandonment', queue.abandonment, queue.measured),
    ...agentFigures(agents),
    ...queueFigures(analysis),
    ...faultFigures(analysis),
    ...scaleFigures(analysis),
    ...(quality
      ? [
          ...spread('mos', quality.mos, 'mos'),
          ...spread('loss', quality.lossPercent, 'percent'),
          ...spread('jitter', quality.jitterMs, 'ms'),
          ...spread('gap', quality.gapMs, 'ms'),
          figure('oneWay', 'oneWay', quality.oneWay, 'calls', null, quality.calls),
        ]
      : [figure('mos', 'mos', null, 'mos')]),
    ...spread('lag', health.lag, 'ms'),
    ...spread('loop', health.loop, 'ms'),
    ...spread('rtpLate', health.rtpLate, 'ms'),
    figure('unhealthySeconds', 'unhealthy', health.unhealthySeconds, 'count', null, health.seconds),
    figure('socketDrops', 'socketDrops', health.socketDrops, 'count'),
    figure('droppedIterations', 'droppedIterations', health.dropped, 'count'),
    ratio('harnessShare', health.harnessShare),
  ];
}

function agentFigures(agents: RunAnalysis['agents']): Figure[] {
  const took = agents.offered > 0 || agents.occupancy.whole > 0;
  const value = (count: number) => (took ? count : null);
  return [
    figure('agents.offered', 'agentOffers', value(agents.offered), 'calls'),
    figure('agents.answered', 'agentAnswered', value(agents.answered), 'calls'),
    figure('agents.missed', 'agentMissed', value(agents.missed), 'calls'),
    figure('agents.rejected', 'agentRejected', value(agents.rejected), 'calls'),
    figure('agents.occupancy', 'occupancy', agents.occupancy.value, 'share'),
  ];
}

function faultFigures({ faults }: RunAnalysis): Figure[] {
  return faults.flatMap((fault) => {
    const make = (
      part: string,
      definition: DefinitionId,
      value: number | null,
      unit: Unit,
      n: number | null = null,
      within: number | null = null,
    ) => ({
      ...figure(`fault.${fault.name}.${part}`, definition, value, unit, fault.name, n),
      ...(value !== null && within !== null ? { low: value - within, high: value + within } : {}),
    });
    const { firstTry, eventual, inProgress } = fault;
    const touched = inProgress.survived + inProgress.dropped + inProgress.frozen;
    const survived = touched > 0 ? inProgress.survived / touched : null;
    return [
      make('outageFirstTry', 'outageFirstTry', firstTry.rtoMs, 'ms', firstTry.outages.length, firstTry.resolutionMs),
      make('outageEventual', 'outageEventual', eventual.rtoMs, 'ms', eventual.outages.length, eventual.resolutionMs),
      make('recovery90', 'recovery90', fault.recovery90Ms, 'ms'),
      make('recovery99', 'recovery99', fault.recovery99Ms, 'ms'),
      make('fullRecovery', 'fullRecovery', fault.fullRecoveryMs, 'ms'),
      make('survived', 'inProgress', survived, 'share', touched),
      make('detection', 'detection', fault.detectionMs, 'ms'),
      make('availabilityEquivalent', 'availabilityEquivalent', fault.availabilityEquivalent, 'share'),
    ];
  });
}

function scaleFigures({ scaling }: RunAnalysis): Figure[] {
  return scaling.flatMap((scale) => {
    const happened = scale.triggerMs !== null;
    const make = (part: string, definition: DefinitionId, value: number | null, unit: Unit) =>
      figure(`scale.${scale.name}.${part}`, definition, value, unit, scale.name);
    const within = scale.resolutionMs ?? 0;
    const scaleUp = make('scaleUp', 'scaleUp', scale.scaleUpMs, 'ms');
    return [
      make('firstExtra', 'firstExtra', scale.firstExtraMs, 'ms'),
      scale.scaleUpMs === null || within === 0 ? scaleUp : { ...scaleUp, low: scale.scaleUpMs - within, high: scale.scaleUpMs + within },
      make('blockedWhile', 'blockedWhile', happened ? scale.blockedWhile : null, 'calls'),
      make('droppedWhile', 'droppedWhile', happened ? scale.droppedWhile : null, 'calls'),
    ];
  });
}

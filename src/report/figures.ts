/** Every figure of a run as a flat list: the summary CSV, and the terminal's lines. Keys are stable: other programs may read them. */
import type { RunAnalysis } from '../analysis/model.ts';
import { OUTCOMES } from '../record/schema.ts';
import { type Figure, figure, ratio, spread } from './figure.ts';
import { queueFigures } from './queue-figures.ts';
import { recoveryFigures } from './recovery-figures.ts';

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
    ...recoveryFigures(analysis),
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

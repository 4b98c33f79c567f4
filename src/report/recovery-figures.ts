/** Faults, scaling and the signalling beside calls as figures of summary.csv. A fault that happened again has `#2` after its name. */
import type { FaultFigures, Outage, RunAnalysis, ScaleFigures, Spread } from '../analysis/model.ts';
import { type Figure, figure, spread } from './figure.ts';
import type { Unit } from './format.ts';
import type { DefinitionId } from './messages/definitions.ts';
import type { MessageKey } from './messages/en.ts';

const MONTH_MS = 30 * 86_400_000;

export function recoveryFigures(analysis: RunAnalysis): Figure[] {
  const names = numbered();
  const steps = numbered();
  return [
    ...analysis.faults.flatMap((fault) => faultFigures(fault, names(fault.name))),
    ...(analysis.repeated ?? []).flatMap(({ name, firstTry, eventual, survived }) => [
      ...under(`repeated.${name}`, name, 'outageFirstTry', firstTry, 'ms'),
      ...under(`repeated.${name}`, name, 'outageEventual', eventual, 'ms'),
      ...under(`repeated.${name}`, name, 'inProgress', survived, 'share'),
    ]),
    ...(analysis.unprovoked ? unprovokedFigures(analysis.unprovoked, analysis.validity.lastMs) : []),
    ...analysis.scaling.flatMap((scale) => scaleFigures(scale, steps(scale.name))),
    ...signallingFigures(analysis),
  ];
}

/** The first of a name bears it, the next ones with their number. */
function numbered(): (name: string) => string {
  const seen = new Map<string, number>();
  return (name) => {
    const n = (seen.get(name) ?? 0) + 1;
    seen.set(name, n);
    return n === 1 ? name : `${name}#${n}`;
  };
}

type Make = (
  key: string,
  id: DefinitionId,
  value: number | null,
  unit: Unit,
  more?: { n?: number | null; within?: number | null; label?: MessageKey },
) => Figure;

const maker =
  (kind: string, name: string): Make =>
  (key, id, value, unit, { n = null, within = null, label } = {}) => ({
    ...figure(`${kind}.${name}.${key}`, id, value, unit, name, n),
    ...(value !== null && within ? { low: Math.max(0, value - within), high: value + within } : {}),
    label: label ?? null,
  });

const under = (key: string, part: string, id: DefinitionId, values: Spread, unit: Unit): Figure[] =>
  spread(id, values, unit).map((one) => ({ ...one, key: `${key}.${one.key}`, part: `${part} ${one.part}` }));

function faultFigures(fault: FaultFigures, name: string): Figure[] {
  const make = maker('fault', name);
  const { firstTry, eventual, inProgress, failback, registrations, queueKept, voice, people, survivorGapMs } = fault;
  const happened = fault.startMs !== null;
  const touched = inProgress.survived + inProgress.dropped + inProgress.frozen;
  const calls = (n: number) => (happened ? n : null);
  const outageMs = fault.availabilityEquivalent === null ? 0 : (1 - fault.availabilityEquivalent) * MONTH_MS;
  const allowed = (promise: number) => (outageMs < 1 ? null : Math.floor(((1 - promise) * MONTH_MS + 1e-6) / outageMs));
  return [
    make('outageFirstTry', 'outageFirstTry', firstTry.rtoMs, 'ms', { n: firstTry.outages.length, within: firstTry.resolutionMs }),
    make('outageFirstTry.resolution', 'resolution', firstTry.resolutionMs, 'ms', { label: 'csv.first-try' }),
    make('outageEventual', 'outageEventual', eventual.rtoMs, 'ms', { n: eventual.outages.length, within: eventual.resolutionMs }),
    make('outageEventual.resolution', 'resolution', eventual.resolutionMs, 'ms', { label: 'csv.eventual' }),
    make('outages', 'outageCount', calls(firstTry.outages.length), 'count'),
    make('recovery90', 'recovery90', fault.recovery90Ms, 'ms'),
    make('recovery99', 'recovery99', fault.recovery99Ms, 'ms'),
    make('fullRecovery', 'fullRecovery', fault.fullRecoveryMs, 'ms'),
    make('survived', 'inProgress', touched > 0 ? inProgress.survived / touched : null, 'share', { n: touched }),
    make('inProgress', 'inProgress', calls(inProgress.at), 'calls', { label: 'csv.in-progress' }),
    make('dropped', 'inProgress', calls(inProgress.dropped), 'calls', { label: 'csv.dropped' }),
    make('frozen', 'inProgress', calls(inProgress.frozen), 'calls', { label: 'csv.frozen' }),
    make('endedNormally', 'inProgress', calls(inProgress.ended), 'calls', { label: 'csv.ended' }),
    make('survivorGap', 'survivorGap', survivorGapMs?.max ?? null, 'ms', { n: survivorGapMs?.n ?? null }),
    make('failback', 'failback', failback?.longestMs ?? null, 'ms', { n: failback?.outages ?? null, label: 'csv.longest-outage' }),
    make('failback.lost', 'failback', failback?.lost ?? null, 'calls', { label: 'csv.lost' }),
    make('registrations', 'registrations', registrations?.backMs ?? null, 'ms', { n: registrations?.lost ?? null }),
    make('queueKept', 'queueKept', queueKept?.value ?? null, 'share', { n: queueKept?.whole ?? null }),
    make('voiceBack', 'voiceBack', voice?.backMs ?? null, 'ms', { within: voice?.resolutionMs }),
    make('detection', 'detection', fault.detectionMs, 'ms'),
    ...(['alarm', 'ticket', 'engineer', 'workaround', 'fixed'] as const).flatMap((type) => {
      const said = people?.[type];
      return said ? [make(`said.${type}`, 'peopleMark', said.ms, 'ms', { within: said.plusMinusMs, label: `faults.mark-${type}` })] : [];
    }),
    make('availabilityEquivalent', 'availabilityEquivalent', fault.availabilityEquivalent, 'share'),
    make('allowed999', 'faultsAllowed', allowed(0.999), 'count', { label: 'csv.three-nines' }),
    make('allowed9999', 'faultsAllowed', allowed(0.9999), 'count', { label: 'csv.four-nines' }),
  ];
}

/** Outages that no fault explains. */
function unprovokedFigures(outages: readonly Outage[], lastMs: number): Figure[] {
  const longest = outages.length === 0 ? null : Math.max(...outages.map(({ startMs, endMs }) => (endMs ?? lastMs) - startMs));
  const make = (key: string, value: number | null, unit: Unit, label: MessageKey) => ({
    ...figure(`unprovoked.${key}`, 'outageEventual', value, unit, null, outages.length),
    label,
  });
  return [make('outages', outages.length, 'count', 'csv.unprovoked'), make('longest', longest, 'ms', 'csv.unprovoked-longest')];
}

function scaleFigures(scale: ScaleFigures, name: string): Figure[] {
  const make = maker('scale', name);
  const when = (value: number | null | undefined) => (scale.triggerMs === null ? null : (value ?? null));
  return [
    make('oldPlateau', 'oldPlateau', when(scale.oldPlateau), 'calls'),
    make('reached', 'scaleReached', when(scale.reached), 'calls'),
    make('firstExtra', 'firstExtra', scale.firstExtraMs, 'ms'),
    make('scaleUp', 'scaleUp', scale.scaleUpMs, 'ms', { within: scale.resolutionMs }),
    make('scaleUp.resolution', 'resolution', when(scale.resolutionMs), 'ms', { label: 'csv.scale-up' }),
    make('blockedWhile', 'blockedWhile', when(scale.blockedWhile), 'calls'),
    make('droppedWhile', 'droppedWhile', when(scale.droppedWhile), 'calls'),
    make('lastRefusal', 'lastRefusal', when(scale.lastRefusalMs), 'ms'),
    make('ready', 'scaleReady', when(scale.readyMs), 'ms'),
    make('waitBefore', 'scaleWait', when(scale.waitBeforeMs), 'ms', { label: 'csv.minute-before' }),
    make('waitWhile', 'scaleWait', when(scale.waitWhileMs), 'ms'),
    make('newSeat', 'newSeat', when(scale.newSeatMs), 'ms', { n: scale.newSeats ?? null }),
  ];
}

function signallingFigures({ signalling }: RunAnalysis): Figure[] {
  if (!signalling) return [];
  const { redirected, redirects, sessionTimers, expired, refers, refersRefused, transfers, transfersFailed, connectionsLost } = signalling;
  return [
    figure('redirects', 'redirects', redirects, 'count', null, redirected),
    figure('sessionsExpired', 'sessionsExpired', expired, 'calls', null, sessionTimers),
    figure('refersRefused', 'refersRefused', refersRefused, 'count', null, refers),
    figure('transfersFailed', 'transfersFailed', transfersFailed, 'calls', null, transfers),
    figure('connectionsLost', 'connectionsLost', connectionsLost, 'count'),
    figure('reconnect', 'connectionsLost', signalling.reconnectMs, 'ms', null, signalling.reconnected),
  ];
}

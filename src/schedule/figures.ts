/**
 * What a plan asks of the vendor, of this machine and of the network, before anything is sent. Exact where it can be (the timeline is known to the
 * last arrival), and otherwise from assumptions that are printed beside the figures.
 */
import { formatDuration } from '../duration.ts';
import type { ScenarioPlan } from './executor.ts';
import { busiestSecond, type Changes, changesOfSpells, changesOfStarts, mergeChanges, minutesOf, mostWithin, peakOf } from './occupancy.ts';
import type { RunPlan } from './plan.ts';
import { fullSegment } from './segment.ts';

export interface Assumptions {
  /** From dialling to hanging up, ms: by scenario, `''` for the others. */
  callLengthMs: Record<string, number>;
  media: 'rtp' | 'none';
  /** Agents of ours answer: each call then has a second leg here while it talks. */
  ownAgents: boolean;
  /** Signalling that one core bears, calls/s, and legs with RTP both ways. */
  callsPerSecondPerCore: number;
  legsPerCore: number;
  /** UDP ports that one address gives to RTP and RTCP. */
  portsPerAddress: number;
}

/** Measured on a 2-core machine, rounded down; `callsurge doctor` and the benchmarks measure this one. */
const DEFAULT_ASSUMPTIONS: Assumptions = {
  callLengthMs: { '': 60_000 },
  media: 'rtp',
  ownAgents: false,
  callsPerSecondPerCore: 1500,
  legsPerCore: 500,
  portsPerAddress: 32_768,
};

/** G.711 every 20 ms: 160 payload + 12 RTP + 8 UDP + 20 IPv4 = 200 bytes, 50/s: 80 kbit/s at the IP layer, each way. */
const KBIT_IP = (200 * 8 * 50) / 1000;
/** With the Ethernet header and checksum, 18 bytes a frame (not preamble and gap): 87.2 kbit/s. */
const KBIT_ETHERNET = ((200 + 18) * 8 * 50) / 1000;
/** RTP and RTCP. */
const PORTS_PER_LEG = 2;

export interface ScenarioFigures {
  name: string;
  callLengthMs: number;
  /** Calls it starts: exact for arrivals and iterations, expected for looping VUs. */
  calls: number;
  /** VUs busy at once at its peak, and those planned. Needed above planned: arrivals will be dropped. */
  vusNeeded: number;
  vusPlanned: number;
}

export interface PlanFigures {
  assumptions: Assumptions;
  scenarios: ScenarioFigures[];
  calls: number;
  /** Peak of the curves together, calls/s. */
  peakRate: number;
  /** Most calls that start within any second of this very timeline: above peakRate where arrivals are Poisson. */
  busiestSecond: number;
  /** Most calls open at once, were every call as long as assumed; and when, ms from the load's start. */
  peakConcurrent: number;
  peakConcurrentAtMs: number;
  callMinutes: number;
  /** Equal steps over the whole run; value i is the curves' rate in the middle of step i, and the most calls open within it. */
  series: {
    stepMs: number;
    rate: number[];
    concurrent: number[] /** Of this very timeline; null for a closed model. */;
    starts: number[] | null;
  };
  /** At the peak; RTP and RTCP of every leg of ours. */
  ports: number;
  sourceAddresses: number;
  /** Each way, at the peak. */
  mbitPerSecond: { ip: number; ethernet: number };
  cores: { signalling: number; media: number; total: number };
  /** One line each. */
  warnings: string[];
}

const STEPS = 300;

export function planFigures(plan: RunPlan, given: Partial<Assumptions> = {}): PlanFigures {
  const assumptions = { ...DEFAULT_ASSUMPTIONS, ...given };
  const lengthOf = ({ name }: ScenarioPlan) =>
    assumptions.callLengthMs[name] ?? assumptions.callLengthMs[''] ?? DEFAULT_ASSUMPTIONS.callLengthMs['']!;
  const each = plan.scenarios.map((scenario) => {
    const [length, starts] = [lengthOf(scenario), startsOf(scenario)];
    return { scenario, length, starts, changes: changesOf(scenario, length, starts) };
  });

  const scenarios = each.map(({ scenario, length, changes }) => ({
    name: scenario.name,
    callLengthMs: length,
    calls: Math.round(callsOf(scenario, length)),
    vusNeeded: peakOf(changes).value,
    vusPlanned: scenario.drive.maxVus,
  }));
  const changes = mergeChanges(each.map((one) => one.changes));
  const peak = peakOf(changes);
  const stepMs = Math.max(1, plan.totalMs) / STEPS;
  const rates = each.map(({ scenario, length }) => rateOf(scenario, length));
  const rate = Array.from({ length: STEPS }, (_, i) => rates.reduce((sum, at) => sum + at((i + 0.5) * stepMs), 0));
  const peakRate = Math.max(...rate, ...each.map(({ scenario, length }) => scenarioPeak(scenario, length)));

  const starts = together(each.map((one) => one.starts));
  const legs = peak.value * (assumptions.ownAgents ? 2 : 1);
  const mediaLegs = assumptions.media === 'rtp' ? legs : 0;
  const ports = mediaLegs * PORTS_PER_LEG;
  const cores = { signalling: peakRate / assumptions.callsPerSecondPerCore, media: mediaLegs / assumptions.legsPerCore };
  return {
    assumptions,
    scenarios,
    calls: scenarios.reduce((sum, { calls }) => sum + calls, 0),
    peakRate,
    busiestSecond: Math.max(busiestSecond(starts), plan.scenarios.every(isOpen) ? 0 : Math.ceil(peakRate)),
    peakConcurrent: peak.value,
    peakConcurrentAtMs: peak.at,
    callMinutes: minutesOf(changes),
    series: {
      stepMs,
      rate,
      concurrent: mostWithin(changes, stepMs, STEPS),
      starts: plan.scenarios.every(isOpen) ? counted(starts, stepMs) : null,
    },
    ports,
    sourceAddresses: Math.max(1, Math.ceil(ports / assumptions.portsPerAddress)),
    mbitPerSecond: { ip: (mediaLegs * KBIT_IP) / 1000, ethernet: (mediaLegs * KBIT_ETHERNET) / 1000 },
    cores: { ...cores, total: Math.max(1, Math.ceil(cores.signalling + cores.media)) },
    warnings: each.flatMap(({ scenario, length }, i) => warningsOf(scenario, length, scenarios[i]!)),
  };
}

function changesOf(scenario: ScenarioPlan, length: number, starts: Float64Array): Changes {
  const { drive, startTimeMs: start, durationMs, gracefulStopMs } = scenario;
  const until = start + durationMs + gracefulStopMs;
  if (drive.kind === 'arrivals') return changesOfStarts(starts, length, until);
  if (drive.kind === 'vus') {
    const steps = [...drive.steps(fullSegment), { at: durationMs, vus: 0 }];
    return changesOfSpells(steps.slice(1).map(({ at }, i) => ({ from: start + steps[i]!.at, to: start + at, calls: steps[i]!.vus })));
  }
  const total = drive.iterations(fullSegment);
  const whole = start + Math.floor(total / drive.maxVus) * length;
  return changesOfSpells([
    { from: start, to: Math.min(whole, until), calls: drive.maxVus },
    { from: whole, to: Math.min(whole + length, until), calls: total % drive.maxVus },
  ]);
}

/** When calls start, ms from the load's start; empty for a closed model. */
function startsOf({ drive, startTimeMs }: ScenarioPlan): Float64Array {
  if (drive.kind !== 'arrivals') return new Float64Array();
  const starts = new Float64Array(drive.count);
  for (const { index, at } of drive.arrivals(fullSegment)) starts[index] = startTimeMs + at;
  return starts;
}

function callsOf({ drive, durationMs }: ScenarioPlan, length: number): number {
  if (drive.kind === 'arrivals') return drive.count;
  if (drive.kind === 'iterations') return drive.iterations(fullSegment);
  const steps = [...drive.steps(fullSegment), { at: durationMs, vus: 0 }];
  return steps.slice(1).reduce((sum, { at }, i) => sum + ((at - steps[i]!.at) * steps[i]!.vus) / length, 0);
}

const isOpen = ({ drive }: ScenarioPlan) => drive.kind === 'arrivals';

/** Calls/s at a moment of the run; for looping VUs, each makes one per call length. */
function rateOf({ drive, startTimeMs, durationMs }: ScenarioPlan, length: number): (ms: number) => number {
  const inside = (rate: (at: number) => number) => (ms: number) =>
    ms >= startTimeMs && ms <= startTimeMs + durationMs ? rate(ms - startTimeMs) : 0;
  if (drive.kind === 'arrivals') return inside((at) => drive.rateAt(at));
  const perSecond = 1000 / length;
  if (drive.kind === 'iterations') {
    const end = (drive.iterations(fullSegment) / drive.maxVus) * length;
    return inside((at) => (at < end ? drive.maxVus * perSecond : 0));
  }
  const steps = drive.steps(fullSegment);
  return inside((at) => (steps.findLast((step) => step.at <= at)?.vus ?? 0) * perSecond);
}

function scenarioPeak({ drive }: ScenarioPlan, length: number): number {
  return drive.kind === 'arrivals' ? drive.peakPerSecond : (drive.maxVus * 1000) / length;
}

/** How many begin in each of the steps. */
function counted(starts: Float64Array, stepMs: number): number[] {
  const counts = Array.from({ length: STEPS }, () => 0);
  for (const at of starts) counts[Math.min(STEPS - 1, Math.floor(at / stepMs))]!++;
  return counts;
}

function together(all: Float64Array[]): Float64Array {
  if (all.length === 1) return all[0]!;
  const times = new Float64Array(all.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const starts of all) {
    times.set(starts, offset);
    offset += starts.length;
  }
  return times.sort();
}

function warningsOf(scenario: ScenarioPlan, length: number, figures: ScenarioFigures): string[] {
  const { name, gracefulStopMs, drive } = scenario;
  const warnings: string[] = [];
  if (length > gracefulStopMs)
    warnings.push(
      `${name}: calls are taken to last ${formatDuration(length)} (surge.callLength) and gracefulStop is ${formatDuration(gracefulStopMs)}: those open at the end are cut and counted apart`,
    );
  if (drive.kind === 'arrivals' && figures.vusNeeded > drive.maxVus)
    warnings.push(`${name}: ${figures.vusNeeded} VUs are needed at the peak, maxVUs is ${drive.maxVus}: arrivals will be dropped`);
  if (drive.kind === 'vus' && drive.gracefulRampDownMs > 0 && length > drive.gracefulRampDownMs)
    warnings.push(
      `${name}: calls last longer than gracefulRampDown ${formatDuration(drive.gracefulRampDownMs)}: those of VUs that stop are cut`,
    );
  return warnings;
}

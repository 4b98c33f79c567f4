/**
 * Last year's log as arrivals: when calls came then, scaled in number and compressed in time.
 *
 *     log      │││ │  ││││││ │   │         scale 1.5: in every minute of the log half as many again
 *     replay   ││││ │ │││││││││ │  │       compress 60: its hour in a minute
 *
 * A log has a resolution: an entry at `at` came within [at, at + resolutionMs). Where it is coarse (whole seconds, or counts per hour) the arrivals
 * are drawn evenly inside it with the seed, because forty calls on one stroke of the clock never happened. Of a fine log every arrival keeps its
 * own time; what the scale adds is drawn between it and the next one of the same minute. After each entry the number of arrivals is the log's own
 * times the scale, rounded down: at the end of each minute the replay is within one of it (a resolution above a minute: at the end of each entry).
 */
import { formatDuration } from '../duration.ts';
import { CallsurgeError } from '../errors.ts';
import { type RandomStream, randomStream } from '../random.ts';
import { type ArrivalVus, describeVus } from './arrival-vus.ts';
import type { Arrival, LoggedCall, ScenarioPlan } from './executor.ts';
import { describe, planBase, type ScenarioBase } from './scenario-base.ts';
import { indicesOf, type Segment } from './segment.ts';

/** An imported log: `callsurge import` writes it. Column by column; plain data. */
export interface ReplayLog {
  callsurge: 'arrivals';
  version: 1;
  /** What it was made from, for people: no path, no number. */
  about: string;
  /** Start of the window, ISO 8601, where the log tells. */
  from: string | null;
  durationMs: number;
  resolutionMs: number;
  /** ms from the start of the window, never falling. */
  at: number[];
  /** Calls of each entry; absent: one each. */
  count?: number[];
  /** What the log told of each call, by entry. */
  caller?: (string | null)[];
  intent?: (string | null)[];
  vip?: (boolean | null)[];
  talkMs?: (number | null)[];
}

/** A log and how to play it. Plain data: it is sent to workers. */
export interface Replay {
  log: ReplayLog;
  /** Arrivals for each call of the log. */
  scale: number;
  /** Time runs that much faster than in the log. */
  compress: number;
  /** Part of the log, ms from its start. */
  fromMs: number;
  toMs: number;
  /** The scenario whose timeline it replaces; undefined: the only one with an arrival rate. */
  scenario?: string;
}

export interface ReplayTimeline {
  count: number;
  durationMs: number;
  arrivals(segment: Segment): Generator<Arrival, void>;
  rateAt(ms: number): number;
  peakPerSecond: number;
  /** What the log tells of the call that this arrival repeats. */
  logged(index: number): LoggedCall;
}

const MINUTE_MS = 60_000;
/** The curve of a replay is drawn in so many steps, none shorter than a second. */
const RATE_STEPS = 300;
/** Keeps 0.29 × 100 from being 28.999999999999996. */
const ROUNDING = 1e-9;

/** The whole timeline. Equal arguments give the same one in every worker. */
export function replayTimeline(replay: Replay, seed: number): ReplayTimeline {
  const { log, compress } = replay;
  const durationMs = (Math.min(replay.toMs, log.durationMs) - replay.fromMs) / compress;
  const { times, entries } = draw(replay, randomStream(seed, 'replay'));
  const stepMs = Math.max(1000, durationMs / RATE_STEPS);
  const steps = new Float64Array(Math.max(1, Math.ceil(durationMs / stepMs)));
  for (const at of times) steps[Math.min(steps.length - 1, Math.floor(at / stepMs))]! += 1000 / stepMs;
  return {
    count: times.length,
    durationMs,
    *arrivals(segment) {
      for (const index of indicesOf(segment)) {
        if (index >= times.length) return;
        yield { index, at: times[index]! };
      }
    },
    rateAt: (ms) => (ms < 0 || ms > durationMs ? 0 : steps[Math.min(steps.length - 1, Math.floor(ms / stepMs))]!),
    peakPerSecond: steps.reduce((peak, rate) => Math.max(peak, rate), 0),
    logged: (index) => loggedAt(log, entries[index]),
  };
}

/** A scenario with an arrival rate whose timeline is the replay: its own rate, stages and duration are not used. */
export function replayPlan(
  config: ScenarioBase & ArrivalVus & { executor: 'constant-arrival-rate' | 'ramping-arrival-rate' },
  replay: Replay,
  seed: number,
): ScenarioPlan {
  const timeline = replayTimeline(replay, seed);
  const { count, durationMs, arrivals, rateAt, peakPerSecond, logged } = timeline;
  return {
    ...planBase(config),
    executor: config.executor,
    durationMs,
    drive: {
      kind: 'arrivals',
      preAllocatedVus: config.preAllocatedVus,
      maxVus: config.maxVus,
      arrivals,
      count,
      rateAt,
      peakPerSecond,
      logged,
    },
    description: describe(
      `${count} iterations as in ${replay.log.about} ×${replay.scale} over ${formatDuration(durationMs)}`,
      config,
      describeVus(config),
    ),
  };
}

/** Which scenario the replay is for. @throws CallsurgeError `option-invalid` where that is not clear. */
export function replayedScenario(configs: readonly { name: string; executor: string }[], replay: Replay): string {
  const open = configs.filter(({ executor }) => executor.endsWith('-arrival-rate')).map(({ name }) => name);
  const where = 'surge.arrivals.scenario';
  if (open.length === 0)
    throw new CallsurgeError('option-invalid', 'a log can be replayed by a scenario with an arrival rate alone', {
      where: 'surge.arrivals',
      todo: 'use the executor constant-arrival-rate or ramping-arrival-rate',
    });
  if (replay.scenario === undefined && open.length > 1)
    throw new CallsurgeError('option-invalid', 'several scenarios have an arrival rate', { where, todo: `name one of ${open.join(', ')}` });
  const wanted = replay.scenario ?? open[0]!;
  if (open.includes(wanted)) return wanted;
  throw new CallsurgeError('option-invalid', `there is no scenario "${wanted}" with an arrival rate`, {
    where,
    todo: `there are ${open.join(', ')}`,
  });
}

/** Times of all arrivals, ms from the start, and the entry that each repeats. */
function draw(replay: Replay, random: RandomStream): { times: Float64Array; entries: Int32Array } {
  const { log, scale, compress, fromMs } = replay;
  const toMs = Math.min(replay.toMs, log.durationMs);
  const times: number[] = [];
  const entries: number[] = [];
  let calls = 0;
  let first = log.at.findIndex((at) => at >= fromMs);
  while (first >= 0 && first < log.at.length && log.at[first]! < toMs) {
    const at = log.at[first]!;
    let after = first;
    let here = 0;
    for (; after < log.at.length && log.at[after] === at; after++) here += log.count?.[after] ?? 1;
    calls += here;
    const made = Math.floor(scale * calls + ROUNDING) - times.length;
    const drawn = within({ made, here, at: at - fromMs, next: (log.at[after] ?? toMs) - fromMs, end: toMs - fromMs }, log, random);
    for (const [i, time] of drawn.entries()) {
      times.push(time / compress);
      entries.push(first + Math.min(after - first - 1, Math.floor((i * (after - first)) / made)));
    }
    first = after;
  }
  return { times: Float64Array.from(times), entries: Int32Array.from(entries) };
}

/** The moments of the `made` arrivals that an entry of `here` calls at `at` becomes, in order. */
function within(
  { made, here, at, next, end }: { made: number; here: number; at: number; next: number; end: number },
  { resolutionMs }: ReplayLog,
  random: RandomStream,
): number[] {
  const coarse = resolutionMs > 1;
  const until = Math.min(end, coarse ? at + resolutionMs : Math.min(next, (Math.floor(at / MINUTE_MS) + 1) * MINUTE_MS));
  const times = Array.from({ length: made }, (_, i) => (!coarse && i < here ? at : at + random.next() * (until - at)));
  return times.sort((a, b) => a - b);
}

function loggedAt(log: ReplayLog, entry: number | undefined): LoggedCall {
  if (entry === undefined) return { caller: null, intent: null, vip: null, talkMs: null };
  return {
    caller: log.caller?.[entry] ?? null,
    intent: log.intent?.[entry] ?? null,
    vip: log.vip?.[entry] ?? null,
    talkMs: log.talkMs?.[entry] ?? null,
  };
}

/**
 * A plausible run of three minutes for the report's tests: a spike at 0:40, one site down from 1:15 to 1:27, a scale-up asked for at 1:50. Made
 * from smooth curves and a seeded ripple; the figures that can be summed or maximised come from the series themselves, so they agree with
 * the charts.
 */
import type { RunAnalysis, Series } from '../../src/analysis/model.ts';
import { OUTCOMES, type Outcome, rowOf } from '../../src/record/schema.ts';
import { NO_SPREAD, queueOf, ratio, spread, verdictsOf } from './parts.ts';
import { modelOf, reconciliationOf, routingOf } from './queue-parts.ts';

export { NO_SPREAD, ratio, spread };

export const START = Date.UTC(2026, 10, 10, 16, 0, 0);
const SECONDS = 190;
const FAULT = [75, 87] as const;
const SCALE = 110;

function mulberry(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const bump = (t: number, at: number, width: number) => Math.exp(-(((t - at) / width) ** 2));
const series = (value: (t: number) => number | null): Series => ({
  startMs: START,
  stepMs: 1000,
  values: Array.from({ length: SECONDS }, (_, t) => value(t)),
});
const sum = ({ values }: Series) => values.reduce<number>((total, value) => total + (value ?? 0), 0);
const peak = ({ values }: Series) => {
  const value = Math.max(0, ...values.map((one) => one ?? 0));
  return { value, atMs: START + values.indexOf(value) * 1000 + 412.5 };
};

export function fixture(): RunAnalysis {
  const random = mulberry(11);
  const ripple = (size: number) => (random() - 0.5) * size;
  const down = (t: number) => t >= FAULT[0] && t < FAULT[1];
  const rate = (t: number) => (t >= 180 ? 0 : 4 + 16 * bump(t, 40, 12) + 7 * Math.min(1, Math.max(0, (t - 95) / 30)));
  const planned = series((t) => rate(t + 0.5));
  const intended = series((t) => Math.max(0, Math.round(rate(t + 0.5) + ripple(3.5))));
  const achieved: Series = { ...intended, values: intended.values.map((value, t) => (t === 44 || t === 45 ? value! - 1 : value)) };

  const capacity = (t: number) => (t < SCALE + 14 ? 62 : 62 + Math.min(48, 4.5 * (t - SCALE - 14)));
  const talking = series((t) =>
    Math.max(0, Math.round(Math.min(capacity(t) * (down(t) ? 0.52 : 1), 9 * rate(t - 6), t * 4) + ripple(3)) * (t > 184 ? 0 : 1)),
  );
  const queued = series((t) =>
    Math.round(Math.max(0, 46 * bump(t, 52, 17) + 38 * bump(t, 88, 9) + 6 * bump(t, 112, 10) + ripple(2)) * (t > 183 ? 0 : 1)),
  );
  const answered = series((t) => talking.values[t]! + queued.values[t]! + Math.round(2.4 * rate(t)));
  const occupied = series((t) => answered.values[t]! + Math.round(0.9 * rate(t)) + (down(t) ? 9 : 0));
  const legs = series((t) => answered.values[t]! + talking.values[t]!);
  const concurrency = { occupied, answered, queued, talking, legs };

  const outcomeSeries = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, series(() => 0)])) as Record<Outcome, Series>;
  achieved.values.forEach((calls, t) => {
    const take = (outcome: Outcome, share: number) => {
      const some = Math.min(left, Math.floor(calls! * share + random()));
      outcomeSeries[outcome].values[t] = some;
      left -= some;
    };
    let left = calls!;
    take('blocked', t > 34 && t < 52 ? 0.18 : 0);
    take('timeout', down(t) ? 0.2 : 0);
    take('dropped', t > 60 && t < FAULT[0] ? 0.22 : 0);
    take('abandoned', 0.02 + 0.002 * queued.values[t]!);
    take('rejected', 0.001);
    take('cut', t > 175 ? 0.12 : 0);
    take('completed', 1);
    outcomeSeries.completed.values[t]! += left;
  });
  const counts = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, sum(outcomeSeries[outcome])])) as Record<Outcome, number>;
  const attempts = sum(achieved);
  const judged = attempts - counts.cut - counts.harness;
  const lost = counts.blocked + counts.timeout + counts.rejected;

  const queue = queueOf(counts, attempts, queued);

  return {
    meta: {
      format: 1,
      run: '20261111-000000-midnight-spike-vendor-a',
      callsurge: '0.1.0',
      node: 'v24.21.0',
      machine: { cpus: 2, model: 'Example CPU 3.0 GHz', memoryMb: 16_384, platform: 'linux x64' },
      scenario: { file: 'scenarios/midnight-spike.ts', sha256: '0'.repeat(64), title: 'Midnight spike' },
      vendor: { name: 'vendor-a', title: 'Vendor A', contract: { timezone: 'Asia/Shanghai' }, trial: { type: 'dedicated' } },
      options: {},
      surge: {},
      plan: {},
      seed: 11,
      workers: 2,
      startMs: START - 4000,
      loadStartMs: START,
      end: { endMs: START + SECONDS * 1000, how: 'finished', why: null, exitCode: 0 },
    },
    validity: { valid: true, reasons: [], complete: true, lastMs: START + SECONDS * 1000 },
    outcomes: {
      attempts,
      counts,
      byStatus: [
        { outcome: 'completed', status: 200, q850: 16, reason: 'OK', count: counts.completed },
        { outcome: 'abandoned', status: 200, q850: null, reason: 'OK', count: counts.abandoned },
        { outcome: 'blocked', status: 503, q850: 34, reason: 'Service Unavailable', count: counts.blocked },
        { outcome: 'timeout', status: null, q850: null, reason: null, count: counts.timeout },
        { outcome: 'dropped', status: 200, q850: 41, reason: 'OK', count: counts.dropped },
        { outcome: 'rejected', status: 488, q850: 88, reason: 'Not Acceptable Here', count: counts.rejected },
      ].filter((row) => row.count > 0) as RunAnalysis['outcomes']['byStatus'],
      byBlame: { harness: 0, network: 2, carrier: 0, vendor: lost + counts.dropped - 2, undetermined: 0 },
    },
    sessions: {
      srd: spread(judged - lost, 21),
      srdFailed: spread(counts.blocked + counts.rejected, 9),
      pdd: spread(judged - lost, 24),
      sdd: spread(counts.completed, 6.4),
      sdt: spread(counts.completed, 18_400, 1.7),
      ser: ratio(judged - lost, judged),
      seer: ratio(judged - lost, judged),
      isa: ratio(counts.blocked + counts.timeout, judged),
      scr: ratio(counts.completed, judged),
      asr: ratio(judged - lost, judged),
      ner: ratio(judged - lost, judged),
      firstTry: ratio(judged - lost - 31, judged),
      eventual: ratio(judged - lost, judged),
      srdFromIntended: spread(judged - lost, 22.4),
    },
    concurrency: {
      peaks: { occupied: peak(occupied), answered: peak(answered), queued: peak(queued), talking: peak(talking), legs: peak(legs) },
      series: concurrency,
      arrivals: { planned, intended, achieved, perSecondPeak: peak(achieved).value },
    },
    queue,
    routing: routingOf(START, counts.completed),
    model: modelOf(START),
    reconciliation: reconciliationOf(queue),
    agents: { offered: counts.completed + 19, answered: counts.completed, missed: 14, rejected: 5, occupancy: ratio(151, 190) },
    faults: [
      {
        name: 'site-a-stops',
        target: 'site a',
        startMs: START + FAULT[0] * 1000 + 12,
        endMs: START + FAULT[1] * 1000 + 20,
        failed: null,
        firstTry: {
          outages: [{ startMs: START + 75_090, endMs: START + 83_410, resolutionMs: 100, affected: 41, failed: 18 }],
          rtoMs: 8398,
          resolutionMs: 100,
        },
        eventual: {
          outages: [{ startMs: START + 75_320, endMs: START + 79_560, resolutionMs: 180, affected: 18, failed: 18 }],
          rtoMs: 4548,
          resolutionMs: 180,
        },
        recovery90Ms: 8400,
        recovery99Ms: 14_200,
        fullRecoveryMs: null,
        inProgress: { at: 60, survived: 29, dropped: 26, frozen: 3, ended: 2 },
        detectionMs: 6180,
        availabilityEquivalent: 1 - 8398 / (30 * 86_400_000),
        plusMinusMs: 0,
        expectedMs: 5000,
        people: { fixed: { ms: 95_000, plusMinusMs: 12_000, by: ['vendor', 'buyer'], notes: ['route withdrawn <b>'] } },
        routes: [{ by: 'site', name: 'site-a', before: 310, during: 0, after: 290 }],
        failback: { outages: 1, longestMs: 700, affected: 6, failed: 0, lost: 2 },
        registrations: { lost: 10, back: 10, stormPerSecond: 7, backMs: 31_000 },
        queueKept: ratio(11, 12),
        voice: { limit: 4.1, outages: [], backMs: 0, resolutionMs: null },
      },
      {
        name: 'carrier-2-down',
        target: 'trunk carrier-2',
        startMs: null,
        endMs: null,
        failed: 'POST http://127.0.0.1:9/faults answered 403',
        firstTry: { outages: [], rtoMs: null, resolutionMs: null },
        eventual: { outages: [], rtoMs: null, resolutionMs: null },
        recovery90Ms: null,
        recovery99Ms: null,
        fullRecoveryMs: null,
        inProgress: { at: 0, survived: 0, dropped: 0, frozen: 0, ended: 0 },
        detectionMs: null,
        availabilityEquivalent: null,
      },
    ],
    scaling: [
      {
        name: 'more-channels',
        triggerMs: START + SCALE * 1000 + 31,
        failed: null,
        oldPlateau: 62,
        target: 110,
        firstExtraMs: 14_900,
        scaleUpMs: 25_400,
        resolutionMs: 500,
        blockedWhile: 3,
        droppedWhile: 0,
        reached: 112,
        lastRefusalMs: 21_300,
        readyMs: 20_050,
        waitBeforeMs: 8200,
        waitWhileMs: 14_600,
        newSeatMs: 33_000,
        newSeats: 4,
      },
    ],
    signalling: {
      redirected: 4,
      redirects: 5,
      sessionTimers: 210,
      expired: 2,
      refers: 6,
      refersRefused: 1,
      transfers: 3,
      transfersFailed: 1,
      connectionsLost: 2,
      waiting: 3,
      reconnected: 1,
      reconnectMs: 2400,
    },
    quality: {
      calls: judged - lost,
      lossPercent: spread(judged - lost, 0.04),
      jitterMs: spread(judged - lost, 0.8),
      gapMs: spread(judged - lost, 41),
      mos: { n: judged - lost, mean: 4.37, min: 2.61, p50: 4.41, p90: 4.41, p95: 4.41, p99: 4.41, max: 4.41 },
      oneWay: 1,
      model: 'ITU-T G.107, PCMA, G.711 with PLC: Ie 0, Bpl 25.1',
    },
    health: {
      seconds: SECONDS,
      unhealthySeconds: 2,
      lag: spread(attempts, 0.6),
      loop: spread(SECONDS, 1.1),
      rtpLate: spread(SECONDS, 0.9),
      socketDrops: 0,
      dropped: 2,
      harnessShare: ratio(counts.harness, attempts),
      unhealthy: [{ fromMs: START + 44_000, toMs: START + 46_000, why: 'event-loop delay 212 ms, RTP late by 31 ms' }],
    },
    thresholds: [
      { metric: 'setup_delay', expression: 'p(95)<500', state: 'ok', value: 62.37, abortOnFail: false },
      { metric: 'agent_connected', expression: 'rate>0.95', state: 'failed', value: 0.8612, abortOnFail: false },
      { metric: 'mos{codec:opus}', expression: 'med>4', state: 'no data', value: null, abortOnFail: true },
    ],
    verdicts: verdictsOf(queue.serviceLevel[0], peak(talking).value),
    srdSeries: {
      p50: series((t) => (t > 180 ? null : 21 + 6 * bump(t, 45, 12) + ripple(3))),
      p95: series((t) => (t > 180 ? null : 58 + 42 * bump(t, 44, 10) + (down(t) ? 480 : 0) + ripple(18))),
    },
    waitSeries: { p50: waits(9000), p95: waits(16_000) },
    outcomeSeries,
    events: [
      event(0, 'phase', 'load', 'start'),
      event(75.01, 'fault', 'site-a-stops', 'started', 'site a', 'harness'),
      event(81.19, 'alarm', 'site-down', 'received', 'site a', 'vendor'),
      event(87.02, 'fault', 'site-a-stops', 'ended', 'site a', 'harness'),
      event(96, 'fault', 'carrier-2-down', 'failed', 'trunk carrier-2', 'harness'),
      event(96.4, 'mark', '', 'engineer', null, 'buyer'),
      event(180, 'drain', 'drain', 'start', null, 'harness'),
    ],
  };

  function waits(most: number): Series {
    return series((t) => (t < 6 || t > 183 ? null : Math.max(120, most * (bump(t, 56, 18) + 0.9 * bump(t, 91, 10)) + ripple(most / 6))));
  }
}

const event = (second: number, kind: string, name: string, action: string, target: string | null = null, by: string | null = null) =>
  rowOf('events', { t_ms: START + second * 1000, kind, name, action, target, by });

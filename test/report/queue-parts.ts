/** Pieces of the fixture: order and offers, the model, and a vendor's record. */
import type { QueueFigures } from '../../src/analysis/model.ts';
import type { ModelFigures, ModelRow, QueueSlice, RoutingFigures } from '../../src/analysis/model-queue.ts';
import type { ReconciliationFigures } from '../../src/analysis/reconcile.ts';
import { NO_SPREAD, ratio, spread } from './parts.ts';

const slice = (key: string, answered: number, abandoned: number): QueueSlice => ({
  key,
  asked: answered + abandoned + 3,
  answered,
  abandoned,
  blocked: 3,
  serviceLevel: ratio(Math.round(answered * 0.8), answered + abandoned),
  abandonment: ratio(abandoned, answered + abandoned),
  asaMs: answered > 0 ? 7100 : null,
  p95Ms: answered > 0 ? 19_400 : null,
  longestMs: 41_650,
});

export function routingOf(startMs: number, answered: number): RoutingFigures {
  return {
    fifo: {
      overtaken: ratio(4, answered),
      pairs: 9,
      most: 3,
      examples: [
        { call: '1-204', by: '2-207', atMs: startMs + 61_000, callers: 3 },
        { call: '<b>1-9</b>', by: '2-11', atMs: startMs + 70_500, callers: 1 },
      ],
    },
    fifoSameSite: { overtaken: ratio(0, answered), pairs: 0, most: 0, examples: [] },
    priority: { overtaken: ratio(1, 48), pairs: 1, most: 1, examples: [{ call: '2-88', by: '1-90', atMs: startMs + 55_200, callers: 1 }] },
    offers: {
      ghosts: ratio(2, answered + 19),
      lingering: ratio(0, answered + 19),
      duplicates: ratio(1, answered + 19),
      misrouted: ratio(5, answered),
      longestIdle: ratio(answered, answered + 19),
      idleDeviation: spread(answered + 19, 120),
      callsPerAgent: spread(60, 14),
      examples: [
        { kind: 'ghost', call: null, caller: '4001<b>7', agent: 'orders-3', atMs: startMs + 40_000 },
        { kind: 'misrouted', call: '1-77', caller: '40010000077', agent: 'claims-1', atMs: startMs + 41_000 },
      ],
    },
    idle: {
      seconds: 6.4,
      agentSeconds: 9.1,
      longestMs: 3800,
      graceMs: 1000,
      spans: [{ fromMs: startMs + 9000, toMs: startMs + 12_800, agents: ['orders-1', '<b>'] }],
    },
    groups: [
      { skills: 'orders+vip', agents: 20, offered: 400, answered: 390, missed: 8, rejected: 2, ringMs: 410_000, busyMs: 5_600_000 },
      { skills: '', agents: 40, offered: 900, answered: 890, missed: 7, rejected: 3, ringMs: 930_000, busyMs: 12_600_000 },
    ],
    bySkill: [slice('orders', 700, 80), slice('<i>claims</i>', 0, 4)],
    byClass: [slice('normal', 650, 82), slice('vip', 46, 2), slice('p2', 4, 0)],
    byMinute: [0, 1, 2].map((minute) => slice(String(startMs + minute * 60_000), 200, 20)),
  };
}

const row = (waiting: number | null, asaMs: number, occupancy: number | null): ModelRow => ({
  waiting,
  meanWaitMs: asaMs * 0.9,
  asaMs,
  serviceLevel: 0.84,
  abandonment: 0.06,
  occupancy,
});

export function modelOf(startMs: number): ModelFigures {
  const span = {
    fromMs: startMs,
    toMs: startMs + 180_000,
    calls: 1200,
    perSecond: 6.67,
    handlingMs: 18_400,
    handlingFrom: 'agents' as const,
    patienceMs: 42_000,
    agents: 120,
    measured: row(0.52, 7320, 0.79),
    erlangC: row(0.6, 9100, 0.99),
    erlangA: row(0.48, 5200, 0.97),
  };
  return {
    spans: [
      { ...span, which: 'whole' },
      {
        ...span,
        which: 'peak',
        toMs: startMs + 60_000,
        patienceMs: null,
        handlingFrom: 'talk',
        erlangC: null,
        measured: row(0.9, 14_000, null),
      },
    ],
    thresholdMs: 20_000,
    level: 0.8,
    needed: 118,
    whatIf: [108, 117, 118, 119, 120, 132].map((agents) => ({ agents, expected: row(0.5, 600_000 / agents, 0.96) })),
  };
}

export function reconciliationOf(queue: QueueFigures): ReconciliationFigures {
  const ours = {
    calls: queue.answered + queue.abandoned,
    serviceLevel: queue.serviceLevel,
    abandonment: queue.abandonment,
    asaMs: queue.asaMs,
    longestWaitMs: queue.longestWaitMs,
  };
  return {
    source: { file: 'vendor-a.csv', sha256: 'ab'.repeat(32), rows: ours.calls - 2, skipped: 1 },
    byCallId: 0,
    byCaller: ours.calls - 3,
    onlyOurs: 3,
    onlyTheirs: 1,
    foreign: 12,
    clockMs: -2400,
    thresholdMs: 20_000,
    shortMs: 5000,
    ours,
    theirs: {
      ...ours,
      asaMs: 5200,
      serviceLevel: ours.serviceLevel.map(({ part, whole }) => ratio(part + 9, whole + 9)) as typeof ours.serviceLevel,
    },
    outcomes: [
      { ours: 'answered', theirs: 'answered', calls: queue.answered - 4 },
      { ours: 'abandoned', theirs: 'answered', calls: 4 },
    ],
    outcomeDiffers: ratio(4, ours.calls - 3),
    races: 1,
    waitDiffers: spread(queue.answered - 4, 310),
    talkDiffers: NO_SPREAD,
    billing: { everyS: 60, of: 'answered', oursMin: 1490, theirsMin: 1502, statedMin: null },
    recordings: ratio(queue.answered - 9, queue.answered - 4),
  };
}

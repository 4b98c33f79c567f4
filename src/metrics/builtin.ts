/**
 * Metrics that every run has: k6's own, which come as samples, and callsurge's, which are derived from each call's row when the call is over.
 * All of them may stand in `options.thresholds`; this list is the documentation.
 */
import type { CallRow, SampleRow } from '../record/schema.ts';
import type { MetricType } from './accumulator.ts';
import {
  disconnectDelay,
  isAttempt,
  lossPercent,
  postDialDelay,
  queueEntry,
  queueWait,
  sessionDuration,
  setupDelay,
  setupDelayFromIntended,
  talkTime,
} from './call-times.ts';

export interface MetricDefinition {
  name: string;
  type: MetricType;
  unit: 'calls' | 'iterations' | 'bytes' | 'ms' | 'share' | 'mos' | 'percent' | 'vus' | 'messages' | '';
  about: string;
}

/** Default service-level threshold T (docs/metrics.md). */
export const SERVICE_LEVEL_MS = 20_000;

interface CallMetric extends MetricDefinition {
  /** What the row adds; null: nothing. */
  of(row: CallRow, serviceLevelMs: number): number | null;
}

const when = (asked: boolean, hit: boolean): number | null => (asked ? Number(hit) : null);
const outcomeRate = (name: string, about: string, ...outcomes: CallRow['outcome'][]): CallMetric => ({
  name,
  type: 'rate',
  unit: 'share',
  about,
  of: (row) => when(isAttempt(row), outcomes.includes(row.outcome)),
});
const trend = (name: string, unit: CallMetric['unit'], about: string, of: CallMetric['of']): CallMetric => ({
  name,
  type: 'trend',
  unit,
  about,
  of: (row, t) => (isAttempt(row) ? of(row, t) : null),
});

/** "Attempts" are calls on the wire that were neither cut nor failed by us. */
export const CALL_METRICS: readonly CallMetric[] = [
  { name: 'calls', type: 'counter', unit: 'calls', about: 'calls whose INVITE went out', of: (row) => (row.invite_ms === null ? null : 1) },
  outcomeRate('call_completed', 'attempts that reached what the script wanted and ended by a normal BYE', 'completed'),
  outcomeRate('call_blocked', 'attempts refused for capacity', 'blocked'),
  outcomeRate(
    'call_failed',
    'attempts that the vendor failed: blocked, rejected, timeout or dropped',
    'blocked',
    'rejected',
    'timeout',
    'dropped',
  ),
  outcomeRate('call_dropped', 'attempts answered and then lost', 'dropped'),
  outcomeRate('call_abandoned', 'attempts whose caller ran out of patience', 'abandoned'),
  { ...outcomeRate('call_answered', 'attempts with a 200 (ASR, E.425)'), of: (row) => when(isAttempt(row), row.answer_ms !== null) },
  {
    ...outcomeRate('call_first_try', 'attempts answered without any INVITE sent again'),
    of: (row) => when(isAttempt(row), row.answer_ms !== null && !row.invite_retransmissions),
  },
  { ...outcomeRate('call_harness', 'calls that failed by our own fault, of all calls'), of: (row) => Number(row.outcome === 'harness') },
  trend('setup_delay', 'ms', 'INVITE to the first status of answered calls (SRD, RFC 6076 4.3)', setupDelay),
  trend('setup_delay_intended', 'ms', 'the same from the intended start', setupDelayFromIntended),
  trend('post_dial_delay', 'ms', 'INVITE to the first 18x', postDialDelay),
  trend('disconnect_delay', 'ms', 'BYE to its 2xx (SDD, RFC 6076 4.4)', disconnectDelay),
  trend('call_duration', 'ms', '200 to BYE (SDT, RFC 6076 4.5)', sessionDuration),
  trend('talk_time', 'ms', 'agent on the line to BYE', talkTime),
  trend('agent_wait', 'ms', 'queue entry to agent on the line, of calls that an agent answered', (row) =>
    row.agent_ms === null ? null : queueWait(row),
  ),
  trend('abandon_wait', 'ms', 'queue entry to giving up', (row) =>
    row.outcome === 'abandoned' && row.agent_ms === null ? queueWait(row) : null,
  ),
  {
    ...outcomeRate('service_level', 'answered by an agent within T, of answered and abandoned in the queue (T: claim, or 20 s)'),
    of: (row, limit) => {
      if (!isAttempt(row) || row.wants_agent !== true || queueEntry(row) === null) return null;
      if (row.agent_ms !== null) return Number(queueWait(row)! <= limit);
      return row.outcome === 'abandoned' ? 0 : null;
    },
  },
  {
    ...outcomeRate('agent_connected', 'calls that asked for an agent and got one (agent connect rate)'),
    of: (row) => when(isAttempt(row) && row.wants_agent === true, row.agent_ms !== null),
  },
  {
    name: 'invite_retransmissions',
    type: 'counter',
    unit: 'messages',
    about: 'INVITEs sent again',
    of: (row) => (isAttempt(row) ? row.invite_retransmissions : null),
  },
  trend('mos', 'mos', 'estimated MOS (G.107 planning model)', (row) => row.mos),
  trend('rtp_loss', 'percent', 'RTP lost, of expected, percent', lossPercent),
  trend('rtp_jitter', 'ms', 'interarrival jitter (RFC 3550 6.4.1)', (row) => row.rtp_jitter_ms),
  trend('rtp_gap', 'ms', 'longest time without RTP', (row) => row.rtp_gap_ms),
];

/** They come as samples, with the names and types of k6. */
const K6_METRICS: readonly MetricDefinition[] = [
  { name: 'iterations', type: 'counter', unit: 'iterations', about: 'iterations completed' },
  { name: 'iteration_duration', type: 'trend', unit: 'ms', about: 'length of an iteration' },
  { name: 'dropped_iterations', type: 'counter', unit: 'iterations', about: 'arrivals for which no VU was free' },
  { name: 'checks', type: 'rate', unit: 'share', about: 'checks that held' },
  { name: 'vus', type: 'gauge', unit: 'vus', about: 'VUs running an iteration' },
  { name: 'vus_max', type: 'gauge', unit: 'vus', about: 'VUs made' },
  { name: 'data_sent', type: 'counter', unit: 'bytes', about: 'bytes sent, SIP and RTP' },
  { name: 'data_received', type: 'counter', unit: 'bytes', about: 'bytes received' },
];

export const BUILTIN_METRICS: readonly MetricDefinition[] = [...K6_METRICS, ...CALL_METRICS];

export type Tags = Readonly<Record<string, unknown>>;

/** Tags that a threshold may select by: the call's own, and what its row says. */
export function callTags(row: CallRow): Tags {
  return {
    ...tagsOf(row.tags),
    scenario: row.scenario,
    exec: row.exec,
    trunk: row.trunk,
    called: row.called,
    intent: row.intent,
    vip: row.vip,
  };
}

export function sampleTags(row: SampleRow): Tags {
  return tagsOf(row.tags);
}

const tagsOf = (cell: unknown): Tags => (typeof cell === 'object' && cell !== null && !Array.isArray(cell) ? (cell as Tags) : {});

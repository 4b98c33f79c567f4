/**
 * The one outcome of a call, and whose fault a failure was (docs/metrics.md). Pure: decided from what the call's own row says and a few facts that
 * are no column. Order matters: our own faults first, so that they can never be counted against the vendor.
 */
import type { Blame, CallRow, Outcome } from '../record/schema.ts';

export interface EndFacts {
  /** Our fault, in words: no port, socket refused, contract. */
  harness: string | undefined;
  /** Ended by gracefulStop, an abort or a signal. */
  stopped: boolean;
  /** No final response: which timer, or what the network said. */
  unanswered: 'timer' | 'provisional' | 'network' | undefined;
  /** `network`: what it said, and whether a name or certificate of ours may be wrong. */
  network?: { said: string; maybeOurs: boolean };
  /** RTP from the vendor stopped for longer than the limit after the answer. */
  mediaLost: boolean;
  /** Our agent was seen to hang up. Undefined: no agent of ours on this call. */
  agentHungUp: boolean | undefined;
  /** The session timer ended the call (RFC 4028 10), and why. */
  expired?: string | undefined;
  /** A late offer that we cannot take: acknowledged and ended at once (RFC 3261 13.2.2.4). */
  unacceptable?: boolean;
  /** Our REFER came to an answer at its target: the rest of the call is another's. */
  transferred?: boolean;
  /** Their REFER sent us elsewhere, and we went. */
  followed?: boolean;
  /** What came of our BYE: status, or 'none' after Timer F. Undefined: we sent none. */
  byeResult: number | 'none' | undefined;
  /** The announcement heard that means "all lines are busy". */
  allBusy?: string | undefined;
  /** The caller gave up the line for a call-back. */
  diverted?: boolean;
  /** Calls go through the buyer's own carrier. */
  viaCarrier: boolean;
  scheduleLagLimitMs: number;
}

export interface Judgement {
  outcome: Outcome;
  ended_by: 'caller' | 'vendor' | 'agent' | 'harness';
  blame: Blame | null;
  blame_why: string | null;
}

/** Statuses and Q.850 causes that mean "no capacity": busy, no circuit, out of order, temporary failure, congestion, channel unavailable. */
const BLOCKED_STATUS = new Set([480, 486, 503, 600]);
const BLOCKED_CAUSE = new Set([17, 34, 38, 41, 42, 44]);
/** Q.850 16: normal call clearing. */
const NORMAL_CLEARING = 16;
/** Refusals that a wrong number or account of ours would cause as well. */
const MAYBE_OURS = new Set([400, 401, 402, 403, 404, 405, 407, 415, 416, 420, 421, 484, 488, 606]);

export function judge(row: CallRow, facts: EndFacts): Judgement {
  const vendor = (outcome: Outcome, why: string): Judgement => ({
    outcome,
    ended_by: 'vendor',
    blame: facts.viaCarrier ? 'undetermined' : 'vendor',
    blame_why: facts.viaCarrier ? `${why}; carrier and vendor cannot be told apart on this path` : why,
  });
  if (facts.harness !== undefined) return harness(facts.harness);
  const lag = row.invite_ms !== null && row.intended_ms !== null ? row.invite_ms - row.intended_ms : 0;
  if (row.try === 1 && lag > facts.scheduleLagLimitMs) return harness(`INVITE left ${Math.round(lag)} ms after its intended time`);
  if (facts.diverted && row.agent_ms === null && !facts.stopped)
    return { outcome: 'diverted', ended_by: row.bye_received_ms === null ? 'caller' : 'vendor', blame: null, blame_why: null };
  // A 200 with "all lines are busy" is no service, whoever hangs up then.
  if (facts.allBusy !== undefined && row.agent_ms === null && !facts.stopped) {
    const heard = vendor('blocked', `announced "${facts.allBusy}"`);
    return row.bye_received_ms === null ? { ...heard, ended_by: 'caller' } : heard;
  }
  if (row.answer_ms === null) return beforeAnswer(row, facts, vendor);
  return afterAnswer(row, facts, vendor);
}

const harness = (why: string): Judgement => ({ outcome: 'harness', ended_by: 'harness', blame: 'harness', blame_why: why });
const CUT: Judgement = { outcome: 'cut', ended_by: 'harness', blame: null, blame_why: null };
const ours = (outcome: Outcome): Judgement => ({ outcome, ended_by: 'caller', blame: null, blame_why: null });

function beforeAnswer(row: CallRow, facts: EndFacts, vendor: (outcome: Outcome, why: string) => Judgement): Judgement {
  const { status } = row;
  if (row.cancel_ms !== null && (status === null || status === 487)) return facts.stopped ? CUT : ours('abandoned');
  if (status === null || facts.unanswered === 'provisional') {
    if (facts.stopped) return CUT;
    const why = {
      timer: 'no final response before Timer B',
      provisional: 'no response within the limit of the profile',
      network: facts.network?.said ?? 'the network says that nothing listens there',
    }[facts.unanswered ?? 'timer'];
    const silent = row.trying_ms === null && row.provisional_ms === null;
    return {
      outcome: 'timeout',
      ended_by: 'vendor',
      blame: (silent && facts.unanswered !== 'network') || facts.network?.maybeOurs === true ? 'undetermined' : 'vendor',
      blame_why: why,
    };
  }
  const said = `answered ${status} ${row.reason ?? ''}`.trim() + (row.q850 === null ? '' : `, Q.850 cause ${row.q850}`);
  if (BLOCKED_STATUS.has(status) || (status >= 400 && row.q850 !== null && BLOCKED_CAUSE.has(row.q850))) return vendor('blocked', said);
  if (status === 302) return { outcome: 'diverted', ended_by: 'vendor', blame: null, blame_why: null };
  if (status === 487 && facts.stopped) return CUT;
  if (MAYBE_OURS.has(status))
    return { outcome: 'rejected', ended_by: 'vendor', blame: 'undetermined', blame_why: `${said}: number, account or media may be ours` };
  return vendor('rejected', said);
}

function afterAnswer(row: CallRow, facts: EndFacts, vendor: (outcome: Outcome, why: string) => Judgement): Judgement {
  const talked = row.agent_ms !== null;
  const wanted = talked || row.wants_agent !== true;
  const normal = row.q850 === null || row.q850 === NORMAL_CLEARING;

  if (facts.unacceptable)
    return { outcome: 'rejected', ended_by: 'caller', blame: 'undetermined', blame_why: 'its late offer has no codec that we speak' };
  if (facts.expired !== undefined) return vendor('dropped', facts.expired);
  if (facts.followed) return { outcome: 'diverted', ended_by: 'vendor', blame: null, blame_why: null };
  if (facts.transferred) return ours('completed');

  if (row.bye_received_ms !== null && (row.bye_sent_ms === null || row.bye_received_ms <= row.bye_sent_ms)) {
    if (!talked && row.q850 !== null && BLOCKED_CAUSE.has(row.q850))
      return vendor('blocked', `hung up in the queue with Q.850 cause ${row.q850}`);
    if (facts.agentHungUp === true) return { outcome: 'completed', ended_by: 'agent', blame: null, blame_why: null };
    if (facts.agentHungUp === false) return vendor('dropped', `BYE${cause(row)} while our agent was still on the line`);
    if (!wanted) return vendor('dropped', `BYE${cause(row)} before an agent came`);
    if (normal) return { outcome: 'completed', ended_by: talked ? 'agent' : 'vendor', blame: null, blame_why: null };
    return vendor('dropped', `BYE${cause(row)}`);
  }
  // A 200 that crossed our CANCEL: the caller had already given up.
  if (row.cancel_ms !== null) return facts.stopped ? CUT : ours('abandoned');
  if (facts.mediaLost) return vendor('dropped', `no RTP for ${Math.round(row.rtp_gap_ms ?? 0)} ms, no BYE`);
  if (facts.stopped) return CUT;
  if (!wanted) return ours('abandoned');
  // RFC 3261 15.1.1: 481 or 408 to a BYE, or none at all: the other side no longer had the call. A BYE of theirs that crossed ours is no loss.
  const gone = facts.byeResult === 'none' || facts.byeResult === 408 || facts.byeResult === 481;
  if (gone && row.bye_received_ms === null && facts.agentHungUp !== true)
    return vendor(
      'dropped',
      facts.byeResult === 'none' ? 'BYE never answered (Timer F)' : `BYE answered ${facts.byeResult}: the vendor had lost the call`,
    );
  return ours('completed');
}

const cause = (row: CallRow) => (row.q850 === null ? '' : ` with Q.850 cause ${row.q850}`);

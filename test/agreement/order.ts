/**
 * Who was passed over in a queue, by comparing every caller with every other (docs/metrics.md, order). Written apart from src/analysis/order.ts, whose
 * count it helps to check, and for two observers alike.
 */
import type { AgentRow, CallRow } from '../../src/record/schema.ts';
import type { CallFact } from '../lab/call-facts.ts';
import { groupBy } from './agreement.ts';

/** Entries or turns closer than this have no order. */
export const ORDER_MS = 50;

export interface Place {
  /** Call-ID. */
  key: string;
  /** Where it waits: callers of different queues have no order among them. */
  queue: string;
  vip: boolean;
  entry: number;
  /** First offer to an agent, else the agent on the line; null: never. */
  turn: number | null;
  /** Its turn, else when it left. */
  leave: number;
}

/** Those passed over and by whom: `by` entered later and had its turn while the other still waited. */
export type PassedOver = Map<string, Place[]>;

/** @param kind fifo: inside one class; priority: VIPs passed over by others */
export function passedOver(places: readonly Place[], kind: 'fifo' | 'priority', toleranceMs = ORDER_MS): PassedOver {
  const found: PassedOver = new Map();
  for (const queue of groupBy(places, (place) => place.queue).values())
    for (const one of queue) {
      const by = queue.filter(
        (other) =>
          (kind === 'fifo' ? other.vip === one.vip : one.vip && !other.vip) &&
          other.turn !== null &&
          other.entry > one.entry + toleranceMs &&
          other.turn < one.leave - toleranceMs,
      );
      if (by.length > 0) found.set(one.key, by);
    }
  return found;
}

/** Ours. An offer of agents.csv belongs to the call of its caller number that was open then. */
export function placesOfRows(rows: readonly CallRow[], agents: readonly AgentRow[]): Place[] {
  const offers = groupBy(
    agents.filter(({ offered_ms }) => offered_ms !== null),
    ({ caller }) => caller ?? '',
  );
  return rows.flatMap((row) => {
    if (row.queue_ms === null || row.invite_ms === null) return [];
    const left = row.agent_ms ?? row.cancel_ms ?? row.bye_sent_ms ?? row.bye_received_ms ?? row.end_ms!;
    const rung = (offers.get(row.caller ?? '') ?? [])
      .map(({ offered_ms }) => offered_ms!)
      .filter((at) => at >= row.invite_ms! && at <= (row.end_ms ?? at) + ORDER_MS);
    const turn = rung.length > 0 ? Math.min(...rung) : row.agent_ms;
    const queue = `${row.site?.replace('vendor-', '')} ${row.intent}`;
    return [{ key: row.sip_call_id!, queue, vip: row.vip === true, entry: row.queue_ms, turn, leave: turn ?? left }];
  });
}

/** Asterisk's. */
export function placesOfFacts(facts: readonly CallFact[]): Place[] {
  return facts.flatMap((fact) => {
    if (fact.joinMs === null) return [];
    const turn = fact.offers[0]?.atMs ?? fact.connectMs;
    const leave = turn ?? fact.abandonMs ?? fact.hangupMs ?? Number.POSITIVE_INFINITY;
    const queue = `${fact.site} ${fact.queue}`;
    return [{ key: fact.sipCallId, queue, vip: fact.caller.startsWith('900'), entry: fact.joinMs, turn, leave }];
  });
}

export interface OrderAgreement {
  ours: number;
  theirs: number;
  /** Passed over on both sides. */
  both: number;
  /** On one side by more than the tolerance, on the other not even without one. */
  differences: string[];
  /** On one side only, because a gap lies close to the tolerance. */
  races: string[];
}

export function agreeOnOrder(ours: readonly Place[], theirs: readonly Place[], kind: 'fifo' | 'priority'): OrderAgreement {
  const [our, their] = [passedOver(ours, kind), passedOver(theirs, kind)];
  const [ourLoose, theirLoose] = [passedOver(ours, kind, 0), passedOver(theirs, kind, 0)];
  const onlyOurs = [...our.keys()].filter((key) => !their.has(key));
  const onlyTheirs = [...their.keys()].filter((key) => !our.has(key));
  const far = (keys: string[], loose: PassedOver) => keys.filter((key) => !loose.has(key));
  const near = (keys: string[], loose: PassedOver) => keys.filter((key) => loose.has(key));
  return {
    ours: our.size,
    theirs: their.size,
    both: our.size - onlyOurs.length,
    differences: [...far(onlyOurs, theirLoose), ...far(onlyTheirs, ourLoose)],
    races: [...near(onlyOurs, theirLoose), ...near(onlyTheirs, ourLoose)],
  };
}

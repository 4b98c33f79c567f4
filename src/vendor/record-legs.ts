/** Reports with several rows a call (a leg each, or an agent rung each) into one row a call. */
import type { VendorCall } from '../record/schema.ts';

/** @param keys of each row what its call is known by; rows without one stay alone. @returns in the order of the calls' first rows */
export function joinLegs(rows: readonly VendorCall[], keys: readonly string[]): VendorCall[] {
  const calls = new Map<string, VendorCall[]>();
  for (const [i, row] of rows.entries()) {
    const key = keys[i] || `row ${row.row}`;
    const legs = calls.get(key);
    if (legs) legs.push(row);
    else calls.set(key, [row]);
  }
  return [...calls.values()].map((legs) => (legs.length === 1 ? legs[0]! : joined(legs)));
}

/** From the first to the last moment that any row tells. An agent's time and name are those of the row that was answered. */
function joined(legs: readonly VendorCall[]): VendorCall {
  const answered = legs.find(({ outcome }) => outcome === 'answered');
  const known = (of: (leg: VendorCall) => number | null) => legs.map(of).filter((value) => value !== null);
  const first = (of: (leg: VendorCall) => number | null) => least(known(of));
  const sum = (values: number[]) => (values.length > 0 ? values.reduce((total, value) => total + value, 0) : null);
  const recordings = legs.map(({ recording }) => recording).filter((recording) => recording !== null);
  return {
    ...legs[0]!,
    startMs: first(({ startMs }) => startMs),
    answerMs: first(({ answerMs }) => answerMs),
    queueMs: first(({ queueMs }) => queueMs),
    agentMs: answered?.agentMs ?? null,
    endMs: most(known(({ endMs }) => endMs)),
    waitMs: answered ? answered.waitMs : most(known(({ waitMs }) => waitMs)),
    talkMs: answered ? answered.talkMs : null,
    billedS: sum(known(({ billedS }) => billedS)),
    agent: answered?.agent ?? null,
    recording: recordings.length > 0 ? recordings.includes(true) : null,
    outcome: answered ? 'answered' : legs.at(-1)!.outcome,
  };
}

const least = (values: number[]) => (values.length > 0 ? Math.min(...values) : null);
const most = (values: number[]) => (values.length > 0 ? Math.max(...values) : null);

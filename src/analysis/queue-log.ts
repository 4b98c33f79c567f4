/**
 * Callers who asked for an agent and what was offered to agents, brought together whatever the order of rows: what order, offers, idle time and
 * the model are worked out from. Compact facts, not rows.
 */
import { isAttempt, queueEntry, queueExit, talkTime } from '../metrics/call-times.ts';
import type { Fold } from '../metrics/fold.ts';
import type { AgentRow, CallRow, EventRow } from '../record/schema.ts';

/** Two observers may see one event this far apart: closer than this, order is not known. */
export const RACE_MS = 50;

export interface Waiting {
  call: string;
  caller: string;
  /** Where it waits: the intent, else the number dialled. */
  queue: string;
  /** Node that answered, as the vendor shows it. */
  site: string | null;
  priority: number;
  attempt: boolean;
  outcome: string | null;
  inviteMs: number;
  endMs: number;
  /** Null: never in the queue. */
  entryMs: number | null;
  exitMs: number | null;
  agentMs: number | null;
  agent: string | null;
  talkMs: number | null;
}

export interface Offer {
  agent: string;
  /** As in the row: `support+vip`. */
  skills: string;
  call: string | null;
  caller: string;
  offeredMs: number;
  answerMs: number | null;
  endMs: number;
  readyMs: number;
  outcome: string | null;
  /** For a caller whom the vendor has called back: the call that asked is over, its caller is on the line again. */
  back?: boolean;
}

/** From here on an agent can be rung and would answer, or no longer. */
export interface Login {
  agent: string;
  atMs: number;
  on: boolean;
}

/** What the record says of an agent's presence (record/schema.ts, kind registration). */
interface Mark {
  agent: string;
  atMs: number;
  action: string;
}

/** Digits that must agree at the end for two writings of a number to be one caller (as the broker does). */
const TAIL_DIGITS = 8;

export class QueueLog implements Fold<CallRow, readonly Waiting[]> {
  readonly calls: Waiting[] = [];
  readonly offers: Offer[] = [];
  readonly #marks: Mark[] = [];
  /** Call-backs answered, by the call that asked; ended Infinity while they last. */
  readonly #backs = new Map<string, { fromMs: number; toMs: number }>();

  add(row: CallRow): void {
    if (row.wants_agent !== true || row.invite_ms === null || row.outcome === 'harness') return;
    this.calls.push({
      call: row.call ?? '',
      caller: row.caller ?? '',
      queue: row.intent ?? row.called ?? '',
      site: row.site,
      priority: row.priority ?? Number(row.vip === true),
      attempt: isAttempt(row),
      outcome: row.outcome,
      inviteMs: row.invite_ms,
      endMs: row.end_ms ?? Number.POSITIVE_INFINITY,
      entryMs: queueEntry(row),
      exitMs: queueExit(row),
      agentMs: row.agent_ms,
      agent: row.agent,
      talkMs: talkTime(row),
    });
  }

  addAgent(row: AgentRow): void {
    if (row.offered_ms === null || row.agent === null) return;
    const endMs = row.end_ms ?? row.answer_ms ?? row.offered_ms;
    this.offers.push({
      agent: row.agent,
      skills: row.skills ?? '',
      call: row.call,
      caller: row.caller ?? '',
      offeredMs: row.offered_ms,
      answerMs: row.answer_ms,
      endMs,
      readyMs: row.ready_ms ?? endMs,
      outcome: row.outcome,
    });
  }

  addEvent(row: EventRow): void {
    if (row.kind === 'call-back' && row.name !== null && row.t_ms !== null) this.#addBack(row.name, row.t_ms, row.action);
    // One with a value counts them all.
    if (row.kind !== 'registration' || row.name === null || row.t_ms === null || row.value !== null) return;
    this.#marks.push({ agent: row.name, atMs: row.t_ms, action: row.action ?? '' });
  }

  #addBack(call: string, atMs: number, action: string | null): void {
    const known = this.#backs.get(call) ?? { fromMs: Number.POSITIVE_INFINITY, toMs: Number.POSITIVE_INFINITY };
    this.#backs.set(call, known);
    if (action === 'answered') known.fromMs = atMs;
    else if (action === 'ended' || action === 'failed') known.toMs = atMs;
  }

  /** Changes of who is there, each agent's in order of time. */
  get logins(): Login[] {
    const agents = new Map<string, Mark[]>();
    for (const mark of this.#marks) {
      const known = agents.get(mark.agent);
      if (known) known.push(mark);
      else agents.set(mark.agent, [mark]);
    }
    return [...agents.values()].flatMap(presence);
  }

  merge(other: this): void {
    for (const call of other.calls) this.calls.push(call);
    for (const offer of other.offers) this.offers.push(offer);
    for (const mark of other.#marks) this.#marks.push(mark);
    for (const [call, { fromMs, toMs }] of other.#backs) {
      const known = this.#backs.get(call) ?? { fromMs, toMs };
      this.#backs.set(call, { fromMs: Math.min(known.fromMs, fromMs), toMs: Math.min(known.toMs, toMs) });
    }
  }

  figures(): readonly Waiting[] {
    return this.calls;
  }

  /**
   * Each offer with its caller: by the record's own match, else by the caller's number among the calls open at that moment (an offer that was
   * withdrawn at once may not have been matched during the run). Null: nobody alive.
   */
  matched(): { offer: Offer; call: Waiting | null }[] {
    const byName = new Map(this.calls.map((call) => [call.call, call]));
    const byNumber = new Map<string, Waiting[]>();
    for (const call of this.calls) {
      const tail = tailOf(call.caller);
      if (tail === '') continue;
      const same = byNumber.get(tail);
      if (same) same.push(call);
      else byNumber.set(tail, [call]);
    }
    return this.offers.map((given) => {
      const back = given.call === null ? undefined : this.#backs.get(given.call);
      const isBack = back !== undefined && back.fromMs <= given.offeredMs + RACE_MS && given.offeredMs <= back.toMs + RACE_MS;
      const offer = isBack ? { ...given, back: true } : given;
      const named = offer.call === null ? undefined : byName.get(offer.call);
      if (named) return { offer, call: named };
      const open = (byNumber.get(tailOf(offer.caller)) ?? []).filter(
        ({ inviteMs, endMs }) => inviteMs <= offer.offeredMs + RACE_MS && offer.offeredMs <= endMs + RACE_MS,
      );
      return { offer, call: open.length === 1 ? open[0]! : null };
    });
  }
}

/**
 * Two things that come and go apart: registered, lost (or `ended`, a shift's end, which ends a break too); not-ready, ready (a break). Agents with a
 * number of their own register nothing: their `ready` is both.
 */
function presence(marks: readonly Mark[]): Login[] {
  const registers = marks.some(({ action }) => action === 'registered');
  const changes: Login[] = [];
  let [here, away] = [false, false];
  for (const { agent, atMs, action } of [...marks].sort((a, b) => a.atMs - b.atMs)) {
    if (action === 'not-ready') away = true;
    else if (action === 'ready') away = false;
    if (action === 'registered' || (action === 'ready' && !registers)) here = true;
    else if (action === 'lost' || action === 'ended') here = false;
    if (action === 'ended') away = false;
    const on = here && !away;
    if (on !== (changes.at(-1)?.on ?? false)) changes.push({ agent, atMs, on });
  }
  return changes;
}

/** What tells one writing of a number from another caller: its last digits; of a short or lettered one, all of it. */
export function tailOf(number: string): string {
  const digits = number.replace(/[^0-9]/g, '');
  return digits.length < TAIL_DIGITS ? number : digits.slice(-TAIL_DIGITS);
}

/** When each caller's turn came: its first offer, else the agent on the line. An agent's slowness to pick up is no disorder of the queue. */
export function turnsOf(matched: readonly { offer: Offer; call: Waiting | null }[]): Map<Waiting, number> {
  const turns = new Map<Waiting, number>();
  for (const { offer, call } of matched) {
    if (!call || offer.back) continue;
    const known = turns.get(call);
    if (known === undefined || offer.offeredMs < known) turns.set(call, offer.offeredMs);
  }
  return turns;
}

/**
 * Mistakes that the vendor makes on purpose, so that what finds them can be tested. Whom they befall is drawn from the seed and the caller's
 * number; each one made is an event of kind `defect`, so that every mistake is known and nothing else is one.
 *
 *   fifo        at the head of the queue, passed over once by the next of the same priority
 *   priority    waits like one of no priority, until one of lower priority who came later has passed
 *   misrouted   put into another skill's queue
 *   duplicate   a second agent rings too, for DECOY_MS, if one is free
 *   ghost       left the queue, and still has a turn in it: the next free agent is rung for nobody, for GHOST_MS
 *   idle        whoever talked to this caller is forgotten for FORGOTTEN_MS after wrap-up
 */
import type { Clock } from '../../clock.ts';
import { randomStream } from '../../random.ts';
import type { DefectKind, DefectShares } from '../config.ts';
import type { SimulatorEvent } from '../truth.ts';
import type { Call } from './call.ts';
import type { WaitingQueue } from './waiting.ts';

/** Shorter than any agent's answer, longer than two observers may differ. */
export const DECOY_MS = 200;
export const GHOST_MS = 300;
export const FORGOTTEN_MS = 4000;
/** A ghost's turn comes at least this long after its caller left. */
const GHOST_AFTER_MS = 500;
/** Who was passed over still waits for at least this long: nobody could call it a race. */
const PASSED_MS = 300;
/** Callers who entered closer together than this are left in order, for the same reason. */
const APART_MS = 150;

interface Plan {
  passedBy: 'same' | 'lower' | null;
  heldUntil: number;
}

export class Defects {
  readonly #shares: DefectShares;
  readonly #seed: number;
  readonly #clock: Clock;
  readonly #event: (event: SimulatorEvent) => void;
  readonly #plans = new Map<Call, Plan>();
  readonly #skills = new Map<Call, string>();
  readonly #ghosts = new Map<string, { call: Call; dueAt: number }[]>();

  constructor(shares: DefectShares, seed: number, clock: Clock, event: (event: SimulatorEvent) => void) {
    this.#shares = shares;
    this.#seed = seed;
    this.#clock = clock;
    this.#event = event;
  }

  /** The queue that this caller is put into. @param skills all there are */
  route(call: Call, skill: string, skills: readonly string[]): string {
    const others = skills.filter((other) => other !== skill);
    const wrong = others.length > 0 && this.befalls('misrouted', call) ? others[0]! : null;
    if (wrong !== null) this.tell('misrouted', call, { asked: skill, got: wrong });
    const passedBy = call.row.priority > 0 ? (this.befalls('priority', call) ? 'lower' : null) : this.befalls('fifo', call) ? 'same' : null;
    // One mistake a caller.
    if (wrong === null && passedBy) this.#plans.set(call, { passedBy, heldUntil: 0 });
    this.#skills.set(call, wrong ?? skill);
    return wrong ?? skill;
  }

  /**
   * Who is served next, rightly or not; null: nobody for now.
   * @param later asked to dispatch that queue again after so many ms
   */
  next(queue: WaitingQueue, later: (ms: number) => void): Call | null {
    const line = queue.standing();
    const first: Call | undefined = line.next().value;
    if (!first) return null;
    const plan = this.#plans.get(first);
    if (!plan || first.row.agent_offers > 0) return first;
    const now = this.#clock.now();
    if (plan.heldUntil > now) return null;
    if (plan.passedBy === null) return first;
    const ahead = [first];
    let other: Call | null = null;
    for (const call of line) {
      if (plan.passedBy === 'same' ? call.row.priority === first.row.priority : call.row.priority < first.row.priority) other = call;
      if (other || plan.passedBy === 'same') break;
      ahead.push(call);
    }
    const apartMs = other ? other.row.queued_ms! - first.row.queued_ms! : 0;
    if (other && plan.passedBy === 'lower' && apartMs < 0) return other;
    plan.passedBy = null;
    if (!other || apartMs < APART_MS || other.row.agent_offers > 0) return first;
    plan.heldUntil = now + PASSED_MS;
    later(PASSED_MS);
    const name = other.row.priority === first.row.priority ? 'fifo' : 'priority';
    for (const passed of ahead) if (passed.row.queued_ms! < other.row.queued_ms!) this.tell(name, passed, { by: other.row.sip_call_id });
    return other;
  }

  /** A caller has left the queue. @returns whether an agent will be rung for it all the same, once `later` has passed. */
  left(call: Call, later: (skill: string, ms: number) => void): void {
    const skill = this.#skills.get(call);
    this.#plans.delete(call);
    this.#skills.delete(call);
    if (skill === undefined || call.row.agent_ms !== null || call.row.ended_by !== 'caller' || !this.befalls('ghost', call)) return;
    const ghosts = this.#ghosts.get(skill) ?? [];
    this.#ghosts.set(skill, ghosts);
    ghosts.push({ call, dueAt: this.#clock.now() + GHOST_AFTER_MS });
    later(skill, GHOST_AFTER_MS);
  }

  /** Somebody long gone whose turn it is. */
  ghost(skill: string): Call | null {
    const ghosts = this.#ghosts.get(skill);
    return ghosts?.[0] && ghosts[0].dueAt <= this.#clock.now() ? ghosts.shift()!.call : null;
  }

  befalls(kind: DefectKind, call: Call): boolean {
    const share = this.#shares[kind] ?? 0;
    return share > 0 && randomStream(this.#seed, `defect ${kind} ${call.row.caller}`).next() < share;
  }

  tell(kind: DefectKind, call: Call, detail: Record<string, unknown>): void {
    this.#event({ t_ms: this.#clock.now(), kind: 'defect', name: kind, detail: { call: call.row.sip_call_id, ...detail } });
  }
}

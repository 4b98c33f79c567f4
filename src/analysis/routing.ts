/** Everything about who was served when and by whom, gathered from callers', agents' and registrations' rows in any order. */
import type { Fold } from '../metrics/fold.ts';
import type { AgentRow, CallRow, EventRow } from '../record/schema.ts';
import { idleWhileWaiting, loggedInMs } from './idle.ts';
import type { ModelFigures, RoutingFigures } from './model-queue.ts';
import { modelBeside } from './modelling.ts';
import { agentGroups, offerFigures, strayed } from './offers.ts';
import { orderOf } from './order.ts';
import { QueueLog, turnsOf } from './queue-log.ts';
import { byClass, byMinute, bySkill, SliceFold } from './slices.ts';
import { type Stretch, within } from './stretches.ts';

export interface RoutingOptions {
  /** T of the service level. */
  thresholdMs: number;
  /** Start of the load: minutes count from it. */
  zeroMs: number;
  /** Of the claim; null: none. */
  level: number | null;
  /** Agents of ours by the profile, and what each of them can do. */
  agents: number;
  skillsOf(agent: string): string | undefined;
}

const MOST_SKILLS = 200;

export class RoutingFold implements Fold<CallRow, RoutingFigures> {
  readonly #options: RoutingOptions;
  readonly #log = new QueueLog();
  readonly #skills: SliceFold;
  readonly #classes: SliceFold;
  readonly #minutes: SliceFold;

  constructor(options: RoutingOptions) {
    this.#options = options;
    this.#skills = new SliceFold(bySkill, options.thresholdMs, MOST_SKILLS);
    this.#classes = new SliceFold(byClass, options.thresholdMs, MOST_SKILLS);
    this.#minutes = new SliceFold(byMinute(options.zeroMs), options.thresholdMs);
  }

  add(row: CallRow): void {
    this.#log.add(row);
    this.#skills.add(row);
    this.#classes.add(row);
    this.#minutes.add(row);
  }

  addAgent(row: AgentRow): void {
    this.#log.addAgent(row);
  }

  addEvent(row: EventRow): void {
    this.#log.addEvent(row);
  }

  merge(other: this): void {
    this.#log.merge(other.#log);
    this.#skills.merge(other.#skills);
    this.#classes.merge(other.#classes);
    this.#minutes.merge(other.#minutes);
  }

  /** @param lastMs until when agents that are logged in stay so @param unwell when our own instrument was, in order of time */
  figures(lastMs = Number.POSITIVE_INFINITY, unwell: readonly Stretch[] = []): RoutingFigures {
    const { calls, offers, logins } = this.#log;
    const matched = this.#log.matched();
    const until = Number.isFinite(lastMs) ? lastMs : calls.reduce((last, { exitMs }) => Math.max(last, exitMs ?? 0), 0);
    const turns = turnsOf(matched);
    const sites = new Set(calls.map(({ site }) => site));
    // Queued for another skill, they stood in nobody's way here: misrouted, and nothing else.
    const astray = strayed(matched);
    const queued = astray.size > 0 ? calls.filter((call) => !astray.has(call)) : calls;
    // What our own threads saw late has no order.
    const blind = within(unwell);
    const seenWell = (at: number | null) => at === null || !blind(at);
    const ordered =
      unwell.length > 0 ? queued.filter((call) => seenWell(call.entryMs) && seenWell(turns.get(call) ?? call.exitMs)) : queued;
    return {
      ...orderOf(ordered, turns),
      fifoSameSite: sites.size > 1 ? orderOf(ordered, turns, { queueOf: ({ queue, site }) => `${site} ${queue}` }).fifo : null,
      offers: offerFigures(matched, calls, logins),
      idle: idleWhileWaiting(matched, queued, logins, until, this.#options.skillsOf, unwell),
      groups: agentGroups(offers),
      bySkill: this.#skills.figures(),
      byClass: this.#classes.figures(),
      byMinute: this.#minutes.figures().sort((a, b) => Number(a.key) - Number(b.key)),
    };
  }

  /** Time that agents were logged in during [fromMs, toMs); null where the record does not say it of every agent that was offered a call. */
  loggedInMs(fromMs: number, toMs: number): number | null {
    const { offers, logins } = this.#log;
    const known = new Set(logins.map(({ agent }) => agent));
    return known.size > 0 && offers.every(({ agent }) => known.has(agent)) ? loggedInMs(logins, fromMs, toMs, toMs) : null;
  }

  /** Null where the rows do not give all that a model needs. */
  model(lastMs: number): ModelFigures | null {
    const { thresholdMs, level, agents, skillsOf } = this.#options;
    const { calls, logins } = this.#log;
    return modelBeside({ matched: this.#log.matched(), calls, logins, agents, skillsOf, thresholdMs, level, lastMs });
  }
}

/**
 * Concurrent channels, five ways of counting, from the calls' own timestamps (docs/metrics.md, concurrent channels):
 *
 *   occupied = INVITE … nothing left · answered = 200 … BYE · queued = queue entry … agent, or the end of the wait
 *   talking = agent … BYE · legs = occupied callers plus agent legs (ours from offer to end; an agent who is not ours while talking)
 *
 * Calls of ours that failed by our own fault, or that we cut, count too: they took the vendor's channels.
 */

import { hangUp, queueEntry, queueExit } from '../metrics/call-times.ts';
import { NumberColumn } from '../metrics/column.ts';
import type { AgentRow, CallRow } from '../record/schema.ts';
import type { Counting } from '../vendor/profile.ts';
import { Intervals, type Level } from './level.ts';
import type { ConcurrencyFigures, Series } from './model.ts';
import { rateSeries, type Steps } from './steps.ts';
import type { StillOpen } from './still-open.ts';

/** In one sample. */
const MOST_DROPPED = 1e6;

export class ConcurrencyFold {
  readonly #occupied = new Intervals();
  readonly #answered = new Intervals();
  readonly #queued = new Intervals();
  readonly #talking = new Intervals();
  readonly #agentLegs = new Intervals();
  readonly #intended = new NumberColumn();
  readonly #sent = new NumberColumn();
  #levels: Record<Counting, Level> | null = null;

  add(row: CallRow): void {
    this.#levels = null;
    if (row.intended_ms !== null) this.#intended.push(row.intended_ms);
    if (row.invite_ms === null) return;
    this.#sent.push(row.invite_ms);
    this.#occupied.add(row.invite_ms, row.end_ms);
    this.#answered.add(row.answer_ms, hangUp(row));
    if (row.wants_agent === true || row.queue_ms !== null) this.#queued.add(queueEntry(row), queueExit(row));
    this.#talking.add(row.agent_ms, hangUp(row));
  }

  addAgent(row: AgentRow): void {
    this.#levels = null;
    this.#agentLegs.add(row.offered_ms, row.end_ms);
  }

  /** Arrivals that no VU was free for: intended, never made. A count that no run can have is left out. */
  addDropped(intendedMs: number, count: number): void {
    if (count > MOST_DROPPED) return;
    for (let i = 0; i < count; i++) this.#intended.push(intendedMs);
  }

  merge(other: this): void {
    this.#levels = null;
    this.#occupied.append(other.#occupied);
    this.#answered.append(other.#answered);
    this.#queued.append(other.#queued);
    this.#talking.append(other.#talking);
    this.#agentLegs.append(other.#agentLegs);
    this.#intended.append(other.#intended);
    this.#sent.append(other.#sent);
  }

  /** INVITEs sent, in order of adding. */
  get sent(): NumberColumn {
    return this.#sent;
  }

  /** @param open legs whose row was never written because the run was killed: they count until `lastMs`. */
  levels(open?: StillOpen, lastMs = 0): Record<Counting, Level> {
    if (this.#levels) return this.#levels;
    const occupied = copy(this.#occupied);
    const answered = copy(this.#answered);
    const agentLegs = copy(this.#agentLegs);
    for (const leg of open?.legs() ?? []) {
      if (leg.party === 'agent') agentLegs.add(leg.openedMs, lastMs);
      else {
        occupied.add(leg.openedMs, lastMs);
        answered.add(leg.answeredMs, lastMs);
      }
    }
    const legs = copy(occupied);
    legs.append(agentLegs.length > 0 ? agentLegs : this.#talking);
    this.#levels = {
      occupied: occupied.level(),
      answered: answered.level(),
      queued: this.#queued.level(),
      talking: this.#talking.level(),
      legs: legs.level(),
    };
    return this.#levels;
  }

  figures(steps: Steps, planned: Series | null, open?: StillOpen, lastMs = 0): ConcurrencyFigures {
    const levels = this.levels(open, lastMs);
    const each = <T>(of: (level: Level) => T) =>
      Object.fromEntries(Object.entries(levels).map(([counting, level]) => [counting, of(level)])) as Record<Counting, T>;
    return {
      peaks: each((level) => level.peak()),
      atPeaks: each((level) => {
        const { atMs } = level.peak();
        return each((other) => (atMs === null ? 0 : other.at(atMs)));
      }),
      series: each((level) => level.seriesMax(steps)),
      arrivals: {
        planned,
        intended: rateSeries(steps, this.#intended),
        achieved: rateSeries(steps, this.#sent),
        perSecondPeak: busiestSecond(this.#sent, steps.startMs),
      },
    };
  }
}

function copy(from: Intervals): Intervals {
  const to = new Intervals();
  to.append(from);
  return to;
}

/** Most events in one second, seconds counted from `startMs`. */
export function busiestSecond(times: NumberColumn, startMs: number): number {
  const counts = new Map<number, number>();
  let most = 0;
  for (const at of times.values()) {
    const second = Math.floor((at - startMs) / 1000);
    const count = (counts.get(second) ?? 0) + 1;
    counts.set(second, count);
    most = Math.max(most, count);
  }
  return most;
}

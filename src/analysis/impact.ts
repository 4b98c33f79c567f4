/**
 * What a fault did beside failing calls: where calls went, whether the queue kept its order, what became of registrations and of the voice, and what
 * came when it was taken back. And the same of scaling: the wait meanwhile, and the first call of a new seat.
 */
import { queueEntry } from '../metrics/call-times.ts';
import { countBelow, NumberColumn, percentileOf } from '../metrics/column.ts';
import { Trend } from '../metrics/trend.ts';
import { share } from '../metrics/wilson.ts';
import type { AgentRow, CallRow } from '../record/schema.ts';
import type { AttemptLog } from './attempts.ts';
import type { Incidents } from './incidents.ts';
import type { FaultFigures, RepeatedFault, ScaleFigures } from './model.ts';
import { findOutages } from './outages.ts';

/** Where calls went before: in so long before the fault. */
const BEFORE_MS = 60_000;
/** What comes when a fault is taken back comes within this. */
const FAILBACK_MS = 60_000;
/** A call whose MOS is so much below the tenth part of those before is worse than before. */
const MOS_MARGIN = 0.2;
const LEAST_CALLS = 20;

export class ImpactLog {
  readonly #names: string[] = [];
  readonly #index = new Map<string, number>();
  /** Answered calls: when sent, trunk, site. */
  readonly #sent = new NumberColumn();
  readonly #trunk = new NumberColumn();
  readonly #site = new NumberColumn();
  /** Calls with voice: when answered, ended, MOS. */
  readonly #answered = new NumberColumn();
  readonly #mos = new NumberColumn();
  /** Callers who waited: entry, agent on the line (NaN: none), kind of caller. */
  readonly #entered = new NumberColumn();
  readonly #served = new NumberColumn();
  readonly #kind = new NumberColumn();
  /** First sight of each agent. */
  readonly #agents = new Map<string, number>();

  add(row: CallRow): void {
    if (row.answer_ms !== null && row.invite_ms !== null) {
      this.#sent.push(row.invite_ms);
      this.#trunk.push(this.#nameOf(row.trunk));
      this.#site.push(this.#nameOf(row.site));
      if (row.mos !== null) {
        this.#answered.push(row.answer_ms);
        this.#mos.push(row.mos);
      }
    }
    const entry = row.wants_agent ? queueEntry(row) : null;
    if (entry !== null) {
      this.#entered.push(entry);
      this.#served.push(row.agent_ms ?? Number.NaN);
      this.#kind.push(this.#nameOf(`${row.intent ?? ''} ${row.vip ? 'vip' : ''} ${row.priority ?? ''}`));
    }
    if (row.agent !== null) this.#saw(row.agent, row.agent_ms);
  }

  addAgent({ agent, offered_ms }: AgentRow): void {
    if (agent !== null) this.#saw(agent, offered_ms);
  }

  /** Of one fault that happened. @param untilMs the next one's turn. */
  of(fault: FaultFigures, effectMs: number, untilMs: number, log: AttemptLog, incidents: Incidents): Partial<FaultFigures> {
    const { startMs, endMs } = fault;
    if (startMs === null) return {};
    const lastOutage = fault.firstTry.outages.findLast((outage) => endMs === null || outage.startMs < endMs);
    const overMs = Math.max(endMs ?? untilMs, lastOutage ? (lastOutage.endMs ?? untilMs) : startMs);
    return {
      people: incidents.people(fault.name, startMs, untilMs),
      routes: [
        ...this.#routes('trunk', this.#trunk, effectMs, overMs, untilMs),
        ...this.#routes('site', this.#site, effectMs, overMs, untilMs),
      ],
      failback: endMs === null ? null : failback(fault, endMs, untilMs, log),
      registrations: registrations(incidents, effectMs, startMs, untilMs),
      queueKept: this.#queueKept(startMs),
      voice: this.#voice(effectMs, startMs, untilMs),
    };
  }

  /** Of one scaling step that happened. @param until the next one's turn: its seats are not this one's */
  scaled(step: ScaleFigures, readyMs: number | null, until: number): Partial<ScaleFigures> {
    const t0 = step.triggerMs;
    if (t0 === null) return {};
    const over = t0 + (step.scaleUpMs ?? step.firstExtraMs ?? Number.POSITIVE_INFINITY);
    const seats = [...this.#agents.values()].filter((at) => at >= t0 && at < until);
    const known = [...this.#agents.values()].filter((at) => at < t0).length;
    return {
      direction: step.oldPlateau !== null && step.target < step.oldPlateau ? 'in' : 'out',
      readyMs: readyMs === null ? null : readyMs - t0,
      waitBeforeMs: this.#meanWait(t0 - BEFORE_MS, t0),
      waitWhileMs: this.#meanWait(t0, over),
      // Where no agent was ever seen before, the first is no new one.
      newSeatMs: known > 0 && seats.length > 0 ? Math.min(...seats) - t0 : null,
      newSeats: known > 0 ? seats.length : 0,
    };
  }

  #routes(
    by: 'trunk' | 'site',
    column: NumberColumn,
    effectMs: number,
    overMs: number,
    untilMs: number,
  ): NonNullable<FaultFigures['routes']> {
    const counts = new Map<number, { before: number; during: number; after: number }>();
    for (let i = 0; i < this.#sent.length; i++) {
      const at = this.#sent.at(i);
      if (at < effectMs - BEFORE_MS || at >= untilMs) continue;
      const one = counts.get(column.at(i)) ?? { before: 0, during: 0, after: 0 };
      one[at < effectMs ? 'before' : at < overMs ? 'during' : 'after']++;
      counts.set(column.at(i), one);
    }
    const named = [...counts].flatMap(([index, one]) => (this.#names[index] === '' ? [] : [{ by, name: this.#names[index]!, ...one }]));
    return named.sort((a, b) => a.name.localeCompare(b.name));
  }

  #queueKept(at: number): NonNullable<FaultFigures['queueKept']> {
    /** Earliest service of those who came later, by kind. */
    const later = new Map<number, number>();
    for (let i = 0; i < this.#entered.length; i++) {
      if (!(this.#entered.at(i) > at) || Number.isNaN(this.#served.at(i))) continue;
      later.set(this.#kind.at(i), Math.min(later.get(this.#kind.at(i)) ?? Number.POSITIVE_INFINITY, this.#served.at(i)));
    }
    let waiting = 0;
    let kept = 0;
    for (let i = 0; i < this.#entered.length; i++) {
      if (!(this.#entered.at(i) <= at && this.#served.at(i) > at)) continue;
      waiting++;
      if (this.#served.at(i) <= (later.get(this.#kind.at(i)) ?? Number.POSITIVE_INFINITY)) kept++;
    }
    return share(kept, waiting);
  }

  #voice(effectMs: number, t0: number, untilMs: number): FaultFigures['voice'] {
    const order = Uint32Array.from({ length: this.#mos.length }, (_, i) => i).sort((a, b) => this.#answered.at(a) - this.#answered.at(b));
    const at = Float64Array.from(order, (i) => this.#answered.at(i));
    const mos = Float64Array.from(order, (i) => this.#mos.at(i));
    const from = countBelow(at, effectMs);
    const to = countBelow(at, untilMs);
    // A call that was up when the fault came tells of both: only its own moment of answer is known, so it says nothing here.
    const before = mos.slice(Math.max(0, from - 1000), from).sort();
    const tenth = percentileOf(before, 0.1);
    if (tenth === null || before.length < LEAST_CALLS || to - from < LEAST_CALLS) return null;
    const limit = tenth - MOS_MARGIN;
    const worse = Uint8Array.from(mos, (value, i) => Number(i >= from && value < limit));
    const outages = findOutages({ at, affected: worse, failed: new Uint8Array(at.length) }, from, to);
    const last = outages.at(-1);
    return {
      limit,
      backMs: !last ? 0 : last.endMs === null ? null : last.endMs - t0,
      resolutionMs: last?.endMs == null ? null : last.endMs - last.lastAffectedMs,
      outages: outages.map(({ beforeMs: _, lastAffectedMs: __, ...outage }) => outage),
    };
  }

  #meanWait(from: number, to: number): number | null {
    let sum = 0;
    let n = 0;
    for (let i = 0; i < this.#entered.length; i++) {
      if (!(this.#entered.at(i) >= from && this.#entered.at(i) < to) || Number.isNaN(this.#served.at(i))) continue;
      sum += this.#served.at(i) - this.#entered.at(i);
      n++;
    }
    return n === 0 ? null : sum / n;
  }

  #saw(agent: string, at: number | null): void {
    if (at !== null) this.#agents.set(agent, Math.min(this.#agents.get(agent) ?? Number.POSITIVE_INFINITY, at));
  }

  #nameOf(name: string | null): number {
    const text = name ?? '';
    let index = this.#index.get(text);
    if (index === undefined) {
      index = this.#names.push(text) - 1;
      this.#index.set(text, index);
    }
    return index;
  }
}

/** Outages that began when the fault was taken back, and calls lost then. */
function failback(fault: FaultFigures, endMs: number, untilMs: number, log: AttemptLog): NonNullable<FaultFigures['failback']> {
  const own = fault.firstTry.outages.filter(({ startMs }) => startMs >= endMs && startMs < endMs + FAILBACK_MS);
  const lengths = own.map((outage) => (outage.endMs === null ? null : outage.endMs - outage.startMs));
  return {
    outages: own.length,
    longestMs: lengths.some((length) => length === null) ? null : Math.max(0, ...lengths.map((length) => length!)),
    affected: own.reduce((sum, { affected }) => sum + affected, 0),
    failed: own.reduce((sum, { failed }) => sum + failed, 0),
    lost: log.lostIn(endMs, Math.min(endMs + FAILBACK_MS, untilMs)),
  };
}

function registrations(incidents: Incidents, effectMs: number, t0: number, untilMs: number): NonNullable<FaultFigures['registrations']> {
  const lost = new Set<string>();
  const back = new Set<string>();
  const seconds = new Map<number, number>();
  let backMs: number | null = null;
  for (const { at, name, lost: gone } of incidents.registrations()) {
    if (at < effectMs || at >= untilMs) continue;
    if (gone) {
      lost.add(name);
      back.delete(name);
    } else {
      const second = Math.floor((at - t0) / 1000);
      seconds.set(second, (seconds.get(second) ?? 0) + 1);
      if (!lost.has(name) || back.has(name)) continue;
      back.add(name);
      backMs = at - t0;
    }
  }
  return {
    lost: lost.size,
    back: back.size,
    stormPerSecond: Math.max(0, ...seconds.values()),
    backMs: lost.size > 0 && back.size === lost.size ? backMs : null,
  };
}

/** Faults of one name that happened more than once, in the order of their first. */
export function repeatedFaults(faults: readonly FaultFigures[]): RepeatedFault[] {
  const names = [...new Set(faults.map(({ name }) => name))];
  return names.flatMap((name): RepeatedFault[] => {
    const same = faults.filter((fault) => fault.name === name && fault.startMs !== null);
    if (same.length < 2) return [];
    const spread = (of: (fault: FaultFigures) => number | null) => {
      const trend = new Trend();
      for (const fault of same) {
        const value = of(fault);
        if (value !== null) trend.add(value);
      }
      return trend.figures();
    };
    return [
      {
        name,
        times: same.length,
        firstTry: spread(({ firstTry }) => firstTry.rtoMs),
        eventual: spread(({ eventual }) => eventual.rtoMs),
        survived: spread(({ inProgress: { survived, dropped, frozen } }) => {
          const touched = survived + dropped + frozen;
          return touched === 0 ? null : survived / touched;
        }),
      },
    ];
  });
}

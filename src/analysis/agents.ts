/** What our own agents saw: offers, answers, and how much of their time was taken. */

import { NumberColumn } from '../metrics/column.ts';
import type { Fold } from '../metrics/fold.ts';
import { share } from '../metrics/wilson.ts';
import type { AgentRow } from '../record/schema.ts';
import type { RunAnalysis } from './model.ts';

export class AgentFold implements Fold<AgentRow, RunAnalysis['agents']> {
  readonly #agents = new Set<string>();
  readonly #busyFrom = new NumberColumn();
  readonly #busyTo = new NumberColumn();
  #offered = 0;
  #answered = 0;
  #missed = 0;
  #rejected = 0;

  get seen(): boolean {
    return this.#offered > 0;
  }

  add(row: AgentRow): void {
    this.#offered++;
    if (row.agent !== null) this.#agents.add(row.agent);
    if (row.outcome === 'missed') this.#missed++;
    if (row.outcome === 'rejected') this.#rejected++;
    if (row.outcome !== 'answered') return;
    this.#answered++;
    if (row.answer_ms === null || row.end_ms === null) return;
    this.#busyFrom.push(row.answer_ms);
    this.#busyTo.push(row.ready_ms ?? row.end_ms);
  }

  merge(other: this): void {
    for (const agent of other.#agents) this.#agents.add(agent);
    this.#busyFrom.append(other.#busyFrom);
    this.#busyTo.append(other.#busyTo);
    this.#offered += other.#offered;
    this.#answered += other.#answered;
    this.#missed += other.#missed;
    this.#rejected += other.#rejected;
  }

  /**
   * Occupancy: time from answer to the end of wrap-up, of the time of all agents in [fromMs, toMs). In seconds, so that its sample can be read;
   * seconds of one call are not independent, so its interval says nothing and is left out. @param agents how many stand ready; those seen, if more.
   * @param loggedInMs their time in it by the record; null: all of them, all the time
   */
  figures(fromMs = 0, toMs = 0, agents = 0, loggedInMs: number | null = null): RunAnalysis['agents'] {
    const count = Math.max(agents, this.#agents.size);
    let busyMs = 0;
    for (let i = 0; i < this.#busyFrom.length; i++)
      busyMs += Math.max(0, Math.min(toMs, this.#busyTo.at(i)) - Math.max(fromMs, this.#busyFrom.at(i)));
    const whole = (loggedInMs ?? count * Math.max(0, toMs - fromMs)) / 1000;
    const occupancy = { ...share(Math.min(whole, busyMs / 1000), whole), low: null, high: null };
    return { offered: this.#offered, answered: this.#answered, missed: this.#missed, rejected: this.#rejected, occupancy };
  }
}

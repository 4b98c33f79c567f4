/** Legs that were open when the record ends: a killed run's calls in progress, which have no row of their own yet. */
import type { OpenRow } from '../record/schema.ts';

export interface StillOpenLeg {
  party: 'caller' | 'agent';
  openedMs: number;
  answeredMs: number | null;
}

export class StillOpen {
  readonly #legs = new Map<string, StillOpenLeg>();

  add(row: OpenRow): void {
    if (row.call === null || row.t_ms === null) return;
    if (row.op === 'close') this.#legs.delete(row.call);
    if (row.op !== 'open') return;
    const leg = this.#legs.get(row.call) ?? { party: row.party === 'agent' ? 'agent' : 'caller', openedMs: row.t_ms, answeredMs: null };
    if (row.answered === true) leg.answeredMs ??= row.t_ms;
    this.#legs.set(row.call, leg);
  }

  /** Its row has been written: it counts there. */
  ended(call: string | null): void {
    if (call !== null) this.#legs.delete(call);
  }

  get count(): number {
    return this.#legs.size;
  }

  legs(): Iterable<StillOpenLeg> {
    return this.#legs.values();
  }
}

/**
 * Faults, scaling steps, probes and alarms as the events tell them (record/schema.ts, EVENT_ACTIONS), put together from their single rows.
 */
import type { EventRow } from '../record/schema.ts';
import type { Observations } from './outages.ts';

export interface FaultIncident {
  name: string;
  target: string;
  /** Took effect; null where it did not. */
  startMs: number | null;
  /** ms from asking to effect. */
  tookMs: number;
  /** Taken back; null where it was not. */
  endMs: number | null;
  failed: string | null;
}

export interface ScaleIncident {
  name: string;
  /** Accepted, or where the vendor scales by itself, triggered. */
  triggerMs: number | null;
  readyMs: number | null;
  failed: string | null;
}

export class Incidents {
  readonly #rows: EventRow[] = [];
  readonly #probes = new Map<string, { at: number; lost: boolean }[]>();

  add(row: EventRow): void {
    if (row.kind !== 'probe') this.#rows.push(row);
    else if (row.t_ms !== null) {
      const list = this.#probes.get(row.name ?? '') ?? [];
      list.push({ at: row.t_ms, lost: row.action === 'lost' });
      this.#probes.set(row.name ?? '', list);
    }
  }

  merge(other: this): void {
    for (const row of other.#rows) this.#rows.push(row);
    for (const [trunk, list] of other.#probes) this.#probes.set(trunk, [...(this.#probes.get(trunk) ?? []), ...list]);
  }

  /** All but the probes, in order of time. */
  events(): EventRow[] {
    return this.#rows.toSorted((a, b) => (a.t_ms ?? 0) - (b.t_ms ?? 0));
  }

  /** In order of effect; those that failed at the time they were asked for. A name may come again. */
  faults(): FaultIncident[] {
    const faults: (FaultIncident & { orderMs: number; open: boolean })[] = [];
    const latest = (name: string | null) => faults.findLast((fault) => fault.name === (name ?? '') && fault.open);
    for (const row of this.#of('fault')) {
      const known = latest(row.name);
      if (row.action === 'start' || (!known && (row.action === 'started' || row.action === 'failed')))
        faults.push({
          name: row.name ?? '',
          target: row.target ?? '',
          startMs: null,
          tookMs: 0,
          endMs: null,
          failed: null,
          orderMs: row.t_ms ?? 0,
          open: true,
        });
      const fault = latest(row.name);
      if (!fault) continue;
      if (row.target) fault.target = row.target;
      if (row.action === 'started') {
        fault.startMs = row.t_ms;
        fault.tookMs = row.value ?? Math.max(0, (row.t_ms ?? 0) - fault.orderMs);
      }
      if (row.action === 'failed') {
        fault.failed = messageIn(row);
        fault.open = false;
      }
      if (row.action === 'ended') {
        fault.endMs = row.t_ms;
        fault.open = false;
      }
      if (row.action === 'end-failed') fault.open = false;
    }
    return faults
      .map(({ open: _, orderMs, ...fault }) =>
        fault.startMs === null && fault.failed === null
          ? { fault: { ...fault, failed: 'it was asked for, and nobody said that it took effect' }, orderMs }
          : { fault, orderMs },
      )
      .sort((a, b) => (a.fault.startMs ?? a.orderMs) - (b.fault.startMs ?? b.orderMs))
      .map(({ fault }) => fault);
  }

  scaling(): ScaleIncident[] {
    const steps = new Map<string, ScaleIncident & { asked: number | null }>();
    for (const row of this.#of('scale')) {
      const name = row.name ?? '';
      const step = steps.get(name) ?? { name, triggerMs: null, readyMs: null, failed: null, asked: null };
      steps.set(name, step);
      if (row.action === 'trigger') step.asked ??= row.t_ms;
      if (row.action === 'accepted') step.triggerMs ??= row.t_ms;
      if (row.action === 'ready') step.readyMs ??= row.t_ms;
      if (row.action === 'failed') step.failed = messageIn(row);
    }
    return [...steps.values()]
      .map(({ asked, ...step }) => ({
        ...step,
        failed: step.failed ?? (step.triggerMs === null && asked !== null ? 'it was asked for, and nobody accepted it' : null),
      }))
      .sort((a, b) => (a.triggerMs ?? 0) - (b.triggerMs ?? 0));
  }

  /** The first alarm or mark of one at or after `from` and before `to`. */
  alarmIn(from: number, to: number): number | null {
    const alarm = this.events().find(
      ({ kind, action, t_ms }) =>
        t_ms !== null &&
        t_ms >= from &&
        t_ms < to &&
        ((kind === 'alarm' && action === 'received') || (kind === 'mark' && action === 'alarm')),
    );
    return alarm?.t_ms ?? null;
  }

  /** First mark `action` in [from, to). */
  markIn(action: string, from: number, to: number): EventRow | undefined {
    return this.events().find(
      (row) => row.kind === 'mark' && row.action === action && row.t_ms !== null && row.t_ms >= from && row.t_ms < to,
    );
  }

  /** Per trunk, in order of sending. */
  probes(): Observations[] {
    return [...this.#probes.values()].map((list) => {
      const sorted = list.toSorted((a, b) => a.at - b.at);
      const lost = Uint8Array.from(sorted, (probe) => Number(probe.lost));
      return { at: Float64Array.from(sorted, (probe) => probe.at), affected: lost, failed: lost };
    });
  }

  #of(kind: EventRow['kind']): EventRow[] {
    return this.events().filter((row) => row.kind === kind);
  }
}

function messageIn(row: EventRow): string {
  const detail = row.detail as { message?: unknown } | null;
  return typeof detail?.message === 'string' ? detail.message : 'no reason given';
}

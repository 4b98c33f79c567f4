/**
 * Faults, scaling steps, probes and alarms as the events tell them (record/schema.ts, EVENT_ACTIONS), put together from their single rows.
 */
import type { EventRow } from '../record/schema.ts';
import type { FaultFigures } from './model.ts';
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
  /** ± of `startMs`, where a person said it. */
  plusMinusMs?: number;
  expectedMs?: number;
  /** Of our own side, and in which way. */
  own?: string;
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
      if (row.action === 'start') {
        fault.expectedMs = numberIn(row, 'expectedMs');
        fault.own = ownIn(row);
      }
      if (row.action === 'started') {
        fault.startMs = row.t_ms;
        fault.tookMs = Math.max(0, row.value ?? (row.t_ms ?? 0) - fault.orderMs);
        fault.plusMinusMs = numberIn(row, 'plusMinusMs');
        // Somebody pulled a cable minutes after being asked to: nothing had happened to anybody until then.
        if (fault.plusMinusMs !== undefined) fault.tookMs = fault.plusMinusMs;
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
    for (const mark of this.#of('mark')) if (mark.action === 'fault' && mark.t_ms !== null) faults.push(this.#marked(mark));
    return faults
      .map(({ open: _, orderMs, ...fault }) =>
        fault.startMs === null && fault.failed === null
          ? { fault: { ...fault, failed: 'it was asked for, and nobody said that it took effect' }, orderMs }
          : { fault, orderMs },
      )
      .sort((a, b) => (a.fault.startMs ?? a.orderMs) - (b.fault.startMs ?? b.orderMs))
      .map(({ fault }) => fault);
  }

  /** A fault that nobody planned: somebody saw it, and perhaps saw it put right. */
  #marked(mark: EventRow): FaultIncident & { orderMs: number; open: boolean } {
    const startMs = mark.t_ms!;
    const plusMinusMs = mark.value ?? 0;
    const fixed = this.#of('mark').find(
      ({ action, t_ms, name }) => action === 'fixed' && t_ms !== null && t_ms >= startMs && (name ?? mark.name) === mark.name,
    );
    return {
      name: mark.name ?? 'marked',
      target: noteIn(mark) ?? '',
      startMs,
      tookMs: plusMinusMs,
      endMs: fixed?.t_ms ?? null,
      failed: null,
      plusMinusMs,
      orderMs: startMs,
      open: false,
    };
  }

  /**
   * Typed marks of one fault: those that name it, and those without a name in [from, to). The earliest and the latest word of each side count; the
   * middle of all, and a ± that covers them.
   */
  people(fault: string, from: number, to: number): NonNullable<FaultFigures['people']> {
    const said: NonNullable<FaultFigures['people']> = {};
    for (const type of ['alarm', 'ticket', 'engineer', 'workaround', 'fixed'] as const) {
      const marks = this.#of('mark').filter(({ action, t_ms, name, value }) => {
        if (action !== type || t_ms === null || t_ms + (value ?? 0) < from) return false;
        return name === null ? t_ms < to : name === fault && t_ms < to;
      });
      if (marks.length === 0) continue;
      const low = Math.min(...marks.map(({ t_ms, value }) => t_ms! - (value ?? 0)));
      const high = Math.max(...marks.map(({ t_ms, value }) => t_ms! + (value ?? 0)));
      said[type] = {
        ms: (low + high) / 2 - from,
        plusMinusMs: (high - low) / 2,
        by: [...new Set(marks.map(({ by }) => (by === 'vendor' ? 'vendor' : 'buyer') as 'buyer' | 'vendor'))],
        notes: marks.flatMap((mark) => noteIn(mark) ?? []),
      };
    }
    return said;
  }

  /** Registrations of agents, in order of time: one name, lost or registered. */
  registrations(): { at: number; name: string; lost: boolean }[] {
    return this.#of('registration').flatMap(({ t_ms, name, action }) =>
      t_ms !== null && name !== null && (action === 'lost' || (action === 'registered' && name !== 'agents'))
        ? [{ at: t_ms, name, lost: action === 'lost' }]
        : [],
    );
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

function numberIn(row: EventRow, field: string): number | undefined {
  const value = (row.detail as Record<string, unknown> | null)?.[field];
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;
}

/** Faults of our own side say so (faults/runner.ts). */
export function ownIn(row: EventRow): string | undefined {
  const own = (row.detail as { own?: unknown } | null)?.own;
  return typeof own === 'string' ? own : undefined;
}

function noteIn(row: EventRow): string | null {
  const note = (row.detail as { note?: unknown } | null)?.note;
  return typeof note === 'string' && note !== '' ? note : null;
}

function messageIn(row: EventRow): string {
  const detail = row.detail as { message?: unknown } | null;
  return typeof detail?.message === 'string' ? detail.message : 'no reason given';
}

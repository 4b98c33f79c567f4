/** Records with known truth, made without a network. */
import { createAnalysis, type RunFold } from '../../src/analysis/analyse.ts';
import type { RunAnalysis } from '../../src/analysis/model.ts';
import { randomStream } from '../../src/random.ts';
import { type CallRow, type EventRow, type RowTypes, type RunMeta, rowOf, type TableName } from '../../src/record/schema.ts';

/** A round moment to count from. */
export const T0 = 1_795_000_000_000;

export function meta(cells: Partial<RunMeta> = {}): RunMeta {
  return {
    format: 1,
    run: 'synthetic',
    callsurge: '0',
    node: 'v24',
    machine: { cpus: 2, model: '', memoryMb: 1, platform: 'linux' },
    scenario: { file: 'x.ts', sha256: '', title: '' },
    vendor: { name: 'vendor-a' },
    options: {},
    surge: {},
    plan: null,
    seed: 1,
    workers: 1,
    startMs: T0,
    loadStartMs: T0,
    end: { endMs: T0 + 60_000, how: 'finished', why: null, exitCode: 0 },
    ...cells,
  };
}

/** A call that was answered after 50 ms and talked until `seconds` after its INVITE. `at`: ms from T0. */
export function answered(at: number, seconds = 10, cells: Partial<CallRow> = {}): CallRow {
  const invite = T0 + at;
  return rowOf('calls', {
    call: `c${at}`,
    intended_ms: invite,
    invite_ms: invite,
    provisional_ms: invite + 20,
    ringing_ms: invite + 20,
    answer_ms: invite + 50,
    bye_sent_ms: invite + seconds * 1000,
    bye_answered_ms: invite + seconds * 1000 + 10,
    end_ms: invite + seconds * 1000 + 10,
    status: 200,
    outcome: 'completed',
    invite_retransmissions: 0,
    try: 1,
    ...cells,
  });
}

export function refused(at: number, status = 503, cells: Partial<CallRow> = {}): CallRow {
  return rowOf('calls', {
    intended_ms: T0 + at,
    invite_ms: T0 + at,
    end_ms: T0 + at + 20,
    status,
    outcome: 'blocked',
    blame: 'vendor',
    invite_retransmissions: 0,
    ...cells,
  });
}

/** No response at all until Timer B. */
export function unheard(at: number): CallRow {
  return rowOf('calls', {
    intended_ms: T0 + at,
    invite_ms: T0 + at,
    end_ms: T0 + at + 32_000,
    outcome: 'timeout',
    blame: 'undetermined',
    invite_retransmissions: 6,
  });
}

export function event(at: number, kind: EventRow['kind'], action: string, name: string, cells: Partial<EventRow> = {}): EventRow {
  return rowOf('events', { t_ms: T0 + at, kind, action, name, ...cells });
}

export class Record {
  readonly rows: { [T in TableName]: RowTypes[T][] } = {
    calls: [],
    agents: [],
    timeline: [],
    events: [],
    samples: [],
    open: [],
    trace: [],
  };

  add<T extends TableName>(table: T, ...rows: RowTypes[T][]): this {
    for (const row of rows) this.rows[table].push(row as never);
    return this;
  }

  into(fold: RunFold): RunFold {
    for (const table of ['timeline', 'events', 'samples', 'open', 'agents', 'calls'] as const)
      for (const row of this.rows[table]) fold.add(table, row as never);
    return fold;
  }

  analyse(cells: Partial<RunMeta> = {}): RunAnalysis {
    return this.into(createAnalysis(meta(cells))).figures();
  }
}

/** Arrivals of a Poisson process, ms, seeded. */
export function poisson(perSecond: number, fromMs: number, toMs: number, seed = 1): number[] {
  const random = randomStream(seed, 'synthetic');
  const times: number[] = [];
  for (let at = fromMs; ; ) {
    at += (-Math.log(1 - random.next()) / perSecond) * 1000;
    if (at >= toMs) return times;
    times.push(at);
  }
}

export const range = (n: number) => Array.from({ length: n }, (_, i) => i);

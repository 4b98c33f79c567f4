/**
 * Which calls' signalling is kept (trace.csv): of those that did not complete, the first ones of each kind of end and then a share; of those that did,
 * the first ones and then a smaller share. The share is drawn by seed, scenario and iteration, so that two vendors' samples show the same callers.
 *
 * A call's messages are written a little after its end: late answers to it belong to its story.
 */
import type { TraceOffice } from '../call/services.ts';
import type { Clock, TimerHandle } from '../clock.ts';
import { randomStream } from '../random.ts';
import { type AgentRow, type CallRow, type RowSink, rowOf } from '../record/schema.ts';
import { type CallTraces, redacted, type TracedPacket } from '../sip/index.ts';

/** Kept whatever their number, of each kind of end and of each worker. */
export const FIRST = { completed: 3, others: 100 };
/** Kept of the rest. */
export const SHARE = { completed: 0.005, others: 0.02 };
/** How long after its end a call's messages are still gathered, ms. */
export const LINGER_MS = 2000;

interface Kept {
  call: string;
  party: 'caller' | 'agent';
  sipCallId: string;
  writeAt: number;
}

export interface TraceKeeperOptions {
  clock: Clock;
  traces: CallTraces;
  sink: RowSink;
  worker: number;
  seed: number;
}

export class TraceKeeper implements TraceOffice {
  readonly #options: TraceKeeperOptions;
  readonly #counts = new Map<string, number>();
  /** In order of time. */
  #kept: Kept[] = [];
  #timer: TimerHandle | undefined;

  constructor(options: TraceKeeperOptions) {
    this.#options = options;
  }

  caller(row: CallRow): void {
    const completed = row.outcome === 'completed';
    const kind = `${row.outcome} ${row.status ?? ''}`;
    this.#over(row.call, 'caller', row.sip_call_id, completed, kind, `trace:${row.scenario}`, row.iteration ?? 0);
  }

  agent(leg: string, row: AgentRow): void {
    const number = Number(leg.slice(leg.indexOf('-') + 1)) || 0;
    this.#over(leg, 'agent', row.sip_call_id, row.outcome === 'answered', `agent ${row.outcome}`, 'trace:agents', number);
  }

  /** Writes what still waits: at the end of the run, or where there is no later. */
  flush(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    for (const kept of this.#kept.splice(0)) this.#write(kept);
  }

  #over(
    call: string | null,
    party: Kept['party'],
    sipCallId: string | null,
    completed: boolean,
    kind: string,
    stream: string,
    k: number,
  ): void {
    if (call === null || sipCallId === null) return;
    const count = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, count);
    const which = completed ? 'completed' : 'others';
    const keep = count <= FIRST[which] || randomStream(this.#options.seed, stream, k).next() < SHARE[which];
    if (!keep) return void this.#options.traces.take(sipCallId);
    this.#kept.push({ call, party, sipCallId, writeAt: this.#options.clock.now() + LINGER_MS });
    this.#timer ??= this.#options.clock.after(LINGER_MS, () => this.#due());
  }

  #due(): void {
    const { clock } = this.#options;
    this.#timer = undefined;
    const now = clock.now();
    let done = 0;
    while (done < this.#kept.length && this.#kept[done]!.writeAt <= now) this.#write(this.#kept[done++]!);
    this.#kept.splice(0, done);
    const next = this.#kept[0];
    if (next) this.#timer = clock.at(next.writeAt, () => this.#due());
  }

  #write({ call, party, sipCallId }: Kept): void {
    const { traces, sink, worker } = this.#options;
    for (const [k, packet] of traces.take(sipCallId).entries())
      sink.write('trace', rowOf('trace', { call, party, worker, sip_call_id: sipCallId, n: k + 1, ...cellsOf(packet) }));
  }
}

function cellsOf(packet: TracedPacket) {
  return {
    skipped: packet.skippedBefore,
    sent: packet.sent,
    remote: `${packet.remote.host}:${packet.remote.port}`,
    socket_ms: packet.socketMs,
    handled_ms: Number.isNaN(packet.handledMs) ? null : packet.handledMs,
    bytes: packet.size,
    message: redacted(packet.bytes.toString('utf8')),
  };
}

/**
 * A run on virtual time: callers with the INVITE and BYE timers of RFC 3261 17.1 and a line that may be cut or slow, in front of the embedded vendor's
 * own core. What comes out are the rows of a run's record, for the same analysis that reports use; what really happened is known to the microsecond.
 */
import { createAnalysis } from '../../src/analysis/analyse.ts';
import type { RunAnalysis } from '../../src/analysis/model.ts';
import { VirtualClock } from '../../src/clock.ts';
import { type RandomStream, randomStream } from '../../src/random.ts';
import { type CallRow, type EventRow, type RunMeta, rowOf } from '../../src/record/schema.ts';
import type { SimulatorConfig } from '../../src/simulator/config.ts';
import type { Call } from '../../src/simulator/core/call.ts';
import type { CallCentre } from '../../src/simulator/core/centre.ts';
import { connectModel, ModelHost } from '../../src/simulator/core/model.ts';

const T1 = 500;
const T2 = 4000;
const TIMER_B = 64 * T1;
/** One way, in both directions, each with an exponential tail of the same mean. */
const LATENCY_MS = 1;
/** The vendor's own time until it rings: on top of `ringMs`. */
const RING_TAIL_MS = 15;
export const ECHO = '4002000000';

export interface VirtualOptions {
  seed: number;
  perSecond: number;
  untilMs: number;
  trunks?: string[];
  probesPerSecond?: number;
  talkMs?: number;
  config?: Partial<SimulatorConfig>;
  meta?: Partial<RunMeta>;
}

/** The line of one trunk. */
interface Line {
  cut: boolean;
  /** Added to the vendor's first answer. */
  slowMs: number;
}

export class VirtualRun extends ModelHost {
  readonly vendor: CallCentre;
  readonly lines = new Map<string, Line>();
  readonly rows: CallRow[] = [];
  readonly record: EventRow[] = [];
  readonly #options: VirtualOptions;
  readonly #luck: RandomStream;
  readonly #callers = new Map<Call, Caller>();
  #calls = 0;

  constructor(options: VirtualOptions) {
    super(new VirtualClock(), () => {});
    this.#options = options;
    this.#luck = randomStream(options.seed, 'virtual run');
    for (const trunk of options.trunks ?? ['main']) this.lines.set(trunk, { cut: false, slowMs: 0 });
    this.vendor = connectModel(
      { sites: [{ name: 'a', channels: 100_000 }], numbers: { [ECHO]: 'echo' }, ringMs: 20, answerMs: 60, ...options.config },
      this,
    );
  }

  /** Poisson arrivals over the trunks in turn, probes, and what `at` has been told, until `untilMs`; then on until all calls are over. */
  run(): RunAnalysis {
    const { perSecond, untilMs, probesPerSecond = 10 } = this.#options;
    const trunks = [...this.lines.keys()];
    const arrivals = randomStream(this.#options.seed, 'virtual arrivals');
    for (let at = 0, k = 0; perSecond > 0; k++) {
      at += (-Math.log(1 - arrivals.next()) / perSecond) * 1000;
      if (at >= untilMs) break;
      this.clock.at(at, () => this.dial(trunks[k % trunks.length]!));
    }
    if (probesPerSecond > 0)
      for (const [k, trunk] of trunks.entries())
        for (let at = (k * 1000) / probesPerSecond / trunks.length; at < untilMs; at += 1000 / probesPerSecond)
          this.clock.at(at, () => this.#probe(trunk));
    this.clock.advanceTo(untilMs + 120_000);
    this.vendor.close();
    const startMs = 0;
    const meta: RunMeta = {
      format: 1,
      run: 'virtual',
      callsurge: '0',
      node: process.version,
      machine: { cpus: 1, model: '', memoryMb: 0, platform: 'virtual' },
      scenario: { file: '', sha256: '', title: '' },
      vendor: { name: 'virtual' },
      options: {},
      surge: {},
      plan: null,
      seed: this.#options.seed,
      workers: 1,
      startMs,
      loadStartMs: startMs,
      end: { endMs: untilMs + 120_000, how: 'finished', why: null, exitCode: 0 },
      ...this.#options.meta,
    };
    const fold = createAnalysis(meta);
    for (const row of this.record) fold.add('events', row);
    for (const row of this.rows) fold.add('calls', row);
    return fold.figures();
  }

  /** A fault as the run's own fault runner writes it down: it takes effect at once. */
  fault(name: string, atMs: number, forMs: number, begin: () => void, end: () => void): void {
    const tell = (action: string) => this.tell({ kind: 'fault', name, action, target: name, value: 0 });
    this.clock.at(atMs, () => {
      tell('start');
      begin();
      tell('started');
    });
    this.clock.at(atMs + forMs, () => {
      tell('end');
      end();
      tell('ended');
    });
  }

  tell(cells: Partial<EventRow>): void {
    this.record.push(rowOf('events', { t_ms: this.clock.now(), by: 'harness', ...cells }));
  }

  /** @param over called when the call is over, with its row. */
  dial(trunk: string, over?: (row: CallRow) => void): void {
    new Caller(this, trunk, `v${++this.#calls}`, this.#options.talkMs ?? 8000, (row) => {
      this.rows.push(row);
      over?.(row);
    }).start();
  }

  /** What the caller sends reaches the vendor, or nothing ever does. */
  up(trunk: string, arrive: () => void): void {
    if (!this.lines.get(trunk)!.cut) this.clock.after(this.latency(), arrive);
  }

  down(trunk: string, arrive: () => void): void {
    if (!this.lines.get(trunk)!.cut) this.clock.after(this.latency(), arrive);
  }

  latency(): number {
    return LATENCY_MS + this.exponential(LATENCY_MS);
  }

  exponential(mean: number): number {
    return -Math.log(1 - this.#luck.next()) * mean;
  }

  arrived(caller: Caller): void {
    // The core may refuse inside `arrive`, before it says which call that was.
    this.#arriving = caller;
    const call = this.vendor.arrive({ sipCallId: caller.row.call!, caller: caller.row.call!, called: ECHO }, {});
    this.#arriving = undefined;
    if (call.state !== 'ended') this.#callers.set(call, caller);
    caller.call = call;
  }

  override refuse(call: Call, status: number): void {
    (this.#callers.get(call) ?? this.#arriving)?.send(status);
  }
  override ring(call: Call): void {
    const caller = this.#callers.get(call);
    if (!caller) return;
    caller.slowMs = this.lines.get(caller.trunk)!.slowMs;
    this.clock.after(this.exponential(RING_TAIL_MS) + caller.slowMs, () => caller.send(180));
  }
  override answer(call: Call): void {
    const caller = this.#callers.get(call);
    if (caller) this.clock.after(4 * RING_TAIL_MS + caller.slowMs, () => caller.send(200));
  }
  override end(call: Call, by?: string): void {
    if (by !== 'fault' && by !== 'caller') this.#callers.get(call)?.ended();
    this.#callers.delete(call);
  }

  #arriving: Caller | undefined;

  #probe(trunk: string): void {
    const sent = this.clock.now();
    const row = (action: string, value: number | null) =>
      this.record.push(rowOf('events', { t_ms: sent, kind: 'probe', name: trunk, action, by: 'harness', value }));
    let answered = false;
    this.up(trunk, () =>
      this.down(trunk, () => {
        answered = true;
        row('answered', this.clock.now() - sent);
      }),
    );
    this.clock.after(2000, () => answered || row('lost', null));
  }
}

class Caller {
  readonly row: CallRow;
  readonly trunk: string;
  call: Call | undefined;
  /** How much slower than usual the vendor is with this call. */
  slowMs = 0;
  readonly #run: VirtualRun;
  readonly #talkMs: number;
  readonly #over: (row: CallRow) => void;
  #atVendor = false;
  /** The vendor's latest response, sent again for each INVITE that comes again. */
  #latest = 100;
  #final: number | undefined;
  #done = false;

  constructor(run: VirtualRun, trunk: string, id: string, talkMs: number, over: (row: CallRow) => void) {
    const now = run.clock.now();
    this.#run = run;
    this.trunk = trunk;
    this.#talkMs = talkMs;
    this.#over = over;
    this.row = rowOf('calls', {
      call: id,
      trunk,
      intended_ms: now,
      invite_ms: now,
      try: 1,
      invite_retransmissions: 0,
      wants_agent: false,
    });
  }

  start(): void {
    const { clock } = this.#run;
    this.#invite();
    let next = T1;
    const again = () => {
      if (this.#done || this.row.trying_ms !== null || this.#final !== undefined) return;
      this.row.invite_retransmissions!++;
      this.#invite();
      next *= 2;
      clock.after(next, again);
    };
    clock.after(T1, again);
    clock.after(TIMER_B, () => {
      if (this.#final === undefined) this.#finish('timeout');
    });
  }

  #invite(): void {
    this.#run.up(this.trunk, () => {
      if (this.#done) return;
      this.#respond(100);
      if (this.#atVendor) return this.#respond(this.#latest);
      this.#atVendor = true;
      this.#run.arrived(this);
    });
  }

  /** The vendor sends a response; a final one again and again until it is acknowledged (RFC 3261 13.3.1.4, 17.2.1). */
  send(status: number): void {
    this.#latest = status;
    let wait = T1;
    const again = () => {
      if (this.#done || this.#final !== undefined) return;
      this.#respond(status);
      if (status < 200) return;
      this.#run.clock.after(wait, again);
      wait = Math.min(2 * wait, T2);
    };
    again();
  }

  #respond(status: number): void {
    this.#run.down(this.trunk, () => this.#heard(status));
  }

  #heard(status: number): void {
    const { clock } = this.#run;
    if (this.#done || this.#final !== undefined) return;
    this.row.trying_ms ??= clock.now();
    if (status === 100) return;
    if (status < 200) {
      this.row.provisional_ms ??= clock.now();
      this.row.ringing_ms ??= clock.now();
      return;
    }
    this.#final = status;
    this.row.status = status;
    if (status >= 300) return this.#finish(status === 503 || status === 486 ? 'blocked' : 'rejected');
    this.row.answer_ms = clock.now();
    clock.after(this.#talkMs, () => this.#bye());
  }

  /** The vendor hung up. */
  ended(): void {
    this.#run.down(this.trunk, () => {
      if (this.#done) return;
      this.row.bye_received_ms = this.#run.clock.now();
      this.#finish('dropped');
    });
  }

  #bye(): void {
    const { clock, vendor } = this.#run;
    if (this.#done) return;
    const sent = clock.now();
    this.row.bye_sent_ms = sent;
    let wait = T1;
    const again = () => {
      if (this.#done) return;
      if (clock.now() - sent >= TIMER_B) return this.#finish('dropped');
      this.#run.up(this.trunk, () => {
        const { call } = this;
        const known = call !== undefined && vendor.calls.has(call);
        if (known && call.site?.state !== 'up') return;
        if (known) vendor.left(call);
        const lost = call?.row.ended_by === 'fault';
        this.#run.down(this.trunk, () => {
          if (this.#done) return;
          this.row.bye_answered_ms = lost ? null : clock.now();
          this.#finish(lost ? 'dropped' : 'completed');
        });
      });
      clock.after(wait, again);
      wait = Math.min(2 * wait, T2);
    };
    again();
  }

  #finish(outcome: CallRow['outcome']): void {
    if (this.#done) return;
    this.#done = true;
    this.row.outcome = outcome;
    this.row.blame = outcome === 'completed' ? null : 'vendor';
    this.row.end_ms = this.#run.clock.now();
    this.#over(this.row);
  }
}

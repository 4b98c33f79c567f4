/**
 * The test contract's caps, enforced while the run goes on, over all workers at once.
 *
 * How the caps cannot be exceeded: all workers of a run are threads of one process and share two atomic structures.
 *   channels   a counter; a call takes one with an atomic add and gives it back at once where that went beyond the cap.
 *   calls/s    a ring of the instants at which the last R calls were let through (R = the cap). The next call overwrites the oldest, and only if
 *              that one is a full second old; the compare-and-exchange lets exactly one thread do so. In every window of one second, wherever
 *              it begins, there are therefore at most R calls. A cap below 1/s is a ring of one with a longer window.
 * A refused call is not sent: it is the harness's, and the record says so.
 */
import type { Gate } from '../call/services.ts';
import type { Clock } from '../clock.ts';
import { CallsurgeError } from '../errors.ts';

export interface Caps {
  maxCallsPerSecond: number;
  maxChannels: number;
}

/** What the workers share; structured-cloneable (a SharedArrayBuffer is handed over by reference). */
export interface GateState {
  caps: Caps;
  windowUs: number;
  /** Int32: [open, refused, then open calls of each worker]. */
  counters: SharedArrayBuffer;
  /** Uint32: [calls let through]. */
  head: SharedArrayBuffer;
  /** BigInt64: instants, µs. */
  ring: SharedArrayBuffer;
}

const OPEN = 0;
const REFUSED = 1;
const WORKERS = 2;
/** Another thread may be between taking a cell and moving the head on: look again so often. */
const TRIES = 200;
/** Beyond this a cap on the rate is no cap: nothing here starts so many. */
const RING_LIMIT = 100_000;

export function gateState(caps: Caps, workers: number): GateState {
  const size = Math.min(RING_LIMIT, Math.max(1, Math.floor(caps.maxCallsPerSecond)));
  return {
    caps,
    windowUs: caps.maxCallsPerSecond >= 1 ? 1e6 : 1e6 / caps.maxCallsPerSecond,
    counters: new SharedArrayBuffer(4 * (WORKERS + workers)),
    head: new SharedArrayBuffer(4),
    ring: new SharedArrayBuffer(8 * size),
  };
}

/** Calls open over all workers, and calls refused so far by a cap. */
export function gateFigures(state: GateState): { open: number; refused: number } {
  const counters = new Int32Array(state.counters);
  return { open: Atomics.load(counters, OPEN), refused: Atomics.load(counters, REFUSED) };
}

/** Gives back the channels of a worker that is gone. Its calls may still be open at the vendor: the caller of this must have swept them. */
export function releaseWorker(state: GateState, worker: number): void {
  const counters = new Int32Array(state.counters);
  Atomics.sub(counters, OPEN, Atomics.exchange(counters, WORKERS + worker, 0));
}

export interface ContractRules {
  /** Numbers: emergency numbers, and anything outside the contract's patterns. */
  number(called: string, caller: string): CallsurgeError | undefined;
  /** Whether load is allowed at that moment. */
  open(at: number): boolean;
}

/** Hours are looked at again this often. */
export const HOURS_EVERY_MS = 60_000;

/** One worker's side. */
export class SharedGate implements Gate {
  readonly #clock: Clock;
  readonly #rules: ContractRules;
  readonly #state: GateState;
  readonly #worker: number;
  readonly #counters: Int32Array;
  readonly #head: Uint32Array;
  readonly #ring: BigInt64Array;
  #hours = { until: Number.NEGATIVE_INFINITY, open: false };

  /** @param worker from 0 */
  constructor(clock: Clock, state: GateState, rules: ContractRules, worker: number) {
    this.#clock = clock;
    this.#state = state;
    this.#rules = rules;
    this.#worker = worker;
    this.#counters = new Int32Array(state.counters);
    this.#head = new Uint32Array(state.head);
    this.#ring = new BigInt64Array(state.ring);
  }

  check(called: string, caller: string): CallsurgeError | undefined {
    const now = this.#clock.now();
    if (now >= this.#hours.until) this.#hours = { until: now + HOURS_EVERY_MS, open: this.#rules.open(now) };
    if (!this.#hours.open) return violation('the contract allows no load at this hour', 'contract.hours');
    return this.#rules.number(called, caller);
  }

  enter(): CallsurgeError | undefined {
    const { caps } = this.#state;
    if (Atomics.add(this.#counters, OPEN, 1) >= caps.maxChannels) {
      Atomics.sub(this.#counters, OPEN, 1);
      return this.#refuse(`${caps.maxChannels} calls are open, the contract allows no more`, 'contract.maxChannels');
    }
    if (!this.#takeSecond()) {
      Atomics.sub(this.#counters, OPEN, 1);
      return this.#refuse(
        `more than ${caps.maxCallsPerSecond} calls in one second, the contract allows no more`,
        'contract.maxCallsPerSecond',
      );
    }
    Atomics.add(this.#counters, WORKERS + this.#worker, 1);
    return undefined;
  }

  release(): void {
    Atomics.sub(this.#counters, WORKERS + this.#worker, 1);
    Atomics.sub(this.#counters, OPEN, 1);
  }

  /**
   * When the next call would be let through by the cap on calls/s: now or earlier if at once. Arrivals planned exactly at the cap come a timer's
   * jitter too close together now and then; the executor holds such a one back for those few milliseconds instead of losing it.
   */
  nextAt(): number {
    const oldest = this.#ring[Atomics.load(this.#head, 0) % this.#ring.length]!;
    return (Number(oldest) + this.#state.windowUs) / 1000;
  }

  #takeSecond(): boolean {
    const size = this.#ring.length;
    for (let i = 0; i < TRIES; i++) {
      const head = Atomics.load(this.#head, 0);
      const cell = head % size;
      const oldest = Atomics.load(this.#ring, cell);
      const now = BigInt(Math.floor(this.#clock.now() * 1000));
      if (oldest !== 0n && Number(now - oldest) < this.#state.windowUs) continue;
      if (Atomics.compareExchange(this.#ring, cell, oldest, now) !== oldest) continue;
      // Only the thread that won the cell moves the head, so it moves by one for each call. At the top of 32 bits it starts again where the
      // ring does.
      Atomics.store(this.#head, 0, (head + 1) % (size * Math.floor(2 ** 31 / size)));
      return true;
    }
    return false;
  }

  #refuse(what: string, where: string): CallsurgeError {
    Atomics.add(this.#counters, REFUSED, 1);
    return violation(what, where);
  }
}

const violation = (what: string, where: string) =>
  new CallsurgeError('contract-violation', what, { where, todo: 'the call was not sent; plan less load or agree on more with the vendor' });

/** What the tasks of one run share: what was asked for, what has been set up so far, and why it is to end. */
import { type Clock, type ClockAnchor, RealClock, type TimerHandle, takeAnchor } from '../clock.ts';
import { messageOf } from '../errors.ts';
import type { FaultPlan } from '../faults/plan.ts';
import type { FaultRunner } from '../faults/runner.ts';
import type { RunFolder } from '../record/journal.ts';
import type { RunMeta } from '../record/schema.ts';
import { usefulWorkers } from '../schedule/plan.ts';
import type { SipStack } from '../sip/stack.ts';
import type { VendorProfile } from '../vendor/profile.ts';
import type { IterationCounts } from './iteration-runner.ts';
import type { OwnSide } from './own-side.ts';
import type { RelayHost } from './relay-host.ts';
import type { RunEnding, RunRequest } from './request.ts';
import { metaOf } from './run-meta.ts';
import type { RunRecord } from './run-record.ts';
import type { RunSeconds } from './run-seconds.ts';
import type { RunWorkers } from './run-workers.ts';
import { Watchers } from './watchers.ts';

export class RunState {
  readonly request: RunRequest;
  readonly anchor: ClockAnchor;
  readonly clock: Clock;
  readonly watchers: Watchers;
  readonly meta: RunMeta;
  /** Workers asked for that would have had no VU. */
  readonly surplusWorkers: number;
  readonly iterations: Record<string, IterationCounts> = {};
  phase = '';
  /** What `setup()` returned, once it has. */
  setup: { data: unknown } | undefined;

  // Each is there from its task's set-up on (run.ts has their order).
  folder: RunFolder | undefined;
  record: RunRecord | undefined;
  faultPlan: FaultPlan | undefined;
  stack: SipStack | undefined;
  relay: RelayHost | undefined;
  /** What faults may take from the main thread, which probes. */
  own: OwnSide | undefined;
  /** The vendor as it is reached: itself, or through our relay. */
  wire: VendorProfile;
  workers: RunWorkers | undefined;
  seconds: RunSeconds | undefined;
  faults: FaultRunner | undefined;

  readonly #stopped = Promise.withResolvers<undefined>();
  readonly #limits = new Set<TimerHandle>();
  #ending: RunEnding | undefined;

  constructor(asked: RunRequest) {
    this.request = { ...asked, workers: usefulWorkers(asked.plan, asked.workers) };
    this.wire = asked.vendor;
    this.surplusWorkers = asked.workers - this.request.workers;
    this.anchor = asked.anchor ?? takeAnchor();
    this.clock = new RealClock(this.anchor);
    this.watchers = new Watchers(asked.observers);
    this.meta = metaOf(this.request, this.clock.now());
  }

  get ending(): RunEnding {
    return this.#ending ?? { reason: 'ok' };
  }

  /** Nothing new is to be begun. */
  get stopped(): boolean {
    return this.#ending !== undefined && this.#ending.reason !== 'runNotValid';
  }

  /** The first reason stands. A run that is not valid any more goes on, and what ends it then stands in its place. */
  end(ending: RunEnding): void {
    const before = this.#ending?.reason;
    if (before === undefined || (before === 'runNotValid' && ending.reason !== 'runNotValid')) this.#ending = ending;
    if (ending.reason !== 'runNotValid') this.#stopped.resolve(undefined);
  }

  enter(phase: string): void {
    this.phase = phase;
    this.record?.event({ kind: 'phase', name: phase, action: 'start' });
    this.watchers.tell('onPhase', phase);
  }

  /** Undefined where the run was stopped before. */
  unlessStopped<T>(work: Promise<T>): Promise<T | undefined> {
    return Promise.race([work, this.#stopped.promise]);
  }

  /** @throws `late()` when the work takes longer. */
  async within<T>(ms: number, work: Promise<T>, late: () => Error): Promise<T> {
    const { promise, reject } = Promise.withResolvers<never>();
    const timer = this.clock.after(ms, () => reject(late()));
    this.#limits.add(timer);
    try {
      return await Promise.race([work, promise]);
    } finally {
      timer.cancel();
      this.#limits.delete(timer);
    }
  }

  /** Time limits of what was left behind must not keep the process. */
  cancelLimits(): void {
    for (const limit of this.#limits) limit.cancel();
  }
}

/** Why it ended, for people. */
export function wordsOf(ending: RunEnding): string {
  switch (ending.reason) {
    case 'error':
      return messageOf(ending.error);
    case 'stoppedBySignal':
      return 'stopped by a signal';
    case 'ok':
      return 'the run is over';
    default:
      return ending.why;
  }
}

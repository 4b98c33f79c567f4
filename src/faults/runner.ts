/**
 * Does the planned steps at their times from the load's start, and writes down what came of each (record/schema.ts, EVENT_ACTIONS).
 *
 *   fault   at: start → started | failed      endMs, or the end of the run: end → ended | end-failed
 *   scale   at: trigger → accepted | failed
 *
 * A fault always ends: also one whose start failed or hung (it may have happened half), and also when the run is stopped. A step that fails
 * never stops the run.
 */
import type { Clock, TimerHandle } from '../clock.ts';
import { messageOf } from '../errors.ts';
import { type EventRow, rowOf } from '../record/schema.ts';
import type { Effect, Injector, InjectorContext } from './injector.ts';
import type { FaultPlan, PlannedFault, PlannedScale } from './plan.ts';

/** When the run ends, taking a fault back may take so long. */
const END_WITHIN_MS = 15_000;

export interface FaultRunnerOptions {
  clock: Clock;
  plan: FaultPlan;
  /** Environment for secrets and commands. Default: the process's. */
  env?: NodeJS.ProcessEnv;
  simulatorApi?: string;
  relay?: InjectorContext['relay'];
  own?: InjectorContext['own'];
  event(row: EventRow): void;
}

interface Waiting {
  name: string;
  action: 'started' | 'ended';
  resolve(at: number, errorMs?: number): void;
}

export class FaultRunner {
  readonly #options: FaultRunnerOptions;
  readonly #context: InjectorContext;
  readonly #timers = new Set<TimerHandle>();
  readonly #waiting = new Set<Waiting>();
  /** Faults begun and not yet ended, with what ends each; resolves when it is over. */
  readonly #open = new Map<PlannedFault, { cut: AbortController; end: () => void; over: Promise<void> }>();
  readonly #scaling = new Set<{ cut: AbortController; over: Promise<void> }>();
  #stopped = false;

  constructor(options: FaultRunnerOptions) {
    this.#options = options;
    this.#context = {
      clock: options.clock,
      env: options.env ?? process.env,
      simulatorApi: options.simulatorApi,
      relay: options.relay,
      own: options.own,
      marked: (name, action, signal) =>
        new Promise((resolve, reject) => {
          const waiting: Waiting = { name, action, resolve: (at, errorMs = 0) => resolve({ at, errorMs }) };
          this.#waiting.add(waiting);
          signal.addEventListener('abort', () => this.#waiting.delete(waiting) && reject(signal.reason), { once: true });
        }),
    };
  }

  /** @param loadStartMs Clock ms */
  start(loadStartMs: number): void {
    for (const fault of this.#options.plan.faults) this.#at(loadStartMs + fault.atMs, () => this.#begin(fault, loadStartMs + fault.endMs));
    for (const scale of this.#options.plan.scaling) this.#at(loadStartMs + scale.atMs, () => this.#scale(scale));
  }

  /** The operator says that a manual step has been done, or undone. @returns whether a step was waiting for it. */
  mark(name: string, action: 'started' | 'ended', at = this.#options.clock.now()): boolean {
    const waiting = [...this.#waiting].find((w) => w.name === name && w.action === action);
    if (!waiting) return false;
    this.#waiting.delete(waiting);
    waiting.resolve(at);
    return true;
  }

  /** The same without a name: the first step that waits, or the one that the mark names. */
  markAny(action: 'started' | 'ended', { at, errorMs, fault }: { at: number; errorMs: number; fault?: string }): boolean {
    const waiting = [...this.#waiting].find((w) => w.action === action && (fault === undefined || w.name === fault));
    if (!waiting) return false;
    this.#waiting.delete(waiting);
    waiting.resolve(at, errorMs);
    return true;
  }

  /** Faults of our own side are taken back, before calls are hung up: without an address no BYE leaves. Never rejects. */
  async stopOwn(): Promise<void> {
    const own = [...this.#open].filter(([fault]) => fault.own !== undefined).map(([, open]) => open);
    for (const fault of own) fault.end();
    await Promise.all(own.map(({ over }) => over));
  }

  /** No further steps; every fault is taken back now. Resolves when that is done or given up; never rejects. */
  async stop(withinMs = END_WITHIN_MS): Promise<void> {
    this.#stopped = true;
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
    for (const { cut } of this.#scaling) cut.abort(new Error('the run ended'));
    const open = [...this.#open.values()];
    for (const fault of open) fault.end();
    const limit = this.#options.clock.after(withinMs, () => {
      for (const { cut } of open) cut.abort(new Error('the run ended'));
    });
    await Promise.all([...open.map(({ over }) => over), ...[...this.#scaling].map(({ over }) => over)]);
    limit.cancel();
  }

  #begin(fault: PlannedFault, endAt: number): void {
    const ending = Promise.withResolvers<void>();
    const cut = new AbortController();
    const timer = this.#at(endAt, ending.resolve);
    const over = (async () => {
      // A start that hangs is cut when the fault's time is over.
      const cutStart = new AbortController();
      void ending.promise.then(() => cutStart.abort(new Error('its time is over')));
      const words = { asked: 'start', done: 'started', failed: 'failed' };
      await this.#do('fault', fault, fault.start, words, AbortSignal.any([cut.signal, cutStart.signal]));
      await ending.promise;
      if (fault.end) await this.#do('fault', fault, fault.end, { asked: 'end', done: 'ended', failed: 'end-failed' }, cut.signal);
      this.#open.delete(fault);
    })();
    this.#open.set(fault, {
      cut,
      over,
      end: () => {
        timer.cancel();
        ending.resolve();
      },
    });
  }

  #scale(scale: PlannedScale): void {
    const cut = new AbortController();
    const over = this.#do('scale', scale, scale.start, { asked: 'trigger', done: 'accepted', failed: 'failed' }, cut.signal);
    const entry = { cut, over: over.then(() => void this.#scaling.delete(entry)) };
    this.#scaling.add(entry);
  }

  async #do(
    kind: 'fault' | 'scale',
    step: PlannedFault | PlannedScale,
    inject: Injector,
    words: { asked: string; done: string; failed: string },
    signal: AbortSignal,
  ): Promise<void> {
    const { clock } = this.#options;
    const asked = clock.now();
    const ours = 'own' in step && step.own !== undefined ? { own: step.own } : {};
    const aim =
      'aim' in step
        ? { target: step.aim.target, holdMs: step.aim.holdMs }
        : step.expectedMs !== undefined && words.asked === 'start'
          ? { expectedMs: step.expectedMs, ...ours }
          : ours;
    const instruction = step.instruction === undefined ? {} : { instruction: step.instruction };
    this.#event(kind, step, words.asked, asked, null, { ...aim, ...instruction });
    let effect: Effect;
    try {
      effect = await inject(this.#context, signal);
    } catch (thrown) {
      this.#event(kind, step, words.failed, clock.now(), null, { message: messageOf(thrown), ...aim });
      return;
    }
    const detail = {
      ...aim,
      ...(effect.value === undefined ? {} : { status: effect.value }),
      ...(effect.errorMs === undefined ? {} : { plusMinusMs: effect.errorMs }),
      ...(effect.detail ? { answer: effect.detail } : {}),
    };
    this.#event(kind, step, words.done, effect.at, Math.round((effect.at - asked) * 1000) / 1000, detail);
  }

  #event(
    kind: 'fault' | 'scale',
    step: { name: string; target: string },
    action: string,
    at: number,
    value: number | null,
    detail: object,
  ): void {
    const row = { t_ms: at, kind, name: step.name, action, target: step.target, by: 'harness', value };
    this.#options.event(rowOf('events', { ...row, detail: Object.keys(detail).length === 0 ? null : detail }));
  }

  #at(at: number, run: () => void): TimerHandle {
    const timer = this.#options.clock.at(at, () => {
      this.#timers.delete(timer);
      if (!this.#stopped) run();
    });
    this.#timers.add(timer);
    return timer;
  }
}

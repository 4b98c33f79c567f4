/**
 * A run on this machine, from the run folder to the last row. It is a list of tasks, set up in this order and taken down in the opposite one:
 *
 *   record      run folder and journal
 *   preflight   does any trunk answer? nothing else has been sent before
 *   workers     threads, SIP and RTP ports                                    ⟂ end
 *   agents      register, at a bounded rate                                   ⟂ unregister, last of all that is sent
 *   scenario    setup(), once                                                 ⟂ teardown()
 *   load        common start; arrivals, faults, probes until the last ends    ⟂ drain: hang up what is left, take faults back
 *
 * Whatever stops a run (a signal, a threshold, the contract's hours, the script, an error) only ends the going forward; the taking down is the same.
 */
import { type Clock, RealClock, type TimerHandle, takeAnchor } from '../clock.ts';
import { durationMs } from '../duration.ts';
import { CallsurgeError, messageOf } from '../errors.ts';
import { planFaults } from '../faults/plan.ts';
import { FaultRunner } from '../faults/runner.ts';
import { RunFolder } from '../record/journal.ts';
import type { RunMeta } from '../record/schema.ts';
import { createSipStack } from '../sip/index.ts';
import type { SipStack } from '../sip/stack.ts';
import { contractRules } from '../vendor/contract.ts';
import type { IterationCounts } from './iteration-runner.ts';
import { liveTrunks } from './live-vendor.ts';
import { advertised, bindAddress, RTP_PORTS, sipPortOf } from './local-side.ts';
import { preflight, startProbes } from './probes.ts';
import type { RunEnding, RunHandle, RunRequest, RunResult } from './request.ts';
import { startGuards } from './run-guards.ts';
import { metaOf } from './run-meta.ts';
import { RunRecord } from './run-record.ts';
import { RunSeconds } from './run-seconds.ts';
import { RunWorkers, within } from './run-workers.ts';
import { SocketDrops } from './socket-drops.ts';
import { runTasks, type Task } from './tasks.ts';
import { Watchers } from './watchers.ts';
import { ABORT_SIGNAL, PHASES } from './worker-init.ts';

/** Registrations a second over all agents: a storm would measure the registrar. */
export const REGISTRATIONS_PER_SECOND = 20;
/** From the last worker's readiness to the common start: every worker must have heard of it before. */
const START_IN_MS = 250;
/** A worker that has not answered so long after it should have is ended. */
const UNRESPONSIVE_MS = 5000;
/** Agents hang up and remove their bindings: a BYE and a REGISTER, each with Timer F (RFC 3261 17.1.2.2), and a little. */
const AGENTS_OFF_MS = 70_000;
/** A second Ctrl-C ends within a second: this for one CANCEL or BYE a call, the rest for the files. */
const NOW_MS = 500;

/** Runs it to its end. */
export function runScenario(request: RunRequest): Promise<RunResult> {
  return startRun(request).done;
}

export function startRun(request: RunRequest): RunHandle {
  const run = new Run(request);
  return { done: run.done, stop: () => run.stop(), stopNow: () => run.stopNow(), mark: (mark) => run.mark(mark) };
}

class Run {
  readonly done: Promise<RunResult>;
  readonly #request: RunRequest;
  readonly #clock: Clock;
  readonly #anchor;
  readonly #watchers: Watchers;
  readonly #meta: RunMeta;
  readonly #stopped = Promise.withResolvers<void>();
  readonly #now = Promise.withResolvers<void>();
  /** Set when there is something to set: see the tasks. */
  #folder: RunFolder | undefined;
  #record: RunRecord | undefined;
  #stack: SipStack | undefined;
  #workers: RunWorkers | undefined;
  #seconds: RunSeconds | undefined;
  #faults: FaultRunner | undefined;
  #phase = 'record';
  #ending: RunEnding | undefined;
  #iterations: Record<string, IterationCounts> = {};
  #setupData: unknown;
  #setUp = false;
  readonly #limits = new Set<TimerHandle>();

  constructor(request: RunRequest) {
    this.#request = request;
    this.#anchor = request.anchor ?? takeAnchor();
    this.#clock = new RealClock(this.#anchor);
    this.#watchers = new Watchers(request.observers);
    this.#meta = metaOf(request, this.#clock.now());
    this.done = this.#run();
  }

  stop(): void {
    this.#end({ reason: 'stoppedBySignal' });
  }

  stopNow(): void {
    this.#end({ reason: 'stoppedBySignal' });
    this.#now.resolve();
  }

  mark({ name, action, by, at, plusMinusMs }: Parameters<RunHandle['mark']>[0]): void {
    const t_ms = at ?? this.#clock.now();
    if ((action === 'started' || action === 'ended') && this.#faults?.mark(name, action, t_ms)) return;
    this.#record?.event({ t_ms, kind: 'mark', name, action, by: by ?? 'buyer', value: plusMinusMs ?? null });
  }

  async #run(): Promise<RunResult> {
    const tasks: Task[] = [
      { name: 'record', setup: () => this.#openRecord() },
      { name: 'preflight', setup: () => this.#preflight(), teardown: () => this.#closeStack() },
      { name: 'workers', setup: () => this.#startWorkers(), teardown: () => this.#stopWorkers() },
      { name: 'agents', setup: () => this.#registerAgents(), teardown: () => this.#phaseOnWorkers(PHASES.agentsOff) },
      { name: 'scenario', setup: () => this.#setup(), teardown: () => this.#teardown() },
      { name: 'load', setup: () => this.#load(), teardown: () => this.#drain() },
    ];
    const all = runTasks(tasks, {
      stopped: () => this.#ending !== undefined && this.#ending.reason !== 'runNotValid',
      began: (task) => this.#enter(task),
      teardownFailed: (task, thrown) => {
        this.#record?.warn('teardown', `${task}: ${messageOf(thrown)}`);
        this.#end({ reason: 'error', error: thrown });
      },
    }).catch((error) => this.#end({ reason: 'error', error }));
    const atOnce = await Promise.race([all.then(() => false), this.#now.promise.then(() => true)]);
    if (atOnce) await this.#abandon();
    return this.#finish();
  }

  /** The first reason stands. A run that is not valid any more goes on, and what ends it then stands in its place. */
  #end(ending: RunEnding): void {
    const before = this.#ending?.reason;
    if (before === undefined || (before === 'runNotValid' && ending.reason !== 'runNotValid')) this.#ending = ending;
    if (ending.reason !== 'runNotValid') this.#stopped.resolve();
  }

  #enter(phase: string): void {
    this.#phase = phase;
    this.#record?.event({ kind: 'phase', name: phase, action: 'start' });
    this.#watchers.tell('onPhase', phase);
  }

  async #openRecord(): Promise<void> {
    const { dir, options, vendor } = this.#request;
    const onProblem = (error: CallsurgeError) => this.#end({ reason: 'error', error });
    this.#folder = RunFolder.create(dir, { onProblem });
    this.#folder.writeMeta(this.#meta);
    const within = vendor.claims?.serviceLevel?.within;
    const serviceLevelMs = within === undefined ? undefined : durationMs(within, 'vendor.claims.serviceLevel.within');
    this.#record = new RunRecord(this.#clock, this.#folder, this.#watchers, options.thresholds, serviceLevelMs);
    this.#record.event({ kind: 'run', action: 'start', t_ms: this.#meta.startMs });
    for (const warning of options.warnings) this.#record.warn('option', warning);
    this.#request.alarms?.listen((row) => this.#record!.write('events', row));
  }

  async #preflight(): Promise<void> {
    const { vendor, workers } = this.#request;
    const trunks = liveTrunks(vendor, process.env);
    const { transport } = trunks[0]!.nextHop;
    this.#stack = await createSipStack({
      clock: this.#clock,
      bind: { host: bindAddress(vendor, workers), port: sipPortOf(vendor, workers), transport },
      advertise: advertised(vendor, workers),
      userAgent: 'callsurge',
      idPrefix: 'm',
    });
    if (!contractRules(vendor.contract).open(this.#clock.now()))
      throw new CallsurgeError('contract-violation', 'the contract allows no load at this hour', {
        where: 'contract.hours',
        todo: 'run it in a permitted window, or agree on another with the vendor',
      });
    for (const { trunk, why } of await preflight(this.#stack, trunks)) this.#record!.warn('preflight', `trunk ${trunk}: ${why}`, trunk);
  }

  async #closeStack(): Promise<void> {
    await this.#stack?.close();
  }

  async #startWorkers(): Promise<void> {
    const record = this.#record!;
    this.#workers = new RunWorkers({
      request: this.#request,
      anchor: this.#anchor,
      record,
      stack: () => this.#stack,
      second: (report) => this.#seconds?.take(report),
      crashed: (worker, why) => {
        record.warn('worker', `worker ${worker} crashed: ${why}; its part of the load is missing`);
        this.#end({ reason: 'runNotValid', why: `worker ${worker} crashed: ${why}` });
        if (this.#workers!.members.length <= 1)
          this.#end({ reason: 'error', error: new CallsurgeError('internal', `no worker is left: ${why}`) });
      },
    });
    this.#workers.hub.subscribe(ABORT_SIGNAL, (data) => {
      const { reason } = data as { reason: string };
      record.event({ kind: 'abort', name: 'test.abort', detail: { message: reason } });
      this.#end({ reason: 'aborted', why: reason });
    });
    const ready = await this.#workers.boot();
    const sip = new Set([...ready.values()].map(({ local }) => local.port));
    const rtp = this.#request.vendor.local?.rtpPorts ?? RTP_PORTS;
    const media = this.#request.surge.media === 'rtp';
    this.#seconds = new RunSeconds({
      clock: this.#clock,
      record,
      drops: new SocketDrops((port) => sip.has(port) || (media && port >= rtp[0] && port <= rtp[1])),
      workers: () => this.#workers!.members,
      phase: () => this.#phase,
      loadStart: () => this.#meta.loadStartMs ?? undefined,
      totalMs: this.#request.plan.totalMs,
      told: (snapshot) => this.#watchers.tell('onSecond', snapshot),
    });
  }

  async #stopWorkers(): Promise<void> {
    this.#seconds?.stop();
    await this.#workers?.close();
  }

  async #registerAgents(): Promise<void> {
    type Answer = { registered: number; asked: number; failure: string | undefined };
    const work = this.#workers!.leader.run<Answer>(PHASES.agents, { perSecond: REGISTRATIONS_PER_SECOND });
    const answers = await this.#unlessStopped(work);
    if (!answers) return;
    const sum = (of: (answer: Answer) => number) => [...answers.values()].reduce((total, answer) => total + of(answer), 0);
    const [registered, asked] = [sum((answer) => answer.registered), sum((answer) => answer.asked)];
    this.#record!.event({ kind: 'registration', name: 'agents', action: 'registered', value: registered, detail: { asked } });
    if (registered === asked) return;
    const failure = [...answers.values()].find((answer) => answer.failure)?.failure ?? 'no answer';
    const what = `${asked - registered} of ${asked} agents could not register: ${failure}`;
    if (registered > 0) return this.#record!.warn('registration', what);
    throw new CallsurgeError('vendor-unreachable', what, { where: 'vendor.agents', todo: 'check accounts, passwords and registrar' });
  }

  async #setup(): Promise<void> {
    const { setupTimeoutMs } = this.#request.options;
    const work = this.#workers!.leader.run(PHASES.setup);
    const limit = this.#limit(
      setupTimeoutMs,
      () => new CallsurgeError('scenario-threw', `setup() took longer than ${setupTimeoutMs / 1000} s`),
    );
    const data = await this.#unlessStopped(Promise.race([work, limit.passed]));
    limit.cancel();
    if (!data) return;
    this.#setUp = true;
    this.#setupData = data.values().next().value;
  }

  /** As in k6, only where setup() came to its end; else what it may have left open is hung up. */
  async #teardown(): Promise<void> {
    if (!this.#setUp) return this.#hangUp('setup() was stopped').then(() => undefined);
    const { teardownTimeoutMs } = this.#request.options;
    const leader = this.#workers!.leader;
    const limit = this.#limit(
      teardownTimeoutMs,
      () => new CallsurgeError('scenario-threw', `teardown() took longer than ${teardownTimeoutMs / 1000} s`),
    );
    try {
      await Promise.race([leader.run(PHASES.teardown, { worker: leader.members[0] }), limit.passed]);
    } finally {
      limit.cancel();
    }
  }

  async #load(): Promise<void> {
    const { plan, surge, vendor, simulatorApi } = this.#request;
    const record = this.#record!;
    const startMs = this.#clock.now() + START_IN_MS;
    this.#meta.loadStartMs = startMs;
    this.#folder!.writeMeta(this.#meta);
    record.loadStarts(startMs);
    record.event({ kind: 'run', action: 'load', t_ms: startMs });
    this.#faults = new FaultRunner({
      clock: this.#clock,
      plan: planFaults(surge, vendor),
      simulatorApi,
      event: (row) => record.write('events', row),
    });
    this.#faults.start(startMs);
    const probing = surge.probesPerSecond > 0;
    const stopProbes = probing
      ? startProbes(this.#clock, this.#stack!, liveTrunks(vendor, process.env), surge.probesPerSecond, (row) => record.write('events', row))
      : undefined;
    const stopGuards = startGuards(this.#clock, record, contractRules(vendor.contract), (ending) => this.#end(ending));
    // By then every iteration has ended or was interrupted, and its BYE has been answered or given up (Timer F).
    const limitMs = START_IN_MS + plan.totalMs + surge.drainMs + UNRESPONSIVE_MS;
    const finished = this.#workers!.phase<Record<string, IterationCounts>>(PHASES.load, { startMs }, limitMs);
    finished.then(
      (counts) => this.#sumUp(counts),
      (error) => this.#end({ reason: 'error', error }),
    );
    try {
      await this.#unlessStopped(finished);
    } finally {
      stopGuards();
      stopProbes?.();
    }
  }

  /** Ends whatever still runs at the vendor; harmless where nothing does. */
  async #drain(): Promise<void> {
    const record = this.#record!;
    record.event({ kind: 'drain', action: 'start', detail: { open: record.openCalls.count } });
    this.#watchers.tell('onPhase', 'drain');
    this.#phase = 'drain';
    const why = this.#ending === undefined ? 'the run is over' : wordsOf(this.#ending);
    const [left] = await Promise.all([this.#hangUp(why), this.#faults?.stop()]);
    record.event({ kind: 'drain', action: 'end', value: left });
    record.event({ kind: 'run', action: 'end' });
  }

  /** Every call of every worker, within the drain's limit. @returns how many are still open. */
  async #hangUp(why: string): Promise<number> {
    const { drainMs } = this.#request.surge;
    const open = await this.#workers!.phase<{ open: number }>(PHASES.drain, { why, limitMs: drainMs }, drainMs + UNRESPONSIVE_MS);
    const left = [...open.values()].reduce((sum, answer) => sum + answer.open, 0);
    if (left > 0) this.#record!.warn('drain', `${left} calls were still open after ${drainMs / 1000} s: run callsurge sweep`);
    return left;
  }

  /** Second Ctrl-C: nothing is awaited that a vendor could delay. */
  async #abandon(): Promise<void> {
    this.#enter('stop-now');
    const workers = this.#workers;
    await Promise.all([
      workers && within(NOW_MS, workers.leader.run(PHASES.now)),
      within(NOW_MS, this.#faults?.stop(NOW_MS) ?? Promise.resolve()),
    ]);
    this.#seconds?.stop();
    await within(NOW_MS, Promise.all([workers?.kill(), this.#stack?.close()]));
  }

  async #finish(): Promise<RunResult> {
    for (const limit of this.#limits) limit.cancel();
    const record = this.#record;
    const thresholds = record?.thresholds.figures(this.#clock.now()) ?? [];
    const failed = thresholds.filter(({ state }) => state !== 'ok');
    for (const { metric, expression, state, value } of thresholds)
      record?.event({ kind: 'threshold', name: metric, action: state, target: expression, value });
    if (failed.length > 0 && (this.#ending === undefined || this.#ending.reason === 'runNotValid'))
      this.#ending = {
        reason: 'thresholdFailed',
        abort: false,
        why: failed.map(({ metric, expression, state }) => `${metric} ${expression}: ${state}`).join(', '),
      };
    for (const problem of this.#watchers.problems) record?.warn('observer', problem);
    const openCalls = record?.openCalls.count ?? 0;
    let ending = this.#ending ?? { reason: 'ok' };
    this.#meta.end = this.#endOf(ending);
    try {
      this.#folder?.writeMeta(this.#meta);
      this.#folder?.close();
    } catch (error) {
      ending = { reason: 'error', error };
      this.#meta.end = this.#endOf(ending);
    }
    const result: RunResult = {
      dir: this.#folder?.dir ?? this.#request.dir,
      meta: this.#meta,
      ending,
      exitCode: this.#meta.end!.exitCode,
      thresholds,
      outcomes: record?.outcomes ?? ({} as RunResult['outcomes']),
      iterations: this.#iterations,
      warnings: record?.warnings ?? [],
      openCalls,
      setupData: this.#setupData,
    };
    this.#watchers.tell('onEnd', result);
    return result;
  }

  #endOf(ending: RunEnding): NonNullable<RunMeta['end']> {
    const how =
      ending.reason === 'error'
        ? 'failed'
        : ending.reason === 'stoppedBySignal'
          ? 'signal'
          : ending.reason === 'aborted' || (ending.reason === 'thresholdFailed' && ending.abort)
            ? 'aborted'
            : 'finished';
    const why = ending.reason === 'ok' ? null : wordsOf(ending);
    return { endMs: this.#clock.now(), how, why, exitCode: this.#request.exitCode(ending) };
  }

  #sumUp(byWorker: Map<number, Record<string, IterationCounts>>): void {
    for (const scenarios of byWorker.values())
      for (const [name, counts] of Object.entries(scenarios)) {
        this.#iterations[name] ??= { complete: 0, interrupted: 0, dropped: 0, exceptions: 0 };
        const sum = this.#iterations[name];
        for (const key of Object.keys(sum) as (keyof IterationCounts)[]) sum[key] += counts[key];
      }
    for (const [name, counts] of Object.entries(this.#iterations)) {
      this.#record?.event({ kind: 'phase', name, action: 'end', target: 'scenario', detail: counts });
      if (counts.dropped > 0)
        this.#record?.warn('dropped', `scenario ${name}: ${counts.dropped} iterations were dropped: no VU was free; raise maxVUs`);
      if (counts.exceptions > 0) this.#record?.warn('exceptions', `scenario ${name}: ${counts.exceptions} iterations threw`);
    }
  }

  async #phaseOnWorkers(phase: string): Promise<void> {
    await this.#workers!.phase(phase, undefined, AGENTS_OFF_MS);
  }

  /** Undefined where the run was stopped before. */
  #unlessStopped<T>(work: Promise<T>): Promise<T | undefined> {
    return Promise.race([work, this.#stopped.promise.then(() => undefined)]);
  }

  #limit(ms: number, error: () => Error): { passed: Promise<never>; cancel(): void } {
    const { promise, reject } = Promise.withResolvers<never>();
    promise.catch(() => undefined);
    const timer = this.#clock.after(ms, () => reject(error()));
    this.#limits.add(timer);
    return { passed: promise, cancel: () => timer.cancel() };
  }
}

function wordsOf(ending: RunEnding): string {
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

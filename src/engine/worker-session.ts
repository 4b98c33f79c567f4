/** One worker's part of a run, phase by phase (worker-init.ts, PHASES). The main thread leads; this does. */
import { type VuContext, withVu } from '../call/context.ts';
import { abandonCalls, endIteration, isStoryEnd, openLegs } from '../call/iteration.ts';
import { Stop } from '../call/stop.ts';
import { RealClock, sleepOn } from '../clock.ts';
import { CallsurgeError, messageOf } from '../errors.ts';
import { setExecutionState } from '../scenario/execution-state.ts';
import { type LoadedScenario, loadScenario, type ScenarioFunction } from '../scenario/load.ts';
import { setSampleSink } from '../scenario/sample-sink.ts';
import type { OwnFault } from '../scenario/surge.ts';
import type { Channel } from './channel.ts';
import { type IterationCounts, writeException } from './iteration-runner.ts';
import { RemoteController } from './local-controller.ts';
import { followPhases } from './phases.ts';
import { RowBatches } from './row-batches.ts';
import { udpPorts } from './socket-drops.ts';
import { WorkerHealth } from './worker-health.ts';
import { ABORT_SIGNAL, PHASES, SECOND_TOPIC, type WorkerInit, type WorkerReady } from './worker-init.ts';
import { WorkerLoad } from './worker-load.ts';
import { openServices, type WorkerServices } from './worker-services.ts';

/** How often the drain looks whether calls are still open. */
const DRAIN_LOOK_MS = 50;
/** Rejections that nothing awaited, written out one by one. */
const STRAYS_WRITTEN = 20;

/** Registers with the main thread and does each phase when told. @param exit lets the thread end. */
export async function startSession(init: WorkerInit, channel: Channel, exit: () => void): Promise<void> {
  const controller = new RemoteController(channel);
  let session: Session | undefined;
  const ready = () => session ?? Promise.reject(new Error('the worker has not started'));
  const doing = (run: (session: Session, data: never) => Promise<unknown>) => async (data: never) => run(await ready(), data);
  followPhases(controller, init.worker, {
    [PHASES.boot]: async () => {
      session = await Session.open(init, channel, controller);
      return session.ready;
    },
    [PHASES.agents]: doing((s, data: { perSecond: number }) => s.registerAgents(data.perSecond)),
    [PHASES.setup]: doing((s) => s.setup()),
    [PHASES.load]: doing((s, data: { startMs: number }) => s.load(data.startMs)),
    [PHASES.own]: doing((s, data: { fault: OwnFault; on: boolean }) => s.own(data.fault, data.on)),
    [PHASES.drain]: doing((s, data: { why: string; limitMs: number }) => s.drain(data.why, data.limitMs)),
    [PHASES.teardown]: doing((s, data: { worker: number }) => s.teardown(data.worker)),
    [PHASES.agentsOff]: doing((s) => s.stopAgents()),
    [PHASES.now]: doing((s) => s.stopNow()),
    [PHASES.close]: async () => {
      await session?.close();
      // The answer to this phase must still get out.
      setTimeout(exit, 20);
    },
  });
}

class Session {
  readonly #init: WorkerInit;
  readonly #controller: RemoteController;
  readonly #scenario: LoadedScenario;
  readonly #rows: RowBatches;
  readonly #worker: WorkerServices;
  readonly #health: WorkerHealth;
  readonly #load: WorkerLoad;
  #data: unknown;
  /** Of setup() and teardown(), while they run. */
  #outside: Stop | undefined;

  static async open(init: WorkerInit, channel: Channel, controller: RemoteController): Promise<Session> {
    const rows = new RowBatches(channel, init.folded);
    const clock = new RealClock(init.anchor);
    // Metrics made by the scenario's init code add their samples here.
    setSampleSink(({ metric, type, value, tags }) =>
      rows.write('samples', { t_ms: clock.now(), metric, type, value, tags: { ...init.tags, ...tags } }),
    );
    const scenario = await loadScenario(init.scenarioFile);
    let health: WorkerHealth | undefined;
    const worker = await openServices(init, clock, channel, rows, (from, to) => health?.moved(from, to));
    const session = new Session(init, controller, scenario, rows, worker, channel);
    health = session.#health;
    session.#catchStrays();
    return session;
  }

  private constructor(
    init: WorkerInit,
    controller: RemoteController,
    scenario: LoadedScenario,
    rows: RowBatches,
    worker: WorkerServices,
    channel: Channel,
  ) {
    this.#init = init;
    this.#controller = controller;
    this.#scenario = scenario;
    this.#rows = rows;
    this.#worker = worker;
    const { clock } = worker.services;
    this.#health = new WorkerHealth({
      clock,
      worker: init.worker,
      pump: worker.services.pump,
      desk: worker.desk,
      vus: () => this.#load.vus,
      report: (second) => channel.send(SECOND_TOPIC, second),
    });
    this.#load = new WorkerLoad({ init, scenario, services: worker.services, gate: worker.gate, health: this.#health });
    setExecutionState(this.#load.execution((reason) => controller.signal(ABORT_SIGNAL, { worker: init.worker, reason })));
  }

  get ready(): WorkerReady {
    const { services, desk, rtpPorts } = this.#worker;
    const { local, bound } = services.stack;
    return { local: { host: local.host, port: local.port }, agents: desk.size, rtpPorts, udpPorts: udpPorts(bound) };
  }

  registerAgents(perSecond: number): Promise<{ registered: number; asked: number; failure: string | undefined }> {
    return this.#worker.desk.start(perSecond / this.#init.workers);
  }

  /** `setup()` runs once in the whole run, in whichever worker asks first. */
  async setup(): Promise<unknown> {
    const { setup } = this.#scenario;
    this.#data = setup ? await this.#controller.getOrCreateData('setup()', () => this.#outsideLoad('setup', setup)) : undefined;
    return this.#data;
  }

  async load(startMs: number): Promise<Record<string, IterationCounts>> {
    this.#worker.desk.loadStarts(startMs);
    return this.#load.play(startMs, this.#data);
  }

  /** No new iterations; those running are interrupted, which hangs up their calls. Resolves when nothing is open, or at the limit. */
  async drain(why: string, limitMs: number): Promise<{ open: number }> {
    // The journal first: a script may answer the interruption by never letting go of the thread again.
    this.#rows.flush();
    this.#load.stop(why);
    this.#outside?.abort(new CallsurgeError('stopped', why));
    const { clock } = this.#worker.services;
    const limit = clock.now() + limitMs;
    const busy = () => openLegs(this.#worker.services).length > 0 || this.#load.vus > 0;
    while (busy() && clock.now() < limit) await sleepOn(clock, DRAIN_LOOK_MS);
    return { open: openLegs(this.#worker.services).length };
  }

  /** A fault of our own side begins or ends. */
  async own(fault: OwnFault, on: boolean): Promise<void> {
    const { services, desk, own } = this.#worker;
    if (fault.action === 'agents-off') await desk.away(on, fault.group, fault.share);
    else if (fault.action !== 'trunk-down') own.set(fault, on);
    else if (on) services.trunksDown?.add(fault.trunk);
    else services.trunksDown?.delete(fault.trunk);
  }

  async teardown(worker: number): Promise<void> {
    const { teardown } = this.#scenario;
    if (worker === this.#init.worker && teardown) await this.#outsideLoad('teardown', () => teardown(this.#data));
  }

  async stopAgents(): Promise<void> {
    await this.#worker.desk.stop();
  }

  async stopNow(): Promise<{ calls: number }> {
    const calls = abandonCalls(this.#worker.services);
    this.#worker.desk.abandonCalls();
    this.#worker.trace?.flush();
    this.#load.stop('stopped at once');
    this.#rows.flush();
    return { calls };
  }

  async close(): Promise<void> {
    this.#health.stop();
    setExecutionState(undefined);
    await this.#worker.close();
    this.#rows.flush();
  }

  /**
   * A promise that a scenario forgot to await rejects into nowhere, typically with `stopped` at the end of its VU: no reason to lose a worker.
   * Anything else uncaught ends the thread; what it has written so far still gets out.
   */
  #catchStrays(): void {
    let written = 0;
    process.on('unhandledRejection', (thrown) => {
      if (isStoryEnd(thrown) || written++ >= STRAYS_WRITTEN) return;
      writeException(this.#rows, this.#worker.services.clock.now(), 'a promise that nothing awaits', thrown);
    });
    process.on('uncaughtExceptionMonitor', () => this.#rows.flush());
  }

  /** setup() and teardown() may use verbs, too: a VU of number 0. */
  async #outsideLoad(exec: 'setup' | 'teardown', run: ScenarioFunction): Promise<unknown> {
    const { services } = this.#worker;
    const now = services.clock.now();
    const stop = new Stop();
    this.#outside = stop;
    const context: VuContext = {
      scenario: exec,
      exec,
      vu: 0,
      iteration: 0,
      intendedAt: now,
      startedAt: now,
      tags: { ...this.#init.tags },
      signal: stop,
      seed: this.#init.seed,
      services,
    };
    try {
      return await withVu(context, async () => run());
    } catch (thrown) {
      throw new CallsurgeError('scenario-threw', `${exec}() threw: ${messageOf(thrown)}`, { cause: thrown });
    } finally {
      await endIteration(context);
      this.#outside = undefined;
    }
  }
}

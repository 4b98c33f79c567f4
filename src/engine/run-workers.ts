/** All workers of a run: started together, led through the phases, and missed when one dies. */
import type { ClockAnchor } from '../clock.ts';
import { messageOf } from '../errors.ts';
import type { OpenLeg } from '../record/open-calls.ts';
import { rowOf } from '../record/schema.ts';
import { split } from '../schedule/segment.ts';
import type { SipStack } from '../sip/stack.ts';
import type { VendorProfile } from '../vendor/profile.ts';
import { Broker } from './broker.ts';
import { CallBackHub } from './call-back-exchange.ts';
import { type GateState, gateState, releaseWorker } from './gate.ts';
import { ControllerHub } from './local-controller.ts';
import { PhaseLeader } from './phases.ts';
import type { RunRequest } from './request.ts';
import type { RunRecord } from './run-record.ts';
import type { SecondReport } from './snapshot.ts';
import { closeOf, sweepLegs } from './sweep.ts';
import { startWorker, type WorkerHost } from './worker-host.ts';
import { PHASES, type WorkerInit, type WorkerReady } from './worker-init.ts';

/** How long workers may take to end by themselves. */
const CLOSE_MS = 3000;

export interface RunWorkersOptions {
  request: RunRequest;
  /** As it is reached: itself, or through our relay. */
  vendor: VendorProfile;
  anchor: ClockAnchor;
  record: RunRecord;
  /** Ends what a dead worker left open. */
  stack(): SipStack | undefined;
  second(report: SecondReport): void;
  crashed(worker: number, why: string): void;
}

export class RunWorkers {
  readonly hub = new ControllerHub();
  readonly leader: PhaseLeader;
  readonly gate: GateState;
  readonly #options: RunWorkersOptions;
  readonly #hosts: WorkerHost[] = [];
  readonly #swept: Promise<void>[] = [];
  #closing = false;

  constructor(options: RunWorkersOptions) {
    this.#options = options;
    const { workers, vendor } = options.request;
    this.leader = new PhaseLeader(
      this.hub,
      Array.from({ length: workers }, (_, k) => k + 1),
    );
    this.gate = gateState(vendor.contract, workers);
  }

  get members(): number[] {
    return this.leader.members;
  }

  /** @throws what a worker could not start for (`port-in-use`, `secret-missing`, `scenario-threw` …) */
  async boot(): Promise<Map<number, WorkerReady>> {
    const { request, anchor, record, second } = this.#options;
    const segments = split(request.options.segment, request.workers);
    const broker = new Broker();
    const callBacks = new CallBackHub();
    const around = {
      hub: this.hub,
      broker,
      callBacks,
      rows: record,
      second,
      crashed: (worker: number, why: string) => this.#crashed(worker, why),
    };
    for (const [k, segment] of segments.entries()) {
      const init: WorkerInit = {
        worker: k + 1,
        workers: request.workers,
        anchor,
        scenarioFile: request.scenario.file,
        configs: request.options.scenarios,
        arrivals: request.surge.arrivals,
        replay: request.plan.replay,
        seed: request.surge.seed,
        segment,
        tags: request.options.tags,
        minIterationMs: request.options.minIterationDurationMs,
        merged: JSON.parse(JSON.stringify(request.options.merged)),
        vendor: this.#options.vendor,
        media: request.surge.media,
        folded: request.options.thresholds.length > 0 || request.surge.stopWhen !== undefined,
        trace: request.surge.trace === 'on',
        gate: this.gate,
      };
      this.#hosts.push(startWorker(init, around));
    }
    return this.leader.run<WorkerReady>(PHASES.boot);
  }

  /**
   * A phase on all workers. One that is not through with it in time does not listen any more (a scenario that loops without waiting, say): it is
   * ended like one that crashed, so that no run hangs.
   */
  async phase<T>(phase: string, data: unknown, limitMs: number): Promise<Map<number, T>> {
    const work = this.leader.run<T>(phase, data);
    const timer = setTimeout(() => {
      for (const worker of this.leader.left(phase)) {
        this.#crashed(worker, `it did not answer within ${limitMs / 1000} s (${phase})`);
        void this.#hosts[worker - 1]?.terminate();
      }
      // Workers keep the process as long as there are any; this must not.
    }, limitMs).unref();
    try {
      return await work;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Lets the workers end; those that do not are ended. */
  async close(): Promise<void> {
    this.#closing = true;
    await Promise.allSettled(this.#swept);
    await within(CLOSE_MS, this.leader.run(PHASES.close));
    await within(CLOSE_MS, Promise.all(this.#hosts.map(({ gone }) => gone)));
    await this.kill();
  }

  async kill(): Promise<void> {
    this.#closing = true;
    await Promise.all(this.#hosts.map((host) => host.terminate()));
  }

  /** What it had open at the vendor is ended from the main thread; only then may others use its channels. */
  #crashed(worker: number, why: string): void {
    if (this.#closing || !this.members.includes(worker)) return;
    const { record, stack } = this.#options;
    const legs = record.openCalls.legs((call) => call.startsWith(`${worker}-`) || call.startsWith(`a${worker}-`));
    record.event({ kind: 'worker', name: String(worker), action: 'crashed', value: legs.length, detail: { message: why } });
    this.#options.crashed(worker, why);
    this.leader.gone(worker);
    const from = stack();
    this.#swept.push(
      (from ? sweepLegs(from, legs, (leg, result) => this.#lost(worker, leg, result.at)) : Promise.resolve())
        .catch((thrown) => record.warn('sweep', `calls of worker ${worker} may be open: ${messageOf(thrown)}`))
        .then(() => releaseWorker(this.gate, worker - 1)),
    );
  }

  /** The call's own row died with the worker; that there was one is known. */
  #lost(worker: number, leg: OpenLeg, at: number): void {
    const { record } = this.#options;
    record.write('open', closeOf(leg, at));
    if (leg.call.startsWith('a')) return;
    const why = { ended_by: 'harness', outcome: 'harness', blame: 'harness', blame_why: 'its worker crashed' };
    record.write(
      'calls',
      rowOf('calls', { call: leg.call, worker, sip_call_id: leg.sipCallId, invite_ms: leg.openedMs, end_ms: at, ...why }),
    );
  }
}

/** Waits for a promise, but not longer. @returns its value, or undefined when it took longer or rejected. */
export function within<T>(ms: number, promise: Promise<T>): Promise<T | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(undefined), ms);
    promise.then(resolve, () => resolve(undefined)).finally(() => clearTimeout(timer));
  });
}

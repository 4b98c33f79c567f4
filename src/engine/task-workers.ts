/** Starts the workers and, from then on, the run's row of each second. */
import { CallsurgeError } from '../errors.ts';
import { RTP_PORTS } from './local-side.ts';
import { RunSeconds } from './run-seconds.ts';
import type { RunState } from './run-state.ts';
import { RunWorkers } from './run-workers.ts';
import { SocketDrops, udpPorts } from './socket-drops.ts';
import type { Task } from './tasks.ts';
import { ABORT_SIGNAL, type WorkerReady } from './worker-init.ts';

export const workersTask = (run: RunState): Task => ({
  name: 'workers',
  async setup() {
    const record = run.record!;
    const workers = new RunWorkers({
      request: run.request,
      vendor: run.wire,
      anchor: run.anchor,
      record,
      stack: () => run.stack,
      second: (report) => run.seconds?.take(report),
      crashed: (worker, why) => {
        record.warn('worker', `worker ${worker} crashed: ${why}; its part of the load is missing`);
        run.end({ reason: 'runNotValid', why: `worker ${worker} crashed: ${why}` });
        if (workers.members.length <= 1) run.end({ reason: 'error', error: new CallsurgeError('internal', `no worker is left: ${why}`) });
      },
    });
    run.workers = workers;
    workers.hub.subscribe(ABORT_SIGNAL, (data) => {
      const { reason } = data as { reason: string };
      record.event({ kind: 'abort', name: 'test.abort', detail: { message: reason } });
      run.end({ reason: 'aborted', why: reason });
    });
    const ready = await workers.boot();
    run.seconds = new RunSeconds({
      clock: run.clock,
      record,
      drops: new SocketDrops(ourPorts(run, [...ready.values()])),
      workers: () => workers.members,
      relayed: () => run.relay !== undefined,
      phase: () => run.phase,
      loadStart: () => run.meta.loadStartMs ?? undefined,
      totalMs: run.request.plan.totalMs,
      told: (snapshot) => run.watchers.tell('onSecond', snapshot),
    });
  },
  async teardown() {
    run.seconds?.stop();
    await run.workers?.close();
  },
});

/** SIP of the workers and of this thread, whose sockets come and go; RTP. */
function ourPorts(run: RunState, ready: WorkerReady[]): (port: number) => boolean {
  const { request } = run;
  const sip = new Set(ready.flatMap(({ udpPorts }) => udpPorts));
  const [from, to] = request.vendor.local?.rtpPorts ?? RTP_PORTS;
  const here = (port: number) => run.stack !== undefined && udpPorts(run.stack.bound).includes(port);
  return (port) => sip.has(port) || here(port) || (request.surge.media === 'rtp' && port >= from && port <= to);
}

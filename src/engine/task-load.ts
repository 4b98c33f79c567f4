/** The load itself, with what goes along: faults, scaling, probes, guards. Then the drain: whatever is left is hung up, faults are taken back. */
import { FaultRunner } from '../faults/runner.ts';
import { StopRules } from '../metrics/stop-rules.ts';
import type { OwnFault } from '../scenario/surge.ts';
import { contractRules } from '../vendor/contract.ts';
import type { IterationCounts } from './iteration-runner.ts';
import { liveTrunks } from './live-vendor.ts';
import { startProbes } from './probes.ts';
import { startGuards } from './run-guards.ts';
import { type RunState, wordsOf } from './run-state.ts';
import type { Task } from './tasks.ts';
import { PHASES } from './worker-init.ts';

/** From the last worker's readiness to the common start: every worker must have heard of it before. */
const START_IN_MS = 250;
/** A worker that has not answered so long after it should have is ended. */
const UNRESPONSIVE_MS = 5000;

export const loadTask = (run: RunState): Task => ({
  name: 'load',
  async setup() {
    const { plan, surge } = run.request;
    const startMs = begin(run);
    const stop = accompany(run, startMs);
    // By then every iteration has ended or was interrupted, and its BYE has been answered or given up (Timer F).
    const limitMs = START_IN_MS + plan.totalMs + surge.drainMs + UNRESPONSIVE_MS;
    const finished = run.workers!.phase<Record<string, IterationCounts>>(PHASES.load, { startMs }, limitMs);
    // Also after a stop: interrupted iterations are counted when they have ended.
    finished.then(
      (counts) => sumUp(run, [...counts.values()]),
      (error) => run.end({ reason: 'error', error }),
    );
    try {
      await run.unlessStopped(finished);
    } finally {
      stop();
    }
  },
  async teardown() {
    const record = run.record!;
    record.event({ kind: 'drain', action: 'start', detail: { open: record.openCalls.count } });
    run.phase = 'drain';
    run.watchers.tell('onPhase', 'drain');
    await run.faults?.stopOwn();
    const [left] = await Promise.all([hangUpAll(run, wordsOf(run.ending)), run.faults?.stop()]);
    record.event({ kind: 'drain', action: 'end', value: left });
    record.event({ kind: 'run', action: 'end' });
  },
});

/** Every call of every worker, within the drain's limit. @returns how many are still open. */
export async function hangUpAll(run: RunState, why: string): Promise<number> {
  const { drainMs } = run.request.surge;
  const answers = await run.workers!.phase<{ open: number }>(PHASES.drain, { why, limitMs: drainMs }, drainMs + UNRESPONSIVE_MS);
  const left = [...answers.values()].reduce((sum, { open }) => sum + open, 0);
  if (left > 0) run.record!.warn('drain', `${left} calls were still open after ${drainMs / 1000} s: run callsurge sweep`);
  return left;
}

/** @returns the common start, Clock ms. */
function begin(run: RunState): number {
  const startMs = run.clock.now() + START_IN_MS;
  run.meta.loadStartMs = startMs;
  run.folder!.writeMeta(run.meta);
  run.record!.loadStarts(startMs);
  run.record!.event({ kind: 'run', action: 'load', t_ms: startMs });
  return startMs;
}

/** @returns what ends probes and guards; faults go on until they are taken back in the drain. */
function accompany(run: RunState, startMs: number): () => void {
  const { surge, vendor, simulatorApi } = run.request;
  const record = run.record!;
  const { clock, relay } = run;
  run.faults = new FaultRunner({
    clock,
    plan: run.faultPlan!,
    simulatorApi,
    relay: relay && ((fault) => relay.begin(fault)),
    own: ownSide(run),
    event: (row) => record.write('events', row),
  });
  run.faults.start(startMs);
  if (surge.stopWhen) record.stopRules = new StopRules(surge.stopWhen);
  const stopGuards = startGuards(run.clock, record, contractRules(vendor.contract), (ending) => run.end(ending), startMs);
  if (surge.probesPerSecond === 0) return stopGuards;
  const trunks = liveTrunks(run.wire, process.env);
  const stopProbes = startProbes(run.clock, run.stack!, trunks, surge.probesPerSecond, (row) => record.write('events', row));
  return () => {
    stopGuards();
    stopProbes();
  };
}

/** Tells all workers of a fault of our own side; one after another, because a phase of one name runs once at a time. */
function ownSide(run: RunState): (fault: OwnFault, on: boolean) => Promise<unknown> {
  let before: Promise<unknown> = Promise.resolve();
  return (fault, on) => {
    const told = before.then(() => {
      run.own?.set(fault, on);
      return run.workers!.leader.run(PHASES.own, { fault, on });
    });
    before = told.catch(() => {});
    return told;
  };
}

function sumUp(run: RunState, byWorker: Record<string, IterationCounts>[]): void {
  const record = run.record!;
  for (const { name, drive } of run.request.plan.scenarios) {
    const sum: IterationCounts = { complete: 0, interrupted: 0, dropped: 0, exceptions: 0 };
    for (const scenarios of byWorker)
      for (const key of Object.keys(sum) as (keyof IterationCounts)[]) sum[key] += scenarios[name]?.[key] ?? 0;
    run.iterations[name] = sum;
    record.event({ kind: 'phase', name, action: 'end', target: 'scenario', detail: sum });
    const why = drive.kind === 'arrivals' ? 'no VU was free; raise maxVUs' : 'maxDuration was over; raise it or the VUs';
    if (sum.dropped > 0) record.warn('dropped', `scenario ${name}: ${sum.dropped} iterations were dropped: ${why}`);
    if (sum.exceptions > 0) record.warn('exceptions', `scenario ${name}: ${sum.exceptions} iterations threw`);
  }
}

/**
 * Runs one iteration of a scenario: makes its context, calls the exported function, hangs up what it left open, and adds k6's own samples. Never
 * rejects: an exception of the script is recorded and counted, and the run goes on.
 */
import { type VuContext, withVu } from '../call/context.ts';
import { endIteration, isStoryEnd } from '../call/iteration.ts';
import type { CallServices } from '../call/services.ts';
import { type StopSignal, sleepOn } from '../clock.ts';
import { messageOf } from '../errors.ts';
import { type RowSink, rowOf } from '../record/schema.ts';
import type { ScenarioPlan } from '../schedule/executor.ts';

export interface IterationCounts {
  complete: number;
  interrupted: number;
  dropped: number;
  exceptions: number;
}

export interface IterationSource {
  plan: ScenarioPlan;
  run: (data: unknown) => unknown;
  data: unknown;
  seed: number;
  services: CallServices;
  counts: IterationCounts;
  /** k6's minIterationDuration: the VU is not free before. */
  minIterationMs: number;
}

/** An interrupted script that waits for something other than a verb is left alone after this: JavaScript cannot be interrupted. */
const INTERRUPTED_MS = 1000;
/** Exceptions written out one by one, a scenario and worker; the rest is counted. */
const EXCEPTIONS_WRITTEN = 20;

export async function runIteration(
  source: IterationSource,
  vu: number,
  iteration: number,
  intendedAt: number,
  signal: StopSignal,
): Promise<void> {
  const { plan, services, seed } = source;
  const { clock } = services;
  const startedAt = clock.now();
  const context: VuContext = {
    scenario: plan.name,
    exec: plan.exec,
    vu,
    iteration,
    intendedAt,
    startedAt,
    tags: { ...plan.tags },
    signal,
    seed,
    logged: plan.drive.kind === 'arrivals' ? plan.drive.logged?.(iteration) : undefined,
    services,
  };
  let thrown: unknown;
  try {
    await untilInterrupted(
      withVu(context, async () => source.run(source.data)),
      services,
      signal,
    );
  } catch (error) {
    thrown = error;
  }
  const endedAt = clock.now();
  if (thrown !== undefined && !isStoryEnd(thrown) && !signal.aborted) exception(source, context, thrown);
  if (signal.aborted) source.counts.interrupted++;
  else {
    source.counts.complete++;
    sample(services, endedAt, 'iterations', 'counter', 1, plan);
    sample(services, endedAt, 'iteration_duration', 'trend', Math.round((endedAt - startedAt) * 1000) / 1000, plan);
  }
  await endIteration(context, thrown).catch((error) => exception(source, context, error));
  const rest = startedAt + source.minIterationMs - clock.now();
  if (rest > 0) await sleepOn(clock, rest, signal).catch(() => undefined);
}

/** Adds a sample of a built-in metric. */
export function sample(services: CallServices, at: number, metric: string, type: string, value: number, plan: ScenarioPlan): void {
  services.sink.write('samples', { t_ms: at, metric, type, value, tags: tagsOf(plan) });
}

/** One object a plan: told apart by identity where rows are cloned and written. */
const tagsByPlan = new WeakMap<ScenarioPlan, object>();

function tagsOf(plan: ScenarioPlan): object {
  const known = tagsByPlan.get(plan);
  if (known) return known;
  const tags = { ...plan.tags, scenario: plan.name };
  tagsByPlan.set(plan, tags);
  return tags;
}

function untilInterrupted(story: Promise<unknown>, services: CallServices, signal: StopSignal): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const onAbort = () => services.clock.after(INTERRUPTED_MS, () => reject(signal.reason));
    signal.addEventListener('abort', onAbort);
    story.then(
      (value) => {
        signal.removeEventListener('abort', onAbort);
        resolve(value);
      },
      (thrown) => {
        signal.removeEventListener('abort', onAbort);
        reject(thrown);
      },
    );
  });
}

function exception(source: IterationSource, { scenario, exec, vu, iteration }: VuContext, thrown: unknown): void {
  source.counts.exceptions++;
  if (source.counts.exceptions > EXCEPTIONS_WRITTEN) return;
  writeException(source.services.sink, source.services.clock.now(), `${scenario} ${exec}()`, thrown, { vu, iteration });
}

/** An exception of the script, with where in it, as an event. */
export function writeException(sink: RowSink, t_ms: number, target: string, thrown: unknown, detail: object = {}): void {
  const frames = thrown instanceof Error ? thrown.stack?.split('\n').slice(1, 4) : undefined;
  sink.write(
    'events',
    rowOf('events', {
      t_ms,
      kind: 'warning',
      name: 'exception',
      action: 'thrown',
      target,
      by: 'harness',
      detail: { message: messageOf(thrown), ...detail, stack: frames?.map((line) => line.trim()) },
    }),
  );
}

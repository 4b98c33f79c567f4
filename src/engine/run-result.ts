/** The end of a run: thresholds over all of it, the last rows, `run.json` with its end, and what the caller is told. */
import type { RunMeta } from '../record/schema.ts';
import type { RunEnding, RunResult } from './request.ts';
import { type RunState, wordsOf } from './run-state.ts';

export function finishRun(run: RunState): RunResult {
  run.cancelLimits();
  const { record, folder, meta } = run;
  const thresholds = record?.thresholds.figures(run.clock.now()) ?? [];
  for (const { metric, expression, state, value } of thresholds)
    record?.event({ kind: 'threshold', name: metric, action: state, target: expression, value });
  const failed = thresholds.filter(({ state }) => state !== 'ok');
  if (failed.length > 0 && !run.stopped)
    run.end({
      reason: 'thresholdFailed',
      abort: false,
      why: failed.map(({ metric, expression, state }) => `${metric} ${expression}: ${state}`).join(', '),
    });
  for (const problem of run.watchers.problems) record?.warn('observer', problem);
  let { ending } = run;
  meta.end = endOf(run, ending);
  try {
    folder?.writeMeta(meta);
    folder?.close();
  } catch (error) {
    ending = { reason: 'error', error };
    meta.end = endOf(run, ending);
  }
  const result: RunResult = {
    dir: folder?.dir ?? run.request.dir,
    meta,
    ending,
    exitCode: meta.end.exitCode,
    thresholds,
    outcomes: record?.outcomes ?? ({} as RunResult['outcomes']),
    iterations: run.iterations,
    warnings: record?.warnings ?? [],
    openCalls: record?.openCalls.count ?? 0,
    setupData: run.setup?.data,
  };
  run.watchers.tell('onEnd', result);
  return result;
}

function endOf({ clock, request }: RunState, ending: RunEnding): NonNullable<RunMeta['end']> {
  const why = ending.reason === 'ok' ? null : wordsOf(ending);
  return { endMs: clock.now(), how: howOf(ending), why, exitCode: request.exitCode(ending) };
}

function howOf(ending: RunEnding): NonNullable<RunMeta['end']>['how'] {
  if (ending.reason === 'error') return 'failed';
  if (ending.reason === 'stoppedBySignal') return 'signal';
  return ending.reason === 'aborted' || (ending.reason === 'thresholdFailed' && ending.abort) ? 'aborted' : 'finished';
}

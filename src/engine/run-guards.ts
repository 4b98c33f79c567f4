/** What may end a run before its time: a threshold with abortOnFail, looked at every 2 s, and the contract's hours, every minute. */
import type { Clock, TimerHandle } from '../clock.ts';
import { type ContractRules, HOURS_EVERY_MS } from './gate.ts';
import type { RunEnding } from './request.ts';
import type { RunRecord } from './run-record.ts';

/** As k6. */
export const THRESHOLDS_EVERY_MS = 2000;

/** @returns a function that ends the watching. */
export function startGuards(clock: Clock, record: RunRecord, contract: ContractRules, end: (ending: RunEnding) => void): () => void {
  const stops = [
    every(clock, THRESHOLDS_EVERY_MS, () => {
      const [failed] = record.thresholds.aborting(clock.now());
      if (!failed) return;
      record.event({ kind: 'abort', name: failed.metric, target: failed.expression, value: failed.value });
      end({ reason: 'thresholdFailed', abort: true, why: `the threshold ${failed.metric} ${failed.expression} failed: ${failed.value}` });
    }),
    every(clock, HOURS_EVERY_MS, () => {
      if (contract.open(clock.now())) return;
      record.event({ kind: 'abort', name: 'contract.hours' });
      end({ reason: 'aborted', why: 'the hours in which the contract allows load are over' });
    }),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

function every(clock: Clock, ms: number, look: () => void): () => void {
  let timer: TimerHandle;
  const arm = () => {
    timer = clock.after(ms, () => {
      arm();
      look();
    });
  };
  arm();
  return () => timer.cancel();
}

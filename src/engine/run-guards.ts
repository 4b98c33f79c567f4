/** What may end a run before its time: a threshold with abortOnFail (every 2 s), the circuit breaker (every second), the contract's hours (every minute). */
import type { Clock, TimerHandle } from '../clock.ts';
import { type ContractRules, HOURS_EVERY_MS } from './gate.ts';
import type { RunEnding } from './request.ts';
import type { RunRecord } from './run-record.ts';

/** As k6. */
export const THRESHOLDS_EVERY_MS = 2000;
const STOP_RULES_EVERY_MS = 1000;

/** @returns a function that ends the watching. */
export function startGuards(
  clock: Clock,
  record: RunRecord,
  contract: ContractRules,
  end: (ending: RunEnding) => void,
  startMs = clock.now(),
): () => void {
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
    every(clock, STOP_RULES_EVERY_MS, () => {
      const broken = record.stopRules?.broken(clock.now(), startMs);
      if (!broken) return;
      const { rule, value, calls } = broken;
      const words = `${rule.when} for ${rule.forMs / 1000}s`;
      record.event({ kind: 'abort', name: rule.metric, action: 'stop-rule', target: words, value, detail: { calls } });
      end({ reason: 'aborted', why: `the stop rule ${rule.metric} ${words} holds: ${Number(value.toPrecision(3))} over ${calls} calls` });
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

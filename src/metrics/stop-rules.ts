/**
 * The circuit breaker: rules of `surge.stopWhen` over the calls that ended in the last so many seconds. A rule is written as a threshold is, but
 * says when to stop: `{ metric: 'call_blocked', when: 'rate > 0.5', for: '10s' }`. The same fold as of thresholds and reports answers it.
 */
import type { CallRow } from '../record/schema.ts';
import { parseMetricKey, parseThreshold, type ThresholdSpec } from './threshold-grammar.ts';
import { ThresholdFold } from './thresholds.ts';

export interface StopRule {
  metric: string;
  when: string;
  forMs: number;
  /** Fewer calls in the window say nothing. */
  least: number;
}

export interface BrokenRule {
  rule: StopRule;
  value: number;
  /** Calls in the window. */
  calls: number;
}

export class StopRules {
  readonly #rules: { rule: StopRule; spec: ThresholdSpec }[];
  readonly #longestMs: number;
  readonly #serviceLevelMs: number | undefined;
  /** Calls by their end, oldest first (nearly: a late row is looked at where it is). */
  readonly #recent: { endedMs: number; row: CallRow }[] = [];

  /** @throws CallsurgeError `threshold-invalid` */
  constructor(rules: readonly StopRule[], serviceLevelMs?: number) {
    this.#rules = rules.map((rule) => ({ rule, spec: specOf(rule) }));
    this.#longestMs = Math.max(0, ...rules.map(({ forMs }) => forMs));
    this.#serviceLevelMs = serviceLevelMs;
  }

  add(row: CallRow): void {
    if (this.#rules.length > 0 && row.end_ms !== null) this.#recent.push({ endedMs: row.end_ms, row });
  }

  /** The first rule that says stop. @param startMs of the load: a rule is silent until its whole window has been looked at. */
  broken(nowMs: number, startMs: number): BrokenRule | undefined {
    while (this.#recent.length > 0 && this.#recent[0]!.endedMs < nowMs - this.#longestMs) this.#recent.shift();
    for (const { rule, spec } of this.#rules) {
      const fromMs = nowMs - rule.forMs;
      if (fromMs < startMs) continue;
      const fold = new ThresholdFold([spec], { startMs: fromMs, serviceLevelMs: this.#serviceLevelMs });
      let calls = 0;
      for (const { endedMs, row } of this.#recent) {
        if (endedMs < fromMs || endedMs > nowMs) continue;
        fold.addCall(row);
        calls++;
      }
      const [answer] = fold.figures(nowMs);
      if (calls >= rule.least && answer?.state === 'ok' && answer.value !== null) return { rule, value: answer.value, calls };
    }
    return undefined;
  }
}

function specOf({ metric, when }: StopRule): ThresholdSpec {
  const where = 'surge.stopWhen';
  return {
    ...parseMetricKey(metric, where),
    ...parseThreshold(when, where),
    key: metric,
    expression: when,
    abortOnFail: false,
    delayAbortEvalMs: 0,
  };
}

import { expect, test } from 'vitest';
import { CALL_METRICS, callTags } from '../../src/metrics/builtin.ts';
import { StopRules } from '../../src/metrics/stop-rules.ts';
import { ThresholdFold } from '../../src/metrics/thresholds.ts';
import { FOLDED_COLUMNS, fold, unfold } from '../../src/record/folded.ts';
import { type CallRow, OUTCOMES, rowOf, TABLES } from '../../src/record/schema.ts';

/** Rows in which each cell is there or not, so that every branch of every metric is taken. */
function* rows(): Generator<CallRow> {
  const columns = Object.entries(TABLES.calls.columns);
  for (const outcome of [null, ...OUTCOMES])
    for (const wants_agent of [true, false])
      for (let k = 0; k < 64; k++) {
        const cells = columns.map(([name, { type }], c) => {
          const there = k === 0 || (k * 2654435761 + c * 40503) % 3 !== 0;
          return [name, !there ? null : type === 'ms' || type === 'number' ? c + k : type === 'bool' ? true : name];
        });
        yield rowOf('calls', { ...Object.fromEntries(cells), invite_ms: 1, end_ms: 900, outcome, wants_agent, tags: { a: 'b' } });
      }
}

test('metrics, thresholds and stop rules read no other column', () => {
  const read = new Set<string>();
  const spied = (row: CallRow) =>
    new Proxy(row, {
      get(target, name) {
        read.add(String(name));
        return Reflect.get(target, name);
      },
    });
  const specs = CALL_METRICS.map(({ name }) => ({ key: name, metric: name, tags: { trunk: 'trunk' } }));
  const thresholds = new ThresholdFold(
    specs.map((spec) => ({
      ...spec,
      expression: '',
      method: 'count',
      percentile: 0,
      operator: '<',
      bound: 1,
      abortOnFail: false,
      delayAbortEvalMs: 0,
    })),
  );
  const rules = new StopRules([{ metric: 'call_blocked', when: 'rate > 0.5', forMs: 1000, least: 1 }]);
  for (const row of rows()) {
    for (const metric of CALL_METRICS) metric.of(spied(row), 20_000);
    callTags(spied(row));
    thresholds.addCall(spied(row));
    rules.add(spied(row));
  }
  rules.broken(1000, -5000);
  expect([...read].filter((name) => !(FOLDED_COLUMNS as readonly string[]).includes(name))).toEqual([]);
});

test('every metric of a folded row is that of the row', () => {
  for (const row of rows()) {
    const folded = unfold(structuredClone(fold(row)));
    for (const metric of CALL_METRICS) expect(metric.of(folded, 20_000)).toBe(metric.of(row, 20_000));
    expect(callTags(folded)).toEqual(callTags(row));
  }
});

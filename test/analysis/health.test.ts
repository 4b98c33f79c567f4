import { describe, expect, it } from 'vitest';
import { HealthFold } from '../../src/analysis/health.ts';
import { rowOf, type TimelineRow } from '../../src/record/schema.ts';
import { answered, Record, range, T0 } from './synthetic.ts';

const second = (s: number, cells: Partial<TimelineRow> = {}) => rowOf('timeline', { t_ms: T0 + s * 1000, healthy: true, ...cells });
const foldOf = (rows: TimelineRow[]) => {
  const fold = new HealthFold();
  for (const row of rows) fold.add(row);
  return fold;
};

describe('health', () => {
  it('merges unhealthy seconds of all threads into spans', () => {
    const fold = foldOf([
      second(0, { worker: 0, lag_p99_ms: 2 }),
      second(0, { worker: 1, lag_p99_ms: 9 }),
      second(1, { worker: 0, healthy: false, unhealthy: 'lag' }),
      second(1, { worker: 1 }),
      second(2, { worker: 1, healthy: false, unhealthy: 'lag' }),
      second(3, { worker: 1, healthy: false, unhealthy: 'sockets' }),
    ]);
    const figures = fold.figures();
    expect(figures).toMatchObject({ seconds: 4, unhealthySeconds: 3, lag: { n: 1, max: 9 } });
    expect(figures.unhealthy).toEqual([
      { fromMs: T0 + 1000, toMs: T0 + 3000, why: 'lag' },
      { fromMs: T0 + 3000, toMs: T0 + 4000, why: 'sockets' },
    ]);
    expect([fold.sound(T0, T0 + 999), fold.sound(T0, T0 + 1000), fold.sound(T0 + 4000, T0 + 9000)]).toEqual([true, false, true]);
  });

  it('never adds the whole to its parts', () => {
    const parts = [second(0, { worker: 0, socket_drops: 1, dropped: 2 }), second(0, { worker: 1, socket_drops: 3, dropped: 4 })];
    expect(foldOf(parts).figures()).toMatchObject({ socketDrops: 4, dropped: 6 });
    expect(foldOf([...parts, second(0, { socket_drops: 4, dropped: 6 })]).figures()).toMatchObject({ socketDrops: 4, dropped: 6 });
  });

  it('is the same merged from halves as whole', () => {
    const rows = range(20).flatMap((s) => [
      second(s, { worker: 0, lag_p99_ms: s, healthy: s % 7 !== 0, unhealthy: s % 7 ? null : 'lag' }),
      second(s, { worker: 1, loop_p99_ms: s }),
    ]);
    const halves = foldOf(rows.slice(0, 13));
    halves.merge(foldOf(rows.slice(13)));
    expect(halves.figures()).toEqual(foldOf(rows).figures());
  });

  it('makes a run invalid above 0.1 % of calls failed by ourselves', () => {
    const run = (harness: number) => {
      const record = new Record();
      for (const i of range(1000)) record.add('calls', answered(i, 10, i < harness ? { outcome: 'harness', blame: 'harness' } : {}));
      return record.analyse().validity;
    };
    expect(run(1)).toMatchObject({ valid: true, reasons: [] });
    expect(run(2)).toMatchObject({ valid: false, reasons: ['harness-share'] });
  });

  it('makes a run invalid that was unhealthy most of the time', () => {
    const record = new Record().add('timeline', second(0), second(1, { healthy: false }), second(2, { healthy: false }));
    expect(record.analyse().validity.reasons).toEqual(['mostly-unhealthy']);
  });
});

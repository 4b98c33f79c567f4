import { mkdtempSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAnalysis } from '../../src/analysis/analyse.ts';
import { RunFolder } from '../../src/record/journal.ts';
import { readMeta } from '../../src/record/read-meta.ts';
import { replay } from '../../src/record/replay.ts';
import { rowOf } from '../../src/record/schema.ts';
import { answered, event, meta, Record, range, refused, T0 } from './synthetic.ts';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'callsurge-analyse-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A run of everything: calls, agents, faults, thresholds, health. */
function everything(): Record {
  const record = new Record().add(
    'events',
    event(20_000, 'fault', 'started', 'x'),
    event(25_000, 'fault', 'ended', 'x'),
    event(1000, 'run', 'load', 'run'),
  );
  for (const i of range(400)) {
    const at = i * 100;
    if (at >= 20_000 && at < 22_000) record.add('calls', refused(at, 503, { call: `c${at}` }));
    else
      record.add(
        'calls',
        answered(at, 12, {
          wants_agent: true,
          queue_ms: T0 + at + 60,
          agent_ms: T0 + at + 2000,
          correlation: 'both-legs',
          reason: 'OK',
          tags: { region: 'east' },
        }),
      );
    record.add(
      'agents',
      rowOf('agents', {
        agent: `${i % 9}`,
        offered_ms: T0 + at + 1000,
        answer_ms: T0 + at + 2000,
        end_ms: T0 + at + 12_000,
        outcome: 'answered',
      }),
    );
  }
  for (const s of range(60))
    record.add('timeline', rowOf('timeline', { t_ms: T0 + s * 1000, worker: 0, healthy: true, lag_p99_ms: 0.5, dropped: 0 }));
  record.add('samples', rowOf('samples', { metric: 'checks', type: 'rate', value: 1, t_ms: T0 + 5, tags: { scenario: 'a' } }));
  return record;
}
const options = {
  thresholds: { checks: ['rate==1'], 'setup_delay{region:east}': ['p(95)<100'], call_blocked: ['rate<0.01'], mine: ['avg<1'] },
};

function write(record: Record, name: string, end = true): string {
  const folder = RunFolder.create(join(root, name));
  folder.writeMeta(meta({ options, ...(end ? {} : { end: null }) }));
  for (const [table, rows] of Object.entries(record.rows)) for (const row of rows) folder.write(table as 'calls', row as never);
  folder.close();
  return folder.dir;
}

async function read(dir: string) {
  const analysis = createAnalysis(readMeta(dir));
  await replay(dir, analysis);
  return analysis.figures();
}

describe('analysis', () => {
  it('is the same from the run folder as from the rows', async () => {
    const record = everything();
    const live = record.analyse({ options });
    expect(await read(write(record, 'same'))).toEqual(JSON.parse(JSON.stringify(live)));
    expect(live.thresholds.map(({ state }) => state)).toEqual(['ok', 'ok', 'failed', 'no data']);
    expect(live.agents).toMatchObject({ offered: 400, answered: 400 });
    expect(live.outcomes.counts).toMatchObject({ completed: 380, blocked: 20 });
    expect(live.validity).toMatchObject({ valid: true, complete: true, damage: [], stillOpen: 0 });
    expect(live.outcomeSeries.blocked.values.slice(19, 23)).toEqual([0, 10, 10, 0]);
    expect(live.waitSeries.p50.values[10]).toBeCloseTo(1940, 3);
    expect(live.srdSeries.p95.values[10]).toBeCloseTo(20, 3);
    expect(live.events.map(({ kind }) => kind)).toEqual(['run', 'fault', 'fault']);
  });

  it('analyses a killed run, counts what was open, and says so', async () => {
    const record = everything();
    record.rows.calls = record.rows.calls.slice(0, 250);
    for (const [i, call] of ['k1', 'k2', 'k3'].entries()) {
      record.add('open', rowOf('open', { op: 'open', call, party: 'caller', t_ms: T0 + 30_000 + i }));
      if (i < 2) record.add('open', rowOf('open', { op: 'open', call, party: 'caller', answered: true, t_ms: T0 + 31_000 + i }));
    }
    // Its row was written, its `close` was not.
    record.add('open', rowOf('open', { op: 'open', call: 'c24800', party: 'caller', t_ms: T0 + 24_800 }));
    record.add(
      'open',
      rowOf('open', { op: 'open', call: 'a1', party: 'agent', t_ms: T0 + 31_000 }),
      rowOf('open', { op: 'open', call: 'gone', party: 'caller', t_ms: T0 + 30_500 }),
      rowOf('open', { op: 'close', call: 'gone', t_ms: T0 + 31_000 }),
    );
    const dir = write(record, 'killed', false);
    const file = join(dir, 'calls.csv');
    truncateSync(file, readFileSync(file).length - 10);
    const analysis = await read(dir);
    expect(analysis.validity).toMatchObject({ valid: true, complete: false, stillOpen: 4 });
    expect(analysis.validity.damage).toEqual([{ table: 'calls', torn: true, badLines: 0, badCells: 0 }]);
    expect(analysis.outcomes.attempts).toBe(249);
    const { occupied, answered: up } = analysis.concurrency.series;
    // Long after the last whole row's call ended, the three are still there.
    expect(occupied.values[45]).toBe(3);
    expect(up.values[45]).toBe(2);
  });

  it('analyses a run in which nothing happened', async () => {
    const analysis = await read(write(new Record(), 'empty', false));
    expect(analysis.outcomes.attempts).toBe(0);
    expect(analysis.quality).toBeNull();
    expect(analysis.queue.measured).toBe(false);
    expect(analysis.thresholds.every(({ state }) => state === 'no data')).toBe(true);
    expect(JSON.stringify(analysis)).not.toContain('NaN');
  });

  it('does not depend on the order of the calls', () => {
    const record = everything();
    const forwards = record.analyse({ options });
    record.rows.calls.reverse();
    const backwards = record.analyse({ options });
    expect({ ...backwards, outcomes: 0, queue: { ...backwards.queue, asaMs: 0 } }).toEqual({
      ...forwards,
      outcomes: 0,
      queue: { ...forwards.queue, asaMs: 0 },
    });
  });

  it('takes 100 000 calls in a few seconds', () => {
    const fold = createAnalysis(meta({ options }));
    const start = performance.now();
    for (let i = 0; i < 100_000; i++)
      fold.add(
        'calls',
        answered(i * 7, 60, { wants_agent: true, queue_ms: T0 + i * 7 + 60, agent_ms: T0 + i * 7 + 9000, correlation: 'both-legs' }),
      );
    const figures = fold.figures();
    expect(performance.now() - start).toBeLessThan(10_000);
    expect(figures.concurrency.peaks.occupied.value).toBe(Math.ceil(60_010 / 7));
    expect(figures.concurrency.series.occupied.values.length).toBeLessThanOrEqual(1500);
  });
});

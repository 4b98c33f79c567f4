import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { CallsurgeError } from '../../src/errors.ts';
import { checkSurge, planRun } from '../../src/scenario/check-surge.ts';
import { replay } from '../../src/scenario/replay.ts';
import { checkScenario } from '../../src/schedule/executors.ts';

const log = { callsurge: 'arrivals', version: 1, about: 'a log', from: null, durationMs: 60_000, resolutionMs: 1, at: [0, 500, 1000] };
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'callsurge-replay-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const callers = checkScenario('callers', { executor: 'constant-arrival-rate', rate: 1, duration: '1s', preAllocatedVUs: 1 });
const plan = (arrivals: unknown) => planRun({ scenarios: [callers] } as never, checkSurge({ arrivals }, { folder }));
const written = (content: unknown) => {
  writeFileSync(join(folder, 'x.json'), typeof content === 'string' ? content : JSON.stringify(content));
  return 'x.json';
};
const problem = (run: () => unknown) => {
  try {
    run();
  } catch (error) {
    return (error as CallsurgeError).oneLine();
  }
  return 'no error';
};

it('is found beside the scenario file, and planned', () => {
  const { scenarios, replay: played } = plan(replay(written(log), { scale: 2, compress: 2, to: '10s' }));
  expect(played).toMatchObject({ scale: 2, compress: 2, fromMs: 0, toMs: 10_000, scenario: 'callers' });
  expect(scenarios[0]).toMatchObject({ durationMs: 5000 });
  expect(scenarios[0]!.description).toContain('6 iterations as in a log ×2 over 5s');
});

it('is written into run.json by its file, not with its content', () => {
  expect(checkSurge({ arrivals: { replay: '/logs/x.json' } }).replayed).toEqual({
    file: '/logs/x.json',
    scale: 1,
    compress: 1,
    fromMs: 0,
    toMs: null,
    scenario: null,
  });
});

it.each([
  ['scale', { scale: 0 }, 'surge.arrivals.scale'],
  ['compress', { compress: '2' }, 'surge.arrivals.compress'],
  ['a misspelt field', { sclae: 2 }, 'did you mean scale'],
  ['a window that ends first', { from: '10s', to: '5s' }, 'surge.arrivals.to'],
  ['a window beyond the log', { from: '2m' }, 'surge.arrivals.from'],
])('names what is wrong with %s', (_name, options, wanted) => {
  const line = problem(() => plan({ replay: written(log), ...options }));
  expect(line).toContain(wanted);
  expect(line).toMatch(/\[option-invalid\]$/);
});

it.each([
  ['no file', () => 'missing.json', 'cannot be read'],
  ['no JSON', () => written('nonsense'), 'cannot be read'],
  ['another file', () => written({ at: [] }), 'no imported log'],
  ['times that fall', () => written({ ...log, at: [500, 0] }), 'at[1] is 0'],
  ['a time beyond the end', () => written({ ...log, at: [0, 60_000] }), 'at[1] is 60000'],
  ['columns of unequal length', () => written({ ...log, intent: ['a'] }), 'intent has 1 entries, at has 3'],
  ['a count that is none', () => written({ ...log, count: [1, -1, 2] }), 'count[1] is -1'],
])('refuses %s', (_name, file, wanted) => {
  const line = problem(() => plan({ replay: file() }));
  expect(line).toContain(wanted);
  expect(line).toMatch(/\[option-invalid\]$/);
});

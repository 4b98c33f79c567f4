import { describe, expect, it } from 'vitest';
import { titleOf } from '../../src/scenario/load.ts';
import { folderWith, inNode } from './native.ts';

const GOOD = `/**
 * Midnight: everybody calls at once. The rest is detail.
 *
 * More.
 */
import type { Options } from 'k6/options';
import { check } from 'k6';
import { SharedArray } from 'k6/data';
import exec from 'k6/execution';
import { Counter, Trend } from 'k6/metrics';
import { curves, patience, type SurgeOptions, talkTime } from 'callsurge';

const asked = new Counter('asked');
new Trend('felt_wait', true);
const products = new SharedArray('products', () => ['a', 'b']);
export const options: Options = {
  scenarios: {
    peak: {
      executor: 'ramping-arrival-rate', exec: 'shopper', preAllocatedVUs: 5,
      stages: curves.flashSale({ base: 1, peak: 10, before: '5s', sale: '10s', after: '5s' }),
    },
  },
  thresholds: { asked: ['count > 1'], felt_wait: ['p(95) < 5000'], setup_delay: ['p(95)<3000'] },
};
export const surge: SurgeOptions = { seed: 7, arrivals: 'poisson' };
export function setup() { return { from: 'setup' }; }
export async function shopper(data: { from: string }): Promise<unknown> {
  asked.add(1, { product: products[1]! });
  let frozen = '';
  try { (products as string[])[0] = 'z'; } catch (error) { frozen = (error as Error).name; }
  return {
    data, frozen, product: products[0],
    held: check(data, { 'has data': (d) => d.from === 'setup', 'is odd': () => false }),
    exec: [exec.scenario.name, exec.scenario.iterationInTest, exec.vu.idInTest],
    globals: [__ENV.COLOUR, __ENV.PLACE, __VU, __ITER],
    label: patience.exponential('60s').label + ' ' + talkTime.fixed(500).meanMs,
  };
}
export function teardown() {}
export function handleSummary() { return {}; }
`;

const MODULES = {
  load: 'scenario/load.ts',
  options: 'scenario/options.ts',
  surge: 'scenario/check-surge.ts',
  sink: 'scenario/sample-sink.ts',
  state: 'scenario/execution-state.ts',
  context: 'call/context.ts',
};

describe('a scenario file outside the repository', () => {
  it('is loaded with all that it imports, checked, planned and run', async () => {
    await using folder = await folderWith({ 'midnight.ts': GOOD });
    const result = await inNode(
      folder.path,
      MODULES,
      `
      const samples = [];
      sink.setSampleSink((sample) => samples.push(sample));
      state.setExecutionState({ scenario: () => ({ env: { COLOUR: 'red' } }) });
      const loaded = await load.loadScenario(path('midnight.ts'));
      const checked = options.checkOptions(loaded);
      const surgeOptions = surge.checkSurge(loaded.rawSurge);
      const plan = surge.planRun(checked, surgeOptions);
      const shopper = load.functionFor(loaded, 'shopper', 'peak');
      const vu = { scenario: 'peak', vu: 4, iteration: 9, tags: { region: 'east' } };
      return {
        title: loaded.title, metrics: loaded.metrics, sha: loaded.sha256.length,
        lifecycle: [loaded.setup, loaded.teardown, loaded.handleSummary].map((f) => typeof f),
        thresholds: checked.thresholds.map(({ metric, method }) => metric + ' ' + method),
        seed: surgeOptions.seed, expected: plan.scenarios[0].drive.peakPerSecond,
        ran: await context.withVu(vu, () => shopper(loaded.setup())), samples,
      };`,
      { PLACE: 'Shanghai' },
    );
    expect(result).toEqual({
      title: 'Midnight: everybody calls at once',
      metrics: [
        { name: 'asked', type: 'counter', time: false },
        { name: 'felt_wait', type: 'trend', time: true },
      ],
      sha: 64,
      lifecycle: ['function', 'function', 'function'],
      thresholds: ['asked count', 'felt_wait p', 'setup_delay p'],
      seed: 7,
      expected: 10,
      ran: {
        data: { from: 'setup' },
        frozen: 'TypeError',
        product: 'a',
        held: false,
        exec: ['peak', 9, 4],
        globals: ['red', 'Shanghai', 4, 9],
        label: 'exponential, mean 1m0s 500',
      },
      samples: [
        { metric: 'asked', type: 'counter', value: 1, tags: { region: 'east', scenario: 'peak', product: 'b' } },
        { metric: 'checks', type: 'rate', value: 1, tags: { region: 'east', scenario: 'peak', check: 'has data' } },
        { metric: 'checks', type: 'rate', value: 0, tags: { region: 'east', scenario: 'peak', check: 'is odd' } },
      ],
    });
  });

  it('loads as JavaScript too, and again in a worker', async () => {
    await using folder = await folderWith({ 'plain.mjs': `import { fail } from 'k6';\nexport default function () { fail('no'); }\n` });
    const result = await inNode(
      folder.path,
      MODULES,
      `
      const { Worker } = await import('node:worker_threads');
      const code = "import { parentPort, workerData } from 'node:worker_threads'; const { loadScenario } = await import(workerData.load); " +
        "parentPort.postMessage(Object.keys((await loadScenario(workerData.file)).functions))";
      const worker = new Worker(new URL('data:text/javascript,' + encodeURIComponent(code)), { workerData: { load: ${JSON.stringify(
        new URL('../../src/scenario/load.ts', import.meta.url).href,
      )}, file: path('plain.mjs') } });
      const inWorker = await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
      return [Object.keys((await load.loadScenario(path('plain.mjs'))).functions), inWorker];`,
    );
    expect(result).toEqual([['default'], ['default']]);
  });
});

describe('whatever package.json lies beside it', () => {
  it.each(['{}', '{ "type": "commonjs" }', '{ "type": "module" }'])('%s', async (manifest) => {
    await using folder = await folderWith({
      'package.json': manifest,
      'peak.ts':
        "import { curves } from 'callsurge';\nimport { n } from './part.js';\nexport default (): number => n + Object.keys(curves).length;\n",
      'part.js': "import { check } from 'k6';\nexport const n = check(1, {}) ? 1 : 0;\n",
      'plain.js': "import { n } from './part.js';\nimport common from './common.js';\nexport default () => n + common.n;\n",
      'common.js': manifest.includes('"module"') ? 'export default { n: 2 };\n' : 'module.exports = { n: 2 };\n',
    });
    const result = await inNode(
      folder.path,
      MODULES,
      `
      const warnings = [];
      process.on('warning', (warning) => warnings.push(warning.message));
      const ran = [];
      for (const name of ['peak.ts', 'plain.js']) ran.push((await load.loadScenario(path(name))).functions.default());
      await new Promise(setImmediate);
      return { ran, warnings };`,
    );
    expect(result).toEqual({ ran: [7, 3], warnings: [] });
  });
});

describe('what is wrong is one line with file, line and what to do', () => {
  const scenario = (options: string) => `export const options = ${options};\nexport function shopper() {}\nexport default shopper;\n`;
  const constantVus = (more: string) => scenario(`{ scenarios: { a: { executor: 'constant-vus', duration: '1s', ${more} } } }`);
  const cases: Record<string, [source: string, line: string | RegExp]> = {
    'syntax.ts': [
      'export const a: number = 1;\n\nexport function b( {\n  const x = ;\n}\n',
      "Expected ',', got 'ident' (syntax.ts:4) [scenario-syntax]",
    ],
    'syntax.mjs': [
      'export const a = 1;\n\nexport function b( {\n  const x = ;\n}\n',
      "Unexpected identifier 'x' (syntax.mjs:4) [scenario-syntax]",
    ],
    'imports-syntax.ts': ["import './syntax.ts';\n", "Expected ',', got 'ident' (syntax.ts:4) [scenario-syntax]"],
    'enum.ts': [
      'const a = 1;\nenum X { A }\n',
      'TypeScript enum is not supported: types are only stripped (enum.ts:2): write a union of texts or a const object instead [scenario-syntax]',
    ],
    'property.ts': ['class A { constructor(private x: number) {} }\n', /parameter property.*property\.ts:1.*declare the field/],
    'decorator.ts': ['const a = 1;\n@dec class X {}\n', /decorator\.ts:2.*decorators cannot run/],
    'k6-sleep.ts': [
      "import { sleep } from 'k6';\nexport default () => sleep(1);\n",
      /k6 has no export sleep \(k6-sleep\.ts:1\).*import \{ sleep \} from 'callsurge'.*\[scenario-invalid\]/,
    ],
    'k6-group.ts': ["import { group } from 'k6';\nexport default () => group();\n", /k6 has no export group.*there are no groups here/],
    'k6-seed.ts': [
      "import { randomSeed } from 'k6';\nexport default () => randomSeed(1);\n",
      /k6 has no export randomSeed.*export const surge/,
    ],
    'k6-open.ts': [
      "const data = open('./x.json');\nexport default () => data;\n",
      /k6's open\(\) is not available \(k6-open\.ts:1\): use readFileSync/,
    ],
    'k6-http.ts': [
      "import http from 'k6/http';\nexport default () => http.get();\n",
      /k6\/http cannot be imported here \(k6-http\.ts\): place calls with `dial` of 'callsurge'/,
    ],
    'k6-ws.ts': [
      "import ws from 'k6/ws';\nexport default () => ws;\n",
      /k6\/ws cannot be imported here.*k6\/metrics, k6\/execution, k6\/data/,
    ],
    'k6-options.ts': ["import { Options } from 'k6/options';\n", /write `import type \{ Options \} from 'k6\/options'`/],
    'remote.ts': ["import x from 'https://jslib.k6.io/x.js';\n", /keep a copy beside the scenario/],
    'no-file.ts': ["import './curve';\n", /Cannot find module.*\(no-file\.ts\): imports name the file with its extension/],
    'no-package.ts': ["import 'no-such-package-here';\n", /no-such-package-here.*\(no-package\.ts\): install it beside the file/],
    'type-import.ts': [
      "import { Options } from './plain.ts';\nexport default () => {};\n",
      /plain\.ts has no export Options \(type-import\.ts:1\): if it is a type, write `import type`/,
    ],
    'plain.ts': [
      'export type Options = 1;\n',
      'no function is exported that callers could run (plain.ts): write `export default async function () { … }`, or a named one and `exec` [scenario-invalid]',
    ],
    'throws.ts': [
      "const a: number = 1;\n\nthrow new TypeError('boo');\n",
      'the scenario threw while loading: boo (throws.ts:3) [scenario-threw]',
    ],
    'duration.ts': [
      "import { patience } from 'callsurge';\nexport const p = patience.exponential('5x');\n",
      /"5x" is not a duration \(exponential\(mean\) in duration\.ts:2\)/,
    ],
    'setup.ts': [
      'export const setup = 1;\nexport default () => {};\n',
      'setup is exported but is not a function (setup.ts) [scenario-invalid]',
    ],
    'metric.ts': [
      "import { Counter, Rate } from 'k6/metrics';\nnew Counter('mine');\nnew Rate('mine');\nexport default () => {};\n",
      /metric mine is already a counter \(metric\.ts:3\)/,
    ],
    'own-metric.ts': ["import { Counter } from 'k6/metrics';\nnew Counter('checks');\n", /metric checks is callsurge's own/],
    'exec.ts': [
      constantVus("exec: 'shoper'"),
      'there is no exported function "shoper" (scenarios.a.exec in exec.ts): did you mean shopper [scenario-invalid]',
    ],
    'lifecycle.ts': [
      `${constantVus("exec: 'setup'")}export function setup() {}\n`,
      /no exported function "setup".*exported are default, shopper/,
    ],
    'no-default.ts': [
      "export const options = { vus: 1, duration: '1s' };\nexport function shopper() {}\n",
      /there is no default export to run \(scenarios\.default\.exec in no-default\.ts\): exported are shopper/,
    ],
    'field.ts': [
      constantVus("gracefulstop: '1s'"),
      'unknown field "gracefulstop" (scenarios.a.gracefulstop): did you mean gracefulStop [option-invalid]',
    ],
    'executor.ts': [
      scenario("{ scenarios: { a: { executor: 'constant-rate' } } }"),
      /executor must be one of .* not "constant-rate" \(scenarios\.a\.executor\)/,
    ],
    'option.ts': [scenario('{ treshholds: {} }'), 'unknown field "treshholds" (treshholds): did you mean thresholds [option-invalid]'],
    'threshold.ts': [scenario("{ thresholds: { setup_delay: ['p95<3'] } }"), /"p95<3" is not a threshold.*\[threshold-invalid\]/],
    'no-metric.ts': [
      scenario("{ thresholds: { setup_dely: ['p(95)<3'] } }"),
      /no metric is called "setup_dely".*did you mean setup_delay.*\[threshold-invalid\]/,
    ],
    'not-object.ts': [scenario('[]'), 'options must be an object (options of not-object.ts) [option-invalid]'],
    'two.ts': [
      scenario("{ duration: '1s', stages: [] }"),
      'duration and stages cannot be used together (stages): keep one of them [option-invalid]',
    ],
  };

  it('each of them', async () => {
    await using folder = await folderWith(Object.fromEntries(Object.entries(cases).map(([name, [source]]) => [name, source])));
    const lines = await inNode<Record<string, string>>(
      folder.path,
      MODULES,
      `
      const lines = {};
      for (const name of ${JSON.stringify(Object.keys(cases))})
        lines[name] = await line(load.loadScenario(path(name)).then((loaded) => options.checkOptions(loaded)));
      return lines;`,
    );
    for (const [name, [, expected]] of Object.entries(cases)) {
      if (typeof expected === 'string') expect(lines[name]).toBe(expected);
      else expect(lines[name]).toMatch(expected);
      expect(lines[name]).not.toContain('\n');
    }
  });

  it('in a file imported from elsewhere, and with a path that is short from here', async () => {
    await using elsewhere = await folderWith({ 'shared.ts': "const a: number = 1;\nthrow new Error('shared boo');\n" });
    await using folder = await folderWith({ 'mine.ts': `import ${JSON.stringify(`${elsewhere.path}/shared.ts`)};\n` });
    const lines = await inNode<string[]>(
      folder.path,
      MODULES,
      `
      const { mkdirSync, writeFileSync } = await import('node:fs');
      mkdirSync('scenarios');
      writeFileSync('scenarios/a.ts', 'const a: number = 1;\\nthrow new Error("a boo");\\n');
      const raw = async (file) => (await load.loadScenario(file).catch((error) => error.where));
      return [await raw('mine.ts'), await raw('scenarios/a.ts')];`,
    );
    expect(lines).toEqual([`${elsewhere.path}/shared.ts:2`, 'scenarios/a.ts:2']);
  });

  it('no such file, a folder, another kind of file', async () => {
    await using folder = await folderWith({ 'notes.txt': 'hello' });
    const lines = await inNode<string[]>(
      folder.path,
      MODULES,
      `const lines = []; for (const name of ['none.ts', '', 'notes.txt']) lines.push(await line(load.loadScenario(path(name)))); return lines;`,
    );
    expect(lines).toEqual([
      'the scenario file cannot be read: ENOENT (none.ts): check the path [scenario-not-found]',
      'the scenario is a folder (): check the path [scenario-not-found]',
      'a scenario is a .ts or .js file (notes.txt) [scenario-invalid]',
    ]);
  });
});

describe('title', () => {
  it.each([
    ['/** One line. */ export {}', 'One line'],
    [
      '/**\n * Lunch rush: 12:00 to 13:00, v1.5 of it\n * goes on.\n *\n * Not this.\n */',
      'Lunch rush: 12:00 to 13:00, v1.5 of it goes on',
    ],
    ['/** 双十一零点：所有人同时来电。第二句 */', '双十一零点：所有人同时来电'],
    ['// not a doc comment', undefined],
  ])('%s', (source, title) => expect(titleOf(source)).toBe(title));
});

import { afterEach, describe, expect, it } from 'vitest';
import { type VuContext, withVu } from '../../src/call/context.ts';
import { type ExecutionState, setExecutionState } from '../../src/scenario/execution-state.ts';
import k6, { check, fail } from '../../src/scenario/k6.ts';
import { SharedArray } from '../../src/scenario/k6-data.ts';
import exec from '../../src/scenario/k6-execution.ts';
import { Counter, Gauge, Rate, Trend } from '../../src/scenario/k6-metrics.ts';
import { type MetricSample, setSampleSink } from '../../src/scenario/sample-sink.ts';

const vu = { scenario: 'peak', vu: 3, iteration: 12, tags: { region: 'east' } } as unknown as VuContext;
const samples = () => {
  const seen: MetricSample[] = [];
  setSampleSink((sample) => seen.push(sample));
  return seen;
};
afterEach(() => {
  setSampleSink(undefined);
  setExecutionState(undefined);
});

describe('check', () => {
  it('records each answer and goes on', () => {
    const seen = samples();
    const held = withVu(vu, () =>
      check({ status: 200 }, { 'is 200': (v) => v.status === 200, 'is 404': (v) => v.status === 404 }, { step: 'a' }),
    );
    expect(held).toBe(false);
    expect(seen).toEqual([
      { metric: 'checks', type: 'rate', value: 1, tags: { region: 'east', scenario: 'peak', step: 'a', check: 'is 200' } },
      { metric: 'checks', type: 'rate', value: 0, tags: { region: 'east', scenario: 'peak', step: 'a', check: 'is 404' } },
    ]);
    expect(check(1, { one: (v) => v })).toBe(true);
  });

  it('refuses a promise, as value and as answer, and records the checker that threw as false', async () => {
    const seen = samples();
    expect(() => check(Promise.reject(new Error('unawaited')), { a: () => true })).toThrow('given a promise as its value');
    expect(() => check(1, { a: async () => true })).toThrow('given a promise as "a"');
    expect(() =>
      check(1, {
        b: () => {
          throw new Error('boo');
        },
      }),
    ).toThrow('boo');
    expect(seen.map(({ value, tags }) => [value, tags.check])).toEqual([
      [0, 'a'],
      [0, 'b'],
    ]);
  });

  it('fail throws; sleep and group say what to use', () => {
    expect(() => fail('enough')).toThrow('enough');
    expect(() => k6.sleep()).toThrow(expect.objectContaining({ code: 'verb-misused', todo: expect.stringContaining("await sleep('1s')") }));
    expect(() => k6.group()).toThrow(expect.objectContaining({ code: 'verb-misused' }));
  });
});

describe('metrics', () => {
  it('emit what k6 would', () => {
    const seen = samples();
    const [counter, gauge, rate, trend] = [new Counter('c1'), new Gauge('g1'), new Rate('r1'), new Trend('t1', true)];
    counter.add(2);
    gauge.add(-3);
    rate.add(true);
    rate.add(7);
    rate.add(0);
    withVu(vu, () => trend.add(12.5, { region: 'west', product: 'b' }));
    expect(seen).toEqual([
      { metric: 'c1', type: 'counter', value: 2, tags: {} },
      { metric: 'g1', type: 'gauge', value: -3, tags: {} },
      { metric: 'r1', type: 'rate', value: 1, tags: {} },
      { metric: 'r1', type: 'rate', value: 1, tags: {} },
      { metric: 'r1', type: 'rate', value: 0, tags: {} },
      { metric: 't1', type: 'trend', value: 12.5, tags: { region: 'west', scenario: 'peak', product: 'b' } },
    ]);
  });

  it('refuse what is no number, a wrong name, another type', () => {
    const counter = new Counter('c2');
    expect(() => counter.add(Number.NaN)).toThrow('not NaN');
    expect(() => counter.add('5' as unknown as number)).toThrow('not 5');
    expect(() => counter.add(-1)).toThrow('cannot go down');
    expect(() => new Trend('with space')).toThrow('is not a metric name');
    expect(() => new Trend('c2')).toThrow('already a counter');
    expect(() => new Trend('setup_delay')).toThrow("callsurge's own");
    expect(new Counter('c2').name).toBe('c2');
  });
});

describe('execution', () => {
  const aborted: string[] = [];
  const state: ExecutionState = {
    options: { vus: 1 },
    scenario: () => ({ executor: 'constant-vus', startTime: 5000, progress: 0.25, env: {} }),
    instance: () => ({ iterationsInterrupted: 1, iterationsCompleted: 2, vusActive: 3, vusInitialized: 4, currentTestRunDuration: 5 }),
    vu: () => ({ iterationInInstance: 6, iterationInScenario: 7 }),
    abort: (reason) => void aborted.push(reason),
  };

  it('answers inside an iteration', () => {
    setExecutionState(state);
    withVu(vu, () => {
      expect({ ...exec.scenario }).toEqual({
        name: 'peak',
        executor: 'constant-vus',
        startTime: 5000,
        progress: 0.25,
        iterationInInstance: 12,
        iterationInTest: 12,
      });
      expect({ ...exec.instance }).toEqual(state.instance());
      expect([exec.vu.idInTest, exec.vu.iterationInInstance, exec.vu.iterationInScenario]).toEqual([3, 6, 7]);
      exec.vu.metrics.tags.step = 'b';
      expect(vu.tags.step).toBe('b');
      expect(exec.test.options).toEqual({ vus: 1 });
      expect(() => exec.test.abort('enough')).toThrow(expect.objectContaining({ code: 'stopped' }));
    });
    expect(aborted).toEqual(['enough']);
  });

  it('says so outside', () => {
    expect(() => exec.scenario.name).toThrow('outside an iteration');
    expect(() => exec.instance.vusActive).toThrow('while nothing runs');
  });
});

describe('SharedArray', () => {
  it('is made once, is an array and cannot be changed', () => {
    let made = 0;
    const make = () => {
      made++;
      return [{ n: 1 }, { n: 2 }];
    };
    const [first, second] = [new SharedArray('numbers', make), new SharedArray('numbers', make)];
    expect(made).toBe(1);
    expect(Array.isArray(first)).toBe(true);
    expect(first).toBe(second);
    expect(() => {
      first[0]!.n = 5;
    }).toThrow(TypeError);
    expect(() => new SharedArray('', make)).toThrow('needs a name');
    expect(() => new SharedArray('other', () => 5 as never)).toThrow('must return an array');
  });
});

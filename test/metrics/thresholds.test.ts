import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CallsurgeError } from '../../src/errors.ts';
import { BUILTIN_METRICS } from '../../src/metrics/builtin.ts';
import { parseMetricKey, parseThreshold, parseThresholds } from '../../src/metrics/threshold-grammar.ts';
import { ThresholdFold } from '../../src/metrics/thresholds.ts';
import { type CallRow, rowOf, type SampleRow } from '../../src/record/schema.ts';

const sample = (metric: string, type: string, value: number, t_ms = 1000, tags: unknown = {}): SampleRow =>
  rowOf('samples', { metric, type, value, t_ms, tags });
const call = (cells: Partial<CallRow>): CallRow => rowOf('calls', { invite_ms: 0, end_ms: 1000, outcome: 'completed', ...cells });
const judge = (thresholds: unknown, rows: SampleRow[], calls: CallRow[] = [], startMs = 0, nowMs = 10_000) => {
  const fold = new ThresholdFold(parseThresholds(thresholds), { startMs });
  for (const row of rows) fold.add(row);
  for (const row of calls) fold.addCall(row);
  return fold.figures(nowMs);
};

describe('threshold grammar', () => {
  it.each([
    ['p(95)<500', { method: 'p', percentile: 95, operator: '<', bound: 500 }],
    ['p(99.9) <= 1e3', { method: 'p', percentile: 99.9, operator: '<=', bound: 1000 }],
    [' rate>=0.99 ', { method: 'rate', operator: '>=', bound: 0.99 }],
    ['count===0', { method: 'count', operator: '===', bound: 0 }],
    ['value != -1.5', { method: 'value', operator: '!=', bound: -1.5 }],
    ['med>.5', { method: 'med', operator: '>', bound: 0.5 }],
  ])('reads %s', (text, parsed) => expect(parseThreshold(text)).toMatchObject(parsed));

  it.each(['', 'p95<500', 'p()<1', 'p(101)<1', 'rate', 'rate<', 'rate<abc', 'rate=<1', 'avg<1 or max<2', 'rate<1;x', 'mean<1', 'p(-1)<2'])(
    'refuses %j',
    (text) => expect(() => parseThreshold(text)).toThrow(expect.objectContaining({ code: 'threshold-invalid' })),
  );

  it('reads keys with tags', () => {
    expect(parseMetricKey('setup_delay')).toEqual({ metric: 'setup_delay', tags: {} });
    expect(parseMetricKey('setup_delay{scenario:peak, trunk : "a,b" }'.replace('a,b', 'a'))).toEqual({
      metric: 'setup_delay',
      tags: { scenario: 'peak', trunk: 'a' },
    });
    expect(parseMetricKey('checks{url:http://x}')).toEqual({ metric: 'checks', tags: { url: 'http://x' } });
    for (const key of ['', '{a:b}', 'm{a}', 'm{:b}', 'm{a:b', 'a b', '9m']) expect(() => parseMetricKey(key), key).toThrow(CallsurgeError);
  });

  it('brings any expression it could have written back', () => {
    const operator = fc.constantFrom('<', '<=', '>', '>=', '==', '===', '!=');
    const method = fc.oneof(
      fc.constantFrom('count', 'rate', 'value', 'avg', 'min', 'max', 'med'),
      fc.integer({ min: 0, max: 100 }).map((p) => `p(${p})`),
    );
    fc.assert(
      fc.property(method, operator, fc.double({ noNaN: true, noDefaultInfinity: true }), (m, op, bound) => {
        const parsed = parseThreshold(`${m} ${op} ${bound}`);
        expect(parsed.operator).toBe(op);
        expect(parsed.bound).toBe(bound === 0 ? parsed.bound : bound);
        expect(parsed.method === 'p' ? `p(${parsed.percentile})` : parsed.method).toBe(m);
      }),
    );
  });

  it('never fails in another way than by its own error', () => {
    fc.assert(
      fc.property(fc.string(), fc.anything(), (text, anything) => {
        for (const run of [
          () => parseThreshold(text),
          () => parseMetricKey(text),
          () => parseThresholds({ calls: anything }),
          () => parseThresholds(anything),
        ])
          try {
            run();
          } catch (error) {
            expect((error as CallsurgeError).code).toBe('threshold-invalid');
          }
      }),
    );
  });

  it('names the field, the metric meant and the methods there are', () => {
    const error = (thresholds: unknown) => {
      try {
        parseThresholds(thresholds, BUILTIN_METRICS);
      } catch (thrown) {
        return (thrown as CallsurgeError).oneLine();
      }
      return 'nothing thrown';
    };
    expect(error({ setup_dealy: ['p(95)<1'] })).toMatch(/"setup_dealy".*options\.thresholds\["setup_dealy"\].*did you mean setup_delay\?/);
    expect(error({ setup_delay: ['rate<1'] })).toMatch(/a trend has no "rate".*avg, min, max, med, p\(N\)/);
    expect(error({ calls: ['p(95)<1'] })).toMatch(/a counter has no percentiles/);
    expect(error({ checks: 'rate>0.9' })).toMatch(/not a list/);
    expect(error({ checks: [{ threshold: 'rate>0.9', abortOnfail: true }] })).toMatch(/"abortOnfail" is not a field/);
    expect(error({ checks: [{ threshold: 'rate>0.9', delayAbortEval: 'soon' }] })).toMatch(/"soon" is not a duration/);
    expect(error({ checks: ['rate>0.9', { threshold: 'rate>0.95', abortOnFail: true, delayAbortEval: '10s' }] })).toBe('nothing thrown');
  });
});

describe('thresholds', () => {
  it('judges each type by its own methods', () => {
    const rows = [1, 2, 3, 4].flatMap((v) => [
      sample('c', 'counter', v),
      sample('t', 'trend', v * 10),
      sample('g', 'gauge', v, 1000 * v),
      sample('r', 'rate', v === 1 ? 0 : 1),
    ]);
    const results = judge(
      { c: ['count==10', 'rate==1'], t: ['avg==25', 'min==10', 'max==40', 'med==25', 'p(90)==37'], g: ['value==4'], r: ['rate==0.75'] },
      rows,
    );
    expect(results.map(({ state, value }) => [state, value])).toEqual([10, 1, 25, 10, 40, 25, 37, 4, 0.75].map((value) => ['ok', value]));
  });

  it('fails without a sample', () => {
    const [result] = judge({ t: ['p(95)<500'] }, []);
    expect(result).toEqual({ metric: 't', expression: 'p(95)<500', state: 'no data', value: null, abortOnFail: false });
    expect(judge({ 't{a:b}': ['avg<5'] }, [sample('t', 'trend', 1, 1, { a: 'c' })])[0]!.state).toBe('no data');
    expect(judge({ c: ['count==0'] }, [sample('t', 'trend', 1)])[0]!.state, 'a counter of the scenario that never counted').toBe('no data');
  });

  it('takes a counter of our own as zero once anything was recorded, with those tags', () => {
    const rows = [sample('iterations', 'counter', 1, 1000, { scenario: 'peak' })];
    expect(judge({ dropped_iterations: ['count==0'] }, rows)[0]).toMatchObject({ state: 'ok', value: 0 });
    expect(judge({ 'dropped_iterations{scenario:peak}': ['count==0'] }, rows)[0]!.state).toBe('ok');
    expect(judge({ 'dropped_iterations{scenario:paek}': ['count==0'] }, rows)[0]!.state).toBe('no data');
    expect(judge({ dropped_iterations: ['count==0'] }, [])[0]!.state).toBe('no data');
  });

  it('derives its own metrics from calls, cut and harness left out', () => {
    const calls = [
      call({ answer_ms: 300, provisional_ms: 100, wants_agent: true, queue_ms: 300, agent_ms: 5300, bye_sent_ms: 9000, scenario: 'a' }),
      call({
        answer_ms: 300,
        provisional_ms: 200,
        wants_agent: true,
        queue_ms: 300,
        agent_ms: 25_300,
        bye_sent_ms: 29_000,
        end_ms: 29_100,
        scenario: 'a',
      }),
      call({ outcome: 'abandoned', answer_ms: 300, wants_agent: true, queue_ms: 300, bye_sent_ms: 1000, scenario: 'b' }),
      call({ outcome: 'blocked', status: 503, wants_agent: true, scenario: 'b' }),
      call({ outcome: 'cut', answer_ms: 300, wants_agent: true, queue_ms: 300 }),
      call({ outcome: 'harness', wants_agent: true }),
    ];
    const value = (key: string, method: string) => judge({ [key]: [`${method}>=0`] }, [], calls)[0]!.value;
    expect(value('calls', 'count')).toBe(6);
    expect(value('call_blocked', 'rate')).toBe(0.25);
    expect(value('call_failed', 'rate')).toBe(0.25);
    expect(value('call_answered', 'rate')).toBe(0.75);
    expect(value('call_harness', 'rate')).toBeCloseTo(1 / 6, 12);
    expect(value('service_level', 'rate')).toBeCloseTo(1 / 3, 12);
    expect(value('agent_connected', 'rate')).toBe(0.5);
    expect(value('agent_wait', 'max')).toBe(25_000);
    expect(value('setup_delay', 'max')).toBe(300);
    expect(value('setup_delay{scenario:a}', 'max')).toBe(200);
    expect(value('talk_time', 'avg')).toBe(3700);
  });

  it('aborts only after the delay, and never for want of data', () => {
    const fold = new ThresholdFold(
      parseThresholds({
        checks: [{ threshold: 'rate>0.9', abortOnFail: true, delayAbortEval: '10s' }],
        t: [{ threshold: 'avg<1', abortOnFail: true }],
      }),
      { startMs: 0 },
    );
    fold.add(sample('checks', 'rate', 0));
    expect(fold.aborting(9999)).toEqual([]);
    expect(fold.aborting(10_000).map(({ metric }) => metric)).toEqual(['checks']);
  });

  it('leaves out what ended before the load began', () => {
    expect(judge({ checks: ['rate==1'] }, [sample('checks', 'rate', 0, 10), sample('checks', 'rate', 1, 500)], [], 100)[0]!.state).toBe(
      'ok',
    );
    expect(judge({ calls: ['count==1'] }, [], [call({ end_ms: 50 }), call({ end_ms: 500 })], 100)[0]!.state).toBe('ok');
  });

  it('is the same merged from halves as whole', () => {
    const specs = parseThresholds({
      t: ['p(90)<5', 'avg<3'],
      'r{k:x}': ['rate>0.5'],
      c: ['count>3', 'rate>1'],
      g: ['value>0'],
      dropped_iterations: ['count==0'],
    });
    const any = fc.record({
      kind: fc.constantFrom(['t', 'trend'], ['r', 'rate'], ['c', 'counter'], ['g', 'gauge']),
      value: fc.integer({ min: 0, max: 9 }),
      t: fc.integer({ min: 1, max: 1e6 }),
      k: fc.constantFrom('x', 'y'),
    });
    fc.assert(
      fc.property(fc.uniqueArray(any, { selector: ({ t }) => t, maxLength: 40 }), fc.nat(40), (entries, cut) => {
        const fold = (from: number, to: number) => {
          const made = new ThresholdFold(specs, { startMs: 0 });
          for (const { kind, value, t, k } of entries.slice(from, to)) made.add(sample(kind[0]!, kind[1]!, value, t, { k }));
          return made;
        };
        const halves = fold(0, cut);
        halves.merge(fold(cut, entries.length));
        expect(halves.figures(2e6)).toEqual(fold(0, entries.length).figures(2e6));
      }),
    );
  });
});

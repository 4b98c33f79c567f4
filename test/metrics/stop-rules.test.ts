import { expect, it } from 'vitest';
import { type StopRule, StopRules } from '../../src/metrics/stop-rules.ts';
import { answered, refused, T0 } from '../analysis/synthetic.ts';

const rule: StopRule = { metric: 'call_blocked', when: 'rate > 0.5', forMs: 10_000, least: 20 };
const filled = (rules: StopRules, badFrom: number, untilMs: number, everyMs = 200) => {
  for (let at = 0; at < untilMs; at += everyMs) rules.add(at >= badFrom ? refused(at) : answered(at, 0.1));
};

it('says stop when the condition holds over the calls of the window, and not before the window is whole', () => {
  const rules = new StopRules([rule]);
  filled(rules, 0, 30_000);
  expect(rules.broken(T0 + 9000, T0)).toBeUndefined();
  expect(rules.broken(T0 + 30_000, T0)).toMatchObject({ rule, value: 1, calls: 50 });
});

it('looks at the last seconds alone', () => {
  const rules = new StopRules([rule]);
  filled(rules, 60_000, 70_000);
  expect(rules.broken(T0 + 60_000, T0)).toBeUndefined();
  expect(rules.broken(T0 + 64_500, T0), '22 of 50').toBeUndefined();
  expect(rules.broken(T0 + 66_000, T0)?.value).toBeGreaterThan(0.5);
});

it('says nothing of too few calls, and takes tags and other figures', () => {
  const few = new StopRules([rule]);
  filled(few, 0, 30_000, 1000);
  expect(few.broken(T0 + 30_000, T0)).toBeUndefined();
  const other = new StopRules([{ ...rule, metric: 'call_blocked{trunk:b}' }]);
  filled(other, 0, 30_000);
  expect(other.broken(T0 + 30_000, T0)).toBeUndefined();
  const setup = new StopRules([{ metric: 'call_duration', when: 'p(95) > 15', forMs: 5000, least: 5 }]);
  for (let at = 0; at < 20_000; at += 200) setup.add(answered(at, 0.1));
  expect(setup.broken(T0 + 20_000, T0)?.value).toBeGreaterThan(15);
});

it('refuses what is no condition', () => {
  expect(() => new StopRules([{ ...rule, when: 'often' }])).toThrow(/not a threshold/);
});

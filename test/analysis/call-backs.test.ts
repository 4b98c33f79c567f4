import { expect, it } from 'vitest';
import { CallBackFold } from '../../src/analysis/call-backs.ts';
import { event, Record, T0 } from './synthetic.ts';

const said = (at: number, name: string, action: string, value: number | null = null) => event(at, 'call-back', action, name, { value });
const EVENTS = [
  said(0, 'c-1', 'asked'),
  said(30_000, 'c-1', 'offered', 30_000),
  said(33_000, 'c-1', 'answered', 30_000),
  said(60_000, 'c-1', 'ended'),
  said(1000, 'c-2', 'asked'),
  said(91_000, 'c-2', 'offered', 90_000),
  said(95_000, 'c-2', 'missed'),
  said(2000, 'c-3', 'asked'),
  said(602_000, 'c-3', 'none'),
  said(3000, 'c-4', 'asked'),
  { ...said(50_000, '', 'unmatched'), name: null },
];

it('says how many were called back, how soon, and whether at the right number', () => {
  const { callBacks } = new Record().add('events', ...EVENTS).analyse();
  expect(callBacks).toMatchObject({
    made: { part: 2, whole: 4 },
    answered: { part: 1, whole: 2 },
    matched: { part: 2, whole: 3 },
    timeMs: { n: 2, mean: 60_000, max: 90_000 },
  });
});

it('says nothing where nobody asked, whatever the vendor calls', () => {
  expect(new Record().add('events', event(0, 'probe', 'answered', 'main'), EVENTS.at(-1)!).analyse().callBacks).toBeNull();
});

it('is the same from two halves', () => {
  const [whole, left, right] = [new CallBackFold(), new CallBackFold(), new CallBackFold()];
  for (const [i, row] of EVENTS.entries()) {
    whole.add(row);
    (i % 2 ? left : right).add(row);
  }
  left.merge(right);
  expect(left.figures()).toEqual(whole.figures());
  expect(EVENTS[0]!.t_ms).toBe(T0);
});

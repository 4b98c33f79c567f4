import { expect, it } from 'vitest';
import { CallBackFold } from '../../src/analysis/call-backs.ts';
import { offerFigures } from '../../src/analysis/offers.ts';
import { QueueLog } from '../../src/analysis/queue-log.ts';
import { rowOf } from '../../src/record/schema.ts';
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

it('an agent who rings for a caller who was called back rings for no ghost', () => {
  const log = new QueueLog();
  const call = (name: string, caller: string, wants: boolean) =>
    log.add(
      rowOf('calls', {
        call: name,
        caller,
        wants_agent: wants,
        invite_ms: T0,
        answer_ms: T0 + 100,
        queue_ms: T0 + 200,
        end_ms: T0 + 20_000,
      }),
    );
  const agent = (name: string, asked: string, at: number) =>
    log.addAgent(
      rowOf('agents', {
        agent: name,
        skills: 'support',
        call: asked,
        caller: `90${asked}`,
        offered_ms: T0 + at,
        answer_ms: T0 + at + 500,
        end_ms: T0 + at + 5000,
        outcome: 'answered',
      }),
    );
  // c-1 never asked for an agent, c-2 did before it left its number: both have ended when they are called back.
  call('c-1', '90c-1', false);
  call('c-2', '90c-2', true);
  call('c-9', '90c-9', true);
  for (const row of EVENTS) log.addEvent(row);
  log.addEvent(said(70_000, 'c-2', 'answered'));
  agent('a-1', 'c-1', 34_000);
  agent('a-2', 'c-2', 71_000);
  agent('a-3', 'c-9', 1000);
  expect(offerFigures(log.matched(), log.calls, log.logins)).toMatchObject({ ghosts: { part: 0, whole: 3 }, lingering: { part: 0 } });
  // Before it was answered, or after it was over, nobody is there.
  agent('a-4', 'c-1', 25_000);
  agent('a-4', 'c-1', 65_000);
  expect(offerFigures(log.matched(), log.calls, log.logins).ghosts).toMatchObject({ part: 2, whole: 5 });
});

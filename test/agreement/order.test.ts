import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { orderOf } from '../../src/analysis/order.ts';
import type { Waiting } from '../../src/analysis/queue-log.ts';
import { rowOf } from '../../src/record/schema.ts';
import type { CallFact } from '../lab/call-facts.ts';
import { checkChannels } from './channels.ts';
import { agreeOnOrder, type Place, passedOver, placesOfFacts, placesOfRows } from './order.ts';
import { peaksOfFacts } from './peaks.ts';

const place = (key: string, entry: number, turn: number | null, more: Partial<Place> = {}): Place => ({
  key,
  queue: 'site-a support',
  vip: false,
  entry,
  turn,
  leave: turn ?? entry + 60_000,
  ...more,
});

describe('who was passed over', () => {
  test('by callers who came later and were served first, in the same queue and class', () => {
    const first = place('first', 0, 5000);
    const names = (kind: 'fifo' | 'priority', ...others: Place[]) => [...passedOver([first, ...others], kind).keys()];
    expect(names('fifo', place('b', 1000, 4000))).toEqual(['first']);
    expect(names('fifo', place('b', 1000, 6000))).toEqual([]);
    expect(names('fifo', place('b', 1000, 4000, { queue: 'site-b support' }))).toEqual([]);
    expect(names('fifo', place('b', 1000, 4000, { vip: true }))).toEqual([]);
    expect(names('fifo', place('gone', 1000, null), place('b', 2000, 9000))).toEqual(['gone']);
    // Within 50 ms there is no order.
    expect(names('fifo', place('b', 50, 4000))).toEqual([]);
    expect(names('fifo', place('b', 1000, 4960))).toEqual([]);
    expect([...passedOver([{ ...first, vip: true }, place('b', 1000, 4000)], 'priority').keys()]).toEqual(['first']);
    expect(names('priority', place('b', 1000, 4000, { vip: true }))).toEqual([]);
  });

  test('is the same that the report counts, whatever the callers', () => {
    const caller = fc.record({
      entry: fc.nat(3000),
      turn: fc.option(fc.nat(3000), { nil: null }),
      vip: fc.boolean(),
      queue: fc.constantFrom('a', 'b'),
    });
    fc.assert(
      fc.property(fc.array(caller, { maxLength: 40 }), (callers) => {
        const places = callers.map(({ entry, turn, vip, queue }, n) =>
          place(String(n), entry, turn === null ? null : entry + turn, { vip, queue, leave: entry + (turn ?? 2000) }),
        );
        const waiting = places.map(({ key, queue, vip, entry, turn, leave }) => ({
          ...({ call: key, queue, priority: Number(vip), entryMs: entry, exitMs: leave, agentMs: turn } as Waiting),
        }));
        const { fifo, priority } = orderOf(waiting, new Map());
        expect(passedOver(places, 'fifo').size).toBe(fifo.overtaken.part);
        expect(passedOver(places, 'priority').size).toBe(priority.overtaken.part);
      }),
    );
  });

  test('two observers agree but for gaps near the tolerance', () => {
    const ours = [place('a', 0, 5000), place('b', 1000, 4000), place('c', 8000, 10_000), place('d', 8055, 9000)];
    expect(agreeOnOrder(ours, ours, 'fifo')).toEqual({ ours: 2, theirs: 2, both: 2, differences: [], races: [] });
    const near = ours.map((one) => (one.key === 'd' ? { ...one, entry: 8045 } : one));
    expect(agreeOnOrder(ours, near, 'fifo')).toEqual({ ours: 2, theirs: 1, both: 1, differences: [], races: ['c'] });
    const far = ours.map((one) => (one.key === 'b' ? { ...one, turn: 6000, leave: 6000 } : one));
    expect(agreeOnOrder(ours, far, 'fifo')).toMatchObject({ differences: ['a'], races: [] });
  });
});

const fact = (n: number, more: Partial<CallFact> = {}): CallFact => ({
  site: 'site-a',
  uniqueid: `a.${n}`,
  sipCallId: `id-${n}`,
  caller: `500000${n}`,
  called: '2000',
  startMs: n * 100,
  answerMs: n * 100 + 5,
  queue: 'support',
  joinMs: n * 100 + 500,
  position: 1,
  offers: [{ agent: '1001', atMs: n * 100 + 1500, failedMs: null }],
  abandonMs: null,
  agent: '1001',
  connectMs: n * 100 + 2000,
  bridgeMs: null,
  completeMs: null,
  completedBy: null,
  refused: null,
  hangupMs: n * 100 + 5000,
  cause: 16,
  ...more,
});

test('places of our rows and of Asterisk’s events are the same places', () => {
  const row = rowOf('calls', {
    sip_call_id: 'id-1',
    caller: '5000001',
    site: 'vendor-site-a',
    intent: 'support',
    invite_ms: 100,
    queue_ms: 600,
    agent_ms: 2100,
    bye_sent_ms: 5100,
    end_ms: 5100,
  });
  const leg = rowOf('agents', { caller: '5000001', offered_ms: 1600 });
  const other = rowOf('agents', { caller: '5000001', offered_ms: 99_000 });
  expect(placesOfRows([row], [other, leg])).toEqual(placesOfFacts([fact(1)]).map((one) => ({ ...one, vip: false })));
  expect(placesOfFacts([fact(2, { offers: [], connectMs: null, abandonMs: 3000, caller: '9000001' })])).toMatchObject([
    { turn: null, leave: 3000, vip: true },
  ]);
});

test('peaks of Asterisk’s events: a call that a full site passed on is one', () => {
  const passedOn = fact(1, { site: 'site-b', answerMs: null, joinMs: null, connectMs: null, startMs: 90, hangupMs: 95 });
  expect(peaksOfFacts([fact(1), passedOn, fact(2)])).toEqual({ occupied: 2, answered: 2, queued: 2, talking: 2 });
  expect(peaksOfFacts([fact(1), fact(60)])).toEqual({ occupied: 1, answered: 1, queued: 1, talking: 1 });
});

test('channels of each second lie within what a CDR of whole seconds allows', () => {
  const T0 = Date.UTC(2026, 10, 11);
  const text = (second: number) => new Date(T0 + second * 1000).toISOString().slice(0, 19).replace('T', ' ');
  const rows = [0, 1, 2].map((n) => rowOf('calls', { invite_ms: T0 + n * 1000 + 400, end_ms: T0 + n * 1000 + 6300 }));
  const leg = (n: number, start: number, end: number) => ({
    caller: '',
    called: '',
    channel: '',
    agentChannel: '',
    lastApp: 'Queue',
    start: text(start),
    answer: text(start),
    end: text(end),
    disposition: 'ANSWERED',
    uniqueid: `a.${n}`,
    sipCallId: `id-${n}`,
  });
  const facts = [0, 1, 2, 3].map((n) => fact(n));
  // The last one rang an agent for a second, then the caller stayed on until queue_log says that it gave up.
  const gaveUp = { atS: T0 / 1000 + 8, uniqueid: 'a.2', queue: 'support', agent: 'NONE', event: 'ABANDON', data: [] };
  const site = { facts, queueLog: [gaveUp], cdr: [leg(0, 0, 6), leg(1, 1, 7), leg(2, 2, 3), leg(9, 0, 99)] };
  expect(checkChannels(rows, [site], 250)).toMatchObject({ outside: 0, peak: { ours: 3, least: 2, most: 3 } });
  expect(checkChannels(rows, [{ ...site, queueLog: [] }], 250).outside).toBeGreaterThan(0);
  expect(checkChannels(rows.slice(1), [site], 250).outside).toBeGreaterThan(0);
});

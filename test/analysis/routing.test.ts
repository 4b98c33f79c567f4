import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { idleWhileWaiting } from '../../src/analysis/idle.ts';
import { offerFigures } from '../../src/analysis/offers.ts';
import { orderOf } from '../../src/analysis/order.ts';
import { type Offer, QueueLog, turnsOf, type Waiting } from '../../src/analysis/queue-log.ts';
import { type AgentRow, type CallRow, rowOf } from '../../src/record/schema.ts';
import { answered, Record, range, T0 } from './synthetic.ts';

/** Queued at `at`, left or served at `at + waitMs`. Times in ms from T0. */
function waiting(name: string, at: number, waitMs: number, cells: Partial<CallRow> & { served?: boolean } = {}): CallRow {
  const { served = true, ...rest } = cells;
  const exit = T0 + at + waitMs;
  return answered(at, 0, {
    call: name,
    caller: `4009000${name.padStart(4, '0')}`,
    called: '4001000000',
    wants_agent: true,
    queue_ms: T0 + at,
    agent_ms: served ? exit : null,
    bye_sent_ms: served ? exit + 10_000 : exit,
    end_ms: served ? exit + 10_010 : exit + 10,
    outcome: served ? 'completed' : 'abandoned',
    correlation: served ? 'both-legs' : 'none',
    ...rest,
  });
}

function offer(agent: string, call: string | null, at: number, answerMs: number | null, untilMs: number, cells: Partial<AgentRow> = {}) {
  return rowOf('agents', {
    agent,
    skills: 'support',
    call,
    caller: `4009000${(call ?? 'x').padStart(4, '0')}`,
    offered_ms: T0 + at,
    answer_ms: answerMs === null ? null : T0 + answerMs,
    end_ms: T0 + untilMs,
    ready_ms: T0 + untilMs,
    outcome: answerMs === null ? 'missed' : 'answered',
    ...cells,
  });
}

function log(calls: CallRow[], offers: AgentRow[] = []): QueueLog {
  const all = new QueueLog();
  for (const row of calls) all.add(row);
  for (const row of offers) all.addAgent(row);
  return all;
}
const order = (all: QueueLog) => orderOf(all.calls, turnsOf(all.matched()));

describe('order of service', () => {
  it('finds a caller that a later one of the same priority passed, and no other', () => {
    const { fifo, priority } = order(
      log([waiting('1', 0, 9000), waiting('2', 1000, 2000), waiting('3', 4000, 9000), waiting('4', 5000, 9000)]),
    );
    expect(fifo).toMatchObject({ overtaken: { part: 1, whole: 4 }, pairs: 1, most: 1 });
    expect(fifo.examples).toEqual([{ call: '1', by: '2', atMs: T0 + 3000, callers: 1 }]);
    expect(priority.overtaken.whole).toBe(0);
  });

  it('counts a caller who gave up after being passed', () => {
    expect(order(log([waiting('1', 0, 9000, { served: false }), waiting('2', 1000, 2000)])).fifo.overtaken.part).toBe(1);
  });

  it('lets a VIP pass, and finds one that a later normal caller passed', () => {
    const rightly = order(log([waiting('1', 0, 9000), waiting('2', 1000, 2000, { vip: true })]));
    expect([rightly.fifo.pairs, rightly.priority.pairs]).toEqual([0, 0]);
    const wrongly = order(log([waiting('1', 0, 9000, { vip: true }), waiting('2', 1000, 2000)]));
    expect(wrongly.fifo.pairs).toBe(0);
    expect(wrongly.priority).toMatchObject({ overtaken: { part: 1, whole: 1 }, pairs: 1 });
  });

  it('keeps queues apart', () => {
    expect(order(log([waiting('1', 0, 9000, { intent: 'orders' }), waiting('2', 1000, 2000, { intent: 'claims' })])).fifo.pairs).toBe(0);
  });

  it('tells apart sites that have queues of their own', () => {
    const rows = [waiting('1', 0, 9000, { site: 'a' }), waiting('2', 1000, 2000, { site: 'b' }), waiting('3', 2000, 9000, { site: 'a' })];
    const { routing } = new Record().add('calls', ...rows).analyse();
    expect(routing!.fifo.overtaken).toMatchObject({ part: 1, whole: 3 });
    expect(routing!.fifoSameSite!.overtaken).toMatchObject({ part: 0, whole: 3 });
    expect(new Record().add('calls', rows[0]!, rows[2]!).analyse().routing!.fifoSameSite).toBeNull();
  });

  it('does not take an agent that is slow to pick up for disorder, nor a race', () => {
    const calls = [waiting('1', 0, 9000), waiting('2', 1000, 2000)];
    const offers = [offer('a-1', '1', 2000, 9000, 19_000), offer('a-2', '2', 2100, 3000, 13_000)];
    expect(order(log(calls, offers)).fifo.pairs).toBe(0);
    expect(order(log([waiting('1', 0, 3040), waiting('2', 1000, 2000)])).fifo.pairs).toBe(0);
    expect(order(log([waiting('1', 0, 9000), waiting('2', 40, 2000)])).fifo.pairs).toBe(0);
  });

  it('keeps the turn of a caller whose first agent did not answer', () => {
    const offers = [offer('a-1', '1', 2000, null, 8000), offer('a-2', '1', 8000, 9000, 19_000), offer('a-3', '2', 2500, 3000, 13_000)];
    expect(order(log([waiting('1', 0, 9000), waiting('2', 1000, 2000)], offers)).fifo.pairs).toBe(0);
  });

  it('leaves out who was queued for another skill: misrouted is what that is', () => {
    // Nobody waits among the claims, so the second caller, who asked for orders, is served before the first; and then sits before an idle agent.
    const calls = [
      waiting('1', 0, 9000, { intent: 'orders', agent: 'a-1' }),
      waiting('2', 1000, 2000, { intent: 'orders', agent: 'b-1' }),
      waiting('3', 12_000, 4000, { intent: 'orders', agent: 'b-1' }),
    ];
    const offers = [
      offer('a-1', '1', 8500, 9000, 11_000, { skills: 'orders' }),
      offer('b-1', '2', 2500, 3000, 14_000, { skills: 'claims' }),
      offer('b-1', '3', 15_500, 16_000, 20_000, { skills: 'claims' }),
    ];
    const { routing } = new Record()
      .add('calls', ...calls)
      .add('agents', ...offers)
      .analyse();
    expect(routing!.offers.misrouted.part).toBe(2);
    expect(routing!.fifo.pairs).toBe(0);
    expect(routing!.idle!.seconds).toBe(0);
  });

  it('takes no order, and no idle time, from seconds in which our own instrument was unwell', () => {
    const calls = [waiting('1', 0, 9000), waiting('2', 1000, 2000), waiting('3', 2000, 9000)];
    const offers = [offer('a-1', '2', 2500, 3000, 4000), offer('a-1', '1', 8500, 9000, 10_000), offer('a-2', '3', 10_500, 11_000, 12_000)];
    const second = (at: number, healthy: boolean) =>
      rowOf('timeline', { t_ms: T0 + at, healthy, unhealthy: healthy ? null : 'event-loop delay' });
    const analyse = (unwell: number[]) =>
      new Record()
        .add('timeline', ...range(12).map((i) => second(i * 1000, !unwell.includes(i))))
        .add('calls', ...calls)
        .add('agents', ...offers)
        .analyse().routing!;
    // The second passes the first; a-1 idles from 5 s until it is rung for the first.
    expect(analyse([])).toMatchObject({ fifo: { pairs: 1 }, idle: { seconds: 3.5 } });
    expect(analyse([2])).toMatchObject({ fifo: { pairs: 0 }, idle: { seconds: 3.5 } });
    expect(analyse([6])).toMatchObject({ fifo: { pairs: 1 }, idle: { seconds: 2.5, longestMs: 1500 } });
  });

  it('agrees with counting every pair', () => {
    const caller = fc.record({
      at: fc.integer({ min: 0, max: 3000 }),
      wait: fc.integer({ min: 0, max: 3000 }),
      priority: fc.integer({ min: 0, max: 2 }),
      intent: fc.constantFrom('orders', 'claims'),
      served: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(caller, { maxLength: 60 }), (callers) => {
        const rows = callers.map(({ at, wait, priority, intent, served }, i) => waiting(String(i), at, wait, { priority, intent, served }));
        const all = log(rows);
        const { fifo, priority } = order(all);
        const passed = (above: boolean) => {
          const by = all.calls.map((i) =>
            all.calls.filter(
              (j) =>
                i.queue === j.queue &&
                (above ? i.priority > j.priority : i.priority === j.priority) &&
                j.entryMs! > i.entryMs! + 50 &&
                j.agentMs !== null &&
                j.agentMs < (i.agentMs ?? i.exitMs!) - 50,
            ),
          );
          return {
            pairs: by.flat().length,
            overtaken: by.filter((j) => j.length > 0).length,
            most: Math.max(0, ...by.map((j) => j.length)),
          };
        };
        for (const [figures, brute] of [
          [fifo, passed(false)],
          [priority, passed(true)],
        ] as const) {
          expect({ pairs: figures.pairs, overtaken: figures.overtaken.part, most: figures.most }).toEqual(brute);
          for (const { call, callers: n } of figures.examples) expect(rows.some((row) => row.call === call) && n > 0).toBe(true);
        }
      }),
    );
  });

  it('takes 50 000 callers in a moment', () => {
    const began = performance.now();
    const { fifo } = order(log(range(50_000).map((i) => waiting(String(i), i * 10, 5000 + (i % 7) * 100))));
    expect(fifo.overtaken.whole).toBe(50_000);
    expect(performance.now() - began).toBeLessThan(15_000);
  });
});

describe('offers to agents', () => {
  const figures = (calls: CallRow[], offers: AgentRow[]) => {
    const all = log(calls, offers);
    return offerFigures(all.matched(), all.calls, all.logins);
  };

  it('finds a ghost: nobody of ours was alive for it', () => {
    const calls = [waiting('1', 0, 3000), waiting('2', 0, 1000, { served: false })];
    const offers = [
      offer('a-1', '1', 2500, 3000, 13_000),
      offer('a-2', '2', 1500, null, 1800),
      offer('a-3', null, 2000, 2500, 3000, { caller: '40099999999' }),
    ];
    expect(figures(calls, offers).ghosts).toMatchObject({ part: 2, whole: 3 });
  });

  it('finds by its number the caller of an offer that was withdrawn before it was matched', () => {
    const calls = [waiting('1', 0, 9000), waiting('2', 0, 9000, { caller: '008640090000002' })];
    const offers = [offer('a-1', '1', 8000, 9000, 19_000), offer('a-2', null, 8000, null, 8100, { caller: '+8640090000002' })];
    expect(figures(calls, offers).ghosts).toMatchObject({ part: 0, whole: 2 });
  });

  it('does not call an agent rung for a call-back a ghost, until that is over', () => {
    const all = log(
      [waiting('1', 0, 3000), waiting('2', 0, 1000, { served: false })],
      [offer('a-1', '1', 2500, 3000, 13_000), offer('a-2', '2', 60_000, 61_000, 70_000), offer('a-3', '2', 71_000, null, 72_000)],
    );
    for (const [at, action] of [
      [1000, 'asked'],
      [58_000, 'offered'],
      [59_000, 'answered'],
      [70_000, 'ended'],
    ] as const)
      all.addEvent(rowOf('events', { t_ms: T0 + at, kind: 'call-back', name: '2', action }));
    const { ghosts, examples } = offerFigures(all.matched(), all.calls, all.logins);
    expect(ghosts.part).toBe(1);
    expect(examples.map(({ agent }) => agent)).toEqual(['a-3']);
  });

  it('does not call an agent that refused at once a ghost', () => {
    const offers = [offer('a-1', '1', 8000, 9000, 19_000), offer('a-2', null, 8000, null, 8000, { outcome: 'rejected', caller: '' })];
    expect(figures([waiting('1', 0, 9000)], offers).ghosts).toMatchObject({ part: 0, whole: 1 });
  });

  it('measures no ghosts where nothing could be matched', () => {
    expect(figures([waiting('1', 0, 9000)], [offer('a-1', null, 8000, 9000, 19_000, { caller: 'anonymous' })]).ghosts.whole).toBe(0);
  });

  it('finds two agents that ring for one caller, and an offer that outlives its caller', () => {
    const calls = [waiting('1', 0, 4000), waiting('2', 0, 4000, { served: false })];
    const offers = [offer('a-1', '1', 2000, 4000, 14_000), offer('a-2', '1', 2500, null, 4000), offer('a-3', '2', 3000, null, 9000)];
    expect(figures(calls, offers)).toMatchObject({
      duplicates: { part: 1, whole: 3 },
      lingering: { part: 1, whole: 3 },
      ghosts: { part: 0 },
    });
  });

  it('takes one agent after another for what it is', () => {
    const offers = [offer('a-1', '1', 2000, null, 4000), offer('a-2', '1', 4000, 5000, 15_000)];
    expect(figures([waiting('1', 0, 5000)], offers).duplicates).toMatchObject({ part: 0, whole: 2 });
  });

  it('finds who reached another skill than asked for', () => {
    const calls = [
      waiting('1', 0, 3000, { intent: 'orders', agent: 'a-1' }),
      waiting('2', 0, 3000, { intent: 'orders', agent: 'a-2' }),
      waiting('3', 0, 3000, { intent: '1', agent: 'a-2' }),
    ];
    const offers = [
      offer('a-1', '1', 2000, 3000, 13_000, { skills: 'orders+vip' }),
      offer('a-2', '2', 2000, 3000, 13_000, { skills: 'claims' }),
      offer('a-2', '3', 14_000, 15_000, 16_000, { skills: 'claims' }),
    ];
    expect(figures(calls, offers).misrouted).toMatchObject({ part: 1, whole: 2 });
  });

  it('does not take an agent on a break who is rung all the same for an idle one', () => {
    const all = log(
      range(3).map((i) => waiting(String(i), i * 10_000, 3000)),
      [
        offer('a-1', '0', 0, 500, 1000),
        offer('a-2', '0', 2000, 2500, 3000),
        // On its break from 5 s on: rung and refused at 10 s; a-2, free since 3 s, is the longest idle one.
        offer('a-1', '1', 10_000, null, 10_000, { outcome: 'rejected' }),
        offer('a-2', '1', 10_600, 11_000, 12_000),
        offer('a-2', '2', 20_600, 21_000, 22_000),
      ],
    );
    const event = (at: number, agent: string, action: string) =>
      all.addEvent(rowOf('events', { t_ms: T0 + at, kind: 'registration', name: agent, action }));
    for (const agent of ['a-1', 'a-2']) event(-1000, agent, 'registered');
    event(5000, 'a-1', 'not-ready');
    const { longestIdle } = offerFigures(all.matched(), all.calls, all.logins);
    expect(longestIdle).toMatchObject({ part: 4, whole: 4 });
  });

  it('names them: kind, caller, agent and time', () => {
    const calls = [waiting('1', 0, 4000, { intent: 'orders', agent: 'b-1' }), waiting('2', 0, 4000, { served: false })];
    const offers = [
      offer('b-1', '1', 2000, 4000, 14_000, { skills: 'claims' }),
      offer('b-2', '1', 2500, null, 3000, { skills: 'claims' }),
      offer('a-3', '2', 3000, null, 9000, { skills: 'orders' }),
      offer('a-4', null, 5000, null, 5300, { skills: 'orders', caller: '40099999999' }),
    ];
    const seen = figures(calls, offers).examples.map(({ kind, call, agent, atMs }) => [kind, call, agent, atMs - T0]);
    expect(seen).toEqual(
      [
        ['misrouted', '1', 'b-1', 4000],
        ['duplicate', '1', 'b-2', 2500],
        ['lingering', '2', 'a-3', 3000],
        ['ghost', null, 'a-4', 5000],
      ].sort((a, b) => (a[3] as number) - (b[3] as number)),
    );
  });

  it('sees that the longest idle agent was passed over, and by how long', () => {
    const calls = range(4).map((i) => waiting(String(i), i * 10_000, 500));
    // a-1 is idle from 3 s on, a-2 from 13 s on; the third call goes to a-2, the fourth rightly to a-1.
    const offers = [
      offer('a-1', '0', 0, 500, 3000),
      offer('a-2', '1', 10_000, 10_500, 13_000),
      offer('a-2', '2', 20_000, 20_500, 23_000),
      offer('a-1', '3', 30_000, 30_500, 33_000),
    ];
    const { longestIdle, idleDeviation, callsPerAgent } = figures(calls, offers);
    expect(longestIdle).toMatchObject({ part: 1, whole: 2 });
    expect(idleDeviation.max).toBe(10_000);
    expect(callsPerAgent).toMatchObject({ n: 2, mean: 2 });
  });
});

describe('idle agents while callers wait', () => {
  const idle = (calls: CallRow[], offers: AgentRow[], lastMs: number) => {
    const all = log(calls, offers);
    return idleWhileWaiting(all.matched(), all.calls, all.logins, T0 + lastMs)!;
  };

  it('counts the time beyond a moment for handing over', () => {
    // The agent is free from 3 s on; the second caller waits from 2 s on and is offered at 8 s: from 4 s to 8 s.
    const offers = [offer('a-1', '1', 0, 500, 3000), offer('a-1', '2', 8000, 9000, 12_000)];
    expect(idle([waiting('1', 0, 500), waiting('2', 2000, 7000)], offers, 12_000)).toMatchObject({
      seconds: 4,
      agentSeconds: 4,
      longestMs: 4000,
    });
  });

  it('counts nothing where every agent is busy, or of another skill', () => {
    const busy = [offer('a-1', '1', 0, 500, 20_000), offer('a-1', '2', 20_000, 20_500, 21_000)];
    expect(idle([waiting('1', 0, 500), waiting('2', 2000, 18_500)], busy, 21_000).seconds).toBe(0);
    const other = [offer('a-1', '1', 0, 500, 3000, { skills: 'orders' }), offer('b-1', '2', 18_000, 18_500, 21_000, { skills: 'claims' })];
    const calls = [waiting('1', 0, 500, { intent: 'orders' }), waiting('2', 2000, 16_500, { intent: 'claims' })];
    expect(idle(calls, other, 21_000).seconds).toBe(0);
  });

  it('is not measured without agents of ours', () => {
    const all = log([waiting('1', 0, 500)]);
    expect(idleWhileWaiting(all.matched(), all.calls, all.logins, T0)).toBeNull();
  });

  it('counts agents who are logged in and never offered anything', () => {
    const all = log([waiting('1', 0, 9000)], [offer('a-1', '1', 8000, 9000, 20_000)]);
    for (const agent of ['a-1', 'a-2'])
      all.addEvent(rowOf('events', { t_ms: T0 - 5000, kind: 'registration', name: agent, action: 'registered' }));
    const figures = idleWhileWaiting(all.matched(), all.calls, all.logins, T0 + 30_000, () => 'support')!;
    expect(figures).toMatchObject({ seconds: 7, agentSeconds: 7 });
  });

  it('leaves out agents on a break, or after their shift', () => {
    const all = log([waiting('1', 0, 9000)], [offer('a-1', '1', 8000, 9000, 20_000)]);
    const event = (agent: string, at: number, action: string) =>
      all.addEvent(rowOf('events', { t_ms: T0 + at, kind: 'registration', name: agent, action }));
    for (const agent of ['a-1', 'a-2']) event(agent, -5000, 'registered');
    event('a-1', -4000, 'not-ready');
    event('a-1', 5000, 'ready');
    event('a-2', 4000, 'ended');
    // a-2 from 1 s to 4 s; a-1 from 6 s, a second after its break, until it is rung at 8 s.
    const figures = idleWhileWaiting(all.matched(), all.calls, all.logins, T0 + 30_000, () => 'support')!;
    expect(figures).toMatchObject({ seconds: 5, agentSeconds: 5, longestMs: 3000 });
  });

  it('knows that an agent on a break is no readier for having registered again', () => {
    const all = log([waiting('1', 0, 20_000)], [offer('a-1', '1', 19_000, 20_000, 30_000)]);
    const event = (at: number, action: string) =>
      all.addEvent(rowOf('events', { t_ms: T0 + at, kind: 'registration', name: 'a-1', action }));
    event(-5000, 'registered');
    event(-4000, 'not-ready');
    event(2000, 'lost');
    event(4000, 'registered');
    event(10_000, 'ready');
    event(12_000, 'not-ready');
    event(13_000, 'lost');
    event(14_000, 'ready');
    event(16_000, 'registered');
    // Ready and registered from 10 s to 12 s and from 16 s until it is rung at 19 s, a second less of each.
    const figures = idleWhileWaiting(all.matched(), all.calls, all.logins, T0 + 30_000)!;
    expect(figures).toMatchObject({ seconds: 3, longestMs: 2000 });
    expect(figures.spans).toEqual([
      { fromMs: T0 + 11_000, toMs: T0 + 12_000, agents: ['a-1'] },
      { fromMs: T0 + 17_000, toMs: T0 + 19_000, agents: ['a-1'] },
    ]);
    // The next shift begins ready, whatever the last one ended with.
    const next = log([waiting('1', 0, 20_000)], [offer('a-1', '1', 19_000, 20_000, 30_000)]);
    for (const [at, action] of [
      [-3000, 'registered'],
      [-2000, 'not-ready'],
      [1000, 'ended'],
      [15_000, 'registered'],
    ] as const)
      next.addEvent(rowOf('events', { t_ms: T0 + at, kind: 'registration', name: 'a-1', action }));
    expect(idleWhileWaiting(next.matched(), next.calls, next.logins, T0 + 30_000)!.seconds).toBe(3);
  });

  it('agrees with looking at every tenth of a second', () => {
    const call = fc.record({
      at: fc.integer({ min: 0, max: 200 }),
      wait: fc.integer({ min: 0, max: 100 }),
      queue: fc.constantFrom('p', 'q'),
    });
    const work = fc.record({
      agent: fc.integer({ min: 0, max: 3 }),
      at: fc.integer({ min: 0, max: 250 }),
      length: fc.integer({ min: 1, max: 60 }),
    });
    fc.assert(
      fc.property(fc.array(call, { maxLength: 15 }), fc.array(work, { minLength: 1, maxLength: 15 }), (calls, works) => {
        const skills = ['p', 'q', 'p+q', 'q'];
        const rows: Waiting[] = log(
          calls.map(({ at, wait, queue }, i) => waiting(String(i), at * 100, wait * 100, { intent: queue })),
        ).calls;
        const matched = works.map(({ agent, at, length }) => ({
          call: null,
          offer: {
            agent: `a-${agent}`,
            skills: skills[agent]!,
            call: null,
            caller: '',
            outcome: 'answered',
            offeredMs: T0 + at * 100,
            answerMs: T0 + at * 100,
            endMs: T0 + (at + length) * 100,
            readyMs: T0 + (at + length) * 100,
          } satisfies Offer,
        }));
        const LAST = 400;
        const figures = idleWhileWaiting(matched, rows, [], T0 + LAST * 100)!;
        const agents = [...new Set(works.map(({ agent }) => agent))];
        let steps = 0;
        for (let t = 0; t < LAST; t++) {
          const at = T0 + t * 100 + 50;
          const idle = agents.filter((agent) => {
            const own = works.filter((one) => one.agent === agent);
            const free = (ms: number) => own.every((one) => ms < T0 + one.at * 100 || ms >= T0 + (one.at + one.length) * 100);
            const first = T0 + Math.min(...own.map((one) => one.at)) * 100;
            return range(11).every((k) => free(at - k * 100)) && at - 1000 >= first;
          });
          const able = (queue: string) => {
            const seen = agents.some((agent) => skills[agent]!.split('+').includes(queue));
            return seen && idle.some((agent) => skills[agent]!.split('+').includes(queue));
          };
          if (rows.some((row) => row.entryMs! + 1000 <= at && at < row.exitMs! && able(row.queue))) steps++;
        }
        expect(figures.seconds).toBeCloseTo(steps / 10, 6);
      }),
    );
  });
});

describe('the run', () => {
  it('measures occupancy against the time that agents were logged in', () => {
    const event = (agent: string, at: number, action: string) =>
      rowOf('events', { t_ms: T0 + at, kind: 'registration', name: agent, action });
    const occupancy = (events: ReturnType<typeof event>[]) =>
      new Record()
        .add('calls', waiting('1', 0, 9000))
        .add('agents', offer('a-1', '1', 8000, 10_000, 20_000))
        .add('events', ...events)
        .analyse().agents.occupancy;
    // Ten seconds busy, of a minute for two agents, of which one came at 20 s and had a break of 10 s.
    const known = [
      event('a-1', -1000, 'registered'),
      event('a-2', 20_000, 'registered'),
      event('a-2', 30_000, 'not-ready'),
      event('a-2', 40_000, 'ready'),
    ];
    expect(occupancy(known)).toMatchObject({ part: 10, whole: 90 });
    expect(occupancy([event('a-2', 20_000, 'registered')])).toMatchObject({ part: 10, whole: 60 });
  });

  it('tells order, offers, slices and model, in whatever order the rows come', () => {
    const calls = range(120).map((i) =>
      waiting(String(i), i * 1000, i % 10 === 9 ? 4000 : 2000, {
        served: i % 10 !== 9,
        intent: i % 3 === 0 ? 'claims' : 'orders',
        vip: i % 5 === 0,
        agent: `a-${i % 20}`,
      }),
    );
    const offers = calls.flatMap((row, i) =>
      row.agent_ms === null
        ? []
        : [
            offer(row.agent!, row.call, i * 1000 + 1500, i * 1000 + 2000, i * 1000 + 12_000, {
              skills: 'orders+claims',
              ready_ms: T0 + i * 1000 + 14_000,
            }),
          ],
    );
    const analysis = new Record()
      .add('calls', ...calls)
      .add('agents', ...offers)
      .analyse({
        end: { endMs: T0 + 140_000, how: 'finished', why: null, exitCode: 0 },
      });
    const { routing, model } = analysis;
    expect(routing!.bySkill.map(({ key, asked }) => [key, asked])).toEqual([
      ['claims', 40],
      ['orders', 80],
    ]);
    expect(routing!.byClass.map(({ key, asked }) => [key, asked])).toEqual([
      ['vip', 24],
      ['normal', 96],
    ]);
    expect(routing!.byMinute.map(({ key, asked }) => [Number(key) - T0, asked])).toEqual([
      [0, 60],
      [60_000, 60],
    ]);
    for (const slices of [routing!.bySkill, routing!.byClass, routing!.byMinute]) {
      const sum = (of: (slice: (typeof slices)[number]) => number) => slices.reduce((total, slice) => total + of(slice), 0);
      expect(sum(({ answered: n }) => n)).toBe(analysis.queue.answered);
      expect(sum(({ abandoned }) => abandoned)).toBe(analysis.queue.abandoned);
      expect(sum(({ serviceLevel }) => serviceLevel.part)).toBe(analysis.queue.serviceLevel[0].part);
    }
    expect(routing!.groups).toMatchObject([{ skills: 'orders+claims', agents: 18, offered: 108, answered: 108 }]);
    const [whole, peak] = model!.spans;
    expect(whole).toMatchObject({ which: 'whole', calls: 120, handlingMs: 12_000, handlingFrom: 'agents', agents: 18 });
    expect(whole!.perSecond).toBeCloseTo(120 / 119, 3);
    // 108 waits of 2 s and 12 of 4 s, 12 gave up.
    expect(whole!.patienceMs).toBeCloseTo((108 * 2000 + 12 * 4000) / 12, 6);
    expect(whole!.measured).toMatchObject({ asaMs: 2000, abandonment: 0.1, serviceLevel: 0.9 });
    expect(peak).toMatchObject({ which: 'peak', calls: 60 });
    expect(model!.whatIf.some(({ agents }) => agents === model!.needed)).toBe(true);
  });
});

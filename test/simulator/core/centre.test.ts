import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../src/clock.ts';
import type { SimulatorConfig } from '../../../src/simulator/config.ts';
import type { Call, Offer } from '../../../src/simulator/core/call.ts';
import type { CallCentre } from '../../../src/simulator/core/centre.ts';
import { connectModel, type ModelCaller, ModelHost } from '../../../src/simulator/core/model.ts';
import type { Site } from '../../../src/simulator/core/sites.ts';
import type { TruthRow } from '../../../src/simulator/truth.ts';

/** A model whose orders can be read, and whose accounts do what the test says. */
class Stage extends ModelHost {
  readonly log: string[] = [];
  readonly offers: Offer[] = [];
  readonly rows: TruthRow[];
  readonly alarms: string[] = [];

  constructor(rows: TruthRow[]) {
    super(new VirtualClock(), (row) => rows.push(row));
    this.rows = rows;
  }

  #note(what: string) {
    this.log.push(`${this.clock.now()} ${what}`);
  }
  override refuse(call: Call, status: number) {
    this.#note(`refuse ${call.id} ${status}`);
  }
  override ring(call: Call) {
    this.#note(`ring ${call.id}`);
  }
  override early(call: Call) {
    this.#note(`early ${call.id}`);
  }
  override answer(call: Call) {
    this.#note(`answer ${call.id}`);
  }
  override play(call: Call, sound: Parameters<ModelHost['play']>[1]) {
    this.#note(`${sound} ${call.id}`);
    super.play(call, sound);
  }
  override connect(call: Call) {
    this.#note(`connect ${call.id} ${call.row.agent}`);
    super.connect(call);
  }
  override end(call: Call, by?: string) {
    this.#note(`end ${call.id} ${by}`);
  }
  override offer(offer: Offer) {
    this.#note(`offer ${offer.call.id} ${offer.agent.name}`);
    this.offers.push(offer);
  }
  override withdraw(offer: Offer) {
    this.#note(`withdraw ${offer.call.id} ${offer.agent.name}`);
  }
  override alarm(kind?: string, site?: Site, at?: number) {
    this.alarms.push(`${at} ${kind} ${site?.name}`);
  }
}

const base: SimulatorConfig = { sites: [{ name: 'a', channels: 100 }], menu: null, ringMs: 100, answerMs: 200, failover: { probeMs: 0 } };

function open(config: Partial<SimulatorConfig> = {}) {
  const stage = new Stage([]);
  const centre: CallCentre = connectModel({ ...base, ...config }, stage);
  let number = 0;
  const arrive = (caller: Partial<ModelCaller> = {}) =>
    centre.arrive(
      { sipCallId: `c${++number}`, caller: caller.caller ?? `1${number}`, called: caller.called ?? '4001' },
      { atMs: stage.clock.now(), ...caller },
    );
  return { stage, centre, arrive, clock: stage.clock };
}

const own = (count: number, handlingMs: number | 'until-caller' = 'until-caller', answerMs = 0, wrapUpMs = 0) => [
  { count, skill: 'support', answerMs, handlingMs, wrapUpMs },
];
const accounts = (count: number) => [{ username: '10{n}', password: 'x', first: 1, count, skill: 'support' }];

describe('a call', () => {
  it('rings, is answered, hears the menu, waits, talks, and leaves a whole truth row', () => {
    const { stage, arrive, clock } = open({ menu: { '1': 'support', '2': 'sales' }, ownAgents: own(1, 5000, 700) });
    arrive({ digit: '1', digitAfterMs: 1000 });
    clock.advance(20_000);
    expect(stage.log).toEqual(['100 ring 1', '200 answer 1', '200 menu 1', '1200 hold 1', '1900 connect 1 support-1', '6900 end 1 agent']);
    expect(stage.rows).toEqual([
      {
        sip_call_id: 'c1',
        back_of: null,
        caller: '11',
        called: '4001',
        site: 'a',
        skill: 'support',
        priority: 0,
        received_ms: 0,
        refused_ms: null,
        status: 200,
        ringing_ms: 100,
        answered_ms: 200,
        queued_ms: 1200,
        queue_position: 1,
        agent: 'support-1',
        agent_offers: 1,
        agent_ms: 1900,
        ended_ms: 6900,
        ended_by: 'agent',
        outcome: 'answered',
      },
    ]);
  });

  it('is abandoned in the ring, in the menu, and in the queue', () => {
    const { stage, centre, arrive, clock } = open({ menu: { '1': 'support' } });
    const ringing = arrive();
    clock.advance(150);
    centre.left(ringing);
    centre.left(ringing);
    const inMenu = arrive({ digit: null });
    clock.advance(500);
    centre.left(inMenu);
    arrive({ patienceMs: 4000 });
    clock.advance(10_000);
    expect(stage.rows.map((row) => [row.outcome, row.ended_by, row.status])).toEqual([
      ['abandoned', 'caller', 487],
      ['abandoned', 'caller', 200],
      ['abandoned', 'caller', 200],
    ]);
    expect(stage.rows[2]!.ended_ms! - stage.rows[2]!.queued_ms!).toBe(4000);
    expect(centre.state()).toMatchObject({ calls: 0, sites: [{ inUse: 0 }], queues: [{ waiting: 0 }] });
  });

  it('ignores digits the menu does not have and gives up on a caller who presses none', () => {
    const { stage, centre, arrive, clock } = open({ menu: { '1': 'support' }, menuTimeoutMs: 8000 });
    const call = arrive({ digit: '7', digitAfterMs: 100 });
    clock.advance(9000);
    expect(call.row).toMatchObject({ skill: null, outcome: 'failed', ended_by: 'vendor', ended_ms: 8200 });
    centre.digit(call, '1');
    expect(stage.rows).toHaveLength(1);
  });

  it('rings later and fails more often, the more its site is strained beyond what it does with ease', () => {
    const { stage, arrive, clock } = open({ numbers: { '1': 'echo' }, overload: { above: 2, slowMs: 50, failShare: 0.5 } });
    for (let i = 0; i < 5; i++) arrive({ called: '1', talkMs: 60_000 });
    clock.advance(400);
    const rings = stage.log.filter((line) => line.includes('ring'));
    expect(rings.slice(0, 2)).toEqual(['100 ring 1', '100 ring 2']);
    // The third fails by a chance of a half, the fourth and fifth for certain, each 50 ms later than the one before.
    expect(stage.log.filter((line) => / [345]/.test(line) && /ring|refuse/.test(line)).map((line) => line.split(' ')[0])).toEqual([
      '150',
      '200',
      '250',
    ]);
    expect(stage.log).toContain('200 refuse 4 500');
    expect(stage.log).toContain('250 refuse 5 500');
    expect(stage.rows.find((row) => row.status === 500)).toMatchObject({ outcome: 'failed', site: 'a' });
  });

  it('of other numbers: echo, busy, ring without end', () => {
    const { stage, centre, arrive, clock } = open({ numbers: { '1': 'echo', '2': 'busy', '3': 'ring' } });
    arrive({ called: '1', talkMs: 3000 });
    arrive({ called: '2' });
    const endless = arrive({ called: '3' });
    clock.advance(600_000);
    expect(endless.state).toBe('ringing');
    centre.left(endless);
    expect(stage.rows.map((row) => [row.called, row.outcome, row.status])).toEqual([
      ['2', 'blocked', 486],
      ['1', 'served', 200],
      ['3', 'abandoned', 487],
    ]);
  });

  it('of an early-queue number is answered only by the agent', () => {
    const { stage, arrive, clock } = open({ numbers: { '5': 'early-queue' }, ownAgents: own(1, 1000, 400) });
    arrive({ called: '5' });
    clock.advance(5000);
    expect(stage.log).toEqual(['100 early 1', '100 hold 1', '500 answer 1', '500 connect 1 support-1', '1500 end 1 agent']);
    expect(stage.rows[0]).toMatchObject({ answered_ms: 500, agent_ms: 500, queued_ms: 100, status: 200 });
  });
});

describe('limits', () => {
  it('refuses what has no channel with 503, and takes the next when one is free', () => {
    const { stage, centre, arrive, clock } = open({ sites: [{ name: 'a', channels: 2 }] });
    const first = arrive();
    arrive();
    arrive();
    clock.advance(1000);
    centre.left(first);
    arrive();
    clock.advance(1000);
    expect(stage.rows.map((row) => [row.sip_call_id, row.outcome, row.status])).toEqual([
      ['c3', 'blocked', 503],
      ['c1', 'abandoned', 200],
    ]);
    expect(stage.rows[0]).toMatchObject({ site: null, refused_ms: 0, ended_by: 'vendor' });
  });

  it('keeps to calls per second of the edge and of each site, to the edge total, and to 486 where asked', () => {
    const { stage, centre, arrive, clock } = open({
      sites: [
        { name: 'a', channels: 10, cps: 1 },
        { name: 'b', channels: 10, cps: 1 },
      ],
      refuse: 486,
      edgeCps: 3,
    });
    for (let i = 0; i < 5; i++) arrive();
    expect(stage.rows.map((row) => row.status)).toEqual([486, 486, 486]);
    clock.advance(1000);
    centre.operator.setLimits({ edgeChannels: 3, refuse: 503 });
    for (let i = 0; i < 2; i++) arrive();
    expect(stage.rows.map((row) => row.status)).toEqual([486, 486, 486, 503]);
    expect(centre.state().calls).toBe(3);
  });

  it('spreads calls over the sites by free share', () => {
    const { centre, arrive } = open({
      sites: [
        { name: 'a', channels: 30 },
        { name: 'b', channels: 10 },
      ],
    });
    for (let i = 0; i < 20; i++) arrive();
    expect(centre.state().sites.map((site) => site.inUse)).toEqual([15, 5]);
  });

  it('scales after the delay, one site or all', () => {
    const { stage, centre, arrive, clock } = open({ sites: [{ name: 'a', channels: 1 }], scaleDelayMs: 30_000, edgeChannels: 1 });
    expect(centre.operator.scale(null, 3)).toBe(30_000);
    for (let t = 0; t < 4; t++) {
      arrive();
      clock.advance(10_000);
    }
    expect(stage.rows.map((row) => row.sip_call_id)).toEqual(['c2', 'c3']);
    centre.operator.scale(centre.sites.get('a')!, 1, 0);
    clock.advance(1);
    arrive();
    expect(stage.rows.map((row) => row.sip_call_id)).toEqual(['c2', 'c3', 'c5']);
    expect(centre.calls.size).toBe(2);
    expect(stage.events.map((event) => event.name)).toContain('all sites: 3 channels in force');
  });
});

describe('the queue', () => {
  it('serves VIPs first and is first come first served inside a priority', () => {
    const { stage, arrive, clock } = open({ ownAgents: own(1, 1000) });
    for (const caller of ['10', '11', '9001', '12', '9002']) arrive({ caller });
    clock.advance(20_000);
    expect(stage.rows.map((row) => row.caller)).toEqual(['10', '9001', '9002', '11', '12']);
    expect(stage.rows.map((row) => [row.priority, row.queue_position])).toEqual([
      [0, 1],
      [10, 1],
      [10, 2],
      [0, 1],
      [0, 3],
    ]);
  });

  it.each([
    { overflow: 'announce', status: 200, outcome: 'blocked', ended_ms: 2200 },
    { overflow: 'busy', status: 486, outcome: 'blocked', ended_ms: 200 },
    { overflow: 'divert', status: 302, outcome: 'diverted', ended_ms: 200 },
  ] as const)('overflows by $overflow', ({ overflow, ...expected }) => {
    const { stage, arrive, clock } = open({ queue: { maxLength: 1, overflow } });
    arrive();
    arrive();
    clock.advance(5000);
    expect(stage.rows).toHaveLength(1);
    expect(stage.rows[0]).toMatchObject({ ...expected, sip_call_id: 'c2', queued_ms: null, skill: 'support' });
  });

  it('can only announce once the menu has been answered', () => {
    const { stage, arrive, clock } = open({ menu: { '1': 'support' }, queue: { maxLength: 0, overflow: 'busy' } });
    arrive({ digitAfterMs: 1000 });
    clock.advance(5000);
    expect(stage.log).toEqual(['100 ring 1', '200 answer 1', '200 menu 1', '1200 busy 1', '3200 end 1 vendor']);
    expect(stage.rows[0]).toMatchObject({ status: 200, outcome: 'blocked' });
  });

  it('gives up after the longest wait', () => {
    const { stage, arrive, clock } = open({ queue: { maxWaitMs: 5000 }, numbers: { '5': 'early-queue' } });
    arrive();
    arrive({ called: '5' });
    clock.advance(10_000);
    expect(stage.rows.map((row) => [row.ended_ms, row.status, row.outcome])).toEqual([
      [5100, 480, 'blocked'],
      [5200, 200, 'failed'],
    ]);
  });
});

describe('agents', () => {
  it('are chosen by longest idle, rest after a call, and serve only their skill', () => {
    const { stage, arrive, clock } = open({ ownAgents: own(3, 1000, 0, 5000) });
    for (let i = 0; i < 4; i++) {
      arrive();
      clock.advance(100);
    }
    clock.advance(20_000);
    expect(stage.rows.map((row) => row.agent)).toEqual(['support-1', 'support-2', 'support-3', 'support-1']);
    // Answered at 200, talked 1 s, wrap-up 5 s.
    expect(stage.rows[3]!.agent_ms).toBe(6200);
  });

  it('ring out: the next one is rung, the caller keeps the place', () => {
    const { stage, centre, arrive, clock } = open({ accounts: accounts(2), agentRingMs: 3000 });
    centre.signOn('101', 'support');
    centre.signOn('102', 'support');
    arrive();
    clock.advance(200);
    arrive();
    clock.advance(3310);
    expect(stage.log.filter((line) => /offer|withdraw|connect/.test(line))).toEqual([
      '200 offer 1 101',
      '400 offer 2 102',
      '3200 withdraw 1 101',
      '3400 withdraw 2 102',
    ]);
    clock.advance(1000);
    expect(stage.offers.slice(2).map((offer) => [offer.call.id, offer.agent.name])).toEqual([
      [1, '101'],
      [2, '102'],
    ]);
    expect(centre.agentAnswered(stage.offers[0]!)).toBe(false);
    expect(centre.agentAnswered(stage.offers[2]!)).toBe(true);
    centre.agentRefused(stage.offers[2]!);
    expect(centre.state().queues[0]).toMatchObject({ registered: 2, busy: 2, idle: 0, waiting: 0 });
    centre.agentLeft(stage.offers[2]!.call);
    expect(stage.rows[0]).toMatchObject({ agent: '101', agent_offers: 2, ended_by: 'agent', outcome: 'answered' });
  });

  it('that refuse are left alone for a second', () => {
    const { stage, centre, arrive, clock } = open({ accounts: accounts(1) });
    centre.signOn('101', 'support');
    arrive();
    clock.advance(200);
    centre.agentRefused(stage.offers[0]!);
    clock.advance(999);
    expect(stage.offers).toHaveLength(1);
    clock.advance(1);
    expect(stage.offers).toHaveLength(2);
  });

  it('that refuse cost the caller no place in the queue', () => {
    const { stage, centre, arrive, clock } = open({ accounts: accounts(1) });
    centre.signOn('101', 'support');
    arrive();
    clock.advance(100);
    arrive();
    clock.advance(200);
    centre.agentRefused(stage.offers[0]!);
    clock.advance(1000);
    expect(stage.offers.map((offer) => offer.call.id)).toEqual([1, 1]);
  });

  it('keep their place among the idle when the caller leaves while they ring', () => {
    const { stage, centre, arrive, clock } = open({ accounts: accounts(2) });
    centre.signOn('101', 'support');
    clock.advance(1);
    centre.signOn('102', 'support');
    const call = arrive();
    clock.advance(1000);
    centre.left(call);
    expect(stage.log.at(-1)).toBe('1001 withdraw 1 101');
    arrive();
    clock.advance(1000);
    expect(stage.offers[1]!.agent.name).toBe('101');
  });

  it('get nothing more once signed off, and finish what they have', () => {
    const { stage, centre, arrive, clock } = open({ accounts: accounts(1), wrapUpMs: 100 });
    centre.signOn('101', 'support');
    const call = arrive();
    clock.advance(200);
    centre.agentAnswered(stage.offers[0]!);
    centre.signOff('101', 'expired');
    arrive();
    clock.advance(1000);
    centre.agentLeft(call);
    clock.advance(1000);
    expect(stage.offers).toHaveLength(1);
    centre.signOn('101', 'support');
    expect(stage.offers).toHaveLength(2);
  });

  it('can be added while it runs', () => {
    const { stage, centre, arrive, clock } = open({ ownAgents: own(1) });
    arrive();
    arrive();
    clock.advance(1000);
    expect(centre.operator.addSeats('support', 1, 4000)).toBe(5000);
    clock.advance(5000);
    expect(stage.log.filter((line) => line.includes('connect'))).toEqual(['200 connect 1 support-1', '5000 connect 2 support-2']);
  });
});

describe('sites', () => {
  const two = [
    { name: 'a', channels: 10 },
    { name: 'b', channels: 10 },
  ];

  it('stopped: its calls die with nothing said, new ones go elsewhere after one silent INVITE', () => {
    const { stage, centre, arrive, clock } = open({ sites: two, failover: { probeMs: 0, inviteTimeoutMs: 500 }, alarmDelayMs: 2000 });
    for (let i = 0; i < 4; i++) arrive();
    clock.advance(1000);
    expect(centre.operator.stopSite(centre.sites.get('a')!)).toBe(1000);
    expect(stage.rows.map((row) => [row.site, row.outcome, row.ended_by])).toEqual([
      ['a', 'lost', 'fault'],
      ['a', 'lost', 'fault'],
    ]);
    const delayed = arrive();
    const lucky = arrive();
    clock.advance(1000);
    expect(delayed.row).toMatchObject({ site: 'b', ringing_ms: 1600 });
    expect(delayed.attempt).toBe(2);
    expect(centre.state().sites[0]).toMatchObject({ state: 'stopped', seenUp: false, inUse: 0 });
    expect(lucky.row.site).toBe('b');
    clock.advance(5000);
    expect(stage.alarms).toEqual(['3500 site-down a']);
  });

  it('both gone: 503', () => {
    const { stage, centre, arrive, clock } = open({ sites: two });
    for (const site of centre.sites.all) centre.operator.stopSite(site);
    arrive();
    clock.advance(5000);
    expect(stage.rows[0]).toMatchObject({ status: 503, outcome: 'blocked', refused_ms: 2000, site: null });
  });

  it('found dead and alive again by probes', () => {
    const { centre, clock, stage } = open({ sites: two, failover: { probeMs: 1000, probesDown: 2, probesUp: 3 } });
    const a = centre.sites.get('a')!;
    clock.advance(500);
    centre.operator.stopSite(a);
    clock.advance(1400);
    expect(a.seenUp).toBe(true);
    clock.advance(200);
    expect(a.seenUp).toBe(false);
    centre.operator.startSite(a);
    clock.advance(2000);
    expect(a.seenUp).toBe(false);
    clock.advance(1000);
    expect(a.seenUp).toBe(true);
    expect(stage.alarms).toEqual(['2000 site-down a', '5000 site-up a']);
    centre.close();
  });

  it('frozen: callers keep their place, nothing is done for them, and all of it is made up for on waking', () => {
    const { stage, centre, arrive, clock } = open({ sites: two, ownAgents: own(2, 3000), failover: { probeMs: 0, inviteTimeoutMs: 500 } });
    for (let i = 0; i < 4; i++) arrive();
    clock.advance(1000);
    centre.operator.freezeSite(centre.sites.get('a')!);
    clock.advance(8000);
    // Site a: one talking whose agent should have hung up at 3200, one waiting. Site b went on.
    expect(stage.log.filter((line) => /end|connect/.test(line))).toEqual([
      '200 connect 1 support-1',
      '200 connect 2 support-2',
      '3200 end 2 agent',
      '3200 connect 4 support-2',
      '6200 end 4 agent',
    ]);
    expect(centre.calls.size).toBe(2);
    centre.operator.startSite(centre.sites.get('a')!);
    clock.advance(3000);
    expect(stage.log.slice(-3)).toEqual(['9000 end 1 agent', '9000 connect 3 support-2', '12000 end 3 agent']);
    expect(stage.rows.every((row) => row.outcome === 'answered')).toBe(true);
  });
});

describe('closing', () => {
  it('ends every call and closes every row', () => {
    const { stage, centre, arrive, clock } = open({ ownAgents: own(1), numbers: { '1': 'echo' } });
    arrive();
    arrive({ called: '1' });
    arrive();
    clock.advance(1000);
    arrive();
    centre.close();
    expect(stage.rows.map((row) => [row.sip_call_id, row.outcome, row.ended_by])).toEqual([
      ['c1', 'answered', 'vendor'],
      ['c2', 'served', 'vendor'],
      ['c3', 'failed', 'vendor'],
      ['c4', 'blocked', 'vendor'],
    ]);
    clock.runAll(1000);
    expect(stage.rows).toHaveLength(4);
  });
});

/** The vendor calls: agents at bound numbers, and customers who left theirs, with callers in two workers and everything coming in at the first. */
import { afterAll, describe, expect, it } from 'vitest';
import { createAnalysis } from '../../src/analysis/analyse.ts';
import { CallBackHub, CallBackProxy } from '../../src/engine/call-back-exchange.ts';
import { runScenario } from '../../src/engine/run.ts';
import { replay } from '../../src/record/replay.ts';
import { startSimulator } from '../../src/simulator/index.ts';
import type { AgentGroup } from '../../src/vendor/profile.ts';
import { removeFolders, requestFor, rowsOf, vendorAt } from './fixture.ts';
import { portPair } from './ports.ts';

afterAll(removeFolders);

const PHONES: AgentGroup = {
  kind: 'phone',
  name: 'desk',
  count: 6,
  skills: ['support'],
  numbers: { number: '400700{n}', first: 1001 },
  answerDelay: '30ms',
};

/** Every second caller leaves the number instead of waiting. */
const STORY = `
  import { dial } from 'callsurge';
  export const options = { scenarios: { few: { executor: 'constant-arrival-rate', rate: 8, duration: '2s', preAllocatedVUs: 40, gracefulStop: '10s' } } };
  export default async function () {
    const call = await dial('4001000000');
    await call.answered();
    if (Number(call.id.split('-').at(-1)) % 2 === 0) {
      await call.press('9');
      const back = await call.callBack({ within: '8s', answerAfter: '50ms' });
      await back.talk('300ms');
      await back.hangUp();
      return;
    }
    await call.press('1');
    await call.agent({ patience: '8s' });
    await call.talk('200ms');
    await call.hangUp();
  }`;

it('phone agents and call-backs work with two workers', async () => {
  const sipPort = 27_300;
  const trunk = { host: '127.0.0.1', port: sipPort };
  const simulator = await startSimulator({
    port: 0,
    apiPort: 0,
    rtpPorts: [27_400, 27_598],
    sites: [
      { name: 'a', channels: 40 },
      { name: 'b', channels: 40 },
    ],
    menu: { '1': 'support' },
    trunk,
    phones: [{ number: '400700{n}', first: 1001, count: 6, skill: 'support' }],
    callBack: { afterMs: 200 },
  });
  try {
    const vendor = vendorAt(simulator.sip.port, { agents: [PHONES], local: { sipPort, rtpPorts: [27_600, 27_998] } });
    const request = await requestFor(STORY, vendor, { workers: 2 });
    request.surge.media = 'rtp';
    const { dir, meta } = await runScenario(request);
    const calls = await rowsOf(dir, 'calls');
    const events = (await rowsOf(dir, 'events')).filter(({ kind }) => kind === 'call-back');
    const asked = calls.filter(({ outcome }) => outcome === 'diverted');
    expect(calls).toHaveLength(16);
    expect(calls.filter(({ outcome }) => outcome === 'completed')).toHaveLength(16 - asked.length);
    expect(asked.length).toBeGreaterThan(3);
    // The vendor calls the first worker alone.
    expect(new Set(asked.map(({ worker }) => worker))).toEqual(new Set([1, 2]));

    const done = (action: string) => events.filter((event) => event.action === action).map(({ name }) => name);
    expect(done('answered').sort()).toEqual(asked.map(({ call }) => call).sort());
    expect(done('ended')).toHaveLength(asked.length);
    // On the agents' side, too: each request has an agent's leg, answered at a bound number.
    const agents = (await rowsOf(dir, 'agents')).filter(({ outcome }) => outcome === 'answered');
    expect(agents).toHaveLength(16);
    expect(new Set(agents.map(({ call }) => call))).toEqual(new Set(calls.map(({ call }) => call)));
    expect(agents.every(({ worker, agent }) => worker === 1 && /^desk-100[1-6]$/.test(agent ?? ''))).toBe(true);

    // The vendor's truth: one call of its own for each number left, put through to an agent.
    const truth = simulator.truth();
    const backs = truth.filter(({ back_of }) => back_of !== null);
    expect(backs.map(({ back_of }) => back_of).sort()).toEqual(asked.map(({ sip_call_id }) => sip_call_id).sort());
    expect(backs.every(({ outcome, caller, agent }) => outcome === 'answered' && caller === '4001000000' && agent !== null)).toBe(true);
    expect(truth.filter(({ outcome }) => outcome === 'diverted')).toHaveLength(asked.length);

    // The figures that come of it, beside the vendor's own times; an agent rung for a call-back is no ghost.
    const fold = createAnalysis(meta);
    await replay(dir, fold);
    const { callBacks, routing } = fold.figures();
    const n = asked.length;
    expect(callBacks).toMatchObject({
      made: { part: n, whole: n },
      answered: { part: n, whole: n },
      matched: { part: n, whole: n },
      timeMs: { n },
    });
    const endOf = new Map(truth.map((row) => [row.sip_call_id, row.ended_ms!]));
    const mean = backs.reduce((sum, row) => sum + row.received_ms - endOf.get(row.back_of!)!, 0) / n;
    expect(Math.abs(callBacks!.timeMs.mean! - mean)).toBeLessThan(500);
    expect(routing!.offers).toMatchObject({ ghosts: { part: 0 }, lingering: { part: 0 }, duplicates: { part: 0 } });

    const open = new Set<string>();
    for (const { op, call } of await rowsOf(dir, 'open')) op === 'open' ? open.add(call!) : open.delete(call!);
    expect([...open]).toEqual([]);
  } finally {
    await simulator.stop();
  }
}, 60_000);

describe('the exchange', () => {
  const settle = (ms = 20) => new Promise((resolve) => setTimeout(resolve, ms));
  const workers = () => {
    const hub = new CallBackHub();
    const [a, b] = [portPair(), portPair()];
    const gone = [hub.attach(a.hub), hub.attach(b.hub)];
    return { gone, taker: new CallBackProxy(a.worker, 1), home: new CallBackProxy(b.worker, 2) };
  };
  function line() {
    const done: string[] = [];
    let tell: (end: { action: 'ended' | 'rejected'; by: 'caller' }) => void = () => {};
    return {
      done,
      at: 42,
      ring: () => void done.push('ring'),
      answer: async () => done.push('answer') > 0,
      hangUp: async () => {
        done.push('hang-up');
        tell({ action: 'ended', by: 'caller' });
      },
      whenOver: (how: typeof tell) => {
        tell = how;
      },
    };
  }

  it('works a line from another worker, whoever speaks first', async () => {
    for (const early of [true, false]) {
      const { taker, home } = workers();
      const seen = Promise.withResolvers<Parameters<Parameters<typeof taker.expect>[1]>[0]>();
      if (early) taker.expect('1', seen.resolve);
      const its = line();
      const taken = home.offer(['2', '1'], its);
      await settle();
      if (!early) taker.expect('1', seen.resolve);
      const mine = await seen.promise;
      expect(await taken).toBe(true);
      expect(mine.at).toBe(42);
      expect(await mine.answer()).toBe(true);
      const ends: unknown[] = [];
      mine.whenOver((end) => ends.push(end));
      await mine.hangUp();
      expect(ends).toEqual([{ action: 'ended', by: 'caller' }]);
      expect(its.done).toEqual(['answer', 'hang-up']);
    }
  });

  it('says after a second that nobody waits', async () => {
    const { taker, home } = workers();
    taker.expect('1', () => {})();
    expect(await home.offer(['1'], line())).toBe(false);
  });

  it('tells the other side when a worker dies', async () => {
    const { gone, taker, home } = workers();
    const lines: Parameters<Parameters<typeof taker.expect>[1]>[0][] = [];
    taker.expect('1', (came) => lines.push(came));
    taker.expect('2', (came) => lines.push(came));
    const [first, second] = [line(), line()];
    await home.offer(['1'], first);
    gone[0]!();
    await settle();
    expect(first.done).toEqual(['hang-up']);
    const again = workers();
    again.taker.expect('2', (came) => lines.push(came));
    await again.home.offer(['2'], second);
    await settle();
    const ends: unknown[] = [];
    lines.at(-1)!.whenOver((end) => ends.push(end));
    again.gone[1]!();
    await settle();
    expect(ends).toEqual([{ action: 'failed', by: 'vendor' }]);
  });
});

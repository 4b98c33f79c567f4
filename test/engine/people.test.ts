/** Callers as people, in whole runs against the embedded vendor: the same whatever the vendor does; balking; a replayed log. */
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { runScenario } from '../../src/engine/run.ts';
import type { CallRow } from '../../src/record/schema.ts';
import { planScenarios } from '../../src/schedule/plan.ts';
import type { ReplayLog } from '../../src/schedule/replay.ts';
import { type Simulator, type SimulatorConfig, startSimulator } from '../../src/simulator/index.ts';
import type { VendorProfile } from '../../src/vendor/profile.ts';
import { removeFolders, requestFor, rowsOf, vendorAt } from './fixture.ts';

let simulator: Simulator | undefined;
afterEach(async () => {
  await simulator?.stop();
  simulator = undefined;
});
afterAll(removeFolders);

/** A vendor with agents of its own, who tells of them by INFO. */
async function vendor(config: Partial<SimulatorConfig>, over: Partial<VendorProfile> = {}): Promise<VendorProfile> {
  simulator = await startSimulator({
    port: 0,
    apiPort: 0,
    sites: [{ name: 'only', channels: 200 }],
    menu: null,
    signalAgent: 'INFO',
    ...config,
  });
  const profile = vendorAt(simulator.sip.port, { signalling: { method: 'INFO', header: 'X-Agent' }, ...over });
  return { ...profile, contract: { ...profile.contract, vipCallers: ['900xxxx'] } };
}

const PEOPLE = `
  import { caller, dial, patience, pause, talkTime } from 'callsurge';
  export const options = {
    scenarios: { people: { executor: 'constant-arrival-rate', rate: 35, duration: '1s', preAllocatedVUs: 80, gracefulStop: '15s' } },
  };
  export const surge = { seed: 42, arrivals: 'poisson' };
  export default async function () {
    const intent = caller.intent({ support: 0.7, sales: 0.3 });
    const vip = caller.vip(0.2);
    await caller.redials({ after: pause.exponential('100ms'), probability: 0.8, tries: 3 }, async () => {
      const call = await dial('4001000000', { intent, vip });
      await call.answered();
      await call.agent({ patience: patience.exponential('500ms') });
      await call.talk(talkTime.lognormal({ mean: '200ms', sigma: 0.4 }));
      await call.hangUp();
    });
  }
`;

async function play(profile: VendorProfile, workers: number): Promise<{ calls: CallRow[]; startMs: number }> {
  const request = await requestFor(PEOPLE, profile, { workers });
  const result = await runScenario({ ...request, plan: planScenarios(request.options.scenarios, { arrivals: 'poisson', seed: 42 }) });
  expect(result.ending).toEqual({ reason: 'ok' });
  const calls = await rowsOf(result.dir, 'calls');
  const startMs = (await rowsOf(result.dir, 'events')).find(({ kind, action }) => kind === 'run' && action === 'load')!.t_ms!;
  await simulator?.stop();
  simulator = undefined;
  return { calls, startMs };
}

/** What a script takes before it dials is part of an intended time, and a busy machine makes a few of them long. */
const median = (values: number[]) => values.sort((x, y) => x - y)[values.length >> 1]!;

const key = (row: CallRow) => `${row.iteration}/${row.try}`;

describe('two vendors of different speed', () => {
  it('meet the same callers: arrivals, numbers, VIPs, intents, patience, talk and redials, also over two workers', async () => {
    const quick = await play(
      await vendor({ ringMs: 5, answerMs: 10, ownAgents: [{ count: 30, skill: 'support', answerMs: 10, handlingMs: 'until-caller' }] }),
      1,
    );
    const slow = await play(
      await vendor({
        sites: [{ name: 'small', channels: 8 }],
        refuse: 486,
        ringMs: 100,
        answerMs: 250,
        ownAgents: [{ count: 3, skill: 'support', answerMs: { uniform: [100, 400] }, handlingMs: 'until-caller' }],
      }),
      2,
    );
    const first = (calls: CallRow[]) => new Map(calls.filter((row) => row.try === 1).map((row) => [row.iteration, row]));
    const [a, b] = [first(quick.calls), first(slow.calls)];
    expect(a.size).toBeGreaterThan(20);
    expect([...a.keys()].sort()).toEqual([...b.keys()].sort());
    // It was not the same day for them.
    expect(quick.calls.filter((row) => row.outcome === 'completed').length).toBeGreaterThan(20);
    expect(slow.calls.filter((row) => row.outcome === 'blocked' || row.outcome === 'abandoned').length).toBeGreaterThan(10);
    expect(slow.calls.some((row) => row.try === 3)).toBe(true);
    const apart: number[] = [];
    for (const [iteration, one] of a) {
      const other = b.get(iteration)!;
      expect([other.caller, other.vip, other.intent]).toEqual([one.caller, one.vip, one.intent]);
      expect(one.caller!.length).toBe(one.vip ? 7 : 11);
      apart.push(Math.abs(one.intended_ms! - quick.startMs - (other.intended_ms! - slow.startMs)));
    }
    expect(median(apart)).toBeLessThan(30);
    expect(new Set([...a.values()].map((row) => row.intent))).toEqual(new Set(['support', 'sales']));
    const compared = { patience: 0, talk: 0 };
    const others = new Map(quick.calls.map((row) => [key(row), row]));
    for (const row of slow.calls) {
      const same = others.get(key(row));
      if (same && row.patience_ms !== null && same.patience_ms !== null) {
        expect(row.patience_ms).toBe(same.patience_ms);
        compared.patience++;
      }
      if (same && row.talk_ms !== null && same.talk_ms !== null) {
        expect(row.talk_ms).toBe(same.talk_ms);
        compared.talk++;
      }
    }
    expect(compared.patience).toBeGreaterThan(5);
    expect(compared.talk).toBeGreaterThan(2);
    // A redial is the same person with another patience.
    for (const row of slow.calls.filter((one) => one.try! > 1)) {
      const before = b.get(row.iteration)!;
      expect([row.caller, row.vip, row.intent]).toEqual([before.caller, before.vip, before.intent]);
      if (row.patience_ms !== null && before.patience_ms !== null) expect(row.patience_ms).not.toBe(before.patience_ms);
    }
  });

  it('are redialled alike: the second tries of two runs against one vendor agree', async () => {
    const busy: Partial<SimulatorConfig> = { sites: [{ name: 'none', channels: 0 }], refuse: 486 };
    const one = await play(await vendor(busy), 1);
    const two = await play(await vendor({ ...busy, answerMs: 100 }), 2);
    const tries = ({ calls }: { calls: CallRow[] }) => calls.map(key).sort();
    expect(tries(one)).toEqual(tries(two));
    const delays = ({ calls }: { calls: CallRow[] }) => {
      const ends = new Map(calls.map((row) => [row.call, row.end_ms!]));
      return new Map(calls.filter((row) => row.redial_of !== null).map((row) => [key(row), row.intended_ms! - ends.get(row.redial_of!)!]));
    };
    const [first, second] = [delays(one), delays(two)];
    expect(first.size).toBeGreaterThan(20);
    expect(median([...first].map(([which, delay]) => Math.abs(second.get(which)! - delay)))).toBeLessThan(30);
  });
});

describe('announcements', () => {
  const announcements = { 'queue-full': { hz: 350 }, menu: { hz: 600 }, hold: { hz: 440 } };
  const rtp = { announcements, local: { rtpPorts: [6900, 6999] as [number, number] } };
  const run = async (story: string, config: Partial<SimulatorConfig>) => {
    const request = await requestFor(
      `import { caller, dial } from 'callsurge';
       export const options = { scenarios: { one: { executor: 'per-vu-iterations', vus: 3, iterations: 1, maxDuration: '20s' } } };
       export default async function () { ${story} }`,
      await vendor(config, rtp),
    );
    const result = await runScenario({ ...request, surge: { ...request.surge, media: 'rtp' } });
    return { calls: await rowsOf(result.dir, 'calls'), events: await rowsOf(result.dir, 'events') };
  };
  const full: Partial<SimulatorConfig> = { queue: { maxLength: 0, overflow: 'announce' }, ownAgents: [] };

  it('"all lines are busy" is heard and makes a call blocked, not dropped', async () => {
    const { calls } = await run(
      `const call = await dial('4001000000'); await call.answered(); await call.agent({ patience: '10s' });`,
      full,
    );
    expect(calls.map((row) => [row.outcome, row.heard, row.ended_by, row.blame_why])).toEqual(
      Array.from({ length: 3 }, () => ['blocked', 'queue-full', 'vendor', 'announced "queue-full"']),
    );
  });

  it('callers balk at one, by share; the rest wait on', async () => {
    const { calls } = await run(
      `const call = await dial('4001000000'); await call.answered();
       await call.agent({ patience: '1500ms', balks: { hold: caller.pick('which', { a: 1 }) === 'a' && (await import('k6/execution')).default.vu.idInTest === 1 ? 1 : 0 } });`,
      { ownAgents: [] },
    );
    const wait = (row: CallRow) => row.bye_sent_ms! - row.queue_ms!;
    expect(calls.map((row) => [row.outcome, row.heard])).toEqual(Array.from({ length: 3 }, () => ['abandoned', 'hold']));
    expect(calls.filter((row) => wait(row) < 1000).map((row) => row.vu)).toEqual([1]);
    expect(calls.filter((row) => wait(row) >= 1499).length).toBe(2);
  });

  it('a story can wait for one, by name or by frequency, and hears no more once the agent is there', async () => {
    const { calls, events } = await run(
      `const call = await dial('4001000000'); await call.answered();
       if (!(await call.hears('menu', { within: '3s' }))) throw new Error('no menu');
       await call.press('1');
       if (!(await call.hears(440))) throw new Error('no hold music');
       if (await call.hears(777, { within: '200ms' })) throw new Error('a tone that nobody plays');
       if (await call.hears('queue-full', { within: '20s' })) throw new Error('not full');
       await call.agent(); await call.talk('300ms'); await call.hangUp();`,
      { menu: { '1': 'support' }, ownAgents: [{ count: 3, skill: 'support', answerMs: 1500, handlingMs: 'until-caller' }] },
    );
    expect(events.filter(({ name }) => name === 'exception').map(({ detail }) => detail)).toEqual([]);
    expect(calls.map((row) => [row.outcome, row.heard])).toEqual(Array.from({ length: 3 }, () => ['completed', 'menu+hold']));
  });
});

it('a replayed log is played as it was: cumulative count within one, each call with what the log tells of it', async () => {
  // Twenty minutes in five seconds: quiet, a peak, quiet.
  const at = Array.from({ length: 200 }, (_, i) => Math.floor((600 + 600 * ((i - 99.5) / 100) ** 3) * 1000));
  const log: ReplayLog = {
    callsurge: 'arrivals',
    version: 1,
    about: 'a peak',
    from: null,
    durationMs: 1_200_000,
    resolutionMs: 1000,
    at,
    intent: at.map((_, i) => (i % 3 === 0 ? 'sales' : 'support')),
  };
  const request = await requestFor(
    `import { caller, dial } from 'callsurge';
     export const options = { scenarios: { people: { executor: 'constant-arrival-rate', rate: 1, duration: '1s', preAllocatedVUs: 300 } } };
     export default async function () {
       const call = await dial('4001000000', { intent: caller.logged().intent ?? undefined });
       await call.answered();
       await call.hangUp();
     }`,
    await vendor({ ringMs: 1, answerMs: 5, sites: [{ name: 'only', channels: 1000 }] }),
    { workers: 2 },
  );
  const replay = { log, scale: 1.5, compress: 240, fromMs: 0, toMs: log.durationMs };
  const plan = planScenarios(request.options.scenarios, { arrivals: 'even', seed: 1, replay });
  const result = await runScenario({ ...request, plan });
  const calls = await rowsOf(result.dir, 'calls');
  const startMs = (await rowsOf(result.dir, 'events')).find(({ kind, action }) => kind === 'run' && action === 'load')!.t_ms!;
  expect(calls.length).toBe(300);
  expect(calls.filter((row) => row.intent === 'sales').length).toBe(100);
  // What a script does before it dials is added to the intended time: late, never early.
  for (let minute = 1; minute <= 20; minute++) {
    const wanted = 1.5 * at.filter((ms) => ms < minute * 60_000).length;
    const until = startMs + (minute * 60_000) / 240;
    expect(calls.filter((row) => row.intended_ms! < until + 100).length).toBeGreaterThanOrEqual(wanted - 1);
    expect(calls.filter((row) => row.intended_ms! < until - 0.001).length).toBeLessThanOrEqual(wanted + 1);
  }
}, 30_000);

/** Runs against the embedded vendor, both sides ours: callers in one worker, their agents in another. */
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { runScenario, startRun } from '../../src/engine/run.ts';
import type { CallRow } from '../../src/record/schema.ts';
import { type Simulator, startSimulator } from '../../src/simulator/index.ts';
import { removeFolders, requestFor, rowsOf, vendorAt } from './fixture.ts';

const AGENTS = 6;
let simulator: Simulator | undefined;
afterEach(async () => {
  await simulator?.stop();
  simulator = undefined;
  delete process.env.ENGINE_TEST_PASSWORD;
});
afterAll(removeFolders);

async function vendorWithAgents() {
  simulator = await startSimulator({
    port: 0,
    apiPort: 0,
    sites: [
      { name: 'east', channels: 60 },
      { name: 'west', channels: 60 },
    ],
    menu: null,
    ringMs: 10,
    answerMs: 20,
    queue: { maxLength: 100 },
    wrapUpMs: 200,
    accounts: [{ username: '{n}', password: 'secret{n}', first: 1001, count: AGENTS, skill: 'support' }],
  });
  process.env.ENGINE_TEST_PASSWORD = 'secret{n}';
  const { port } = simulator.sip;
  return vendorAt(port, {
    agents: [
      {
        kind: 'sip',
        name: 'support',
        count: AGENTS,
        skills: ['support'],
        accounts: { username: '{n}', first: 1001, password: { env: 'ENGINE_TEST_PASSWORD' } },
        answerDelay: { uniform: ['20ms', '120ms'] },
        wrapUp: '50ms',
      },
    ],
  });
}

const STORY = `
  import { dial, patience, talkTime } from 'callsurge';
  export const options = {
    scenarios: {
      shoppers: {
        executor: 'ramping-arrival-rate', startRate: 5, preAllocatedVUs: 60, gracefulStop: '20s',
        stages: [{ duration: '1s', target: 25 }, { duration: '1s', target: 25 }, { duration: '1s', target: 5 }],
      },
    },
  };
  export default async function () {
    const call = await dial('4001000000');
    await call.answered();
    await call.agent({ patience: patience.exponential('1500ms') });
    await call.talk(talkTime.lognormal({ mean: '400ms', sigma: 0.4 }));
    await call.hangUp();
  }
`;

const vendorOutcome = (call: CallRow) => (call.agent_ms !== null ? 'answered' : call.outcome === 'abandoned' ? 'abandoned' : call.outcome);

describe('a run against the embedded vendor', () => {
  for (const workers of [1, 2])
    it(`agrees with the vendor's own truth, call by call, with ${workers} worker${workers > 1 ? 's' : ''}`, async () => {
      const vendor = await vendorWithAgents();
      const result = await runScenario(await requestFor(STORY, vendor, { workers }));
      expect(result.ending).toEqual({ reason: 'ok' });
      expect(result.warnings).toEqual([]);
      expect(result.exitCode).toBe(0);
      const calls = await rowsOf(result.dir, 'calls');
      const truth = new Map(simulator!.truth().map((row) => [row.sip_call_id, row]));
      expect(calls.length).toBe(55);
      expect(truth.size).toBe(55);
      // Decided by both sides within 50 ms of each other: a race (metrics.md, agreement).
      const differ = calls.filter((call) => {
        const row = truth.get(call.sip_call_id!)!;
        if (vendorOutcome(call) === row.outcome) return false;
        return Math.abs((call.bye_sent_ms ?? 0) - (row.agent_ms ?? 0)) > 50;
      });
      expect(differ.map((call) => [vendorOutcome(call), truth.get(call.sip_call_id!)!.outcome])).toEqual([]);
      const answered = calls.filter((call) => call.agent_ms !== null);
      expect(answered.length).toBeGreaterThan(20);
      expect(calls.some((call) => call.outcome === 'abandoned')).toBe(true);
      for (const call of answered) {
        expect(call.correlation).toBe('both-legs');
        expect(call.agent).toBe(`support-${truth.get(call.sip_call_id!)!.agent}`);
        expect(Math.abs(call.agent_ms! - truth.get(call.sip_call_id!)!.agent_ms!)).toBeLessThan(500);
      }
      const legs = (await rowsOf(result.dir, 'agents')).filter((leg) => leg.outcome === 'answered');
      const known = new Set(calls.map((call) => call.call));
      expect(legs.length).toBeGreaterThanOrEqual(answered.length);
      expect(legs.every((leg) => known.has(leg.call))).toBe(true);
      expect(simulator!.state().calls).toBe(0);
      expect(result.openCalls).toBe(0);
    });

  it('leaves nothing at the vendor when it is stopped in mid-peak: no call, no agent', async () => {
    const vendor = await vendorWithAgents();
    const run = startRun(await requestFor(STORY, vendor, { workers: 2 }));
    const end = Date.now() + 10_000;
    while (simulator!.state().calls < 15 && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(simulator!.state().calls).toBeGreaterThanOrEqual(15);
    run.stop();
    const result = await run.done;
    expect(result.exitCode).toBe(105);
    expect(result.outcomes.cut).toBeGreaterThanOrEqual(10);
    const state = simulator!.state();
    expect(state.calls).toBe(0);
    expect(state.queues.map(({ registered }) => registered)).toEqual([0]);
    expect(result.openCalls).toBe(0);
  });
});

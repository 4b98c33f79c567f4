import { describe, expect, it } from 'vitest';
import { type ModelCaller, poissonCallers, runModel } from '../../../src/simulator/core/model.ts';
import type { TruthRow } from '../../../src/simulator/truth.ts';

const COUNT = 200_000;

/** λ = 100 in 30 min, exponential talk of 180 s: what the model of metrics.md assumes, and nothing else. */
function run(agents: number, patience?: { exponential: number }) {
  let wait = 0;
  let waited = 0;
  let abandoned = 0;
  let within20s = 0;
  const centre = runModel(
    {
      sites: [{ name: 'a', channels: 1_000_000 }],
      menu: null,
      ringMs: 0,
      answerMs: 0,
      ownAgents: [{ count: agents, skill: 'support', answerMs: 0, handlingMs: { exponential: 180_000 } }],
    },
    poissonCallers({ seed: 1, perSecond: 100 / 1800, count: COUNT, patience }),
    (row) => {
      const ms = (row.agent_ms ?? row.ended_ms!) - row.queued_ms!;
      wait += ms;
      if (ms > 0) waited++;
      if (row.outcome === 'abandoned') abandoned++;
      if (row.agent_ms !== null && ms <= 20_000) within20s++;
    },
  );
  expect(centre.calls.size).toBe(0);
  return { waitS: wait / COUNT / 1000, waited: waited / COUNT, abandoned: abandoned / COUNT, within20s: within20s / COUNT };
}

const near = (measured: number, theory: number, share: number) => expect(Math.abs(measured - theory) / theory).toBeLessThan(share);

describe('the model against queueing theory (vectors of docs/metrics, λ = 100/30 min, AHT 180 s)', () => {
  it.each([
    { agents: 12, waited: 0.4494, waitS: 40.44, within20s: 0.6402 },
    { agents: 14, waited: 0.1741, waitS: 7.836, within20s: 0.8884 },
  ])('Erlang C with $agents agents', ({ agents, waited, waitS, within20s }) => {
    const measured = run(agents);
    near(measured.waited, waited, 0.02);
    near(measured.waitS, waitS, 0.04);
    near(measured.within20s, within20s, 0.01);
    expect(measured.abandoned).toBe(0);
  });

  it.each([
    { agents: 12, waited: 0.3318, waitS: 12.81, abandoned: 0.04271 },
    { agents: 14, waited: 0.1453, waitS: 4.195, abandoned: 0.01398 },
  ])('Erlang A with $agents agents and a patience of 300 s', ({ agents, waited, waitS, abandoned }) => {
    const measured = run(agents, { exponential: 300_000 });
    near(measured.waited, waited, 0.02);
    near(measured.waitS, waitS, 0.04);
    near(measured.abandoned, abandoned, 0.04);
  });
});

describe('size', () => {
  it('carries 300 000 calls through menu, queue, agents and two sites at a million in well under a minute', () => {
    const calls = 300_000;
    function* callers(): Generator<ModelCaller> {
      for (let i = 0; i < calls; i++) yield { atMs: i * 2, patienceMs: 20_000, talkMs: 3000, digitAfterMs: 500 };
    }
    const outcomes = new Map<TruthRow['outcome'], number>();
    const started = performance.now();
    runModel(
      {
        sites: [
          { name: 'a', channels: 20_000 },
          { name: 'b', channels: 20_000 },
        ],
        ownAgents: [{ count: 1400, skill: 'support', answerMs: { uniform: [0, 500] }, handlingMs: 'until-caller' }],
      },
      callers(),
      (row) => outcomes.set(row.outcome, (outcomes.get(row.outcome) ?? 0) + 1),
    );
    expect(performance.now() - started).toBeLessThan(0.3 * 45_000);
    expect([...outcomes.values()].reduce((sum, n) => sum + n)).toBe(calls);
    expect(outcomes.get('answered')! / calls).toBeGreaterThan(0.8);
    expect(outcomes.get('abandoned')! / calls).toBeGreaterThan(0.05);
  }, 60_000);
});

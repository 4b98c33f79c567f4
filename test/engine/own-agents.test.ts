/** Agents of ours that are gone for a while, at a vendor in earnest: calls wait, and the storm of registrations that follows is measured. */
import { afterAll, expect, it } from 'vitest';
import { createAnalysis } from '../../src/analysis/analyse.ts';
import { runScenario } from '../../src/engine/run.ts';
import { replay } from '../../src/record/replay.ts';
import { startSimulator } from '../../src/simulator/index.ts';
import { removeFolders, requestFor, vendorAt } from './fixture.ts';

afterAll(removeFolders);

it('agents that a fault logs off come back at its end', async () => {
  const simulator = await startSimulator({
    port: 0,
    apiPort: 0,
    sites: [{ name: 'only', channels: 50 }],
    menu: null,
    accounts: [{ username: '{n}', password: 'secret{n}', first: 1001, count: 6, skill: 'support' }],
  });
  process.env.OWN_AGENTS_PASSWORD = 'secret{n}';
  try {
    const vendor = vendorAt(simulator.sip.port, {
      agents: [
        {
          kind: 'sip',
          name: 'support',
          count: 6,
          accounts: { username: '{n}', first: 1001, password: { env: 'OWN_AGENTS_PASSWORD' } },
          answerDelay: '20ms',
        },
      ],
    });
    const source = `
      import { dial } from 'callsurge';
      export const options = { scenarios: { few: { executor: 'constant-arrival-rate', rate: 4, duration: '5s', preAllocatedVUs: 40, gracefulStop: '6s' } } };
      export const surge = { probes: { perSecond: 0 }, faults: [{ name: 'nobody', at: '1500ms', for: '1500ms', do: { kind: 'own', action: 'agents-off' } }] };
      export default async function () {
        const call = await dial('4001000000');
        await call.answered();
        await call.agent({ patience: '6s' });
        await call.talk('100ms');
        await call.hangUp();
      }`;
    const result = await runScenario(await requestFor(source, vendor, { workers: 2 }));
    const fold = createAnalysis(result.meta);
    await replay(result.dir, fold);
    const { faults, outcomes } = fold.figures();
    expect(outcomes.counts.completed).toBe(20);
    const { registrations, startMs, endMs } = faults[0]!;
    expect(registrations).toMatchObject({ lost: 6, back: 6, stormPerSecond: 6 });
    expect(registrations!.backMs!).toBeGreaterThan(500);
    expect(endMs! - startMs!).toBeGreaterThan(500);
  } finally {
    delete process.env.OWN_AGENTS_PASSWORD;
    await simulator.stop();
  }
}, 60_000);

import { afterAll, expect, it } from 'vitest';
import { runScenario } from '../../src/engine/run.ts';
import { openPeer, removeFolders, requestFor, rowsOf, vendorAt } from './fixture.ts';

afterAll(removeFolders);

it('the circuit breaker ends a run, hangs up what is open, and the record says which rule it was', async () => {
  const peer = await openPeer(5);
  try {
    const source = `
      import { dial } from 'callsurge';
      export const options = { scenarios: { peak: { executor: 'constant-arrival-rate', rate: 20, duration: '30s', preAllocatedVUs: 100, gracefulStop: '2s' } } };
      export const surge = { drain: '3s', stopWhen: [{ metric: 'call_completed', when: 'rate > 0.5', for: '1s', least: 5 }] };
      export default async function () { const call = await dial('4001000000'); await call.answered(); await call.wait('100ms'); await call.hangUp(); }
    `;
    const result = await runScenario(await requestFor(source, vendorAt(peer.stack.local.port), { workers: 1 }));
    expect(result.ending).toMatchObject({
      reason: 'aborted',
      why: expect.stringMatching(/stop rule call_completed rate > 0.5 for 1s holds: 1 over \d+ calls/),
    });
    const abort = (await rowsOf(result.dir, 'events')).find(({ kind }) => kind === 'abort');
    expect(abort).toMatchObject({ name: 'call_completed', action: 'stop-rule', target: 'rate > 0.5 for 1s', value: 1 });
    expect(result.outcomes.completed).toBeLessThan(300);
    expect(result.openCalls).toBe(0);
    expect(result.exitCode).toBe(108);
  } finally {
    await peer.close();
  }
});

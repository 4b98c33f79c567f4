/** The same calls over TCP and TLS as over UDP: through Kamailio to Asterisk, and our record held against Asterisk's, call by call. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EXIT } from '../../src/cli/exit-codes.ts';
import { compare, recordOf } from '../agreement/with-asterisk.ts';
import { Place, ROOT, rowsOf } from '../e2e/callsurge.ts';
import { type Lab, startLab } from './lab.ts';
import { requireLab } from './require-lab.ts';

/** midnight-spike in little: a wall of calls, more than the agents can take at once, impatient callers. */
const SCENARIO = `
import { curves, dial, patience, talkTime } from 'callsurge';
export const options = { scenarios: { shoppers: {
  executor: 'ramping-arrival-rate', exec: 'shopper', startRate: 1,
  stages: curves.midnightSpike({ base: 1, peak: 8, lead: '2s', ramp: '1s', hold: '5s', decay: '4s' }),
  preAllocatedVUs: 60, maxVUs: 80, gracefulStop: '30s',
} } };
export const surge = { seed: 1111, arrivals: 'poisson', callLength: '8s' };
export async function shopper() {
  const call = await dial('4001000000', { intent: 'support' });
  await call.answered();
  await call.press('1');
  await call.agent({ patience: patience.exponential('6s') });
  await call.talk(talkTime.lognormal({ mean: '2s', sigma: 0.6 }));
  await call.hangUp();
}
`;
const ENV = { LAB_AGENT_PASSWORD: 'secret{n}' };

describe.skipIf(!requireLab('process'))('the lab over TCP and TLS', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await startLab({ kind: 'process', agentsPerSite: 5, maxCalls: 60, qmaxlen: 40 });
    await lab.seenByEdge();
  }, 1_800_000);
  afterAll(() => lab?.down(), 60_000);

  const profile = (trunk: string, local = '{}') => `
import { defineVendor } from 'callsurge';
import lab from '${ROOT}/scenarios/vendors/lab.ts';
export default defineVendor({ ...lab, claims: {}, trunks: [{ name: 'edge', host: '127.0.10.1', ${trunk} }], local: ${local} });
`;

  it.each([
    { transport: 'tcp', trunk: "transport: 'tcp'" },
    { transport: 'tls', trunk: "transport: 'tls'" },
  ])('agrees with Asterisk call by call over $transport', async ({ transport, trunk }) => {
    for (const site of lab.sites) site.ami.clear();
    const local = transport === 'tls' ? `{ tls: { ca: '${lab.edge.ca}' } }` : '{}';
    using place = new Place({ 'scenario.ts': SCENARIO, 'vendor.ts': profile(trunk, local) });
    const finished = await place.run(['run', 'scenario.ts', '--vendor', 'vendor.ts'], ENV);
    expect([EXIT.ok, EXIT.thresholdFailed, EXIT.runNotValid], finished.stderr + finished.stdout).toContain(finished.code);
    await lab.idle();
    const [dir] = place.runs();
    const calls = await rowsOf(dir!, 'calls');
    expect(calls.length).toBeGreaterThan(30);
    const agreement = compare(calls, lab.sites.map(recordOf));
    console.log(agreement.table);
    expect(agreement.ok, agreement.table).toBe(true);
    expect(new Set(calls.map(({ outcome }) => outcome))).toContain('completed');
    expect(calls.filter(({ outcome }) => outcome === 'harness' || outcome === 'timeout')).toEqual([]);
    expect(calls.every((row) => (row.invite_retransmissions ?? 0) === 0)).toBe(true);
    const events = await rowsOf(dir!, 'events');
    expect(events.filter(({ name }) => name === 'connection')).toEqual([]);
    const open = await rowsOf(dir!, 'open');
    expect(new Set(open.flatMap(({ party, transport: over }) => (party === 'caller' ? [over] : [])))).toEqual(new Set([transport]));
  });

  it('is trusted by nobody who does not know its authority', async () => {
    using place = new Place({ 'vendor.ts': profile("transport: 'tls'") });
    const finished = await place.run(['doctor', '--vendor', 'vendor.ts', '--number', '9196', '--listen', '1s'], ENV);
    expect(finished.code).toBe(EXIT.vendorUnreachable);
    expect(finished.stdout).toContain('signed by an authority that is not trusted here: name its CA file in local.tls.ca');
  });

  it('answers the doctor over TLS by the name in its certificate', async () => {
    using place = new Place({ 'vendor.ts': profile("transport: 'tls', tlsName: 'edge.lab.example'", `{ tls: { ca: '${lab.edge.ca}' } }`) });
    const finished = await place.run(['doctor', '--vendor', 'vendor.ts', '--number', '9196', '--listen', '1s'], ENV);
    expect(finished.code, finished.stdout + finished.stderr).toBe(EXIT.ok);
    expect(finished.stdout).toContain('tls:127.0.10.1:5061');
  });
});

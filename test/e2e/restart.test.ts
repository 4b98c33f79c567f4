/** A vendor that restarts in mid-run, its connections reset: that costs its own calls, those of then alone, and nobody else's. */
import { afterAll, expect, it } from 'vitest';
import { RealClock } from '../../src/clock.ts';
import { createSipStack, type SipStack } from '../../src/sip/index.ts';
import { Place, rowsOf } from './callsurge.ts';

const clock = new RealClock();
const stacks = new Set<SipStack>();
afterAll(() => Promise.all([...stacks].map((stack) => stack.close())));

async function vendorAt(port: number): Promise<SipStack> {
  const stack = await createSipStack({
    clock,
    bind: { host: '127.0.0.1', port, transport: 'tcp' },
    userAgent: 'vendor',
    idPrefix: `v${stacks.size}`,
    call: (call) => {
      call.handlers = { cancelled: () => {}, ended: () => {} };
      call.ring();
      setTimeout(() => call.accept(undefined), 400);
    },
  });
  stacks.add(stack);
  return stack;
}

const SCENARIO = `import { dial } from 'callsurge';
export const options = { scenarios: { s: { executor: 'constant-arrival-rate', rate: 12, duration: '8s', preAllocatedVUs: 60, maxVUs: 90, gracefulStop: '5s' } } };
export const surge = { seed: 1, media: 'none' };
export default async function () {
  const call = await dial('4001000000');
  await call.answered();
  await call.talk('800ms');
  await call.hangUp();
}
`;

it('loses its own calls of that moment, and no others', async () => {
  const falls = await vendorAt(7170);
  await vendorAt(7171);
  using place = new Place({
    'scenario.ts': SCENARIO,
    'vendor.ts': `import { defineVendor } from 'callsurge';
export default defineVendor({
  name: 'vendor-a',
  trunks: [{ name: 'falls', host: '127.0.0.1', port: 7170, transport: 'tcp' }, { name: 'stays', host: '127.0.0.1', port: 7171, transport: 'tcp' }],
  contract: { targets: ['127.0.0.1'], called: ['4001000000'], callers: ['5550xxxx'], maxCallsPerSecond: 50, maxChannels: 100, contact: { name: 'NOC' } },
});
`,
  });
  const run = place.start(['run', 'scenario.ts', '--vendor', 'vendor.ts']);
  await run.said('· load');
  await new Promise((done) => setTimeout(done, 3500));
  const downAt = clock.now();
  await falls.close();
  await new Promise((done) => setTimeout(done, 300));
  await vendorAt(7170);
  const upAt = clock.now();
  const finished = await run.done;
  const [dir] = place.runs();
  const calls = await rowsOf(dir!, 'calls');
  expect(calls.length, finished.stderr).toBeGreaterThan(80);
  expect(calls.filter(({ outcome }) => outcome === 'harness')).toEqual([]);
  const elsewhere = calls.filter(({ trunk }) => trunk === 'stays');
  expect(elsewhere.length).toBeGreaterThan(30);
  expect(elsewhere.filter(({ outcome }) => outcome !== 'completed')).toEqual([]);
  const own = calls.filter(({ trunk }) => trunk === 'falls');
  // Over before, or begun after.
  const apart = own.filter((row) => row.end_ms! < downAt - 50 || row.invite_ms! > upAt + 50);
  expect(apart.filter(({ outcome }) => outcome !== 'completed')).toEqual([]);
  const hit = own.filter((row) => !apart.includes(row));
  expect(hit.length).toBeGreaterThan(3);
  // Ringing or dialled: no answer; in progress: the BYE finds that the vendor has lost the call.
  const outcomes = new Set(hit.map(({ outcome }) => outcome));
  expect(outcomes).toContain('timeout');
  expect(outcomes).toContain('dropped');
  expect([...outcomes].filter((outcome) => !['timeout', 'dropped', 'completed'].includes(outcome!))).toEqual([]);
  expect(hit.every((row) => row.outcome === 'completed' || row.blame === 'vendor')).toBe(true);
  const lost = (await rowsOf(dir!, 'events')).filter(({ name, action }) => name === 'connection' && action === 'lost');
  expect(lost.length).toBeGreaterThanOrEqual(1);
  expect(JSON.stringify(lost[0]!.detail)).toMatch(/7170.*waited for an answer on it, \d+ calls were in progress/);
});

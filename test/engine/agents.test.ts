/** A hundred registered agents whose registrations are refreshed all the time: none is lost, at our side or at the vendor's. */
import { afterAll, expect, it } from 'vitest';
import { startRun } from '../../src/engine/run.ts';
import { startSimulator } from '../../src/simulator/index.ts';
import { removeFolders, requestFor, rowsOf, vendorAt } from './fixture.ts';

afterAll(removeFolders);

const AGENTS = 100;

it('keeps a hundred registrations of two seconds for as long as the run lasts', async () => {
  const simulator = await startSimulator({
    port: 0,
    apiPort: 0,
    sites: [{ name: 'only', channels: 50 }],
    menu: null,
    accounts: [{ username: '{n}', password: 'secret{n}', first: 1001, count: AGENTS, skill: 'support' }],
  });
  process.env.AGENTS_TEST_PASSWORD = 'secret{n}';
  const vendor = vendorAt(simulator.sip.port, {
    agents: [
      {
        kind: 'sip',
        name: 'support',
        count: AGENTS,
        accounts: { username: '{n}', first: 1001, password: { env: 'AGENTS_TEST_PASSWORD' } },
        expires: '2s',
        answerDelay: '20ms',
      },
    ],
  });
  const source = `
    import { dial } from 'callsurge';
    export const options = { scenarios: { few: { executor: 'constant-arrival-rate', rate: 4, duration: '5s', preAllocatedVUs: 20 } } };
    export default async function () {
      const call = await dial('4001000000');
      await call.answered();
      await call.agent({ patience: '5s' });
      await call.talk('100ms');
      await call.hangUp();
    }`;
  const run = startRun(await requestFor(source, vendor, { workers: 2 }));
  const atVendor: number[] = [];
  const look = setInterval(() => atVendor.push(simulator.state().queues[0]!.registered), 250);
  const result = await run.done;
  clearInterval(look);
  await simulator.stop();
  delete process.env.AGENTS_TEST_PASSWORD;
  const events = (await rowsOf(result.dir, 'events')).filter(({ kind }) => kind === 'registration');
  expect(events.filter(({ action }) => action === 'lost')).toEqual([]);
  expect(events.filter(({ name, action }) => action === 'registered' && name !== 'agents').length).toBe(AGENTS);
  // From the moment all were there until they logged off, the vendor never missed one: that is three refreshes and more of each.
  const [from, to] = [atVendor.indexOf(AGENTS), atVendor.lastIndexOf(AGENTS)];
  expect(to - from).toBeGreaterThan(16);
  expect(new Set(atVendor.slice(from, to + 1))).toEqual(new Set([AGENTS]));
  const timeline = (await rowsOf(result.dir, 'timeline')).filter(({ worker }) => worker === null);
  expect(timeline.filter(({ started }) => (started ?? 0) > 0).every(({ agents_registered }) => agents_registered === AGENTS)).toBe(true);
  expect((await rowsOf(result.dir, 'calls')).map(({ outcome }) => outcome)).toEqual(Array.from({ length: 20 }, () => 'completed'));
}, 60_000);

/**
 * `npm run truth -- agents`: a thousand registered agents on this machine, refreshed three times a minute and more, while calls go on. The vendor is the
 * embedded one in a process of its own, and its registrar is the truth: it forgets who does not refresh in time.
 */
import { startEmbedded } from '../../src/cli/embedded.ts';
import { startRun } from '../../src/engine/run.ts';
import { removeFolders, requestFor, rowsOf, vendorAt } from '../engine/fixture.ts';
import type { TruthTable } from './cli.ts';

const AGENTS = 1000;
const EXPIRES_S = 20;
const LOAD_S = 90;
const PORT = 6910;
const LOOK_MS = 500;

interface State {
  queues: { registered: number }[];
}

export async function run(): Promise<TruthTable> {
  const embedded = await startEmbedded({
    port: PORT,
    apiPort: PORT + 10,
    sites: [{ name: 'only', channels: 500 }],
    menu: null,
    ringMs: 20,
    answerMs: 50,
    accounts: [{ username: '{n}', password: 'secret{n}', first: 1001, count: AGENTS, skill: 'support' }],
  });
  process.env.AGENTS_TRUTH_PASSWORD = 'secret{n}';
  const vendor = vendorAt(PORT, {
    agents: [
      {
        kind: 'sip',
        name: 'support',
        count: AGENTS,
        accounts: { username: '{n}', first: 1001, password: { env: 'AGENTS_TRUTH_PASSWORD' } },
        expires: `${EXPIRES_S}s`,
        answerDelay: { uniform: ['100ms', '600ms'] },
      },
    ],
  });
  const source = `
    import { dial, talkTime } from 'callsurge';
    export const options = { scenarios: { callers: { executor: 'constant-arrival-rate', rate: 20, duration: '${LOAD_S}s', preAllocatedVUs: 200 } } };
    export default async function () {
      const call = await dial('4001000000');
      await call.answered();
      await call.agent({ patience: '30s' });
      await call.talk(talkTime.exponential('2s'));
      await call.hangUp();
    }`;
  const seen: number[] = [];
  const playing = startRun(await requestFor(source, vendor, { workers: 2 }));
  const look = setInterval(async () => {
    const state = (await (await fetch(`${embedded.api}/state`)).json()) as State;
    seen.push(state.queues[0]!.registered);
  }, LOOK_MS);
  const result = await playing.done;
  clearInterval(look);
  await embedded.stop();
  const events = (await rowsOf(result.dir, 'events')).filter(({ kind }) => kind === 'registration');
  const calls = await rowsOf(result.dir, 'calls');
  const timeline = (await rowsOf(result.dir, 'timeline')).filter(({ worker, started }) => worker === null && (started ?? 0) > 0);
  removeFolders();

  const registered = events.filter(({ name, action }) => action === 'registered' && name !== 'agents').length;
  const lost = events.filter(({ action }) => action === 'lost').length;
  const held = seen.slice(seen.indexOf(AGENTS), seen.lastIndexOf(AGENTS) + 1);
  const least = Math.min(...held);
  const ours = Math.min(...timeline.map(({ agents_registered }) => agents_registered ?? 0));
  const completed = calls.filter(({ outcome }) => outcome === 'completed').length;
  const rows: [what: string, truth: string, measured: string, right: boolean][] = [
    ['agents registered', String(AGENTS), String(registered), registered === AGENTS],
    ['registrations lost, as the agents saw it', '0', String(lost), lost === 0],
    ['fewest registered in a second of load, our count', String(AGENTS), String(ours), ours === AGENTS],
    [
      `fewest registered in ${Math.round((held.length * LOOK_MS) / 1000)} s, the vendor's count`,
      String(AGENTS),
      String(least),
      least === AGENTS && held.length * LOOK_MS > 1000 * LOAD_S * 0.9,
    ],
    ['calls answered by one of them and completed', String(20 * LOAD_S), String(completed), completed === 20 * LOAD_S],
  ];
  return {
    title: `${AGENTS} agents with registrations of ${EXPIRES_S} s, refreshed after 10 to 16 s, ${LOAD_S} s of 20 calls a second, two workers and the vendor's process on one machine.`,
    columns: ['what', 'wanted', 'was'],
    rows: rows.map(([what, wanted, was]) => [what, wanted, was]),
    ok: rows.every(([, , , right]) => right),
  };
}

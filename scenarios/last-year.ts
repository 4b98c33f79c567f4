/**
 * Last year's night, once more (去年双11回放). The arrivals of a log, here an invented one of 11.11, with half as many callers again.
 *
 * What it shows: the buyer's own peak instead of a curve that looks like it. Import the log of last year (`callsurge import`, docs/replaying-a-log.md)
 * and put its file in the place of this one; agents, patience and talk stay yours to say.
 *
 *     124/min          │╲
 *                      │  ╲__
 *      12/min  ────────┘     ‾‾──___
 *           23:50     0:00        0:30
 *
 * By default its forty minutes take four, with the calls a minute of the night: as high, but shorter, and a tenth of the calls. Play it at
 * `-e SPEED=1` for the verdict: what is shortened has the shape of the night, not its length. `-e SCALE=2` doubles last year instead.
 */
import { caller, dial, patience, replay, type SurgeOptions, talkTime } from 'callsurge';
import type { Options } from 'k6/options';

const SPEED = Number(__ENV.SPEED ?? 10);
/** Callers for each one of last year. */
const SCALE = Number(__ENV.SCALE ?? 1.5);

export const options: Options = {
  scenarios: {
    customers: {
      executor: 'constant-arrival-rate',
      exec: 'customer',
      // Replaced by the log's times; k6's options want something here.
      rate: 1,
      duration: '2m',
      preAllocatedVUs: 100,
      maxVUs: 1000,
      gracefulStop: '2m',
    },
  },
  thresholds: {
    agent_connected: ['rate > 0.8'],
    call_harness: ['rate < 0.001'],
  },
};

export const surge: SurgeOptions = {
  seed: 2025,
  arrivals: replay('data/night-of-11-11.json', { scale: SCALE / SPEED, compress: SPEED, from: '50m', to: '1h30m' }),
  callLength: '20s',
  expect: { talk: '10s', patience: '30s' },
};

/** What the log tells of a call is used where it tells it. */
export async function customer() {
  const { intent, vip } = caller.logged();
  const call = await dial('4001000000', { intent: intent ?? 'support', vip: vip ?? caller.vip(0.05) });
  await call.answered({ within: '20s' });
  await call.press('1');
  await call.agent({ patience: patience.exponential('30s'), balks: { 'queue-full': 1 } });
  await call.talk(talkTime.lognormal({ mean: '10s', sigma: 0.6 }));
  await call.hangUp();
}

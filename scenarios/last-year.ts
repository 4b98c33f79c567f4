/**
 * Last year's night, once more: the arrivals of a log, here an invented one of 11.11, with half as many callers again and its hour in two minutes.
 *
 * What it shows: the buyer's own peak instead of a curve that looks like it. Import the log of last year (`callsurge import`, docs/replaying-a-log.md)
 * and put its file in the place of this one; agents, patience and talk stay yours to say. Play it at `compress: 1` for the verdict: what is compressed
 * has the shape of the night, not its pace.
 *
 *     122/min          │╲
 *                      │  ╲__
 *       5/min  ────────┘     ‾‾──___
 *           23:00   0:00          1:00
 */
import { caller, dial, patience, replay, type SurgeOptions, talkTime } from 'callsurge';
import type { Options } from 'k6/options';

export const options: Options = {
  scenarios: {
    customers: {
      executor: 'constant-arrival-rate',
      exec: 'customer',
      // Replaced by the log's times; k6's options want something here.
      rate: 1,
      duration: '2m',
      preAllocatedVUs: 200,
      maxVUs: 3000,
      gracefulStop: '2m',
    },
  },
  thresholds: { call_answered: ['rate > 0.5'] },
};

export const surge: SurgeOptions = {
  seed: 2025,
  arrivals: replay('data/night-of-11-11.json', { scale: 1.5, compress: 30 }),
  callLength: '20s',
};

/** What the log tells of a call is used where it tells it. */
export async function customer() {
  const { intent, vip } = caller.logged();
  const call = await dial('4001000000', { intent: intent ?? 'support', vip: vip ?? caller.vip(0.05) });
  await call.answered({ within: '20s' });
  await call.press('1');
  await call.agent({ patience: patience.exponential('15s'), balks: { 'queue-full': 1 } });
  await call.talk(talkTime.lognormal({ mean: '10s', sigma: 0.6 }));
  await call.hangUp();
}

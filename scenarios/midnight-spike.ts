/**
 * Midnight spike: 11.11 begins, and within seconds everybody who could not pay calls.
 *
 * What it shows: whether the vendor takes the wall (blocked calls, setup delay), how long the queue grows and how fast it drains afterwards, and
 * how many callers lose patience on the way.
 *
 *    10/s      ┌──────╮
 *              │       ╲_
 *     1/s ─────┘         ‾‾──___
 *         0s  8s      30s      1m10s
 */
import { curves, dial, patience, type SurgeOptions, talkTime } from 'callsurge';
import type { Options } from 'k6/options';

export const options: Options = {
  scenarios: {
    shoppers: {
      executor: 'ramping-arrival-rate',
      exec: 'shopper',
      startRate: 1,
      stages: curves.midnightSpike({ base: 1, peak: 10, lead: '8s', ramp: '2s', hold: '20s', decay: '40s' }),
      preAllocatedVUs: 100,
      maxVUs: 300,
      gracefulStop: '90s',
    },
  },
  thresholds: {
    call_blocked: ['rate < 0.01'],
    call_harness: ['rate < 0.001'],
    setup_delay: ['p(95) < 2000'],
  },
};

export const surge: SurgeOptions = { seed: 1111, arrivals: 'poisson', callLength: '20s', expect: { talk: '5s', patience: '20s' } };

/** Presses 1 for support, waits as long as patience lasts, tells the story and hangs up. */
export async function shopper() {
  const call = await dial('4001000000', { intent: 'support' });
  await call.answered();
  await call.press('1');
  await call.agent({ patience: patience.exponential('20s') });
  await call.talk(talkTime.lognormal({ mean: '5s', sigma: 0.6 }));
  await call.hangUp();
}

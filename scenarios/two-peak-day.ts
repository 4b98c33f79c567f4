/**
 * A day with two peaks, an hour of it in each 20 seconds: opening time, the lull after lunch, the evening.
 *
 * What it shows: whether the second peak is served as well as the first. Agents, licences and memory that the morning has used up are missing in the
 * evening; a vendor that scales by itself must come down in the lull and go up again. Two kinds of customers and a tenth of VIPs, so that the order of
 * the queue can be judged in both peaks.
 *
 *     8/s     ╱╲        ╱╲
 *            ╱  ╲______╱  ╲
 *     1/s ╱                ╲
 *        0s  40s 1m20s 2m 2m40s 3m20s
 */
import { caller, curves, dial, patience, type SurgeOptions, talkTime } from 'callsurge';
import type { Options } from 'k6/options';

export const options: Options = {
  scenarios: {
    customers: {
      executor: 'ramping-arrival-rate',
      exec: 'customer',
      startRate: 1,
      stages: curves.twoPeaks({ base: 1, peak: 8, lull: 3, duration: '200s' }),
      preAllocatedVUs: 150,
      maxVUs: 600,
      gracefulStop: '2m',
    },
  },
  thresholds: { call_completed: ['rate > 0.6'] },
};

export const surge: SurgeOptions = { seed: 1212, arrivals: 'poisson', callLength: '35s' };

/** Asks or complains; one in ten is somebody important. */
export async function customer() {
  const intent = caller.intent({ support: 0.7, complaint: 0.3 });
  const call = await dial('4001000000', { intent, vip: caller.vip(0.1) });
  await call.answered();
  await call.press('1');
  await call.agent({ patience: patience.exponential('40s'), balks: { 'queue-full': 1 } });
  await call.talk(talkTime.lognormal({ mean: intent === 'complaint' ? '20s' : '12s', sigma: 0.6 }));
  await call.hangUp();
}

/**
 * A day with two peaks (双峰日), ten hours of it in four minutes: opening time, the lull after lunch, the evening.
 *
 * What it shows: whether the second peak is served as well as the first. Agents, licences and memory that the morning has used up are missing in the
 * evening; a vendor that scales by itself must come down in the lull and go up again. Two kinds of customers and a tenth of VIPs, so that the order of
 * the queue can be judged in both peaks.
 *
 *     90/min   ╱╲        ╱╲
 *     40/min  ╱  ╲______╱  ╲
 *     15/min ╱              ╲
 *           9:00 11 13 15 17 19:00
 *
 * The calls a minute are those of the day, the day is shorter: `-e SPEED=1` plays the ten hours themselves, `-e SPEED=20` half an hour.
 * `-e PEAK=300` is for a vendor with more seats.
 */
import { caller, curves, dial, patience, type SurgeOptions, talkTime } from 'callsurge';
import type { Options } from 'k6/options';

/** Calls/min at both peaks; the rest in proportion. */
const PEAK = Number(__ENV.PEAK ?? 90);
const SPEED = Number(__ENV.SPEED ?? 150);

export const options: Options = {
  scenarios: {
    customers: {
      executor: 'ramping-arrival-rate',
      exec: 'customer',
      startRate: Math.round(PEAK / 6),
      timeUnit: '1m',
      stages: curves.twoPeaks({ base: PEAK / 6, peak: PEAK, lull: PEAK / 2.25, duration: `${Math.round(36_000_000 / SPEED)}ms` }),
      preAllocatedVUs: PEAK,
      maxVUs: 4 * PEAK,
      gracefulStop: '2m',
    },
  },
  thresholds: {
    agent_connected: ['rate > 0.8'],
    call_blocked: ['rate < 0.05'],
    call_harness: ['rate < 0.001'],
  },
};

export const surge: SurgeOptions = {
  seed: 1212,
  arrivals: 'poisson',
  callLength: '22s',
  expect: { talk: '14s', patience: '40s', skills: { support: 1 } },
};

/** Asks or complains, at the same desk; one in ten is somebody important. */
export async function customer() {
  const mean = caller.pick('matter', { question: 0.7, complaint: 0.3 }) === 'complaint' ? '20s' : '12s';
  const call = await dial('4001000000', { intent: 'support', vip: caller.vip(0.1) });
  await call.answered();
  await call.press('1');
  await call.agent({ patience: patience.exponential('40s'), balks: { 'queue-full': 1 } });
  await call.talk(talkTime.lognormal({ mean, sigma: 0.6 }));
  await call.hangUp();
}

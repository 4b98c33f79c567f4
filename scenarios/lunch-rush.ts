/**
 * Lunch rush (午间用餐高峰): half an hour at the edge of the seats. Hungry people ask where their order is; a few of them are VIPs, and some call again.
 *
 * What it shows: a long plateau at the edge of the seats: service level and waits by percentile, whether VIPs really are served first (order
 * checks), and what redials do to the load that the vendor sees.
 *
 *     22/min      ╱‾‾‾‾‾‾‾‾‾‾‾‾╲        and 4 VIPs a minute, all the time
 *                ╱              ╲
 *      6/min ╱                    ╲
 *            0m   5m        25m   30m
 *
 * `-e SPEED=10` plays it in three minutes, with the same calls a minute: as high, but shorter. `-e PEAK=60` is for a vendor with more seats.
 */
import { caller, curves, dial, patience, pause, type SurgeOptions, talkTime } from 'callsurge';
import type { Options } from 'k6/options';

/** Calls/min on the plateau. */
const PEAK = Number(__ENV.PEAK ?? 22);
const SPEED = Number(__ENV.SPEED ?? 1);
const minutes = (n: number) => `${Math.round((n * 60_000) / SPEED)}ms`;

export const options: Options = {
  scenarios: {
    diners: {
      executor: 'ramping-arrival-rate',
      exec: 'diner',
      startRate: 6,
      timeUnit: '1m',
      stages: curves.lunchRush({ base: 6, peak: PEAK, rise: minutes(5), hold: minutes(20), fall: minutes(5) }),
      preAllocatedVUs: 4 * PEAK,
      maxVUs: 10 * PEAK,
      gracefulStop: '5m',
    },
    vips: {
      executor: 'constant-arrival-rate',
      exec: 'vip',
      rate: 4,
      timeUnit: '1m',
      duration: minutes(30),
      preAllocatedVUs: 20,
      maxVUs: 40,
      gracefulStop: '5m',
    },
  },
  thresholds: {
    service_level: ['rate > 0.5'],
    'agent_wait{scenario:vips}': ['p(95) < 20000'],
    call_abandoned: ['rate < 0.1'],
    call_harness: ['rate < 0.001'],
  },
};

export const surge: SurgeOptions = {
  seed: 1200,
  arrivals: 'poisson',
  callLength: '60s',
  expect: { talk: '46s', patience: '90s', redials: { tries: 2, after: '45s' } },
};

/** Waits about a minute and a half; whoever gave up tries once more, a little later. */
export async function diner() {
  await caller.redials({ on: ['abandoned', 'blocked'], after: pause.exponential('45s'), tries: 2 }, async () => {
    const call = await dial('4001000000', { intent: 'support' });
    await call.answered();
    await call.press('1');
    await call.agent({ patience: patience.weibull({ scale: '90s', shape: 1.5 }) });
    await call.talk(talkTime.lognormal({ mean: '45s', sigma: 0.6 }));
    await call.hangUp();
  });
}

export async function vip() {
  const call = await dial('4001000000', { intent: 'support', vip: true });
  await call.answered();
  await call.press('1');
  await call.agent({ patience: patience.weibull({ scale: '3m', shape: 1.5 }) });
  await call.talk(talkTime.lognormal({ mean: '50s', sigma: 0.5 }));
  await call.hangUp();
}

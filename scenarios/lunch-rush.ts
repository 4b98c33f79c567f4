/**
 * Lunch rush: half an hour in which hungry people ask where their order is. A few of them are VIPs, and some call again.
 *
 * What it shows: a long plateau at the edge of the seats: service level and waits by percentile, whether VIPs really are served first (order
 * checks), and what redials do to the load that the vendor sees.
 *
 *     72/min      ╱‾‾‾‾‾‾‾‾‾‾‾‾╲
 *              ╱                ╲
 *     12/min ╱                    ╲
 *            0m   5m        25m   30m
 */
import { caller, curves, dial, patience, pause, type SurgeOptions, talkTime } from 'callsurge';
import type { Options } from 'k6/options';

export const options: Options = {
  scenarios: {
    diners: {
      executor: 'ramping-arrival-rate',
      exec: 'diner',
      startRate: 12,
      timeUnit: '1m',
      stages: curves.lunchRush({ base: 12, peak: 72, rise: '5m', hold: '20m', fall: '5m' }),
      preAllocatedVUs: 100,
      maxVUs: 400,
      gracefulStop: '5m',
    },
    vips: {
      executor: 'constant-arrival-rate',
      exec: 'vip',
      rate: 6,
      timeUnit: '1m',
      duration: '30m',
      preAllocatedVUs: 10,
      maxVUs: 40,
      gracefulStop: '5m',
    },
  },
  thresholds: {
    service_level: ['rate > 0.8'],
    'agent_wait{scenario:vips}': ['p(95) < 20000'],
    call_abandoned: ['rate < 0.05'],
  },
};

export const surge: SurgeOptions = { seed: 1200, arrivals: 'poisson', callLength: { diners: '90s', vips: '70s' } };

/** Waits about a minute and a half; whoever gave up tries once more, a little later. */
export async function diner() {
  await caller.redials({ on: ['abandoned'], after: pause.exponential('45s'), tries: 2 }, async () => {
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

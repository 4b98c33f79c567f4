/**
 * Call me back (排队回呼): a number left instead of a wait. Callers leave it by a digit and go on with their day; the vendor calls them.
 *
 * What it shows: whether the vendor keeps its promise: each number left is called, once, in time, and put through to an agent. events.csv has every
 * call-back (kind `call-back`), the agents' rows name the call that asked. Those who stay in the queue are the comparison.
 *
 *     180/min      ╱‾‾‾‾╲
 *                 ╱      ╲           call-backs come in while the queue drains
 *      30/min ___╱        ╲__________
 *            0s  20s   60s  80s    2m20s
 *
 * Play it with `--vendor embedded-phones`, whose agents work by telephone: the vendor calls them, too, over the same trunk. At most a third of a run's
 * callers should leave their numbers at a vendor of few seats, or the evening is too short for all of them.
 */
import { caller, check, dial, patience, type SurgeOptions, talkTime } from 'callsurge';
import type { Options } from 'k6/options';

export const options: Options = {
  scenarios: {
    customers: {
      executor: 'ramping-arrival-rate',
      exec: 'customer',
      startRate: 30,
      timeUnit: '1m',
      stages: [
        { duration: '20s', target: 180 },
        { duration: '40s', target: 180 },
        { duration: '20s', target: 30 },
        { duration: '1m', target: 30 },
      ],
      preAllocatedVUs: 100,
      maxVUs: 300,
      gracefulStop: '2m',
    },
  },
  thresholds: {
    checks: ['rate > 0.95'],
    call_dropped: ['rate < 0.01'],
    call_harness: ['rate < 0.001'],
  },
};

export const surge: SurgeOptions = { seed: 95, arrivals: 'poisson', callLength: '20s', expect: { talk: '7s', patience: '40s' } };

/** One in four leaves the number after a moment in the queue; the others wait. */
export async function customer() {
  const call = await dial('4001000000', { intent: 'support' });
  await call.answered({ within: '20s' });
  const number = caller.chance('leaves the number', 0.25);
  await call.press(number ? '9' : '1');
  if (number) {
    const back = await call.callBack({ within: '90s', answerAfter: '2s' }).catch(() => null);
    check(back, { 'called back in ninety seconds': (came) => came !== null });
    await back?.talk(talkTime.lognormal({ mean: '7s', sigma: 0.5 }));
    await back?.hangUp();
    return;
  }
  await call.agent({ patience: patience.exponential('40s') });
  await call.talk(talkTime.lognormal({ mean: '7s', sigma: 0.5 }));
  await call.hangUp();
}

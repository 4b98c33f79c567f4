/**
 * Flash sale (秒杀): at ten o'clock sharp the whole town calls for a hundred phones. Nobody waits for long, and nobody talks for long.
 *
 * What it shows: the vendor's answer to a step: calls per second at the limit, whether it refuses cleanly (503 or 486 at once) or breaks (timeouts,
 * late answers), and how soon it is itself again. Signalling and short calls only; the queue is not the point.
 *
 *     40/s          ┌────────┐
 *                   │        │
 *      2/s ─────────┘        └─────────
 *         0s       30s      90s      2m30s
 */
import { check, curves, dial, type SurgeOptions } from 'callsurge';
import type { Options } from 'k6/options';

export const options: Options = {
  scenarios: {
    hunters: {
      executor: 'ramping-arrival-rate',
      exec: 'hunter',
      startRate: 2,
      stages: curves.flashSale({ base: 2, peak: 40, before: '30s', sale: '60s', after: '60s' }),
      preAllocatedVUs: 200,
      maxVUs: 1200,
      gracefulStop: '40s',
    },
  },
  thresholds: {
    call_answered: ['rate > 0.95'],
    setup_delay: ['p(99) < 3000'],
    checks: ['rate > 0.95'],
  },
};

export const surge: SurgeOptions = { seed: 1000, arrivals: 'poisson', media: 'none', callLength: '6s' };

/** Hears that it is sold out, and goes. */
export async function hunter() {
  const call = await dial('4001000000', { intent: 'sold out?' });
  await call.answered({ within: '10s' });
  check(call.setupDelayMs, { 'something was heard within a second': (ms) => ms !== null && ms < 1000 });
  await call.wait('5s');
  await call.hangUp();
}

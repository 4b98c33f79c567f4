/**
 * Flash sale (秒杀): everybody at ten o'clock sharp. The whole town calls for a hundred phones; nobody waits for long, and nobody talks for long.
 *
 * What it shows: the vendor's answer to a step: calls per second at the limit, whether it refuses cleanly (503 or 486 at once) or breaks (timeouts,
 * late answers, dropped calls), and how soon it is itself again. Signalling and short calls only; the queue is not the point.
 *
 *     20/s          ┌────────┐
 *                   │        │
 *      1/s ─────────┘        └─────────
 *         0s       10s      50s      1m20s
 *
 * The embedded vendor has 44 lines, enough for eight such calls a second: it refuses the rest at once, and is itself again in the second after the
 * sale. The threshold on blocked calls fails, as it should; `-e PEAK=6` passes.
 */
import { check, curves, dial, type SurgeOptions } from 'callsurge';
import type { Options } from 'k6/options';

/** Calls/s while the sale lasts. */
const PEAK = Number(__ENV.PEAK ?? 20);

export const options: Options = {
  scenarios: {
    hunters: {
      executor: 'ramping-arrival-rate',
      exec: 'hunter',
      startRate: 1,
      stages: curves.flashSale({ base: 1, peak: PEAK, before: '10s', sale: '40s', after: '30s' }),
      preAllocatedVUs: 10 * PEAK,
      maxVUs: 20 * PEAK,
      gracefulStop: '30s',
    },
  },
  thresholds: {
    call_blocked: ['rate < 0.01'],
    call_dropped: ['rate < 0.001'],
    setup_delay: ['p(99) < 3000'],
    checks: ['rate > 0.95'],
    call_harness: ['rate < 0.001'],
  },
};

export const surge: SurgeOptions = { seed: 1000, arrivals: 'poisson', media: 'none', callLength: '6s', expect: { agent: false } };

/** Hears that it is sold out, and goes. */
export async function hunter() {
  const call = await dial('4001000000', { intent: 'sold out?' });
  await call.answered({ within: '10s' });
  check(call.setupDelayMs, { 'something was heard within a second': (ms) => ms !== null && ms < 1000 });
  await call.wait('5s');
  await call.hangUp();
}

/**
 * Live streaming (直播): each time the host names a product, a burst of viewers calls, and those who find the line busy call again.
 *
 * What it shows: what redials make of bursts that the vendor would carry one by one. Each burst finds the last one's callers still trying, so the
 * load on the line is more than the arrivals: compare first tries and eventual success. Before every burst the line has time to empty; a vendor that
 * recovers does it there.
 *
 *     25/s      ╷╲       ╷╲       ╷╲
 *               │ ╲      │ ╲      │ ╲
 *      2/s  ────┘  ╲_____┘  ╲_____┘  ╲
 *          0s  30s     1m10s    1m50s  2m
 */
import { caller, curves, dial, patience, pause, type SurgeOptions, talkTime } from 'callsurge';
import type { Options } from 'k6/options';

export const options: Options = {
  scenarios: {
    viewers: {
      executor: 'ramping-arrival-rate',
      exec: 'viewer',
      startRate: 2,
      stages: curves.liveBursts({ base: 2, peak: 25, bursts: 3, every: '40s', burst: '10s' }),
      preAllocatedVUs: 200,
      maxVUs: 800,
      gracefulStop: '2m',
    },
  },
  thresholds: { call_completed: ['rate > 0.5'] },
};

export const surge: SurgeOptions = { seed: 618, arrivals: 'poisson', callLength: '20s' };

/** Wants the thing that was just held up, now; tries three times. */
export async function viewer() {
  await caller.redials({ after: pause.exponential('8s'), probability: 0.7, tries: 3 }, async () => {
    const call = await dial('4001000000', { intent: 'order' });
    await call.answered({ within: '20s' });
    await call.press('1');
    await call.agent({ patience: patience.weibull({ scale: '20s', shape: 0.8 }) });
    await call.talk(talkTime.lognormal({ mean: '12s', sigma: 0.5 }));
    await call.hangUp();
  });
}

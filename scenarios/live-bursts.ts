/**
 * Live streaming (直播): a burst of viewers for every product. Each time the host names one they call, and those who find the line busy call again.
 *
 * What it shows: what redials make of bursts that the vendor would carry one by one. Each burst finds the last one's callers still trying, so the
 * load on the line is more than the arrivals: compare first tries and eventual success. Before every burst the line has time to empty; a vendor that
 * recovers does it there.
 *
 *     600/min      ╷╲       ╷╲       ╷╲       ╷╲
 *                  │ ╲      │ ╲      │ ╲      │ ╲
 *      30/min  ────┘  ╲_____┘  ╲_____┘  ╲_____┘  ╲
 *             0s  30s     1m10s    1m50s    2m30s 2m40s
 *
 * `callsurge plan` shows the storm before it is played: the calls that redials add, and the highest rate and the channels that they lead to.
 */
import { caller, curves, dial, patience, pause, type SurgeOptions, talkTime } from 'callsurge';
import type { Options } from 'k6/options';

/** Calls/min at the top of a burst. */
const PEAK = Number(__ENV.PEAK ?? 600);

export const options: Options = {
  scenarios: {
    viewers: {
      executor: 'ramping-arrival-rate',
      exec: 'viewer',
      startRate: 30,
      timeUnit: '1m',
      stages: curves.liveBursts({ base: 30, peak: PEAK, bursts: 4, every: '40s', burst: '10s' }),
      preAllocatedVUs: Math.ceil(PEAK / 5),
      maxVUs: PEAK,
      gracefulStop: '2m',
    },
  },
  thresholds: {
    agent_connected: ['rate > 0.5'],
    call_dropped: ['rate < 0.01'],
    call_harness: ['rate < 0.001'],
  },
};

export const surge: SurgeOptions = {
  seed: 618,
  arrivals: 'poisson',
  callLength: '20s',
  // The mean patience is 22 s; but with this shape many give up at once, and over short waits it is as if it were 12 s (the report's model says so).
  expect: { talk: '8s', patience: '12s', redials: { probability: 0.7, tries: 3, after: '8s' } },
};

/** Wants the thing that was just held up, now; tries three times. */
export async function viewer() {
  await caller.redials({ after: pause.exponential('8s'), probability: 0.7, tries: 3 }, async () => {
    const call = await dial('4001000000', { intent: 'support' });
    await call.answered({ within: '20s' });
    await call.press('1');
    await call.agent({ patience: patience.weibull({ scale: '20s', shape: 0.8 }) });
    await call.talk(talkTime.lognormal({ mean: '8s', sigma: 0.5 }));
    await call.hangUp();
  });
}

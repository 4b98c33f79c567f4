/**
 * Demo: a small promotion peak against the embedded vendor, in less than a minute.
 *
 * What it shows: a queue that builds and drains, lines that run out (blocked calls) until the vendor is scaled up, and a site that dies in
 * mid-service, with the outage that callers saw and the time to recovery.
 *
 *     12/s      ┌───────────────────╮
 *              ╱     ↑              ╲
 *      3/s ───╱   more lines         ╲────↓────────────
 *         0s  5s    15s             27s   33s site b dies, back at 39s   47s
 */
import { check, dial, patience, type SurgeOptions, talkTime } from 'callsurge';
import type { Options } from 'k6/options';

export const options: Options = {
  scenarios: {
    shoppers: {
      executor: 'ramping-arrival-rate',
      exec: 'shopper',
      startRate: 3,
      stages: [
        { duration: '5s', target: 3 },
        { duration: '2s', target: 12 },
        { duration: '20s', target: 12 },
        { duration: '2s', target: 3 },
        { duration: '18s', target: 3 },
      ],
      preAllocatedVUs: 60,
      maxVUs: 200,
      gracefulStop: '15s',
    },
  },
  thresholds: {
    call_harness: ['rate < 0.001'],
    agent_connected: ['rate > 0.5'],
    setup_delay: ['p(95) < 2000'],
  },
};

export const surge: SurgeOptions = {
  seed: 11,
  arrivals: 'poisson',
  callLength: '7s',
  drain: '5s',
  scaling: [{ name: 'more lines', at: '15s', target: 60, hold: '3s', do: { kind: 'simulator', channels: 120 } }],
  faults: [{ name: 'site b dies', at: '33s', for: '6s', do: { kind: 'simulator', action: 'stop', site: 'b' } }],
};

export async function shopper() {
  const call = await dial('4001000000', { intent: 'support' });
  // Nobody listens to ringing for longer: a call that dies with its site must not ring for ever.
  await call.answered({ within: '6s' });
  await call.press('1');
  const waited = await call.agent({ patience: patience.exponential('25s') });
  check(waited, { 'an agent within 10 s': (ms) => ms <= 10_000 });
  await call.talk(talkTime.lognormal({ mean: '3s', sigma: 0.5 }));
  await call.hangUp();
}

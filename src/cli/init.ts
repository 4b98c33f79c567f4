/** `callsurge init`: a folder with a scenario and a vendor profile to fill in. Never overwrites. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Command } from 'commander';
import { CallsurgeError } from '../errors.ts';

const SCENARIO = `/**
 * Promotion peak: the load rises in half a minute, holds, and falls. A small one to begin with: \`callsurge plan\` shows what it asks of vendor and seats.
 *
 *   calls/s      ____
 *            ___/    \\___
 */
import { curves, dial, patience, type SurgeOptions, talkTime } from 'callsurge';
import type { Options } from 'k6/options';

export const options: Options = {
  scenarios: {
    shoppers: {
      executor: 'ramping-arrival-rate',
      exec: 'shopper',
      timeUnit: '1s',
      preAllocatedVUs: 50,
      maxVUs: 200,
      stages: curves.midnightSpike({ base: 0.2, peak: 1, ramp: '30s', hold: '1m', decay: '1m' }),
      gracefulStop: '3m',
    },
  },
  thresholds: {
    call_completed: ['rate > 0.95'],
    setup_delay: ['p(95) < 3000'],
  },
};

// expect: means, for the queue that \`callsurge plan\` expects at the peak
export const surge: SurgeOptions = { seed: 1, arrivals: 'poisson', expect: { talk: '40s', patience: '60s' } };

export async function shopper() {
  const call = await dial('4001000000');
  await call.answered();
  await call.press('1');
  await call.agent({ patience: patience.exponential('60s') });
  await call.talk(talkTime.lognormal({ mean: '40s', sigma: 0.6 }));
  await call.hangUp();
}
`;

const VENDOR = `/** The vendor under test. Secrets come from the environment: VENDOR_A_AGENT_PASSWORD. */
import { defineVendor, env } from 'callsurge';

export default defineVendor({
  name: 'vendor-a',
  trunks: [{ name: 'main', host: '127.0.0.1', port: 5060 }],
  agents: [
    {
      kind: 'sip',
      name: 'support',
      count: 20,
      skills: ['support'],
      accounts: { username: '{n}', first: 1001, password: env('VENDOR_A_AGENT_PASSWORD') },
      answerDelay: { uniform: ['1s', '4s'] },
    },
  ],
  claims: {
    concurrentCalls: { atLeast: 100, counting: 'answered' },
    serviceLevel: { atLeast: 0.8, within: '20s' },
    failover: { within: '5s' },
  },
  contract: {
    targets: ['127.0.0.1'],
    called: ['4001000000'],
    callers: ['5550xxxx'],
    maxCallsPerSecond: 10,
    maxChannels: 100,
    contact: { name: 'NOC of vendor-a' },
  },
});
`;

export function initCommand(): Command {
  return new Command('init')
    .description('write a first scenario and vendor profile')
    .argument('[folder]', 'where', '.')
    .addHelpText(
      'after',
      '\nExample:\n  callsurge init my-poc && cd my-poc && callsurge plan scenarios/peak.ts --vendor vendors/vendor-a.ts',
    )
    .action((folder: string) => {
      const files = { [join(folder, 'scenarios/peak.ts')]: SCENARIO, [join(folder, 'vendors/vendor-a.ts')]: VENDOR };
      for (const file of Object.keys(files))
        if (existsSync(file))
          throw new CallsurgeError('usage', 'it is there already, nothing was written', { where: file, todo: 'name another folder' });
      for (const [file, text] of Object.entries(files)) {
        try {
          mkdirSync(dirname(file), { recursive: true });
          writeFileSync(file, text, { flag: 'wx' });
        } catch (cause) {
          throw new CallsurgeError('folder-unwritable', 'cannot write there', {
            where: file,
            todo: 'choose a folder that you may write',
            cause,
          });
        }
        console.log(`wrote ${file}`);
      }
      console.log(
        `next: fill in the profile, then  callsurge plan ${join(folder, 'scenarios/peak.ts')} --vendor ${join(folder, 'vendors/vendor-a.ts')}`,
      );
    });
}

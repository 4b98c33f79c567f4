/**
 * The embedded vendor as a process of its own: `node process.ts '<SimulatorConfig as JSON>'`. Prints one line of JSON, `{ ready, sip, api, sites }`,
 * when it listens, and one line on stderr when it cannot. Ends on SIGTERM, SIGINT, and when its standard input closes, so that it never outlives
 * whoever started it; the truth file is complete then.
 */
import { messageOf } from '../errors.ts';
import type { SimulatorConfig } from './config.ts';
import { startSimulator } from './index.ts';

try {
  const simulator = await startSimulator(JSON.parse(process.argv[2] ?? '{}') as SimulatorConfig);
  let ending = false;
  const end = () => {
    if (ending) return;
    ending = true;
    void simulator.stop().then(() => process.exit(0));
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
  process.stdin.on('end', end).on('error', end).resume();
  // Whoever reads this line may be gone already.
  process.stdout.on('error', end);
  console.log(JSON.stringify({ ready: true, sip: simulator.sip, api: simulator.api, sites: simulator.sites }));
} catch (error) {
  console.error(messageOf(error));
  process.exit(1);
}

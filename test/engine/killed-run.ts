/** A process for stopping.test.ts to kill: `node killed-run.ts SCENARIO PORT FOLDER`. */
import { runScenario } from '../../src/engine/run.ts';
import { checkSurge } from '../../src/scenario/check-surge.ts';
import { loadScenario } from '../../src/scenario/load.ts';
import { checkOptions } from '../../src/scenario/options.ts';
import { planScenarios } from '../../src/schedule/plan.ts';

const [file = '', port = '', dir = ''] = process.argv.slice(2);
const scenario = await loadScenario(file);
const options = checkOptions(scenario, { env: {} });
const surge = { ...checkSurge(undefined), media: 'none' as const };
await runScenario({
  dir,
  scenario,
  options,
  surge,
  plan: planScenarios(options.scenarios, surge),
  vendor: {
    name: 'vendor-a',
    trunks: [{ name: 'main', host: '127.0.0.1', port: Number(port) }],
    contract: {
      targets: ['127.0.0.1'],
      called: ['400xxxxxxx'],
      callers: ['9xxxxxxxxxx'],
      maxCallsPerSecond: 1000,
      maxChannels: 1000,
      contact: { name: 'nobody' },
    },
  },
  workers: 2,
  version: '0.0.0-test',
  exitCode: () => 0,
});

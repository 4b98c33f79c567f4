/** `callsurge simulate`: the embedded vendor on its own, to try scenarios against or to look at with other tools. */
import { existsSync } from 'node:fs';
import { Command } from 'commander';
import { CallsurgeError } from '../errors.ts';
import type { SimulatorConfig } from '../simulator/config.ts';
import { startSimulator } from '../simulator/index.ts';
import { loadVendor } from '../vendor/load.ts';
import { integer } from './inputs.ts';

interface SimulateFlags {
  vendor?: string;
  host?: string;
  port?: number;
  apiPort?: number;
  channels: number;
  sites: number;
  agents: number;
  truth?: string;
  allowRemote?: boolean;
}

const whole = (least = 0, most = 65_535) => integer(least, most);
/** Sites are named by a letter each. */
const MOST_SITES = 26;

export function simulateCommand(): Command {
  return new Command('simulate')
    .description('run the embedded vendor: an edge with sites, menu, queue and agents, its faults and scaling by HTTP')
    .option('-V, --vendor <profile>', 'take the make-up from the `embedded` part of a vendor profile')
    .option('--host <address>', 'address to listen on (loopback only, unless --allow-remote)')
    .option('--port <n>', 'SIP port of the edge; the sites take the next ones', whole())
    .option('--api-port <n>', 'port of the HTTP API', whole())
    .option('--sites <n>', 'how many sites', whole(1, MOST_SITES), 2)
    .option('--channels <n>', 'channels of each site', whole(), 100)
    .option('--agents <n>', 'agents of its own', whole(), 10)
    .option('--truth <file>', 'write what really happened to each call there, as CSV')
    .option('--allow-remote', 'allow addresses other than loopback')
    .addHelpText(
      'after',
      `
Examples:
  callsurge simulate --port 5070 --channels 50 --truth truth.csv
  curl -X POST http://127.0.0.1:5170/sites/a/stop
  curl -X POST http://127.0.0.1:5170/scale -d '{"channels":200,"delayMs":5000}'`,
    )
    .action(async (flags: SimulateFlags) => {
      if (flags.truth !== undefined && existsSync(flags.truth))
        throw new CallsurgeError('usage', 'the file is there already', { where: flags.truth, todo: 'name another one' });
      const simulator = await startSimulator(await makeUp(flags));
      const { sip, api } = simulator;
      console.log(`embedded vendor: SIP ${sip.host}:${sip.port} (udp), API http://${api.host}:${api.port}; Ctrl-C ends it`);
      await new Promise<void>((resolve) => {
        process.once('SIGINT', resolve);
        process.once('SIGTERM', resolve);
      });
      await simulator.stop();
    });
}

async function makeUp(flags: SimulateFlags): Promise<SimulatorConfig> {
  const profile = flags.vendor === undefined ? undefined : (await loadVendor(flags.vendor)).profile;
  if (profile && !profile.embedded)
    throw new CallsurgeError('vendor-invalid', 'the profile has no embedded vendor', {
      where: 'vendor.embedded',
      todo: 'leave out --vendor',
    });
  const own: SimulatorConfig = profile?.embedded ?? {
    sites: Array.from({ length: flags.sites }, (_, i) => ({ name: String.fromCharCode(97 + i), channels: flags.channels })),
    ownAgents: flags.agents === 0 ? [] : [{ count: flags.agents, skill: 'support', answerMs: 2000, handlingMs: 'until-caller' }],
    signalAgent: 'INVITE',
  };
  const { host, port, apiPort, truth, allowRemote } = flags;
  return {
    ...own,
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port }),
    ...(apiPort === undefined ? {} : { apiPort }),
    ...(truth === undefined ? {} : { truthFile: truth }),
    ...(allowRemote ? { allowRemote } : {}),
  };
}

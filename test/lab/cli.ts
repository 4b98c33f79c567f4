/** `npm run lab -- up|status|down [--kind process|docker]` */
import { parseArgs } from 'node:util';
import { messageOf } from '../../src/errors.ts';
import { labStatus, startLab, takeDown } from './lab.ts';
import { EDGE, KINDS, type LabKind, SITES, settingsOf } from './settings.ts';

const USAGE = `npm run lab -- up|status|down [--kind process|docker]

A call centre to test against, on this machine's loopback: two Asterisk sites behind a Kamailio edge.
  up      sets up what is missing, starts the lab and leaves it running
  status  what is running
  down    ends what up started
Settings from the environment: LAB_AGENTS (per site), LAB_MAXCALLS, LAB_QMAXLEN, LAB_RING, LAB_RTP_TIMEOUT, LAB_EDGE_MAX, LAB_EDGE_CPS.`;

const say = (line: string) => console.log(line);

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { kind: { type: 'string', default: 'process' }, help: { type: 'boolean', short: 'h' } },
  });
  const [command] = positionals;
  if (values.help || positionals.length !== 1 || !KINDS.includes(values.kind as LabKind)) {
    say(USAGE);
    return values.help ? 0 : 2;
  }
  switch (command) {
    case 'up': {
      const started = Date.now();
      const settings = settingsOf({ kind: values.kind as LabKind });
      await startLab({ ...settings, leave: true, say });
      say(`${settings.kind} lab up in ${((Date.now() - started) / 1000).toFixed(1)} s`);
      say(`  edge    sip:${EDGE.host}:${EDGE.port} (UDP, TCP)`);
      for (const site of SITES) {
        const last = site.firstAgent + settings.agentsPerSite - 1;
        say(`  ${site.name}  sip:${site.host}:5060, agents ${site.firstAgent}…${last}, password secret<number>`);
      }
      say('  numbers 2000 menu, 2002 queue, 2003 queue in early media, 9196 echo, 9180 rings, 9486 busy, 9503 congested');
      return 0;
    }
    case 'status':
      for (const line of await labStatus()) say(line);
      return 0;
    case 'down': {
      const ended = await takeDown();
      say(ended ? `${ended.kind} lab down` : 'no lab is up');
      return 0;
    }
    default:
      say(USAGE);
      return 2;
  }
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(messageOf(error));
    process.exit(1);
  },
);

/**
 * `npm run truth -- lab-docker-failover`: the lab in containers. Site a's is paused and killed through the Docker Engine API; then, with all of it in a
 * network namespace of its own, it is cut off its network, by hand and by the injector.
 */
import { join } from 'node:path';
import { heldLab } from '../lab/held.ts';
import { startLab } from '../lab/lab.ts';
import { inOwnNetwork } from '../lab/own-network.ts';
import { containerOut, type Side } from './lab-cases.ts';

/** With the time to wait for the lab, which another test run may have. */
const CUT_LIMIT_MS = 1_200_000;

export async function run(): Promise<{ title: string; columns: string[]; rows: string[][]; ok: boolean }> {
  const sides = await onTheHost();
  for (const side of sides) console.error(JSON.stringify(side));
  const cut = await inOwnNetwork<Side[]>(join(import.meta.dirname, 'lab-docker-network.ts'), CUT_LIMIT_MS);
  for (const side of cut) console.error(JSON.stringify(side));
  sides.push(...cut);
  return {
    title:
      'The lab in containers, 20 calls and 10 probes a second, real time. Paused and killed: on the host network. Cut off: sites on a Docker bridge in a ' +
      'network namespace that dockerd, the edge and callsurge share. Times count from the fault. Kamailio: its own list of sites, looked at every 50 ms.',
    columns: ['what was done', 'our scorecard', 'Kamailio says', 'agree'],
    rows: sides.map(({ what, ours, kamailio, agrees }) => [what, ours, kamailio, agrees ? 'yes' : 'no']),
    ok: sides.length === 4 && sides.every(({ agrees }) => agrees),
  };
}

async function onTheHost(): Promise<Side[]> {
  const lab = await startLab({ kind: 'docker', maxCalls: 100, agentsPerSite: 2 });
  try {
    const held = heldLab()!;
    // Nodes are started in this order: site a, site b, edge.
    return await containerOut(lab, held.containers[0]!, held.dockerHost!.replace('unix://', ''));
  } finally {
    await lab.down();
  }
}

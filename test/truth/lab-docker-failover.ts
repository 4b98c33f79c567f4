/** `npm run truth -- lab-docker-failover`: the lab in containers; site a's is paused and killed through the Docker Engine API. */
import { heldLab } from '../lab/held.ts';
import { startLab } from '../lab/lab.ts';
import { containerOut } from './lab-cases.ts';

export async function run(): Promise<{ title: string; columns: string[]; rows: string[][]; ok: boolean }> {
  const lab = await startLab({ kind: 'docker', maxCalls: 100, agentsPerSite: 2 });
  try {
    const held = heldLab()!;
    const socket = held.dockerHost!.replace('unix://', '');
    // Nodes are started in this order: site a, site b, edge.
    const sides = await containerOut(lab, held.containers[0]!, socket);
    return {
      title:
        'The lab in containers on the host network (a network cannot be cut there), 20 calls and 10 probes a second, real time. Times count from the ' +
        'fault. Kamailio: its own list of sites, looked at every 50 ms.',
      columns: ['what was done', 'our scorecard', 'Kamailio says', 'agree'],
      rows: sides.map(({ what, ours, kamailio, agrees }) => [what, ours, kamailio, agrees ? 'yes' : 'no']),
      ok: sides.length === 2 && sides.every(({ agrees }) => agrees),
    };
  } finally {
    await lab.down();
  }
}

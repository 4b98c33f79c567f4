/** The part of lab-docker-failover that cuts a network: run in a network namespace of its own (test/lab/own-network.ts), prints its sides as JSON. */
import { heldLab } from '../lab/held.ts';
import { startLab } from '../lab/lab.ts';
import { networkCut, type Side } from './lab-cases.ts';

async function sides(): Promise<Side[]> {
  // Calls whose BYE was lost in a cut hold their channels until Asterisk misses their RTP (30 s): they must not fill the site before the next cut.
  const lab = await startLab({ kind: 'docker', maxCalls: 400, agentsPerSite: 2 });
  try {
    const held = heldLab()!;
    // Nodes are started in this order: site a, site b, edge.
    return await networkCut(lab, held.containers[0]!, held.dockerHost!);
  } finally {
    await lab.down();
  }
}

if (import.meta.main)
  sides().then(
    (found) => {
      console.log(JSON.stringify(found));
      process.exit(0);
    },
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );

/** `npm run truth -- lab-failover`: faults of a real Kamailio and Asterisk, our scorecard beside what those two say. */
import { startLab } from '../lab/lab.ts';
import { aloneOut, edgeRestarted, oneOfTwo, raised, type Side, siteAdded } from './lab-cases.ts';

export async function run(): Promise<{ title: string; columns: string[]; rows: string[][]; ok: boolean }> {
  const lab = await startLab({ kind: 'process', maxCalls: 100, agentsPerSite: 2 });
  try {
    const sides: Side[] = [];
    for (const play of [
      () => raised(lab, 5000),
      () => siteAdded(lab, 3000),
      () => edgeRestarted(lab),
      () => oneOfTwo(lab),
      () => aloneOut(lab, ['STOP', 'TERM', 'KILL']),
    ]) {
      const shown = [await play()].flat();
      for (const side of shown) console.error(JSON.stringify(side));
      sides.push(...shown);
    }
    return {
      title:
        'Two Asterisk sites behind a Kamailio edge (test/lab), 20 calls and 10 probes a second, real time. Times count from the fault. Kamailio: its own ' +
        'list of sites, looked at every 50 ms. Asterisk: its events of each call. Our times come from our calls alone.',
      columns: ['what was done', 'our scorecard', 'Kamailio says', 'Asterisk says', 'agree'],
      rows: sides.map(({ what, ours, kamailio, asterisk, agrees }) => [what, ours, kamailio, asterisk, agrees ? 'yes' : 'no']),
      ok: sides.every(({ agrees }) => agrees),
    };
  } finally {
    await lab.down();
  }
}

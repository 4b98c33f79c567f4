/** Two of the cases of `npm run truth -- lab-failover`: our scorecard against what Kamailio and Asterisk say. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aloneOut, oneOfTwo, raised } from '../truth/lab-cases.ts';
import { type Lab, startLab } from './lab.ts';
import { requireLab } from './require-lab.ts';

describe.skipIf(!requireLab('process'))('faults of the lab', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await startLab({ kind: 'process', maxCalls: 100, agentsPerSite: 2 });
  }, 1_800_000);
  afterAll(() => lab?.down(), 60_000);

  it('a frozen site that is all there is: out until the edge has it back', async () => {
    const sides = await aloneOut(lab, ['STOP']);
    console.log(JSON.stringify(sides));
    for (const side of sides) expect(side).toMatchObject({ agrees: true });
  }, 90_000);

  it('a killed site: calls go to the other one and come back, as Asterisk counts them', async () => {
    const side = await oneOfTwo(lab);
    console.log(JSON.stringify(side));
    expect(side).toMatchObject({ agrees: true });
  }, 90_000);

  it('capacity that comes three seconds after it was asked for', async () => {
    const side = await raised(lab, 3000);
    console.log(JSON.stringify(side));
    expect(side).toMatchObject({ agrees: true });
  }, 90_000);
});
